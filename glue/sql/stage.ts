import type { Contract } from '../../ingestion-lambda/contract.ts'

/**
 * Marks each row of a batch as `kept`, `duplicate` (the same row again) or `conflict`. Of a snapshot's key that comes with
 * different rows all are conflicts: none is picked. Of an event that comes with different content the first stays.
 */
export function markRows(contract: Contract): string {
  const key = contract.key.map(name => `"${name}"`).join(', ')
  const isSnapshot = contract.date_from_rows === undefined
  const group = isSnapshot ? `business_date, ${key}` : key
  const order = 'business_date, source_file, source_line'
  return `create or replace temp table marked as
select * exclude (nth, nth_of_content, contents), case
    when ${isSnapshot ? 'contents > 1' : 'nth_of_content = 1 and nth > 1'} then 'conflict'
    when nth_of_content > 1 then 'duplicate'
    else 'kept'
  end as mark
from (
  select *,
    row_number() over (partition by ${group} order by ${order}) as nth,
    row_number() over (partition by ${group}, row_hash order by ${order}) as nth_of_content,
    ${isSnapshot ? `len(list_distinct(list(row_hash) over (partition by ${group})))` : '1'} as contents
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

/** Customers whose row of a day could not be used, with the reason; without a key where it could not be read. */
export const UNKNOWN_CUSTOMERS = `select distinct customer_id, business_date, 'CONFLICTING_KEY' as reason from marked where mark = 'conflict'
union all
select distinct key as customer_id, business_date, code as reason from bad_rows`
