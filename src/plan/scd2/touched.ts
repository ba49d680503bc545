import { relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { differs } from './encoding.ts'
import { begunOn, type Scd2Names } from './names.ts'
import { effectiveDays, overSource, seen } from './source.ts'

/** The work table of what the batch says otherwise than is believed. Its key has the type that the query gives it. */
export function createTouched(names: Scd2Names): string {
  return `create or replace transient table ${relation(names.touched)} as
select t.${names.key} as entity, cast(null as date) as on_day, cast(null as varchar) as finding from ${relation(names.target)} t where false`
}

/**
 * Believed versions by the days of the batch on which they hold. Those that have ended by then are most of a long history, and
 * their values are not read: either condition on the end is one that an engine passes rows over by.
 */
function believed(names: Scd2Names, attributes: readonly string[]): string {
  const read = (end: string): string =>
    `select v.${names.key}, ${attributes.map(name => `v.${name}`).join(', ')}, d.business_date as believed_on, d.complete
  from ${relation(names.target)} v join batch d on ${begunOn(names, 'v', 'd.business_date')} and ${end}`
  return [read('v.effective_end_date is null'), read('v.effective_end_date > d.business_date')].join('\nunion all\n')
}

/**
 * Finds the keys whose history the batch may change, by day, and why:
 *
 * - NEW: nothing was believed of the key on that day. MISSING: a complete snapshot lacks it, or could not read it.
 * - UNTRACKED: untracked attributes differ, perhaps tracked ones too. TRACKED: tracked ones alone.
 * - BOUND: a version of the key starts or ends on a day that is revised, and the revision may not tell of it any more.
 *
 * Values are compared as they are: hashing every row of a snapshot would cost more than all the rest. The snapshot is read
 * once for all of it. A key that comes to nothing in the end does no harm.
 */
export function findTouched(names: Scd2Names, query: SqlText): readonly Statement[] {
  const { key, surrogate, tracked, untracked } = names
  const attributes = [...tracked, ...untracked]
  const touched = relation(names.touched)
  const compare = overSource('execute', query, {
    head: `insert into ${touched} (entity, on_day, finding)`,
    ctes: [effectiveDays(names), seen(names, attributes), ['believed', believed(names, attributes)]],
    select: `select coalesce(s.entity, v.${key}), coalesce(s.seen_on, v.believed_on),
  case when v.${key} is null then 'NEW' when s.entity is null then 'MISSING' when ${differs('s', 'v', untracked)} then 'UNTRACKED' else 'TRACKED' end
from seen s full outer join believed v on v.${key} = s.entity and v.believed_on = s.seen_on
where v.${key} is null or (s.entity is null and v.complete) or (s.entity is not null and ${differs('s', 'v', attributes)})`,
  })
  const bounds = generated(
    'execute',
    `insert into ${touched} (entity, on_day, finding)
select distinct v.${key}, d.business_date, 'BOUND' from ${relation(names.target)} v join ${relation(names.days)} d on d.is_effective and d.is_revised
  and (v.effective_start_date = d.business_date or v.effective_end_date = d.business_date)
where v.known_to is null and v.${surrogate} <> -1`,
  )
  return [generated('execute', `delete from ${touched}`), compare, bounds]
}
