import { join } from 'node:path'
import type { Dataset } from '../ingestion-lambda/contract.ts'
import type { Cleaned, Fetch } from './lake.ts'
import { parquet, quoted, type Worker } from './worker.ts'

type Neighbour = (worker: Worker, cleaned: readonly Cleaned[], lake: string, fetch: Fetch) => Promise<void>

/** What a dataset's rows are joined with when they are staged: only those snapshots that their days need. */
export const NEIGHBOURS: Readonly<Partial<Record<Dataset, Neighbour>>> = {
  customers: async (worker, cleaned, lake, fetch) => {
    const days = await distinctDays(worker, 'select distinct business_date as day from marked')
    const lists = await mapDays(worker, 'price_lists', 'business_date', 'list_date', days, believed(cleaned, 'plans'))
    await loadSnapshots(worker, 'plans', 'plan_id', lists, lake, fetch)
  },
  activity_logs: async (worker, cleaned, lake, fetch) => {
    const days = await distinctDays(worker, 'select distinct cast(event_timestamp as date) as day from marked')
    const known = believed(cleaned, 'customers')
    const snapshots = await mapDays(worker, 'snapshot_days', 'event_date', 'snapshot_date', days, known)
    await loadSnapshots(worker, 'snapshots', 'customer_id, plan_id, status', snapshots, lake, fetch)
  },
}

/** The file that each day is known by: its highest revision with a usable row. By day. */
function believed(cleaned: readonly Cleaned[], dataset: Dataset): readonly Cleaned[] {
  const days = new Map<string, Cleaned>()
  for (const file of cleaned) {
    if (file.dataset !== dataset || file.goodPath === null) continue
    const other = days.get(file.date)
    if (other === undefined || other.revision < file.revision) days.set(file.date, file)
  }
  return [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1))
}

async function distinctDays(worker: Worker, sql: string): Promise<readonly string[]> {
  return (await worker.all(`select cast(day as varchar) as day from (${sql}) where day is not null`)).map(row =>
    String(row.day),
  )
}

/** A table of each day with the newest snapshot at or before it, else the first there is. Returns these snapshots. */
async function mapDays(
  worker: Worker,
  table: string,
  dayColumn: string,
  snapshotColumn: string,
  days: readonly string[],
  known: readonly Cleaned[],
): Promise<readonly Cleaned[]> {
  const pairs = days.flatMap(day => {
    const found = known.findLast(snapshot => snapshot.date <= day) ?? known[0]
    return found === undefined ? [] : [[day, found] as const]
  })
  const values = pairs.map(([day, snapshot]) => `(date ${quoted(day)}, date ${quoted(snapshot.date)})`)
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
  snapshots: readonly Cleaned[],
  lake: string,
  fetch: Fetch,
): Promise<void> {
  const key = columns.split(',')[0]
  const keys = snapshots.flatMap(file => (file.goodPath === null ? [] : [file.goodPath]))
  await fetch(keys)
  const files = keys.map(path => join(lake, path))
  const names = columns.split(', ').map(name => `null::varchar as ${name}`)
  await worker.run(
    files.length === 0
      ? `create or replace temp table ${table} as select ${names.join(', ')}, null::date as business_date where false`
      : `create or replace temp table ${table} as select distinct ${columns}, business_date from ${parquet(files)}
qualify count(distinct row_hash) over (partition by business_date, ${key}) = 1`,
  )
}
