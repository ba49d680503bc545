import { relation } from '../../dialects/snowflake.ts'
import type { SqlText, Target } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { differs, encoded } from './encoding.ts'
import { BEGINNING, holdsOn, type Scd2Names } from './names.ts'
import { type Cte, effectiveDays, otherDays, overSource, saidNothing, seen } from './source.ts'

/**
 * The values that untracked attributes had by day, of keys that had more than one: a late or a revised day then knows
 * whether it is the newest that has the key, and what was before it. Keys that never changed have no rows.
 */
export function createUntrackedLog(names: Scd2Names, table: Target, create: string): string {
  const values = names.untracked.map(name => `, t.${name}`).join('')
  return `${create} ${relation(table)} as
select t.${names.key} as entity, cast(null as date) as business_date${values} from ${relation(names.target)} t where false`
}

/** The work table of keys of which the batch changes what is in the log, or enters it. */
export function createUntrackedKeys(names: Scd2Names): string {
  return `create or replace transient table ${relation(names.untrackedKeys)} as
select t.${names.key} as entity from ${relation(names.target)} t where false`
}

/**
 * Gives every version of a key the untracked attributes of the newest loaded day that has the key. The keys whose values by
 * day change are among the touched ones, and those in the log.
 */
export function writeUntracked(names: Scd2Names, query: SqlText): readonly Statement[] {
  if (names.untracked.length === 0) return []
  const { untrackedLog: log, untrackedNext: next, untrackedKeys: keys, untracked } = names
  const columns = ['entity', 'business_date', ...untracked].join(', ')
  return [
    generated('execute', `delete from ${relation(keys)}`),
    findFirstChanges(names, query),
    findLogged(names, query),
    generated('execute', `delete from ${relation(next)}`),
    findPoints(names, query),
    generated('execute', `delete from ${relation(log)} where entity in (select entity from ${relation(keys)})`),
    generated('execute', `insert into ${relation(log)} (${columns})\nselect ${columns} from ${relation(next)}`),
    ...[names.target, names.history].map(target => takeNewest(names, target)),
  ]
}

/** Ranges of days with one value, of the keys in the log. */
function ranges(names: Scd2Names): Cte {
  return [
    'ranges',
    `select l.*, coalesce(lead(l.business_date) over (partition by l.entity order by l.business_date), '9999-12-31'::date) as until
  from ${relation(names.untrackedLog)} l`,
  ]
}

const among = (names: Scd2Names, table: Target, which = ''): string =>
  ` where s.${names.key} in (select entity from ${relation(table)}${which})`

/** Keys that are not in the log, and of which a day of the batch says something else than is said of them. */
function findFirstChanges(names: Scd2Names, query: SqlText): Statement {
  const { key, untracked } = names
  return overSource('execute', query, {
    head: `insert into ${relation(names.untrackedKeys)} (entity)`,
    ctes: [
      effectiveDays(names),
      seen(names, untracked, among(names, names.touched, ` where finding in ('NEW', 'UNTRACKED')`)),
    ],
    select: `select distinct s.entity from seen s
join ${relation(names.target)} v on v.${key} = s.entity and ${holdsOn(names, 'v', 's.seen_on')}
where ${differs('s', 'v', untracked)} and s.entity not in (select entity from ${relation(names.untrackedLog)})`,
  })
}

/** Keys in the log of which a day says something else than the log, and those that a revised day no longer tells of. */
function findLogged(names: Scd2Names, query: SqlText): Statement {
  const log = relation(names.untrackedLog)
  return overSource('execute', query, {
    head: `insert into ${relation(names.untrackedKeys)} (entity)`,
    ctes: [effectiveDays(names), seen(names, names.untracked, among(names, names.untrackedLog)), ranges(names)],
    select: `select s.entity from seen s
join ranges r on r.entity = s.entity and s.seen_on >= r.business_date and s.seen_on < r.until
where ${differs('s', 'r', names.untracked)}
union
select l.entity from ${log} l join batch d on d.business_date = l.business_date and d.is_revised
where not exists (select 1 from seen s where s.entity = l.entity and s.seen_on = l.business_date)`,
  })
}

/** The new days of change of these keys: the batch's rows, the log's others, and where an old value holds again. */
function findPoints(names: Scd2Names, query: SqlText): Statement {
  const { key, untracked } = names
  const list = (alias: string): string => untracked.map(name => `, ${alias}.${name}`).join('')
  const keys = relation(names.untrackedKeys)
  const target = relation(names.target)
  return overSource('execute', query, {
    head: `insert into ${relation(names.untrackedNext)} (${['entity', 'business_date', ...untracked].join(', ')})`,
    ctes: [
      effectiveDays(names),
      seen(names, untracked, among(names, names.untrackedKeys)),
      [
        'ranges',
        `select l.entity, l.business_date${list('l')}, coalesce(lead(l.business_date) over (partition by l.entity order by l.business_date), '9999-12-31'::date) as until
  from ${relation(names.untrackedLog)} l where l.entity in (select entity from ${keys})
  union all
  select v.${key}, cast(${BEGINNING} as date)${list('v')}, '9999-12-31'::date
  from ${target} v
  where v.${key} in (select entity from ${keys}) and v.${key} not in (select entity from ${relation(names.untrackedLog)})
  qualify row_number() over (partition by v.${key} order by v.effective_start_date) = 1`,
      ],
      otherDays(names),
      [
        'resumed',
        `select n.entity, n.on_day${list('r')}
  from (
    select t.entity, d.business_date, min(l.business_date) as on_day
    from ${keys} t
    cross join batch d
    join other_days l on l.business_date > d.business_date
    join ${target} v on v.${key} = t.entity and ${holdsOn(names, 'v', 'l.business_date')}
    where not ${saidNothing(names, 't.entity', 'l.business_date')}
    group by t.entity, d.business_date
  ) n
  join ranges r on r.entity = n.entity and n.on_day >= r.business_date and n.on_day < r.until`,
      ],
      [
        'points',
        `select s.entity, s.seen_on as on_day${list('s')} from seen s
  union
  select r.entity, r.business_date${list('r')} from ranges r where r.business_date not in (select business_date from batch)
  union
  select r.entity, r.on_day${list('r')} from resumed r`,
      ],
    ],
    select: `select p.entity, p.on_day${list('p')}
from (
  select v.*, lag(v.value) over (partition by v.entity order by v.on_day) as value_before
  from (select q.*, ${encoded('q', untracked)} as value from points q) v
) p
where p.value_before is null or p.value <> p.value_before`,
  })
}

function takeNewest(names: Scd2Names, target: Target): Statement {
  const { key, untracked } = names
  return generated(
    'write',
    `update ${relation(target)} t
set ${untracked.map(name => `${name} = n.${name}`).join(', ')}
from (
  select l.* from ${relation(names.untrackedNext)} l
  qualify row_number() over (partition by l.entity order by l.business_date desc) = 1
) n
where t.${key} = n.entity and ${differs('t', 'n', untracked)}`,
  )
}
