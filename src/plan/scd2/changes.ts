import { relation, wrap } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import type { Statement } from '../types.ts'
import { encoded, hashNumber } from './encoding.ts'
import { BEGINNING, HISTORY_COLUMNS, type Scd2Names } from './names.ts'

/**
 * Writes the versions that the batch's days open and close into the delta, set by set and without a loop over days.
 *
 * Each key's observations are laid along the days of the batch, numbered from 1; its open version stands at 0. A key that
 * is not seen again before the next complete snapshot is gone on that day, unless its row could not be read there: then
 * its last value is carried forward. Where a value differs from the one before, a version begins and the one before ends.
 */
export function findChanges(names: Scd2Names, query: SqlText, openStart: boolean): Statement {
  const columns = [...names.columns, 'CHANGE'].join(', ')
  const text = wrap(
    query,
    `insert into ${relation(names.delta)} (${columns})
with source as (`,
    `), ${[days(names), openVersions(names), observations(names), ENDS_OF_SIGHT, EDGES, known(names), opened(names, openStart)].join(', ')}
${selectOpened(names)}
union all
${selectClosed(names)}`,
  )
  return { kind: 'execute', text }
}

/** Numbers the days; `next_complete` is the first later day whose snapshot can say that a key is gone. */
function days(names: Scd2Names): string {
  return `days as (
  select day_number, business_date, rev_seq,
    min(iff(complete, day_number, null)) over (order by day_number rows between 1 following and unbounded following) as next_complete
  from (
    select row_number() over (order by business_date) as day_number, business_date, rev_seq, complete from ${relation(names.days)}
    union all
    select 0, null, null, false
  )
)`
}

function openVersions(names: Scd2Names): string {
  return `open_versions as (
  select * from ${relation(names.target)} where is_current and exists (select 1 from ${relation(names.days)})
)`
}

function observations(names: Scd2Names): string {
  const seen = `select ${encoded('o', names.tracked)} as value, 0 as day_number, o.${names.key} as entity from open_versions o
  union all
  select ${encoded('s', names.tracked)}, d.day_number, s.${names.key} from source s join days d on d.business_date = cast(s.${names.day} as date)`
  if (names.unknownKeys === undefined) return `observed as (\n  ${seen}\n)`
  return `observed as (
  ${seen}
  union all
  select null, u.day_number, u.entity
  from (
    select distinct d.day_number, x.${names.key} as entity
    from ${relation(names.unknownKeys)} x join days d on d.business_date = cast(x.${names.day} as date)
    where x.${names.key} is not null
  ) u
  where not exists (select 1 from source s join days d on d.business_date = cast(s.${names.day} as date)
    where s.${names.key} = u.entity and d.day_number = u.day_number)
)`
}

/** A value of '' is absence, NULL is a row that could not be read. */
const ENDS_OF_SIGHT = `gone as (
  select '' as value, d.next_complete as day_number, l.entity
  from (
    select entity, day_number, lead(day_number) over (partition by entity order by day_number) as next_seen from observed
  ) l
  join days d on d.day_number = l.day_number
  where d.next_complete < coalesce(l.next_seen, 2147483647)
)`

/** Days on which a key's value is another than before, each with the next such day; and the open version as day 0. */
const EDGES = `points as (
  select entity, day_number, value, lag(value) over (partition by entity order by day_number) as value_before
  from (
    select entity, day_number, value from observed where value is not null
    union all
    select entity, day_number, value from gone
  )
), edges as (
  select entity, day_number, value, lead(day_number) over (partition by entity order by day_number) as next_day
  from points
  where day_number = 0 or value <> coalesce(value_before, '')
)`

/** Keys of the batch that the relation has versions of already: theirs are not first ones. */
function known(names: Scd2Names): string {
  return `known as (
  select distinct t.${names.key} as entity from ${relation(names.target)} t
  where t.${names.key} in (select entity from edges where day_number > 0)
)`
}

function opened(names: Scd2Names, openStart: boolean): string {
  const begin = 'cast(d.business_date as timestamp_ntz)'
  const first = `k.entity is null and row_number() over (partition by e.entity order by e.day_number) = 1`
  const attributes = [names.key, ...names.tracked, ...names.untracked].map(name => `s.${name}`).join(', ')
  return `opened as (
  select ${attributes}, d.business_date as start_day, ${begin} as effective_start_date,
    cast(n.business_date as timestamp_ntz) as effective_end_date, n.rev_seq as end_known_from, d.rev_seq as known_from,
    ${openStart ? `iff(${first}, ${BEGINNING}, ${begin})` : begin} as join_start_date, md5(e.value) as tracked_hash
  from edges e
  join days d on d.day_number = e.day_number
  join source s on s.${names.key} = e.entity and cast(s.${names.day} as date) = d.business_date
  left join days n on n.day_number = e.next_day
  left join known k on k.entity = e.entity
  where e.day_number > 0 and e.value <> ''
)`
}

function selectOpened(names: Scd2Names): string {
  const key = `cast(v.${names.key} as varchar)`
  const identity = `length(${key}) || ':' || ${key} || '|' || to_varchar(v.start_day, 'YYYY-MM-DD') || '|' || v.tracked_hash`
  const attributes = [names.key, ...names.tracked, ...names.untracked].map(name => `v.${name}`).join(', ')
  return `select ${hashNumber(identity)}, ${attributes}, v.effective_start_date, v.effective_end_date, v.end_known_from,
  v.effective_end_date is null, v.known_from, null, v.join_start_date, v.tracked_hash, 'OPEN'
from opened v`
}

function selectClosed(names: Scd2Names): string {
  const replaced: Readonly<Record<string, string>> = {
    EFFECTIVE_END_DATE: 'cast(n.business_date as timestamp_ntz)',
    END_KNOWN_FROM: 'n.rev_seq',
    IS_CURRENT: 'false',
  }
  const attributes = [names.surrogate, names.key, ...names.tracked, ...names.untracked].map(name => `o.${name}`)
  const history = HISTORY_COLUMNS.map(([name]) => replaced[name] ?? `o.${name}`)
  return `select ${[...attributes, ...history].join(', ')}, 'CLOSE'
from edges e
join open_versions o on o.${names.key} = e.entity
join days n on n.day_number = e.next_day
where e.day_number = 0`
}
