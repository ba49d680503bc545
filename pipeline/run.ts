import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Outcome } from '../ingestion-lambda/route.ts'
import type { Effects } from '../src/effects.ts'
import { type RunResult, runProject } from '../src/index.ts'
import { type CleanOptions, clean } from './clean.ts'
import { loadContracts } from './contracts.ts'
import { type Archived, type Cleaned, cleanedKeys, type Lake, readManifest, type Staged, stagedKeys } from './lake.ts'
import { bucketOf, openLake } from './open-lake.ts'
import { type PipelineOptions, projectOf } from './project.ts'
import { withWarehouse } from './questions.ts'
import { type StageOptions, stage } from './stage.ts'
import { withWorker } from './worker.ts'

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
  const { projectDir, quiet } = options
  const contracts = loadContracts(projectDir)
  const tell = (text: string): void => {
    if (!quiet) effects.stdout(`${text}\n`)
  }
  const lake = await openLake(options, effects)
  const files = await lake.ingest(contracts, outcome => {
    if (outcome.outcome === 'rejected')
      effects.stderr(
        `REJECTED ${outcome.key}: ${outcome.code}${outcome.line === undefined ? '' : `, line ${outcome.line}`}\n`,
      )
  })
  if (files.length > 0) tell(`ingested ${files.length} files`)
  const { from, to, badShare } = options
  const { cleaned, staged } = await prepare(lake, await lake.archived(), { contracts, tell }, { from, to, badShare })
  tell('loading the warehouse')
  const run = await loadWarehouse(options, lake, effects)
  // Files may have been staged by another run, whose load failed or who has no warehouse.
  const hasLoaded = run.actions.some(({ type, rows }) => type === 'copy' && (rows ?? 0) > 0)
  const isWaiting = files.length === 0 && staged.length === 0 && !hasLoaded && run.exitCode === 0
  if (isWaiting) tell('WAITING: nothing new has come')
  return { files, cleaned, staged, run, isWaiting }
}

/** Cleans and stages what is new of an archive, or these files again, and publishes it. */
export async function prepare(
  lake: Lake,
  archive: readonly Archived[],
  shared: Pick<CleanOptions & StageOptions, 'contracts' | 'tell' | 'again' | 'only'>,
  cleaning: Pick<CleanOptions, 'from' | 'to' | 'badShare'>,
): Promise<{ readonly cleaned: readonly Cleaned[]; readonly staged: readonly Staged[] }> {
  const { folder, fetch } = lake
  return withWorker(async worker => {
    const cleaned = await clean(worker, { ...shared, ...cleaning, lake: folder, fetch, archive })
    if (cleaned.length > 0) await lake.publish('clean', cleanedKeys(cleaned))
    const staged = await stage(worker, { ...shared, lake: folder, fetch })
    if (staged.length > 0) await lake.publish('staging', stagedKeys(staged))
    return { cleaned, staged }
  })
}

/** The same `dataform run` as anybody's, with the staging folder of the open lake as its stage. */
export async function loadWarehouse(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  lake: Lake,
  effects: Effects,
): Promise<RunResult> {
  mkdirSync(join(lake.folder, 'staging'), { recursive: true })
  if (bucketOf(options.lake) !== undefined) await lake.fetch(await unloaded(options, lake, effects))
  return runProject({ ...projectOf(options), quiet: true }, effects)
}

/** The staged files that the warehouse has not read yet. */
async function unloaded(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  { folder }: Lake,
  effects: Effects,
): Promise<readonly string[]> {
  const staged = readManifest<Staged>(folder, 'staging')
  if (!existsSync(join(resolve(options.warehouse), 'TELCO_DB.duckdb'))) return stagedKeys(staged)
  const { rows } = await withWarehouse(options, effects, ask =>
    ask('select distinct file from TELCO_DB.DATAFORM.LOAD_HISTORY'),
  )
  const loaded = new Set(rows.map(([file]) => file))
  return stagedKeys(staged.filter(({ path }) => !loaded.has(path)))
}
