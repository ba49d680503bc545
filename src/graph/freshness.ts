import type { FreshnessRule } from './types.ts'
import { addDays, clockText, dayAt, instantAt } from './zoned-time.ts'

/**
 * `fresh`: every day that is expected is there. `waiting`: one is missing, and is not yet late enough for a warning.
 * `warn` and `error`: later than the rule's durations.
 */
export type FreshnessStatus = 'fresh' | 'waiting' | 'warn' | 'error'

/** What a rule says of a relation at one moment. */
export interface Freshness {
  readonly status: FreshnessStatus
  /** When the first day that is not there was expected, or will be; where nothing ever came, the newest day due. ISO 8601, UTC. */
  readonly expectedAt: string
  /** The same for people, in the rule's time zone: `2025-04-02 06:00 Europe/Berlin`. */
  readonly expectedBy: string
  /** Milliseconds since `expectedAt`, 0 before; null where nothing ever came, so that nobody knows since when. */
  readonly lateMs: number | null
}

/**
 * Judges how far data reach. The data of a day are expected on the day after it, at the rule's time of day.
 *
 * @param newest the newest day that is there, YYYY-MM-DD; null where there never was one, which is as late as can be
 */
export function judgeFreshness(newest: string | null, now: Date, rule: FreshnessRule): Freshness {
  const expected = newest === null ? newestDue(now, rule) : dueAt(addDays(newest, 1), rule)
  const lateMs = newest === null ? null : Math.max(0, now.getTime() - expected)
  const isDue = now.getTime() >= expected
  return {
    status: isDue ? statusOf(lateMs ?? Number.POSITIVE_INFINITY, rule) : 'fresh',
    expectedAt: new Date(expected).toISOString(),
    expectedBy: clockText(expected, rule.timezone),
    lateMs,
  }
}

function statusOf(lateMs: number, { warnAfterMs, errorAfterMs }: FreshnessRule): FreshnessStatus {
  if (errorAfterMs !== undefined && lateMs > errorAfterMs) return 'error'
  return warnAfterMs !== undefined && lateMs > warnAfterMs ? 'warn' : 'waiting'
}

/** When a day's data are expected. */
function dueAt(day: string, { expectedByMs, timezone }: FreshnessRule): number {
  return instantAt(addDays(day, 1), expectedByMs, timezone)
}

/** When the newest day that should be there was expected. */
function newestDue(now: Date, rule: FreshnessRule): number {
  const yesterday = addDays(dayAt(now.getTime(), rule.timezone), -1)
  const due = dueAt(yesterday, rule)
  return due <= now.getTime() ? due : dueAt(addDays(yesterday, -1), rule)
}

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/

/**
 * The day that a value of a DATE or TIMESTAMP column lies in, YYYY-MM-DD: a date is that day in every zone, and a
 * timestamp without a zone is UTC. Undefined where the text is neither.
 */
export function dayReached(value: string, timezone: string): string | undefined {
  const [, day, time, zone = 'Z'] = MOMENT.exec(value) ?? []
  if (day === undefined || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return undefined
  if (time === undefined) return day
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const instant = Date.parse(`${day}T${time}${offset}`)
  return Number.isNaN(instant) ? undefined : dayAt(instant, timezone)
}
