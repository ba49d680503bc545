// Runs @dataform/core over a project, in a process of its own: compiling runs the project's code, and core's session is
// global. The answer goes over IPC, since the project's code may print.
import { existsSync, readFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { UserError } from '../error.ts'
import { didYouMean } from '../project/nearest.ts'
import { parseYaml } from '../project/yaml.ts'
import { isRecord, splitConfig } from './kept-keys.ts'
import type { CompileAnswer, CompileRequest, CoreAction, CoreError, CoreGraph, KeptConfig } from './protocol.ts'
import { type CoreSession, prologue } from './session.ts'
import { translate, withoutMark } from './translate.ts'

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
  const current: Current = { file: '', actions: undefined }
  const scripts: Record<string, string> = {}
  const kept: KeptConfig[] = []
  const extension = prologue(() => current.file)
  installLoader(Module as unknown as Loader, { projectDir, corePath, core, loaded, current, kept, scripts })
  const loader = Module as unknown as Loader
  loader._cache[EXTENSION] = {
    id: EXTENSION,
    loaded: true,
    exports: { extension: () => ({ compile: (_: unknown, session: CoreSession) => extension.install(session) }) },
  }
  const impure = watchImpurity(projectDir)
  Object.assign(globalThis, { dataformJson: request.projectConfig, __dataform_current_file: '' })
  const { graph, stopped } = withoutBroken(request.files, current, files =>
    runCore(core, dirname(corePath), { ...request, files }),
  )
  const tests = extension.tests()
  const errors = [...stopped, ...extension.errors()]
  const broken = new Set([...errors, ...(graph.graphErrors?.compilationErrors ?? [])].map(({ fileName }) => fileName))
  return {
    graph: { ...graph, declarations: graph.declarations?.map(declaration => withFile(declaration, kept)) },
    kept: [...extension.kept(), ...kept],
    tests,
    errors,
    scripts: Object.fromEntries(Object.entries(scripts).filter(([file]) => broken.has(file))),
    loaded: [...loaded],
    impure: impure(),
  }
}

/** Core forgets which actions.yaml a declaration stands in. */
function withFile(declaration: CoreAction, kept: readonly KeptConfig[]): CoreAction {
  const own = kept.find(({ canonical }) => canonical === (declaration.canonicalTarget ?? declaration.target).name)
  return { ...declaration, fileName: declaration.fileName || (own?.file ?? 'definitions/actions.yaml') }
}

/** What is being loaded. */
interface Current {
  /** The definition whose code runs. */
  file: string
  /** The actions.yaml that core reads, which it does before all definitions. */
  actions: string | undefined
}

