import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import type { Effects } from '../src/effects.ts'
import { runProject, UserError } from '../src/index.ts'
import { clean } from './clean.ts'
import { type Comparison, compareWarehouses } from './compare-warehouses.ts'
import { loadContracts } from './contracts.ts'
import { readManifest, type Staged, sidecarKey, writeManifest } from './lake.ts'
import { openLake } from './open-lake.ts'
import { type PipelineOptions, projectOf } from './project.ts'
import { withWarehouse } from './questions.ts'
import { stage } from './stage.ts'
import { type Worker, withWorker } from './worker.ts'

/** One load of the ledger: the archived files of which one dataset's revisions came, in one transaction. */
interface Load {
  readonly dataset: Dataset
  readonly files: readonly string[]
}

export interface Replay {
  readonly loads: number
  readonly relations: readonly Comparison[]
}

/** What takes a dataset's revisions, by the ledger's name for it, and the actions that a load of it has. */
const TAKES: Readonly<Record<Dataset, { readonly relation: string; readonly actions: readonly string[] }>> = {
  customers: {
    relation: 'DW.DIM_CUSTOMER',
    actions: ['STG_CUSTOMERS', 'STG_CUSTOMERS_UNKNOWN', 'DIM_CUSTOMER', 'ACTIVITY_ATTRIBUTION'],
  },
  plans: { relation: 'DW.PLAN_PRICE', actions: ['STG_PLANS', 'PLAN_PRICE', 'DIM_PLAN'] },
  activity_logs: {
    relation: 'DW.FACT_ACTIVITY',
    actions: [
      'STG_ACTIVITY',
      'STG_ACTIVITY_CONFLICTS',
      'FACT_ACTIVITY',
      'FACT_ACTIVITY_CONFLICT',
      'ACTIVITY_ATTRIBUTION',
    ],
  },
}

/**
 * Rebuilds the warehouse from the archive, load by load as the ledger tells, beside the live one, which is only read; then
 * compares every row of every table of DW on both axes.
 *
 * @throws UserError where the warehouse or a file of its ledger is not there
 */
export async function replay(options: PipelineOptions, effects: Effects): Promise<Replay> {
  if (!existsSync(join(resolve(options.warehouse), 'TELCO_DB.duckdb')))
    throw new UserError('there is no warehouse to compare with', {
      file: options.warehouse,
      remedy: 'run `customer360 run` first',
    })
  const folder = mkdtempSync(join(tmpdir(), 'replay-'))
  try {
    const places = { ...options, lake: join(folder, 'lake'), warehouse: join(folder, 'warehouse') }
    mkdirSync(join(places.lake, 'staging'), { recursive: true })
    const lake = await openLake(options, effects)
    await lake.fetch((await lake.archived()).flatMap(file => [file.file, sidecarKey(file)]))
    symlinkSync(join(lake.folder, 'archive'), join(places.lake, 'archive'))
    const loads = await loadsOf(options, effects)
    await withWorker(worker => rebuild(loads, worker, places, effects))
    return { loads: loads.length, relations: await compareWarehouses(options.warehouse, places.warehouse) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The loads of the live warehouse, in their order. What one transaction took has one time. */
async function loadsOf(options: PipelineOptions, effects: Effects): Promise<readonly Load[]> {
  const { rows } = await withWarehouse(options, effects, ask =>
    ask(
      `select dataset, cast(loaded_at as varchar), source from TELCO_DB.DATAFORM.LEDGER where source is not null order by rev_seq`,
    ),
  )
  const loads = new Map<string, { dataset: Dataset; files: string[] }>()
  for (const [relation, loadedAt, source] of rows) {
    const dataset = DATASETS.find(name => TAKES[name].relation === relation)
    if (dataset === undefined || source == null) continue
    const key = `${relation} ${loadedAt}`
    const load = loads.get(key) ?? { dataset, files: [] }
    load.files.push(source)
    loads.set(key, load)
  }
  return [...loads.values()]
}

async function rebuild(
  loads: readonly Load[],
  worker: Worker,
  options: PipelineOptions,
  effects: Effects,
): Promise<void> {
  const { projectDir, lake } = options
  const shared = { lake, contracts: loadContracts(projectDir), tell: () => undefined }
  const tell = (text: string): void => {
    if (!options.quiet) effects.stderr(`${text}\n`)
  }
  await clean(worker, { ...shared, badShare: 1 })
  // Every relation is there before the first load, whichever dataset that has.
  await load(
    Object.values(TAKES).flatMap(({ actions }) => actions),
    [],
    options,
    effects,
  )
  for (const [index, { dataset, files }] of loads.entries()) {
    const wanted = new Set(files)
    const staged = await stage(worker, { ...shared, only: ({ file }) => wanted.has(file) })
    const missing = files.find(file => !staged.some(({ sources }) => sources.some(source => source.file === file)))
    if (missing !== undefined)
      throw new UserError('the ledger names a file that the archive has not, or has no rows of', {
        file: missing,
        remedy: 'restore the archive: without all of it nothing can be proven',
      })
    await load(TAKES[dataset].actions, staged, options, effects)
    if ((index + 1) % 30 === 0 || index + 1 === loads.length) tell(`replayed ${index + 1} of ${loads.length} loads`)
  }
}

/** Loads staged files by these actions. What was accepted once is not judged a second time for what vanished. */
async function load(
  actions: readonly string[],
  staged: readonly Staged[],
  options: PipelineOptions,
  effects: Effects,
): Promise<void> {
  const all = readManifest<Staged>(options.lake, 'staging')
  writeManifest(options.lake, 'staging', staged)
  const run = await runProject(
    {
      ...projectOf(options),
      selection: { actions },
      overrides: { vars: { maxVanishedShare: '1' } },
      quiet: true,
      isRecorded: false,
    },
    effects,
  )
  writeManifest(options.lake, 'staging', all)
  const failed = run.actions.find(action => action.status !== 'SUCCESSFUL')
  if (failed !== undefined)
    throw new UserError(`${failed.target.name} ended ${failed.status} while it was replayed: ${failed.error ?? ''}`)
}
