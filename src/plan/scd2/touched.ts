import { relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { differs } from './encoding.ts'
import { holdsOn, type Scd2Names } from './names.ts'
import { effectiveDays, overSource, seen, unreadable } from './source.ts'

/** The work table of keys whose history the batch changes. Its key has the type that the query gives it. */
export function createTouched(names: Scd2Names): string {
  return `create or replace transient table ${relation(names.touched)} as
select t.${names.key} as entity from ${relation(names.target)} t where false`
}

/**
 * Finds the keys whose history the batch changes: those whose value on a day of it is another than the one believed until
 * now. Values are compared as they are: hashing every row of a snapshot would cost more than all the rest. A key that a
 * revised day no longer tells of matters where a version starts or ends on that day.
 */
export function findTouched(names: Scd2Names, query: SqlText): readonly Statement[] {
  const { key, tracked } = names
  const insert = overSource('execute', query, {
    head: `insert into ${relation(names.touched)} (entity)`,
    ctes: [
      effectiveDays(names),
      seen(names, tracked),
      unreadable(names),
      [
        'believed',
        `select v.${key}, ${tracked.map(name => `v.${name}`).join(', ')}, d.business_date as believed_on, d.complete
  from ${relation(names.target)} v join batch d on ${holdsOn(names, 'v', 'd.business_date')}`,
      ],
      [
        'bounds',
        `select v.${key} as entity, d.business_date as bound_on from ${relation(names.target)} v join batch d on d.is_revised
    and (v.effective_start_date = d.business_date or v.effective_end_date = d.business_date)
  where v.known_to is null and v.${names.surrogate} <> -1`,
      ],
    ],
    select: `select distinct coalesce(s.entity, v.${key})
from seen s full outer join believed v on v.${key} = s.entity and v.believed_on = s.seen_on
where v.${key} is null
  or (s.entity is not null and ${differs('s', 'v', tracked)})
  or (s.entity is null and v.complete
    and not exists (select 1 from unreadable u where u.entity = v.${key} and u.seen_on = v.believed_on))
union
select b.entity from bounds b
where not exists (select 1 from seen s where s.entity = b.entity and s.seen_on = b.bound_on)`,
  })
  return [generated('execute', `delete from ${relation(names.touched)}`), insert]
}
