import { literal, relation, wrap } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { encoded, ROWS_HASH } from './encoding.ts'
import type { Scd2Names } from './names.ts'

/** The work table of the batch: one row for each day that the ledger does not have with the same content. */
export function createDays(names: Scd2Names): string {
  return `create or replace transient table ${relation(names.days)} (
  business_date date not null,
  content_hash varchar not null,
  row_count bigint not null,
  key_count bigint not null,
  complete boolean not null,
  rev_seq bigint not null
)`
}

/** Finds the batch's days, and gives each its number in the one rising sequence, in the order of the days. */
export function findDays(names: Scd2Names, query: SqlText): readonly Statement[] {
  const { key, day, unknownKeys } = names
  const unknown =
    unknownKeys === undefined
      ? `select cast(null as date) as business_date, cast(null as varchar) as unknown_hash, false as unreadable where false`
      : `select business_date, ${ROWS_HASH} as unknown_hash, count_if(is_unreadable) > 0 as unreadable
  from (
    select distinct cast(u.${day} as date) as business_date, u.${key} is null as is_unreadable, md5(${encoded('u', [key])}) as row_hash
    from ${relation(unknownKeys)} u
  )
  group by business_date`
  const text = wrap(
    query,
    `insert into ${relation(names.days)} (business_date, content_hash, row_count, key_count, complete, rev_seq)
with source as (`,
    `), snapshot as (
  select business_date, ${ROWS_HASH} as rows_hash, count(*) as row_count, count(distinct snapshot_key) as key_count
  from (
    select cast(s.${day} as date) as business_date, s.${key} as snapshot_key,
      md5(${encoded('s', [key, ...names.tracked, ...names.untracked])}) as row_hash
    from source s
  )
  group by business_date
), unknown as (
  ${unknown}
), delivered as (
  select s.business_date, s.rows_hash || coalesce(u.unknown_hash, '') as content_hash, s.row_count, s.key_count,
    not coalesce(u.unreadable, false) as complete
  from snapshot s left join unknown u on u.business_date = s.business_date
)
select d.business_date, d.content_hash, d.row_count, d.key_count, d.complete,
  (select coalesce(max(rev_seq), 0) from ${relation(names.ledger)}) + row_number() over (order by d.business_date)
from delivered d
where not exists (
  select 1 from ${relation(names.ledger)} l
  where l.dataset = ${literal(names.dataset)} and l.business_date = d.business_date and l.content_hash = d.content_hash
)`,
  )
  return [generated('execute', `delete from ${relation(names.days)}`), { kind: 'execute', text }]
}

/** What stops the load before it changes anything: a broken snapshot, or days that are not in order. */
export function guardDays(names: Scd2Names): readonly Statement[] {
  const { dataset } = names
  const newest = `(select max(business_date) from ${relation(names.ledger)} where dataset = ${literal(dataset)})`
  const dated = (alias: string): string => `to_varchar(${alias}, 'YYYY-MM-DD')`
  return [
    `select ${literal(`${dataset}: the snapshot of `)} || ${dated('d.business_date')} || ' has ' || (d.row_count - d.key_count)
  || ${literal(` rows whose ${names.key} is NULL or not unique; remove them before this model`)} as message
from ${relation(names.days)} d where d.row_count <> d.key_count`,
    `select ${literal(`${dataset}: `)} || ${dated('d.business_date')} || ' was loaded before with other content, as revision '
  || max(l.rev_seq) || ' (newest loaded day: ' || ${dated(newest)} || '); revising a loaded day is not supported yet, and nothing was changed' as message
from ${relation(names.days)} d
join ${relation(names.ledger)} l on l.dataset = ${literal(dataset)} and l.business_date = d.business_date
group by d.business_date order by d.business_date`,
    `select ${literal(`${dataset}: `)} || ${dated('d.business_date')} || ' is older than ' || ${dated(newest)}
  || ', the newest loaded day; loading days out of order is not supported yet, and nothing was changed' as message
from ${relation(names.days)} d
where d.business_date < ${newest} order by d.business_date`,
  ].map(sql => generated('guard', sql))
}

/** Remembers the batch's days as published. */
export function publishDays(names: Scd2Names): Statement {
  return generated(
    'execute',
    `insert into ${relation(names.ledger)} (dataset, business_date, content_hash, rev_seq, row_count, complete, loaded_at)
select ${literal(names.dataset)}, business_date, content_hash, rev_seq, row_count, complete, sysdate()
from ${relation(names.days)}`,
  )
}
