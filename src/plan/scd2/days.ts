import { literal, relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { encoded, rowsHash } from './encoding.ts'
import type { Scd2Names } from './names.ts'
import { overSource, revisionOf } from './source.ts'

/** The work table of the batch: one row for each delivery whose content the ledger does not have for that day. */
export function createDays(names: Scd2Names): string {
  return `create or replace transient table ${relation(names.days)} (
  business_date date not null,
  revision bigint not null,
  content_hash varchar not null,
  row_count bigint not null,
  key_count bigint not null,
  complete boolean not null,
  source varchar,
  is_effective boolean not null,
  base_date date,
  base_count bigint,
  vanished bigint,
  is_held boolean not null,
  is_revised boolean not null,
  rev_seq bigint not null,
  publication bigint not null
)`
}

/**
 * The batch's deliveries: of each content of a day the first, and which of a day's counts.
 *
 * @param which `fresh` leaves out what the ledger has
 */
export function findDays(names: Scd2Names, query: SqlText, which: 'fresh' | 'all' = 'fresh'): readonly Statement[] {
  const known =
    which === 'all'
      ? ''
      : `
  where not exists (
    select 1 from ${relation(names.ledger)} l
    where l.dataset = ${literal(names.dataset)} and l.business_date = d.business_date and l.content_hash = d.content_hash
  )`
  const insert = overSource('execute', query, {
    head: `insert into ${relation(names.days)} (business_date, revision, content_hash, row_count, key_count, complete, source, is_effective, is_held, is_revised, rev_seq, publication)`,
    ctes: [
      ['snapshot', snapshots(names)],
      ['unknown', unknowns(names)],
      [
        'delivered',
        `select s.business_date, s.revision, s.rows_hash || coalesce(u.unknown_hash, '') as content_hash, s.row_count, s.key_count,
    not coalesce(u.is_unreadable, false) as complete, s.source
  from snapshot s left join unknown u on u.business_date = s.business_date and u.revision = s.revision`,
      ],
      [
        'fresh',
        `select d.* from delivered d${known}
  qualify row_number() over (partition by d.business_date, d.content_hash order by d.revision) = 1`,
      ],
    ],
    select: `select business_date, revision, content_hash, row_count, key_count, complete, source,
  row_number() over (partition by business_date order by revision desc, content_hash desc) = 1, false, business_date in ${ownDays(names)}, 0, 0
from fresh`,
  })
  return [generated('execute', `delete from ${relation(names.days)}`), insert]
}

/** The days that the ledger has. */
const ownDays = (names: Scd2Names): string =>
  `(select business_date from ${relation(names.ledger)} where dataset = ${literal(names.dataset)})`

function snapshots(names: Scd2Names): string {
  const hash = names.rowHash ?? `md5(${encoded('s', [names.key, ...names.tracked, ...names.untracked])})`
  const source = names.source === undefined ? 'cast(null as varchar)' : `s.${names.source}`
  return `select business_date, revision, ${rowsHash('row_hash')} as rows_hash, count(*) as row_count, count(distinct snapshot_key) as key_count, max(source) as source
  from (
    select cast(s.${names.day} as date) as business_date, ${revisionOf(names, 's')} as revision, s.${names.key} as snapshot_key, ${hash} as row_hash, ${source} as source
    from source s
  )
  group by business_date, revision`
}

function unknowns(names: Scd2Names): string {
  if (names.unknownKeys === undefined)
    return 'select cast(null as date) as business_date, 1 as revision, cast(null as varchar) as unknown_hash, false as is_unreadable where false'
  return `select business_date, revision, ${rowsHash('row_hash')} as unknown_hash, count_if(is_unreadable) > 0 as is_unreadable
  from (
    select distinct cast(u.${names.day} as date) as business_date, ${revisionOf(names, 'u')} as revision, u.${names.key} is null as is_unreadable,
      md5(${encoded('u', [names.key])}) as row_hash
    from ${relation(names.unknownKeys)} u
  )
  group by business_date, revision`
}

/** Stops the load where a snapshot has no key, or one twice: nothing is picked silently. */
export function guardDays(names: Scd2Names): Statement {
  return generated(
    'guard',
    `select ${literal(`${names.dataset}: the snapshot of `)} || to_varchar(d.business_date, 'YYYY-MM-DD') || ' has ' || (d.row_count - d.key_count)
  || ${literal(` rows whose ${names.key} is NULL or not unique; remove them before this model`)} as message
from ${relation(names.days)} d where d.row_count <> d.key_count
order by d.business_date`,
  )
}

/**
 * Numbers what is left. A batch in order, each day once and later than all before, is a publication a day; any other is one
 * publication, known by its highest number.
 */
export function numberDays(names: Scd2Names): Statement {
  const days = relation(names.days)
  return generated(
    'execute',
    `update ${days} t
set rev_seq = n.rev_seq, publication = n.publication
from (
  select m.business_date, m.revision, m.rev_seq,
    iff(m.is_ordered, m.rev_seq, max(m.rev_seq) over (partition by m.is_ordered)) as publication
  from (
    select d.business_date, d.revision,
      (select coalesce(max(rev_seq), 0) from ${relation(names.ledger)}) + row_number() over (order by d.business_date, d.revision, d.content_hash) as rev_seq,
      (select count(*) from ${days}) = (select count(distinct business_date) from ${days})
        and (select min(business_date) from ${days}) > (select coalesce(max(business_date), '0001-01-01'::date) from ${ownDays(names)} o) as is_ordered
    from ${days} d
  ) m
) n
where t.business_date = n.business_date and t.revision = n.revision`,
  )
}

/** Remembers the batch's deliveries as published. */
export function publishDays(names: Scd2Names): Statement {
  return generated(
    'execute',
    `insert into ${relation(names.ledger)} (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, source, loaded_at)
select ${literal(names.dataset)}, business_date, content_hash, rev_seq, publication, row_count, complete, source, sysdate()
from ${relation(names.days)}`,
  )
}
