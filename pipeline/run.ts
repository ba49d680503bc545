import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Outcome } from '../ingestion-lambda/route.ts'
import type { Effects } from '../src/effects.ts'
import { type RunResult, runProject } from '../src/index.ts'
import { clean } from './clean.ts'
import { loadContracts } from './contracts.ts'
import { ingest } from './ingest.ts'
import type { Cleaned, Staged } from './lake.ts'
import { stage } from './stage.ts'
import { withWorker } from './worker.ts'

/** The stage that the flagship's staging tables are copied from. */
export const LAKE_STAGE = 'TELCO_DB.STAGING.LAKE'

export interface PipelineOptions {
  readonly projectDir: string
  readonly lake: string
  readonly warehouse: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly badShare: number
  readonly quiet: boolean
}

/** What one run of the whole line did. */
export interface PipelineResult {
  readonly files: readonly Outcome[]
  readonly cleaned: readonly Cleaned[]
  readonly staged: readonly Staged[]
  readonly run: RunResult
  /** Nothing came: the warehouse is as it was. */
  readonly isWaiting: boolean
}

/** Ingests, cleans, stages, loads and asserts all that is new. */
export async function runPipeline(options: PipelineOptions, effects: Effects): Promise<PipelineResult> {
  const { projectDir, lake, warehouse, quiet } = options
  const contracts = loadContracts(projectDir)
  const tell = (text: string): void => {
    if (!quiet) effects.stdout(`${text}\n`)
  }
  const files = await ingest(lake, contracts, outcome => {
    if (outcome.outcome === 'rejected')
      effects.stderr(
        `REJECTED ${outcome.key}: ${outcome.code}${outcome.line === undefined ? '' : `, line ${outcome.line}`}\n`,
      )
  })
  if (files.length > 0) tell(`ingested ${files.length} files`)
  const { cleaned, staged } = await withWorker(async worker => ({
    cleaned: await clean(worker, {
      lake,
      contracts,
      from: options.from,
      to: options.to,
      badShare: options.badShare,
      tell,
    }),
    staged: await stage(worker, { lake, contracts, tell }),
  }))
  tell('loading the warehouse')
  const run = await loadWarehouse({ projectDir, lake, warehouse, quiet: true }, effects)
  // A load that fails is no waiting, also where all its files were staged by an earlier run.
  const isWaiting = files.length === 0 && staged.length === 0 && run.exitCode === 0
  if (isWaiting) tell('WAITING: nothing new has come')
  return { files, cleaned, staged, run, isWaiting }
}

/** The same `dataform run` as anybody's, with the lake's staging folder as its stage. */
export function loadWarehouse(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse' | 'quiet'>,
  effects: Effects,
): Promise<RunResult> {
  const staging = join(resolve(options.lake), 'staging')
  if (!existsSync(staging)) mkdirSync(staging, { recursive: true })
  return runProject({ ...projectOf(options), quiet: options.quiet }, effects)
}

/** How the framework is pointed at a lake and a warehouse. */
export function projectOf({ projectDir, lake, warehouse }: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>) {
  const stages = { [LAKE_STAGE]: join(resolve(lake), 'staging') }
  return {
    projectDir,
    warehouse: { path: resolve(warehouse), stages },
    command: `customer360 run --lake ${lake} --warehouse ${warehouse}`,
  }
}
