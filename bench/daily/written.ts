import { GROUP_ROWS } from '../../src/engines/duckdb/attach.ts'
import type { Database } from '../helpers/duckdb.ts'
import { customerColumns, dayOfSql, type FeedSize, feedTables } from './rows.ts'

/** The days that a written history has seen: those up to `last`, perhaps but for the customers of one. */
export interface WrittenDays {
  readonly last: number
  readonly without?: number | undefined
}

/**
 * Makes `version`: every version that loads of these days one by one would have left, in the order in which they would have
 * come; with its customer's attributes, its first day's number `start_n`, and `end_n`, NULL where it is open.
 */
export async function makeVersions(database: Database, size: FeedSize, { last, without }: WrittenDays): Promise<void> {
  for (const sql of feedTables(size, last)) await database.run(sql)
  // Whose number leaves the same remainder changes on the same days.
  await database.run(`create table span as
    select remainder, version, n as start_n, lead(n) over (partition by remainder order by n) as end_n
    from (
      select n, remainder, version, lag(version) over (partition by remainder order by n) as version_before
      from (
        select d.n, r.remainder, count(h.n)::int as version
        from (select range::int n from range(1, ${last} + 1) where range is distinct from ${without ?? 'null'}) d
        cross join (select range::int remainder from range(${size.changedOneOf})) r
        left join change h on h.remainder = r.remainder and h.n <= d.n
        group by all
      )
    ) where version is distinct from version_before`)
  await database.run(`create table version as
    select *, ${dayOfSql('start_n')} start_day, ${dayOfSql('end_n')} end_day
    from (select i, version, start_n, end_n, ${customerColumns(size)}
      from customer c join span s on s.remainder = c.i % ${size.changedOneOf})
    order by start_n, i`)
}

/**
 * Ranges of days whose events are written at once: more than a day, which would take long, and fewer rows than half a group of
 * the file. So they go on where the last one ended, as those of a day do; more would begin a group of their own, and groups
 * that are not full would be put together at some later checkpoint, within what is measured.
 */
export function chunks(last: number, { eventsPerDay }: FeedSize): readonly (readonly [from: number, to: number])[] {
  const days = Math.max(1, Math.floor((GROUP_ROWS / 2 - 1) / eventsPerDay))
  return Array.from({ length: Math.ceil(last / days) }, (_, at) => [at * days + 1, Math.min(last, (at + 1) * days)])
}
