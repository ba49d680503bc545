import { createHash } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  CONFLICTS,
  markRows,
  STAGED_ACTIVITY,
  STAGED_CUSTOMERS,
  STAGED_PLANS,
  UNKNOWN_CUSTOMERS,
} from '../glue/sql/stage.ts'
import { type Contract, type Contracts, DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import { type Cleaned, readManifest, type Staged, type StagedSource, writeManifest } from './lake.ts'
import { parquet, quoted, toParquet, type Worker } from './worker.ts'

export interface StageOptions {
  readonly lake: string
  readonly contracts: Contracts
  readonly tell: (text: string) => void
}

/** Stages every cleaned file that was not staged yet. The manifest is replaced last: readers follow it. */
export async function stage(worker: Worker, options: StageOptions): Promise<readonly Staged[]> {
  const { lake } = options
  const known = readManifest<Staged>(lake, 'staging')
  const done = new Set(known.flatMap(file => file.sources.map(source => source.file)))
  const cleaned = readManifest<Cleaned>(lake, 'clean')
  const added: Staged[] = []
  for (const dataset of DATASETS) {
    const files = cleaned.filter(file => file.dataset === dataset && !done.has(file.file))
    if (files.length === 0) continue
    added.push(...(await stageDataset(worker, dataset, files, cleaned, options)))
    options.tell(`staged ${files.length} ${dataset} file${files.length === 1 ? '' : 's'}`)
  }
  if (added.length > 0) writeManifest(lake, 'staging', [...known, ...added])
  return added
}

/** A staged folder: the rows it gets, and whether a day without rows has a file there. */
interface Output {
  readonly folder: string
  readonly query: string
  readonly isMain: boolean
}

const OUTPUTS: Readonly<Record<Dataset, readonly Output[]>> = {
  customers: [
    { folder: 'customers', query: STAGED_CUSTOMERS, isMain: true },
    { folder: 'customers_unknown', query: UNKNOWN_CUSTOMERS, isMain: false },
    { folder: 'customers_conflicts', query: CONFLICTS, isMain: false },
  ],
  plans: [
    { folder: 'plans', query: STAGED_PLANS, isMain: true },
    { folder: 'plans_conflicts', query: CONFLICTS, isMain: false },
  ],
  activity_logs: [
    { folder: 'activity_logs', query: STAGED_ACTIVITY, isMain: true },
    { folder: 'activity_conflicts', query: CONFLICTS, isMain: false },
  ],
}

async function stageDataset(
  worker: Worker,
  dataset: Dataset,
  files: readonly Cleaned[],
  cleaned: readonly Cleaned[],
  { lake, contracts }: StageOptions,
): Promise<readonly Staged[]> {
  const contract = contracts[dataset]
  const goodFiles = files.flatMap(file => (file.goodPath === null ? [] : [join(lake, file.goodPath)]))
  await worker.run(
    goodFiles.length === 0
      ? emptyInput(contract)
      : `create or replace temp table input as select * exclude (extra_columns) from ${parquet(goodFiles)}`,
    markRows(contract),
  )
  const badFiles = files.flatMap(file => (file.badPath === null ? [] : [join(lake, file.badPath)]))
  await worker.run(
    badFiles.length === 0
      ? 'create or replace temp table bad_rows as select null::varchar as key, null::date as business_date, null::varchar as code where false'
      : `create or replace temp table bad_rows as select key, business_date, code from ${parquet(badFiles)}`,
  )
  await NEIGHBOURS[dataset]?.(worker, cleaned, lake)
  const counts = await sourceCounts(worker, files)
  const staged: Staged[] = []
  for (const output of OUTPUTS[dataset]) staged.push(...(await publish(worker, output, files, counts, lake)))
  const main = staged.filter(file => file.folder === dataset).reduce((sum, file) => sum + file.rows, 0)
  const kept = counts.reduce((sum, source) => sum + source.good, 0)
  if (main !== kept) throw new Error(`staging ${dataset}: ${kept} rows went in and ${main} came out: a join fanned out`)
  return staged
}

function emptyInput(contract: Contract): string {
  const columns = contract.columns.map(({ name }) => `null::varchar as "${name}"`).join(', ')
  return `create or replace temp table input as select ${columns}, 0::bigint as source_line, '' as row_hash, '' as source_file, null::date as business_date where false`
}

type Neighbour = (worker: Worker, cleaned: readonly Cleaned[], lake: string) => Promise<void>

/** What a dataset is joined with: only those snapshots that its days need. */
const NEIGHBOURS: Readonly<Partial<Record<Dataset, Neighbour>>> = {
  customers: async (worker, cleaned, lake) => {
    const days = await distinctDays(worker, 'select distinct business_date as day from marked')
    const lists = await mapDays(worker, 'price_lists', 'business_date', 'list_date', days, cleaned, 'plans')
    await loadSnapshots(worker, 'plans', 'plan_id', lists, cleaned, 'plans', lake)
  },
  activity_logs: async (worker, cleaned, lake) => {
    const days = await distinctDays(worker, 'select distinct cast(event_timestamp as date) as day from marked')
    const snapshots = await mapDays(worker, 'snapshot_days', 'event_date', 'snapshot_date', days, cleaned, 'customers')
    await loadSnapshots(worker, 'snapshots', 'customer_id, plan_id, status', snapshots, cleaned, 'customers', lake)
  },
}

async function distinctDays(worker: Worker, sql: string): Promise<readonly string[]> {
  return (await worker.all(`select cast(day as varchar) as day from (${sql}) where day is not null`)).map(row =>
    String(row.day),
  )
}

/** A table of each day with the newest snapshot at or before it, else the first there is. Returns the snapshots' days. */
async function mapDays(
  worker: Worker,
  table: string,
  dayColumn: string,
  snapshotColumn: string,
  days: readonly string[],
  cleaned: readonly Cleaned[],
  dataset: Dataset,
): Promise<readonly string[]> {
  const known = [
    ...new Set(cleaned.filter(file => file.dataset === dataset && file.goodPath !== null).map(file => file.date)),
  ].sort()
  const pairs = days.flatMap(day => {
    const found = known.findLast(snapshot => snapshot <= day) ?? known[0]
    return found === undefined ? [] : [[day, found] as const]
  })
  const values = pairs.map(([day, snapshot]) => `(date ${quoted(day)}, date ${quoted(snapshot)})`)
  await worker.run(
    values.length === 0
      ? `create or replace temp table ${table} as select null::date as ${dayColumn}, null::date as ${snapshotColumn} where false`
      : `create or replace temp table ${table} as select * from (values ${values.join(', ')}) as v (${dayColumn}, ${snapshotColumn})`,
  )
  return [...new Set(pairs.map(([, snapshot]) => snapshot))]
}

/** The rows of these snapshots, one a key: a key with different rows says nothing. */
async function loadSnapshots(
  worker: Worker,
  table: string,
  columns: string,
  days: readonly string[],
  cleaned: readonly Cleaned[],
  dataset: Dataset,
  lake: string,
): Promise<void> {
  const key = columns.split(',')[0]
  const files = cleaned.flatMap(file =>
    file.dataset === dataset && file.goodPath !== null && days.includes(file.date) ? [join(lake, file.goodPath)] : [],
  )
  const names = columns.split(', ').map(name => `null::varchar as ${name}`)
  await worker.run(
    files.length === 0
      ? `create or replace temp table ${table} as select ${names.join(', ')}, null::date as business_date where false`
      : `create or replace temp table ${table} as select distinct ${columns}, business_date from ${parquet(files)}
qualify count(distinct row_hash) over (partition by business_date, ${key}) = 1`,
  )
}

async function sourceCounts(worker: Worker, files: readonly Cleaned[]): Promise<readonly StagedSource[]> {
  const marks = await worker.all(
    `select source_file, count(*) filter (mark = 'kept') as good, count(*) filter (mark = 'duplicate') as duplicate, count(*) filter (mark = 'conflict') as conflict from marked group by 1`,
  )
  return files.map(({ file, received, bad }) => {
    const row = marks.find(mark => mark.source_file === file)
    const of = (name: string): number => Number(row?.[name] ?? 0)
    return { file, received, bad, good: of('good'), duplicate: of('duplicate'), conflict: of('conflict') }
  })
}

/** Writes one Parquet file a day. Its name comes from what it was made of, so that the same work gives the same file. */
async function publish(
  worker: Worker,
  output: Output,
  files: readonly Cleaned[],
  counts: readonly StagedSource[],
  lake: string,
): Promise<readonly Staged[]> {
  await worker.run(`create or replace temp table output as ${output.query}`)
  const rows = new Map(
    (await worker.all('select cast(business_date as varchar) as day, count(*) as rows from output group by 1')).map(
      row => [String(row.day), Number(row.rows)],
    ),
  )
  const staged: Staged[] = []
  for (const date of [...new Set(files.map(file => file.date))].sort()) {
    const sources = files.filter(file => file.date === date)
    const count = rows.get(date) ?? 0
    if (count === 0 && !output.isMain) continue
    const hash = createHash('sha256')
      .update(sources.map(file => file.sha256).join())
      .digest('hex')
      .slice(0, 16)
    const path = `${output.folder}/d=${date}/${hash}.parquet`
    const target = join(lake, 'staging', path)
    mkdirSync(dirname(target), { recursive: true })
    await worker.run(toParquet(`select * from output where business_date = date ${quoted(date)}`, `${target}.draft`))
    renameSync(`${target}.draft`, target)
    staged.push({
      path,
      rows: count,
      folder: output.folder,
      date,
      sources: output.isMain ? counts.filter(source => sources.some(file => file.file === source.file)) : [],
    })
  }
  return staged
}
