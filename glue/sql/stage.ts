import type { Contract, Dataset } from '../../ingestion-lambda/contract.ts'
import type { EngineSql } from './engine.ts'

/** Whether each file of a dataset is a whole of its own; rows of logs add up. */
export const isSnapshot = (contract: Contract): boolean => contract.date_from_rows === undefined

interface Typed {
  readonly name: string
  /** In the engine's words. */
  readonly type: string
}

/** Columns of a cleaned row that staging takes, and in which types. */
export function inputColumns(contract: Contract, sql: EngineSql): readonly Typed[] {
  const column = (name: string, type: string): Typed => ({ name, type: sql.type(type) })
  return [
    ...contract.columns.map(({ name, type }) => column(name, type)),
    ...(isSnapshot(contract) ? [] : [column('source_utc_offset', 'VARCHAR')]),
    // Where the row comes from.
    { name: 'source_line', type: 'bigint' },
    column('row_hash', 'VARCHAR'),
    column('source_file', 'VARCHAR'),
    column('business_date', 'DATE'),
  ]
}

const listed = (contract: Contract, sql: EngineSql, of?: string): string =>
  [...inputColumns(contract, sql).map(({ name }) => name), 'revision']
    .map(name => `${of === undefined ? '' : `${of}.`}${sql.name(name)}`)
    .join(', ')

/**
 * The good rows in the columns and types that the contract has now, which may be others than when they were cleaned: a column
 * of later is NULL, one that was dropped is left out. `revisions` gives each file its place in its day.
 *
 * @param from the cleaned files as a source, which has every column of `inputColumns`
 */
export function goodInput(contract: Contract, from: string, sql: EngineSql): string {
  const columns = inputColumns(contract, sql).map(
    ({ name, type }) => `${converted(sql, name, type)} as ${sql.name(name)}`,
  )
  return `select ${columns.join(', ')}, r.revision from ${from} i join revisions r on r.source_file = i.source_file`
}

/** A value in another type, or an error. Spark would name the value in its error; this one names the column alone. */
function converted(sql: EngineSql, name: string, type: string): string {
  const value = `i.${sql.name(name)}`
  if (sql.engine === 'duckdb') return `cast(${value} as ${type})`
  const refusal = `cast(raise_error('a value of ${name} is no ${type}: the column has changed, so clean its days again') as ${type})`
  return `if(${value} is not null and try_cast(${value} as ${type}) is null, ${refusal}, try_cast(${value} as ${type}))`
}

/** What `goodInput` reads in DuckDB: cleaned files, with the columns that they lack. */
export function cleanedSource(contract: Contract, files: string | undefined, sql: EngineSql): string {
  const nothing = `select ${inputColumns(contract, sql)
    .map(({ name }) => `null as ${sql.name(name)}`)
    .join(', ')} where false`
  return `(${files === undefined ? nothing : `${nothing} union all by name select * from ${files}`})`
}

/** The bad rows of the same files, as far as staging needs them: `key`, `business_date`, `code`, `source_file`, `revision`. */
export const badInput = (from: string): string =>
  `select b.key, b.business_date, b.code, b.source_file, r.revision from ${from} b join revisions r on r.source_file = b.source_file`

/** What `badInput` reads where no file has bad rows. */
export const NO_BAD_ROWS =
  '(select cast(null as string) as key, cast(null as date) as business_date, cast(null as string) as code, cast(null as string) as source_file where false)'

/**
 * Marks each row of `input` as `kept`, `duplicate` (the same row again) or `conflict`. Snapshots are judged
 * a file at a time, and of a key that comes with different rows all are conflicts: none is picked. Of an event that comes
 * with different content the first stays.
 */
export function markRows(contract: Contract, sql: EngineSql): string {
  const key = contract.key.map(sql.name).join(', ')
  const isWhole = isSnapshot(contract)
  const group = isWhole ? `source_file, ${key}` : key
  const order = 'business_date, revision, source_file, source_line'
  const differs = `min(row_hash) over (partition by ${group}) <> max(row_hash) over (partition by ${group})`
  return `select ${listed(contract, sql)}, case
    when ${isWhole ? 'differs' : 'nth_of_content = 1 and nth > 1'} then 'conflict'
    when nth_of_content > 1 then 'duplicate'
    else 'kept'
  end as mark
from (
  select ${listed(contract, sql)},
    row_number() over (partition by ${group} order by ${order}) as nth,
    row_number() over (partition by ${group}, row_hash order by ${order}) as nth_of_content${isWhole ? `,\n    ${differs} as differs` : ''}
  from input
) t`
}

/** How many rows of each file were kept, and why the others were not. */
export const COUNT_MARKS =
  "select source_file, count(*) filter (where mark = 'kept') as good, count(*) filter (where mark = 'duplicate') as duplicate, count(*) filter (where mark = 'conflict') as conflict from marked group by source_file"

