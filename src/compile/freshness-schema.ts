import * as v from 'valibot'
import { column } from '../dialects/snowflake.ts'
import type { FreshnessRule } from '../graph/types.ts'
import { isTimeZone } from '../graph/zoned-time.ts'

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

const text = v.string('must be a string')

const duration = v.pipe(
  text,
  v.regex(/^\d{1,5} (minute|hour|day)s?$/, 'must be a duration such as "90 minutes", "6 hours" or "1 day"'),
  v.transform(written => {
    const [count, unit = ''] = written.split(' ')
    return Number(count) * (UNITS[unit.replace(/s$/, '')] ?? 0)
  }),
)

const timeOfDay = v.pipe(
  text,
  v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as "06:00"'),
  v.transform(written => Number(written.slice(0, 2)) * 3_600_000 + Number(written.slice(3)) * 60_000),
)

/** The config key `freshness`. */
export const FRESHNESS = v.pipe(
  v.strictObject(
    {
      field: v.optional(text),
      expectedBy: v.optional(timeOfDay, '00:00'),
      timezone: v.optional(
        v.pipe(text, v.check(isTimeZone, 'must be the name of a time zone, such as "UTC" or "Europe/Berlin"')),
        'UTC',
      ),
      warnAfter: v.optional(duration),
      errorAfter: v.optional(duration),
    },
    'must be { field, expectedBy, timezone, warnAfter, errorAfter }',
  ),
  v.check(
    ({ warnAfter, errorAfter }) => warnAfter !== undefined || errorAfter !== undefined,
    'needs warnAfter, errorAfter or both: without them nothing is ever late',
  ),
  v.forward(
    v.check(
      ({ warnAfter = 0, errorAfter = Number.POSITIVE_INFINITY }) => errorAfter >= warnAfter,
      'must not be less than warnAfter: a warning comes before an error',
    ),
    ['errorAfter'],
  ),
  v.transform(
    ({ field, expectedBy, timezone, warnAfter, errorAfter }): FreshnessRule => ({
      field,
      expectedByMs: expectedBy,
      timezone,
      warnAfterMs: warnAfter,
      errorAfterMs: errorAfter,
    }),
  ),
)

/** What is wrong with the column that a freshness is told by. `columns` are the relation's, where its config lists them all. */
export function fieldFaults(
  rule: FreshnessRule | undefined,
  type: string | undefined,
  columns: readonly string[] | undefined,
): readonly string[] {
  if (rule === undefined) return []
  const { field } = rule
  if (type === 'scd2')
    return field === undefined
      ? []
      : ['does not belong to an scd2, whose ledger tells which days are loaded: leave it out']
  if (field === undefined)
    return ['must name the DATE or TIMESTAMP column whose newest value tells how far the data reach']
  const isKnown = columns?.some(name => column(name) === column(field)) ?? true
  return isKnown ? [] : [`must be a column of this copy: ${columns?.join(', ')}`]
}