/** Core gives up at a fault in an actions.yaml, so that it hides every other error: it is run again without that file. */
function withoutBroken(
  files: readonly string[],
  current: Current,
  run: (files: readonly string[]) => CoreGraph,
): { graph: CoreGraph; stopped: readonly CoreError[] } {
  const stopped: CoreError[] = []
  for (let left = files; ; ) {
    try {
      return { graph: run(left), stopped }
    } catch (error) {
      const broken = current.actions
      if (broken === undefined || !(error instanceof Error)) throw error
      stopped.push({ fileName: broken, message: error.message })
      left = left.filter(file => file !== broken)
      current.actions = undefined
    }
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
  readonly current: Current
  readonly kept: KeptConfig[]
  readonly scripts: Record<string, string>
}

/** Makes `require` find the project's own files by their path from its root, and read SQLX, SQL and YAML. */
function installLoader(loader: Loader, options: LoaderOptions): void {
  const { projectDir, corePath, core, loaded, current, kept, scripts } = options
  const resolve = loader._resolveFilename
  loader._resolveFilename = function (this: unknown, request: string, ...rest: unknown[]) {
    if (request === '@dataform/core') return corePath
    if (request === EXTENSION) return EXTENSION
    // Core was handed the settings already and refuses to see two sources of them.
    if (request === 'workflow_settings.yaml' && (rest[0] as { filename?: string } | undefined)?.filename === corePath)
      throw new Error('workflow_settings.yaml is read by the parent')
    const own = join(projectDir, request)
    const path = !request.startsWith('.') && existsSync(own) ? own : resolve.call(this, request, ...rest)
    if (path.startsWith(projectDir + sep)) loaded.add(relative(projectDir, path).split(sep).join('/'))
    return path
  }
  const translated: Loader['_extensions'][string] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    current.file = path
    if (path.endsWith('.sqlx')) current.actions = undefined
    Object.assign(globalThis, { __dataform_current_file: path })
    const script = translate(core.compiler, readFileSync(file, 'utf8'), path)
    scripts[path] = script
    module._compile(script, file)
  }
  loader._extensions['.sqlx'] = translated
  loader._extensions['.sql'] = translated
  loader._extensions['.yaml'] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    const isActions = basename(file) === 'actions.yaml'
    if (isActions) current.actions = path
    const value = parseYaml(readFileSync(file, 'utf8'), path)
    // Core reads actions.yaml through `asJson`; everything else wants the value itself.
    module.exports = isActions ? { asJson: withoutOwnKeys(value, path, kept) } : value
  }
  // What getContents returns.
  loader._extensions['.md'] = (module, file) => {
    module.exports = { contents: withoutMark(readFileSync(file, 'utf8')) }
  }
  const script = loader._extensions['.js']
  loader._extensions['.js'] = (module, file) => {
    const path = relative(projectDir, file).split(sep).join('/')
    if (path.startsWith('definitions/')) Object.assign(current, { file: path, actions: undefined })
    // Definitions and includes are CommonJS, whatever the package.json above them says of its own files.
    if (/^(definitions|includes)\//.test(path)) module._compile(withoutMark(readFileSync(file, 'utf8')), file)
    else script?.(module, file)
  }
}

/** An actions.yaml goes into core past the session, where an unknown key would hide every other error. */
function withoutOwnKeys(value: unknown, file: string, kept: KeptConfig[]): unknown {
  if (!isRecord(value) || !Array.isArray(value.actions)) {
    throw new UserError('an actions.yaml holds a list of actions', { file, remedy: 'begin it with actions:' })
  }
  const strip = ([type, config]: [string, unknown]): [string, unknown] => {
    if (!YAML_TYPES.has(type)) {
      const remedy = didYouMean(type, [...YAML_TYPES.keys()]) ?? 'write it as SQLX'
      throw new UserError(`"${type}" is no type of action of an actions.yaml`, { file, remedy })
    }
    if (!isRecord(config)) return [type, config]
    const split = splitConfig({ ...config, type: YAML_TYPES.get(type) })
    const { type: _, ...core } = split.core
    const name = config.name ?? basename(String(config.filename ?? ''), '.sql')
    kept.push({ canonical: String(name), config: split.kept, file })
    return [type, core]
  }
  const actions = value.actions.map(action =>
    isRecord(action) ? Object.fromEntries(Object.entries(action).map(strip)) : action,
  )
  return { ...value, actions }
}

/** The types of an actions.yaml, and what a config block calls them. */
const YAML_TYPES: ReadonlyMap<string, string> = new Map([
  ['table', 'table'],
  ['view', 'view'],
  ['incrementalTable', 'incremental'],
  ['assertion', 'assertion'],
  ['operation', 'operations'],
  ['declaration', 'declaration'],
])

/** What a script may read by itself, so that nobody knows whether it has changed. */
const READERS = {
  fs: ['readFileSync', 'readdirSync', 'existsSync', 'statSync', 'lstatSync', 'openSync', 'globSync'],
  child_process: ['execSync', 'execFileSync', 'spawnSync'],
}

/** Notes whether the project's own code asks for the time, for chance or for what lies outside of its scripts. */
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
  for (const [name, calls] of Object.entries(READERS)) {
    const module = createRequire(import.meta.url)(name) as Record<string, unknown>
    for (const call of calls) {
      const original = module[call]
      if (typeof original !== 'function') continue
      module[call] = (...args: unknown[]): unknown => {
        // Node's loader reads files too, on behalf of `require`: those are known.
        impure ||= new Error('probe').stack?.split('\n')[2]?.includes(projectDir) ?? true
        return Reflect.apply(original, module, args)
      }
    }
  }
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
