import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { compileProject } from '../compile/compile.ts'
import type { Effects } from '../effects.ts'
import type { Engine } from '../engines/engine.ts'
import { openEngine } from '../engines/registry.ts'
import { inOrder } from '../graph/order.ts'
import { type Selection, selectActions } from '../graph/select.ts'
import type { Action, Graph } from '../graph/types.ts'
import { plan } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { type Credentials, readCredentials } from '../project/credentials.ts'
import { projectPaths } from '../project/paths.ts'
import type { ProjectOverrides } from '../project/settings.ts'
import { type ActionResult, exitCodeOf, type RunResult } from '../report/results.ts'
import { writeReports } from '../report/write.ts'
import { showProgress } from './progress.ts'
import { runPlan } from './runner.ts'

export interface ProjectOptions {
  readonly projectDir: string
  readonly overrides?: ProjectOverrides | undefined
  readonly credentialsFile?: string | undefined
  /** Instead of credentials: an embedded warehouse. Absolute folders. */
  readonly warehouse?: { readonly path: string; readonly stages: Readonly<Record<string, string>> } | undefined
  readonly compileTimeoutMs?: number | undefined
}

export interface RunOptions extends ProjectOptions {
  readonly selection?: Selection | undefined
  readonly fullRefresh?: boolean | undefined
  readonly fullAssertions?: boolean | undefined
  readonly retries?: number | undefined
  /** Milliseconds for one action. */
  readonly timeoutMs?: number | undefined
  /** False leaves `target/` as it is: no run.json and no reports. */
  readonly isRecorded?: boolean | undefined
  /** Prints nothing of its own. */
  readonly quiet?: boolean | undefined
  /** What the report says runs it again. */
  readonly command?: string | undefined
}

/** A compiled project with its open engine, its state read and its plan made. */
export interface Planned {
  readonly graph: Graph
  readonly engine: Engine
  readonly plan: Plan
}

/** Compiles, selects, opens and plans. The caller closes the engine. */
export async function planProject(options: RunOptions, effects: Effects, create: boolean): Promise<Planned> {
  const graph = await compileProject({
    projectDir: options.projectDir,
    overrides: options.overrides,
    timeoutMs: options.compileTimeoutMs,
  })
  const selected = inOrder(selectActions(graph, options.selection ?? {}))
  const engine = await openProject(options, graph, effects, create)
  try {
    const databases = databasesOf(graph.actions)
    const made = plan(selected, await engine.state(databases), {
      engine: engine.name,
      fullRefresh: options.fullRefresh === true,
      fullAssertions: options.fullAssertions === true,
      project: graph.actions,
    })
    return { graph, engine, plan: made }
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** Opens the engine that a project's credentials, or the caller's warehouse, name. */
export function openProject(options: ProjectOptions, graph: Graph, effects: Effects, create: boolean): Promise<Engine> {
  const given: Credentials = options.warehouse
    ? { type: 'duckdb', ...options.warehouse, implicit: false }
    : readCredentials(options.projectDir, options.credentialsFile)
  if (given.type === 'duckdb' && given.implicit) {
    effects.stderr(`No .df-credentials.json: using the embedded DuckDB in ${given.path}\n`)
  }
  const cacheFile = join(projectPaths(resolve(options.projectDir)).cache, 'translations.json')
  const project = basename(resolve(options.projectDir))
  return openEngine(given, { databases: databasesOf(graph.actions), cacheFile, create, project })
}

function databasesOf(actions: readonly Action[]): readonly string[] {
  return [...new Set(actions.filter(action => action.type !== 'declaration').map(action => action.target.database))]
}

/** Runs a project: everything from its files to `target/run.json` and the reports. */
export async function runProject(options: RunOptions, effects: Effects): Promise<RunResult> {
  const startedAt = effects.now().toISOString()
  const began = performance.now()
  const controller = new AbortController()
  // From the start: an interrupt while the project compiles or the warehouse opens ends as orderly as a later one.
  const stopListening = effects.onInterrupt(() => controller.abort(new Error('interrupted')))
  try {
    const planned = await planProject(options, effects, true)
    let closing: Promise<void> | undefined
    try {
      const actions = await carryOut(planned, options, effects, controller.signal)
      // The reports are written while the warehouse writes its rows out.
      closing = planned.engine.close()
      const result: RunResult = {
        startedAt,
        ms: Math.round(performance.now() - began),
        engine: planned.engine.name,
        exitCode: exitCodeOf(actions, controller.signal.aborted),
        command: options.command ?? 'dataform run',
        actions,
      }
      if (options.isRecorded !== false) saveRun(options.projectDir, result)
      return result
    } finally {
      await (closing ?? planned.engine.close())
    }
  } finally {
    stopListening()
  }
}

async function carryOut(
  { graph, engine, plan: made }: Planned,
  options: RunOptions,
  effects: Effects,
  signal: AbortSignal,
): Promise<readonly ActionResult[]> {
  const progress = showProgress(effects, made.steps.length, options.quiet === true)
  try {
    return await runPlan({
      engine,
      plan: made,
      signal,
      concurrency: Math.min(engine.concurrency, graph.settings.concurrentQueryLimit ?? engine.concurrency),
      retries: options.retries ?? graph.settings.idempotentActionRetries,
      timeoutMs: options.timeoutMs,
      now: effects.now,
      onStart: progress.start,
      onEnd: progress.end,
    })
  } finally {
    progress.stop()
  }
}

/** Writes `target/run.json` and the reports of a run. */
function saveRun(projectDir: string, result: RunResult): void {
  const { target } = projectPaths(resolve(projectDir))
  const file = join(target, 'run.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(result, null, 2)}\n`)
  renameSync(`${file}.${process.pid}`, file)
  writeReports(join(target, 'assertions'), result)
}
