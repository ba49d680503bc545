// Runs @dataform/core over a project, in a process of its own: compiling runs the project's code, and core's session is
// global. The answer goes over IPC, since the project's code may print.
import { existsSync, readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { parseYaml } from '../project/yaml.ts'
import { isRecord, splitConfig } from './kept-keys.ts'
import type { CompileAnswer, CompileRequest, CoreGraph, KeptConfig } from './protocol.ts'
import { type CoreSession, prologue } from './session.ts'

interface Core {
  readonly compiler: (code: string, path: string) => string
  readonly main: (request: string) => string
}

/** Parts of Node's module loader that its types leave out. */
interface Loader {
  _extensions: Record<
    string,
    (module: { exports: unknown; _compile(code: string, file: string): void }, file: string) => void
  >
  _resolveFilename: (request: string, ...rest: unknown[]) => string
  _cache: Record<string, unknown>
}

const EXTENSION = 'dataform-snowflake-prologue'

function compile(request: CompileRequest): CompileAnswer {
  const { projectDir } = request
  const fromCore = createRequire(join(request.coreFrom, 'package.json'))
  const corePath = fromCore.resolve('@dataform/core')
  const core = fromCore(corePath) as Core
  const loaded = new Set<string>()
  const current = { file: '' }
  const kept: KeptConfig[] = []
  const extension = prologue(() => current.file)
  installLoader(Module as unknown as Loader, { projectDir, corePath, core, loaded, current, kept })
  const loader = Module as unknown as Loader
  loader._cache[EXTENSION] = {
    id: EXTENSION,
    loaded: true,
    exports: { extension: () => ({ compile: (_: unknown, session: CoreSession) => extension.install(session) }) },
  }
  const impure = watchImpurity(projectDir)
  Object.assign(globalThis, { dataformJson: request.projectConfig, __dataform_current_file: '' })
  const graph = runCore(core, dirname(corePath), request)
  return {
    graph,
    kept: [...extension.kept(), ...kept],
    tests: extension.tests(),
    loaded: [...loaded],
    impure: impure(),
  }
}

/** Core speaks protobuf; the schemas come with it. */
function runCore(core: Core, coreDir: string, request: CompileRequest): CoreGraph {
  const protobuf = createRequire(import.meta.url)('protobufjs') as typeof import('protobufjs')
  const root = new protobuf.Root()
  root.resolvePath = (_, target) => join(coreDir, basename(target))
  root.loadSync('core.proto')
  const requests = root.lookupType('dataform.CoreExecutionRequest')
  const responses = root.lookupType('dataform.CoreExecutionResponse')
  const compileConfig = {
    projectDir: request.projectDir,
    filePaths: request.files,
    extension: { name: EXTENSION, compilationMode: 1 },
  }
  const encoded = requests.encode(requests.fromObject({ compile: { compileConfig } })).finish()
  const answer = responses.decode(Buffer.from(core.main(Buffer.from(encoded).toString('base64')), 'base64'))
  const decoded = responses.toObject(answer, { enums: String }) as { compile: { compiledGraph: CoreGraph } }
  return decoded.compile.compiledGraph
}

interface LoaderOptions {
  readonly projectDir: string
  readonly corePath: string
  readonly core: Core
  readonly loaded: Set<string>
  readonly current: { file: string }
  readonly kept: KeptConfig[]
}

/** Makes `require` find the project's own files by their path from its root, and read SQLX, SQL and YAML. */
function installLoader(loader: Loader, { projectDir, corePath, core, loaded, current, kept }: LoaderOptions): void {
  const resolve = loader._resolveFilename
  loader._resolveFilename = function (this: unknown, request: string, ...rest: unknown[]) {
    if (request === '@dataform/core') return corePath
    if (request === EXTENSION) return EXTENSION
    const own = join(projectDir, request)
    const path = !request.startsWith('.') && existsSync(own) ? own : resolve.call(this, request, ...rest)
    if (path.startsWith(projectDir + sep)) loaded.add(relative(projectDir, path).split(sep).join('/'))
    return path
  }
  const translated: Loader['_extensions'][string] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    current.file = path
    Object.assign(globalThis, { __dataform_current_file: path })
    module._compile(core.compiler(readFileSync(file, 'utf8'), path), file)
  }
  loader._extensions['.sqlx'] = translated
  loader._extensions['.sql'] = translated
  loader._extensions['.yaml'] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    const value = parseYaml(readFileSync(file, 'utf8'), path)
    // Core reads actions.yaml through `asJson`; everything else wants the value itself.
    module.exports = basename(file) === 'actions.yaml' ? { asJson: withoutOwnKeys(value, kept) } : value
  }
  const script = loader._extensions['.js']
  loader._extensions['.js'] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    if (path.startsWith('definitions/')) current.file = path
    // Definitions and includes are CommonJS, whatever the package.json above them says of its own files.
    if (/^(definitions|includes)\//.test(path)) module._compile(readFileSync(file, 'utf8'), file)
    else script?.(module, file)
  }
}

/** An actions.yaml goes into core past the session, where an unknown key would hide every other error. */
function withoutOwnKeys(value: unknown, kept: KeptConfig[]): unknown {
  if (!isRecord(value) || !Array.isArray(value.actions)) return value
  const strip = ([type, config]: [string, unknown]): [string, unknown] => {
    if (!isRecord(config)) return [type, config]
    const split = splitConfig({ ...config, type: YAML_TYPES[type] ?? type })
    const { type: _, ...core } = split.core
    const name = config.name ?? basename(String(config.filename ?? ''), '.sql')
    if (Object.keys(split.kept).length > 0) kept.push({ canonical: String(name), config: split.kept })
    return [type, core]
  }
  const actions = value.actions.map(action =>
    isRecord(action) ? Object.fromEntries(Object.entries(action).map(strip)) : action,
  )
  return { ...value, actions }
}

/** The types of actions.yaml that are spelled differently in a config block. */
const YAML_TYPES: Readonly<Record<string, string>> = { incrementalTable: 'incremental', operation: 'operations' }

/** Notes whether the project's own code asks for the time or for chance. */
function watchImpurity(projectDir: string): () => boolean {
  let impure = false
  const note = (): void => {
    impure ||= new Error('probe').stack?.includes(projectDir) ?? true
  }
  const [random, now] = [Math.random, Date.now]
  Math.random = () => {
    note()
    return random()
  }
  Date.now = () => {
    note()
    return now()
  }
  globalThis.Date = new Proxy(Date, {
    construct(target, args: unknown[], newTarget) {
      if (args.length === 0) note()
      return Reflect.construct(target, args, newTarget) as Date
    },
  })
  return () => impure
}

process.on('message', (request: CompileRequest) => {
  let answer: unknown
  try {
    answer = { answer: compile(request) }
  } catch (error) {
    const { message, stack, place } = error as Error & { place?: unknown }
    answer = { failure: { message, stack, place } }
  }
  process.send?.(answer, () => process.disconnect())
})
