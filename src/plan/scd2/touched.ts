import { relation } from '../../dialects/snowflake.ts'
import type { SqlText, Target } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { differs } from './encoding.ts'
import { holdsOn, type Scd2Names } from './names.ts'
import { effectiveDays, overSource, seen } from './source.ts'

/** A work table of keys. They have the type that the query gives them. */
export function createKeys(names: Scd2Names, table: Target): string {
  return `create or replace transient table ${relation(table)} as
select t.${names.key} as entity from ${relation(names.target)} t where false`
}

/**
 * Finds the keys whose history the batch may change: those whose value on a day of it is another than the one believed until
 * now, and those that a complete snapshot lacks. Values are compared as they are: hashing every row of a snapshot would cost
 * more than all the rest. The snapshot is read once for tracked and untracked attributes; keys that could not be read are
 * among them and come to nothing, as asking for each row whether its key is one of them costs more than the comparison.
 */
export function findTouched(names: Scd2Names, query: SqlText): readonly Statement[] {
  const { key, surrogate } = names
  const attributes = [...names.tracked, ...names.untracked]
  const touched = relation(names.touched)
  const compare = overSource('execute', query, {
    head: `insert into ${touched} (entity)`,
    ctes: [
      effectiveDays(names),
      seen(names, attributes),
      [
        'believed',
        `select v.${key}, ${attributes.map(name => `v.${name}`).join(', ')}, d.business_date as believed_on, d.complete
  from ${relation(names.target)} v join batch d on ${holdsOn(names, 'v', 'd.business_date')}`,
      ],
    ],
    select: `select distinct coalesce(s.entity, v.${key})
from seen s full outer join believed v on v.${key} = s.entity and v.believed_on = s.seen_on
where v.${key} is null or (s.entity is null and v.complete) or (s.entity is not null and ${differs('s', 'v', attributes)})`,
  })
  // A key that a revised day no longer tells of matters where a version starts or ends on that day.
  const bounds = generated(
    'execute',
    `insert into ${touched} (entity)
select distinct v.${key} from ${relation(names.target)} v join ${relation(names.days)} d on d.is_effective and d.is_revised
  and (v.effective_start_date = d.business_date or v.effective_end_date = d.business_date)
where v.known_to is null and v.${surrogate} <> -1 and v.${key} not in (select entity from ${touched})`,
  )
  return [generated('execute', `delete from ${touched}`), compare, bounds]
}
