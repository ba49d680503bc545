import type { Contract, ContractColumn } from '../../ingestion-lambda/contract.ts'

/** Whether each file of a dataset is a whole of its own; rows of logs add up. */
export const isSnapshot = (contract: Contract): boolean => contract.date_from_rows === undefined

const TYPES: Readonly<Record<string, string>> = { TIMESTAMP_NTZ: 'timestamp', VARIANT: 'varchar' }
const typeOf = ({ type }: ContractColumn): string => TYPES[type] ?? type.replace('NUMBER', 'decimal')

/** Where a cleaned row comes from, with the types. */
const ORIGIN = ['source_line bigint', 'row_hash varchar', 'source_file varchar', 'business_date date']

/**
 * The good rows in the columns and types that the contract has now, which may be others than when they were cleaned: a column
 * of later is NULL, one that was dropped is left out. `revisions` gives each file its place in its day.
 *
 * @param from the cleaned files as a source; undefined where there is none
 */
export function goodInput(contract: Contract, from: string | undefined): string {
  const derived = isSnapshot(contract) ? [] : ['source_utc_offset varchar']
  const columns = [...contract.columns.map(column => `${column.name} ${typeOf(column)}`), ...derived, ...ORIGIN].map(
    text => {
      const at = text.indexOf(' ')
      return { name: `"${text.slice(0, at)}"`, type: text.slice(at + 1) }
    },
  )
  const nothing = `select ${columns.map(({ name }) => `null as ${name}`).join(', ')} where false`
  const rows = from === undefined ? nothing : `${nothing} union all by name select * from ${from}`
  return `create or replace temp table input as
select ${columns.map(({ name, type }) => `cast(i.${name} as ${type}) as ${name}`).join(', ')}, r.revision
from (${rows}) i join revisions r on r.source_file = i.source_file`
}

/** The bad rows of the same files, as far as staging needs them. */
export function badInput(from: string | undefined): string {
  const rows =
    from === undefined
      ? 'select null::varchar as key, null::date as business_date, null::varchar as code, null::varchar as source_file where false'
      : `select key, business_date, code, source_file from ${from}`
  return `create or replace temp table bad_rows as
select b.*, r.revision from (${rows}) b join revisions r on r.source_file = b.source_file`
}

/**
 * Marks each row of `input` as `kept`, `duplicate` (the same row again) or `conflict`. Snapshots are judged
 * a file at a time, and of a key that comes with different rows all are conflicts: none is picked. Of an event that comes
 * with different content the first stays.
 */
export function markRows(contract: Contract): string {
  const key = contract.key.map(name => `"${name}"`).join(', ')
  const isWhole = isSnapshot(contract)
  const group = isWhole ? `source_file, ${key}` : key
  const order = 'business_date, revision, source_file, source_line'
  return `create or replace temp table marked as
select * exclude (nth, nth_of_content, contents), case
    when ${isWhole ? 'contents > 1' : 'nth_of_content = 1 and nth > 1'} then 'conflict'
    when nth_of_content > 1 then 'duplicate'
    else 'kept'
  end as mark
from (
  select *,
    row_number() over (partition by ${group} order by ${order}) as nth,
    row_number() over (partition by ${group}, row_hash order by ${order}) as nth_of_content,
    ${isWhole ? `len(list_distinct(list(row_hash) over (partition by ${group})))` : '1'} as contents
  from input
)`
}

/** Staged rows of customers: with whether the day's price list has the plan. `price_lists` maps days to lists. */
export const STAGED_CUSTOMERS = `select c.* exclude (mark), exists (
    select 1 from price_lists l join plans p on p.business_date = l.list_date
    where l.business_date = c.business_date and p.plan_id = c.plan_id) as plan_known
from marked c where mark = 'kept'`

export const STAGED_PLANS = "select * exclude (mark) from marked where mark = 'kept'"

/** Staged events: with what the newest snapshot at or before the event says of the customer. Evidence only. */
export const STAGED_ACTIVITY = `select a.* exclude (mark), s.business_date as snapshot_date, s.plan_id as snapshot_plan_id, s.status as snapshot_status
from (select * from marked where mark = 'kept') a
left join snapshot_days d on d.event_date = cast(a.event_timestamp as date)
left join snapshots s on s.customer_id = a.customer_id and s.business_date = d.snapshot_date`

/** Rows whose key has other content elsewhere: set aside whole, with their file and line. */
export const CONFLICTS = "select * exclude (mark) from marked where mark = 'conflict'"

/** Customers whose row of a snapshot could not be used, with the reason; without a key where it could not be read. */
export const UNKNOWN_CUSTOMERS = `select distinct customer_id, business_date, revision, source_file, 'CONFLICTING_KEY' as reason
from marked where mark = 'conflict'
union all
select distinct key as customer_id, business_date, revision, source_file, code as reason from bad_rows`
