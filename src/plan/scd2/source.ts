import { literal, relation, wrap } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import type { Statement } from '../types.ts'
import type { Scd2Names } from './names.ts'

/** A CTE: its name and its query. */
export type Cte = readonly [name: string, sql: string]

/**
 * A statement over the model's query: `head`, then the query as `source`, then further CTEs and the final select. Errors in
 * the query keep its own lines.
 */
export function overSource(
  kind: Statement['kind'],
  query: SqlText,
  { head, ctes, select }: { readonly head: string; readonly ctes: readonly Cte[]; readonly select: string },
): Statement {
  const more = ctes.map(([name, sql]) => `, ${name} as (\n${sql}\n)`).join('')
  return { kind, text: wrap(query, `${head}\nwith source as (`, `)${more}\n${select}`) }
}

/** The place of a row's delivery among those of its day; where the source does not tell, a day comes once. */
export function revisionOf(names: Scd2Names, alias: string): string {
  return names.revision === undefined ? '1' : `coalesce(${alias}.${names.revision}, 1)`
}

/** Whether a row of `alias`, a relation with the business date and perhaps a revision, belongs to the delivery `d`. */
export function isOf(names: Scd2Names, alias: string, delivery = 'd'): string {
  return `${delivery}.business_date = cast(${alias}.${names.day} as date) and ${delivery}.revision = ${revisionOf(names, alias)}`
}

/** Deliveries that count: of each day the highest revision. */
export function effectiveDays(names: Scd2Names): Cte {
  return ['batch', `select * from ${relation(names.days)} where is_effective`]
}

/** Rows of the deliveries that count: `entity` is the key, `seen_on` the day. Needs `batch`. */
export function seen(names: Scd2Names, columns: readonly string[], where = ''): Cte {
  const list = [
    `s.${names.key} as entity`,
    'd.business_date as seen_on',
    ...columns.map(name => `s.${name} as ${name}`),
  ]
  return ['seen', `select ${list.join(', ')} from source s join batch d on ${isOf(names, 's')}${where}`]
}

/** Keys that a delivery that counts could not read. Needs `batch` and `seen`, whose types its own are. */
export function unreadable(names: Scd2Names): Cte {
  if (names.unknownKeys === undefined) return ['unreadable', 'select s.entity, s.seen_on from seen s where false']
  return [
    'unreadable',
    `select distinct u.${names.key} as entity, d.business_date as seen_on
  from ${relation(names.unknownKeys)} u join batch d on ${isOf(names, 'u')}
  where u.${names.key} is not null`,
  ]
}

/** Days that were loaded before the batch and are not in it. Needs `batch`. */
export function otherDays(names: Scd2Names): Cte {
  return [
    'other_days',
    `select distinct business_date from ${relation(names.ledger)}
  where dataset = ${literal(names.dataset)} and business_date not in (select business_date from batch)`,
  ]
}

/** Whether the key `entity` said nothing on a loaded day: it could not be read, or the snapshot does not tell of everybody. */
export function saidNothing(names: Scd2Names, entity: string, day: string): string {
  const sightings = relation(names.sightings)
  const of = `m.business_date = ${day}`
  return `(exists (select 1 from ${sightings} m where ${of} and m.entity = ${entity} and not m.is_seen)
    or (exists (select 1 from ${sightings} m where ${of} and m.is_seen)
      and not exists (select 1 from ${sightings} m where ${of} and m.entity = ${entity} and m.is_seen)))`
}
