import { literal, relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { holdsOn, type Scd2Names } from './names.ts'
import { type Cte, effectiveDays, overSource, seen, unreadable } from './source.ts'

/**
 * Holds snapshots in which more than the allowed share of the keys of the day before vanished: they wait for approval and
 * change nothing. Days after the first held one are compared with the last day before it, so that one bad day cannot make
 * the next look good.
 */
export function holdDays(names: Scd2Names, query: SqlText): readonly Statement[] {
  const days = relation(names.days)
  if (names.maxVanishedShare >= 1) return []
  const held = `(select business_date from ${days} where is_held)`
  return [
    generated(
      'execute',
      `update ${days} t set base_date = b.base_date from (${nearestEarlier(names)}) b where ${isDay}`,
    ),
    countMissing(names, query),
    countVanished(names, query, `(is_revised or base_date in (select business_date from ${days}))`),
    judge(names, 't.is_effective'),
    generated(
      'execute',
      `update ${days} t set base_date = b.base_date
from (
  select d.business_date, f.base_date
  from ${days} d
  cross join (select base_date, business_date from ${days} where is_held qualify row_number() over (order by business_date) = 1) f
  where d.is_effective and d.business_date > f.business_date
) b
where ${isDay}`,
    ),
    countVanished(names, query, `business_date > (select min(business_date) from ${days} where is_held)`),
    judge(names, `t.is_effective and t.business_date > (select min(business_date) from ${days} where is_held)`),
    rememberHeld(names),
    tellHeld(names),
    generated('execute', `delete from ${days} where business_date in ${held}`),
    generated(
      'execute',
      `delete from ${relation(names.touched)} where on_day not in (select business_date from ${days})`,
    ),
  ]
}

const isDay = 't.business_date = b.business_date and t.is_effective'

function nearestEarlier(names: Scd2Names): string {
  return `
  select d.business_date, max(e.business_date) as base_date
  from ${relation(names.days)} d
  join (
    select business_date from ${relation(names.ledger)} where dataset = ${literal(names.dataset)}
    union
    select business_date from ${relation(names.days)} where is_effective
  ) e on e.business_date < d.business_date
  where d.is_effective
  group by d.business_date
`
}

/**
 * On a day that was not loaded before, what is believed is what the loaded day before it says: the day's keys that are new or
 * missing were found against that already.
 */
function countMissing(names: Scd2Names, query: SqlText): Statement {
  return writeCounts(
    names,
    query,
    [],
    `select d.business_date, max(d.key_count) - count_if(w.finding = 'NEW') + count_if(w.finding = 'MISSING') as base_count,
  count_if(w.finding = 'MISSING' and u.entity is null) as vanished
from batch d
left join ${relation(names.touched)} w on w.on_day = d.business_date
left join unreadable u on u.entity = w.entity and u.seen_on = w.on_day
where d.complete and not d.is_revised and d.base_date is not null and d.base_date not in (select business_date from batch)
group by d.business_date`,
  )
}

/** Counts the keys of each day's base, and those of them that the day does not have. */
function countVanished(names: Scd2Names, query: SqlText, which: string): Statement {
  return writeCounts(
    names,
    query,
    [
      ['pairs', `select business_date, base_date from batch where base_date is not null and complete and ${which}`],
      [
        'base',
        `select distinct s.seen_on as base_date, s.entity from seen s join pairs p on p.base_date = s.seen_on
  union all
  select b.base_date, v.${names.key} from ${relation(names.target)} v
  join (select distinct base_date from pairs where base_date not in (select business_date from batch)) b
    on ${holdsOn(names, 'v', 'b.base_date')}`,
      ],
    ],
    `select p.business_date, count(*) as base_count, count_if(s.entity is null and u.entity is null) as vanished
from pairs p
join base b on b.base_date = p.base_date
left join seen s on s.seen_on = p.business_date and s.entity = b.entity
left join unreadable u on u.seen_on = p.business_date and u.entity = b.entity
group by p.business_date`,
  )
}

/** Writes what `select` counts of days: `business_date`, `base_count`, `vanished`. It may read `seen` and `unreadable`. */
function writeCounts(names: Scd2Names, query: SqlText, ctes: readonly Cte[], select: string): Statement {
  return overSource('execute', query, {
    head: `update ${relation(names.days)} t set base_count = c.base_count, vanished = c.vanished from (`,
    ctes: [effectiveDays(names), seen(names, []), unreadable(names), ...ctes],
    select: `${select}
) c
where t.business_date = c.business_date and t.is_effective`,
  })
}

function judge(names: Scd2Names, which: string): Statement {
  return generated(
    'execute',
    `update ${relation(names.days)} t
set is_held = coalesce(t.vanished, 0) > ${names.maxVanishedShare} * coalesce(t.base_count, 0) and t.complete
  and t.content_hash not in (
    select a.content_hash from ${relation(names.approvals)} a where a.dataset = ${literal(names.dataset)} and a.business_date = t.business_date
  )
where ${which}`,
  )
}

/** Said loudly: a snapshot that waits looks like one that never came. */
function tellHeld(names: Scd2Names): Statement {
  const dated = (column: string): string => `to_varchar(${column}, 'YYYY-MM-DD')`
  return generated(
    'notice',
    `select ${literal(`HELD ${names.dataset}: `)} || d.vanished || ' of the ' || d.base_count || ' keys of ' || ${dated('d.base_date')}
  || ' are not in the snapshot of ' || ${dated('d.business_date')} || '; nothing of it was taken until it is approved' as message
from ${relation(names.days)} d where d.is_held order by d.business_date`,
  )
}

function rememberHeld(names: Scd2Names): Statement {
  return generated(
    'execute',
    `insert into ${relation(names.held)} (dataset, business_date, content_hash, row_count, base_date, base_count, vanished, held_at)
select ${literal(names.dataset)}, d.business_date, d.content_hash, d.row_count, d.base_date, d.base_count, d.vanished, sysdate()
from ${relation(names.days)} d
where d.is_held and not exists (
  select 1 from ${relation(names.held)} h
  where h.dataset = ${literal(names.dataset)} and h.business_date = d.business_date and h.content_hash = d.content_hash
)`,
  )
}
