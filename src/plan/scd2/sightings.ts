import { relation } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import type { Scd2Names } from './names.ts'
import { effectiveDays, overSource, seen, unreadable } from './source.ts'

/**
 * The table of who was seen where a snapshot does not tell of everybody. Of a complete snapshot: keys that could not be read
 * (`is_seen` false). Of one with unreadable keys: every key that it has (`is_seen` true), since absence says nothing there.
 */
export function createSightings(names: Scd2Names): string {
  return `create table if not exists ${relation(names.sightings)} as
select cast(null as date) as business_date, t.${names.key} as entity, cast(null as boolean) as is_seen from ${relation(names.target)} t where false`
}

/** Remembers the batch's days, in place of what their earlier revisions said. */
export function writeSightings(names: Scd2Names, query: SqlText): readonly Statement[] {
  if (names.unknownKeys === undefined) return []
  return [
    generated(
      'execute',
      `delete from ${relation(names.sightings)} where business_date in (select business_date from ${relation(names.days)})`,
    ),
    overSource('execute', query, {
      head: `insert into ${relation(names.sightings)} (business_date, entity, is_seen)`,
      ctes: [effectiveDays(names), seen(names, []), unreadable(names)],
      select: `select u.seen_on, u.entity, false from unreadable u join batch d on d.business_date = u.seen_on and d.complete
where not exists (select 1 from seen s where s.entity = u.entity and s.seen_on = u.seen_on)
union all
select s.seen_on, s.entity, true from seen s join batch d on d.business_date = s.seen_on and not d.complete`,
    }),
  ]
}
