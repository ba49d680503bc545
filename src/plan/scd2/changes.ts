import { relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { encoded, hashNumber } from './encoding.ts'
import { BEGINNING, HISTORY_COLUMNS, holdsOn, type Scd2Names } from './names.ts'
import { type Cte, effectiveDays, otherDays, overSource, saidNothing, seen, unreadable } from './source.ts'

/**
 * Writes what the batch changes into the delta, set by set and without a loop over days.
 *
 * Of each touched key the days on which its value may change are put together: what the batch says of it, the bounds of its
 * believed versions on other days, and the next loaded day after each of the batch's, on which the old value holds again.
 * Where a value differs from the one before, a version begins. The versions that come out are compared with the relation's:
 *
 * - OPEN: new. CLOSE: an open one gets its first end. RESTATE: another end, or another key's first. RETIRE: no longer
 *   believed. BELIEVE: retired once, and believed again.
 */
export function findChanges(names: Scd2Names, query: SqlText): readonly Statement[] {
  const insert = overSource('execute', query, {
    head: `insert into ${relation(names.delta)} (${[...names.columns, 'CHANGE'].join(', ')})`,
    ctes: [
      effectiveDays(names),
      ['touched', `select distinct entity from ${relation(names.touched)}`],
      seen(names, [...names.tracked, ...names.untracked], ` where s.${names.key} in (select entity from touched)`),
      unreadable(names),
      ['publication', 'select max(publication) as newest from batch'],
      known(names),
      observed(names),
      bounds(names),
      otherDays(names),
      later(names),
      resumed(names),
      versions(names),
      described(),
      base(names),
    ],
    select: `${opened(names)}\nunion all\n${moved(names)}`,
  })
  return [generated('execute', `delete from ${relation(names.delta)}`), insert]
}

/** Every version of the touched keys that was ever published. */
function known(names: Scd2Names): Cte {
  return ['known', `select * from ${relation(names.target)} where ${names.key} in (select entity from touched)`]
}

/** What the batch says of the touched keys. A value of '' is absence. */
function observed(names: Scd2Names): Cte {
  return [
    'observed',
    `select s.entity, s.seen_on as on_day, md5(${encoded('s', names.tracked)}) as value from seen s
  union all
  select t.entity, d.business_date, '' from touched t join batch d on d.complete
  where not exists (select 1 from seen s where s.entity = t.entity and s.seen_on = d.business_date)
    and not exists (select 1 from unreadable u where u.entity = t.entity and u.seen_on = d.business_date)`,
  ]
}

/** Where believed versions of the touched keys start and end, on days that are not the batch's. */
function bounds(names: Scd2Names): Cte {
  const { key } = names
  return [
    'bounds',
    `select b.* from (
    select v.${key} as entity, cast(v.effective_start_date as date) as on_day, v.tracked_hash as value from known v where v.known_to is null
    union all
    select v.${key}, cast(v.effective_end_date as date), '' from known v
    where v.known_to is null and v.effective_end_date is not null and not exists (
      select 1 from known n where n.${key} = v.${key} and n.known_to is null and n.effective_start_date = v.effective_end_date
    )
  ) b
  where b.on_day not in (select business_date from batch)`,
  ]
}

/** The loaded days after each day of the batch, up to the first whose snapshot tells of every key. */
function later(names: Scd2Names): Cte {
  const partly = `select business_date from ${relation(names.sightings)}`
  return [
    'later',
    `select d.business_date, l.business_date as later_day
  from batch d
  join other_days l on l.business_date > d.business_date
  where not exists (
    select 1 from other_days e
    where e.business_date > d.business_date and e.business_date < l.business_date and e.business_date not in (${partly})
  )`,
  ]
}

/** On the next day that tells of a key, what was believed of it holds again. */
function resumed(names: Scd2Names): Cte {
  return [
    'resumed',
    `select n.entity, n.on_day, coalesce(v.tracked_hash, '') as value
  from (
    select t.entity, l.business_date, min(l.later_day) as on_day
    from touched t cross join later l
    where not ${saidNothing(names, 't.entity', 'l.later_day')}
    group by t.entity, l.business_date
  ) n
  left join known v on v.${names.key} = n.entity and ${holdsOn(names, 'v', 'n.on_day')}`,
  ]
}

/** The versions that come out: run-length encoding of the values. */
function versions({ openStart }: Scd2Names): Cte {
  const start = 'cast(c.on_day as timestamp_ntz)'
  const isFirst = 'row_number() over (partition by c.entity order by c.on_day) = 1'
  return [
    'versions',
    `select c.entity, c.on_day as start_day, c.next_day as end_day, c.value, ${openStart ? `iff(${isFirst}, ${BEGINNING}, ${start})` : start} as join_start
  from (
    select e.entity, e.on_day, e.value, lead(e.on_day) over (partition by e.entity order by e.on_day) as next_day
    from (
      select p.entity, p.on_day, p.value, lag(p.value) over (partition by p.entity order by p.on_day) as value_before
      from (select * from observed union select * from bounds union select * from resumed) p
    ) e
    where e.value <> coalesce(e.value_before, '')
  ) c
  where c.value <> ''`,
  ]
}

/** Each version with its surrogate key and with the publications that brought its start and its end. */
function described(): Cte {
  const key = 'cast(v.entity as varchar)'
  const identity = `length(${key}) || ':' || ${key} || '|' || to_varchar(v.start_day, 'YYYY-MM-DD') || '|' || v.value`
  return [
    'described',
    `select v.*, ${hashNumber(identity)} as surrogate, cast(v.start_day as timestamp_ntz) as starts, cast(v.end_day as timestamp_ntz) as ends,
    coalesce(s.publication, p.newest) as start_publication, iff(v.end_day is null, null, coalesce(e.publication, p.newest)) as end_publication
  from versions v
  cross join publication p
  left join batch s on s.business_date = v.start_day
  left join batch e on e.business_date = v.end_day`,
  ]
}

/** Untracked attributes of the touched keys: as they are, or of a new key as the batch first has them. */
function base({ key, untracked }: Scd2Names): Cte {
  const list = (alias: string): string => untracked.map(name => `, ${alias}.${name}`).join('')
  return [
    'base',
    `select v.${key} as entity${list('v')} from known v qualify row_number() over (partition by v.${key} order by v.effective_start_date) = 1
  union all
  select s.entity${list('s')} from seen s where s.entity not in (select ${key} from known)
  qualify row_number() over (partition by s.entity order by s.seen_on) = 1`,
  ]
}

/** New versions: what is tracked comes from the snapshot of their first day, or from the version that held on it. */
function opened(names: Scd2Names): string {
  const { key, tracked, untracked } = names
  const attributes = [
    ...tracked.map(name => `iff(s.entity is null, h.${name}, s.${name})`),
    ...untracked.map(name => `b.${name}`),
  ]
  return `select n.surrogate, n.entity, ${attributes.join(', ')}, n.starts, n.ends, n.end_publication,
  n.ends is null, n.start_publication, null, n.join_start, n.value, 'OPEN'
from described n
left join known o on o.${key} = n.entity and o.effective_start_date = n.starts and o.tracked_hash = n.value
left join seen s on s.entity = n.entity and s.seen_on = n.start_day
left join known h on h.${key} = n.entity and ${holdsOn(names, 'h', 'n.start_day')}
left join base b on b.entity = n.entity
where o.${key} is null`
}

/** Versions of the relation about which something else is believed now. */
function moved(names: Scd2Names): string {
  const replaced: Readonly<Record<string, string>> = {
    EFFECTIVE_END_DATE: 'iff(n.entity is null, o.effective_end_date, n.ends)',
    END_KNOWN_FROM: 'iff(n.entity is null, o.end_known_from, n.end_publication)',
    IS_CURRENT: 'n.entity is not null and n.ends is null',
    KNOWN_FROM: `iff(n.entity is null or ${isClose}, o.known_from, p.newest)`,
    KNOWN_TO: 'iff(n.entity is null, p.newest, null)',
    JOIN_START_DATE: 'iff(n.entity is null, o.join_start_date, n.join_start)',
  }
  const attributes = [names.surrogate, names.key, ...names.tracked, ...names.untracked].map(name => `o.${name}`)
  const history = HISTORY_COLUMNS.map(([name]) => replaced[name] ?? `o.${name}`)
  return `select ${[...attributes, ...history].join(', ')},
  case when n.entity is null then 'RETIRE' when o.known_to is not null then 'BELIEVE' when ${isClose} then 'CLOSE' else 'RESTATE' end
from known o
cross join publication p
left join described n on n.entity = o.${names.key} and n.starts = o.effective_start_date and n.value = o.tracked_hash
where (n.entity is null and o.known_to is null)
  or (n.entity is not null and (o.known_to is not null or not equal_null(n.ends, o.effective_end_date) or n.join_start <> o.join_start_date))`
}

/** A first end, and nothing else: told in place, since it counts only from the publication that brought it. */
const isClose = `(o.known_to is null and o.effective_end_date is null and n.ends is not null and n.join_start = o.join_start_date)`
