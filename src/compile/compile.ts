import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError, UserErrors } from '../error.ts'
import { inOrder } from '../graph/order.ts'
import type { Graph } from '../graph/types.ts'
import { projectFiles } from '../project/files.ts'
import { packageRoot, projectPaths } from '../project/paths.ts'
import { type ProjectOverrides, readSettings } from '../project/settings.ts'
import { cacheKey, readCached, writeCached } from './cache.ts'
import { checkActions } from './checks.ts'
import { coreErrors } from './errors.ts'
import { rootCauses } from './follow-ons.ts'
import { projectLines } from './lines.ts'
import type { CompileAnswer, CompileRequest } from './protocol.ts'
import { resolver } from './resolve.ts'
import { toActions, toTests } from './to-graph.ts'

export interface CompileOptions {
  readonly projectDir: string
  readonly overrides?: ProjectOverrides | undefined
  /** How long the project's code may run; 30 s unless told. */
  readonly timeoutMs?: number | undefined
  /** Whether an unchanged project is read from `.local/cache`; yes unless told. */
  readonly useCache?: boolean | undefined
  /** What the project's code prints. */
  readonly onProjectOutput?: ((text: string) => void) | undefined
}

/**
 * Compiles a project. Its code runs in a child process without this one's environment.
 *
 * @throws UserErrors with every error found, each once and with its place; UserError for settings that cannot be read
 */
export async function compileProject(options: CompileOptions): Promise<Graph> {
  const projectDir = resolve(options.projectDir)
  // Links out of the project are refused before anything is read through them.
  const files = projectFiles(projectDir)
  const read = readSettings(projectDir, options.overrides)
  const { cache } = projectPaths(projectDir)
  const key = options.useCache === false ? undefined : cacheKey(projectDir, files, read)
  const cached = key === undefined ? undefined : readCached(cache, key, projectDir)
  if (cached !== undefined) return cached
  const answer = await runChild(
    { projectDir, coreFrom: coreHome(projectDir), files, projectConfig: read.core },
    options.timeoutMs ?? 30_000,
    options.onProjectOutput ?? (() => undefined),
  )
  const graph = toGraph(answer, projectDir, read.settings)
  if (key !== undefined && !answer.impure) writeCached(cache, key, graph, answer.loaded, files, projectDir)
  return graph
}

function toGraph(answer: CompileAnswer, projectDir: string, settings: Graph['settings']): Graph {
  const lines = projectLines(projectDir)
  const resolve = resolver(answer.graph, lines)
  const actions = toActions(answer, lines, resolve)
  const tests = toTests(answer.tests, lines, resolve)
  const errors = rootCauses(
    [
      ...coreErrors(answer, lines, projectDir),
      ...actions.errors,
      ...tests.errors,
      ...checkActions(actions.values, lines),
    ],
    lines,
  )
  if (errors.length > 0) throw new UserErrors(errors)
  const raw = { ...answer.graph, tests: answer.tests.map(({ name, file }) => ({ name, fileName: file })) }
  return { settings, actions: inOrder(actions.values), tests: tests.values, raw }
}

/** The project's own core where it has one, else this package's. */
function coreHome(projectDir: string): string {
  return existsSync(join(projectDir, 'node_modules', '@dataform', 'core')) ? projectDir : packageRoot()
}

type ChildMessage =
  | { answer: CompileAnswer }
  | { failure: { message: string; stack?: string; place?: { file?: string; line?: number } } }

function runChild(
  request: CompileRequest,
  timeoutMs: number,
  onOutput: (text: string) => void,
): Promise<CompileAnswer> {
  const script = join(packageRoot(), 'dist', 'compile-child.js')
  return new Promise((settle, reject) => {
    const child = fork(script, {
      // The project's code sees where programs are, and nothing else of this process's environment.
      env: { PATH: process.execPath, NODE_PATH: request.projectDir },
      execArgv: [],
      silent: true,
      serialization: 'advanced',
    })
    let errors = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(
        new UserError(`compiling took more than ${timeoutMs / 1000} s`, {
          remedy: 'look for an endless loop, or raise --timeout',
        }),
      )
    }, timeoutMs)
    child.stdout?.on('data', (text: Buffer) => onOutput(text.toString()))
    child.stderr?.on('data', (text: Buffer) => {
      errors += text.toString()
    })
    child.on('message', (message: ChildMessage) => {
      clearTimeout(timer)
      if ('answer' in message) return settle(message.answer)
      const { failure } = message
      reject(
        new UserError(failure.message.split('\n')[0] ?? 'the project cannot be compiled', {
          ...failure.place,
          cause: failure.stack,
        }),
      )
    })
    child.on('error', reject)
    child.on('exit', code => {
      clearTimeout(timer)
      reject(
        new UserError(`the compile ended without an answer (code ${code})`, {
          cause: errors,
          remedy: errors.split('\n')[0] || 'look for process.exit in the project',
        }),
      )
    })
    child.send(request)
  })
}