/** A staged folder: the rows it gets, and whether there is a file without rows too. */
export interface Output {
  readonly folder: string
  readonly query: string
  readonly isMain: boolean
}

/** Staged rows of customers: with whether the day's price list has the plan. `price_lists` maps days to lists. */
const stagedCustomers = (contract: Contract, sql: EngineSql): string =>
  `select ${listed(contract, sql, 'c')}, p.plan_id is not null as plan_known
from marked c
left join price_lists l on l.business_date = c.business_date
left join plans p on p.business_date = l.list_date and p.plan_id = c.plan_id
where c.mark = 'kept'`

const kept = (contract: Contract, sql: EngineSql): string =>
  `select ${listed(contract, sql)} from marked where mark = 'kept'`

/** Staged events: with what the newest snapshot at or before the event says of the customer. Evidence only. */
const stagedActivity = (contract: Contract, sql: EngineSql): string =>
  `select ${listed(contract, sql, 'a')}, s.business_date as snapshot_date, s.plan_id as snapshot_plan_id, s.status as snapshot_status
from marked a
left join snapshot_days d on d.event_date = cast(a.event_timestamp as date)
left join snapshots s on s.customer_id = a.customer_id and s.business_date = d.snapshot_date
where a.mark = 'kept'`

/** Rows whose key has other content elsewhere: set aside whole, with their file and line. */
const conflicts = (contract: Contract, sql: EngineSql): string =>
  `select ${listed(contract, sql)} from marked where mark = 'conflict'`

/** Customers whose row of a snapshot could not be used, with the reason; without a key where it could not be read. */
const UNKNOWN_CUSTOMERS = `select distinct customer_id, business_date, revision, source_file, 'CONFLICTING_KEY' as reason
from marked where mark = 'conflict'
union all
select distinct key as customer_id, business_date, revision, source_file, code as reason from bad_rows`

/** What becomes of the marked rows of a dataset. */
export function outputs(contract: Contract, sql: EngineSql): readonly Output[] {
  const main = { customers: stagedCustomers, plans: kept, activity_logs: stagedActivity }[contract.dataset]
  const aside = { customers: 'customers_conflicts', plans: 'plans_conflicts', activity_logs: 'activity_conflicts' }
  return [
    { folder: contract.dataset, query: main(contract, sql), isMain: true },
    ...(contract.dataset === 'customers'
      ? [{ folder: 'customers_unknown', query: UNKNOWN_CUSTOMERS, isMain: false }]
      : []),
    { folder: aside[contract.dataset], query: conflicts(contract, sql), isMain: false },
  ]
}

/** What a dataset's rows are joined with when they are staged: for each of their days, one snapshot of another dataset. */
export interface Neighbour {
  readonly dataset: Dataset
  /** Asks for the days, of `marked`, as `day`. */
  readonly days: string
  /** The table that maps a day to the day of its snapshot, and the names of both. */
  readonly map: { readonly table: string; readonly day: string; readonly snapshot: string }
  /** The table of the snapshots' rows, and what it has of them; the key comes first. */
  readonly rows: { readonly table: string; readonly columns: readonly string[] }
}

export const NEIGHBOURS: Readonly<Partial<Record<Dataset, Neighbour>>> = {
  customers: {
    dataset: 'plans',
    days: 'select distinct business_date as day from marked',
    map: { table: 'price_lists', day: 'business_date', snapshot: 'list_date' },
    rows: { table: 'plans', columns: ['plan_id'] },
  },
  activity_logs: {
    dataset: 'customers',
    days: 'select distinct cast(event_timestamp as date) as day from marked',
    map: { table: 'snapshot_days', day: 'event_date', snapshot: 'snapshot_date' },
    rows: { table: 'snapshots', columns: ['customer_id', 'plan_id', 'status'] },
  },
}

/** The rows of snapshots, one a key: a key with different rows says nothing. */
export function neighbourRows({ rows: { columns } }: Neighbour, from: string): string {
  const [key = '', ...others] = columns
  return `select ${[key, ...others.map(name => `max(${name}) as ${name}`)].join(', ')}, business_date
from ${from} group by ${key}, business_date having min(row_hash) = max(row_hash)`
}

/** The same where there is no snapshot. */
export const noNeighbourRows = ({ rows: { columns } }: Neighbour): string =>
  `select ${columns.map(name => `cast(null as string) as ${name}`).join(', ')}, cast(null as date) as business_date where false`

/** Days with the days of their snapshots. */
export function dayMap({ map }: Neighbour, pairs: readonly (readonly [day: string, snapshot: string])[]): string {
  if (pairs.length === 0)
    return `select cast(null as date) as ${map.day}, cast(null as date) as ${map.snapshot} where false`
  const values = pairs.map(([day, snapshot]) => `(date '${day}', date '${snapshot}')`)
  return `select * from (values ${values.join(', ')}) as v (${map.day}, ${map.snapshot})`
}
