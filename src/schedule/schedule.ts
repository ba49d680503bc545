import { UserError } from '../error.ts'
import { isTimeZone } from '../graph/zoned-time.ts'
import { type CronFields, readFields } from './cron-field.ts'
import { readInterval } from './interval.ts'

/** When a task runs. `text` is what SCHEDULE is given, in Snowflake's own spelling. */
export type Schedule =
  | { readonly kind: 'cron'; readonly text: string; readonly fields: CronFields; readonly timeZone: string }
  | { readonly kind: 'interval'; readonly text: string; readonly seconds: number }

const FORMS = 'write "USING CRON 0 5 * * * Europe/Berlin" or "10 MINUTES"'
const EIGHT_DAYS = 8 * 24 * 3600
/** The most days that each month can have. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Reads what Snowflake's SCHEDULE is given: `USING CRON <minute> <hour> <day of month> <month> <day of week> <time zone>`, or an
 * interval of 10 seconds to 8 days such as `10 MINUTES`.
 *
 * @throws UserError with what to write instead, also for what other crons accept and Snowflake does not document
 */
export function parseSchedule(text: string): Schedule {
  const words = text.trim().split(/\s+/)
  if (/^USING$/i.test(words[0] ?? '')) return readCron(words)
  const seconds = readInterval(text)
  if (seconds === undefined) throw new UserError(`"${text}" is no schedule`, { remedy: FORMS })
  if (seconds < 10 || seconds > EIGHT_DAYS)
    throw new UserError(`an interval of ${text.trim()} is outside what a task may have`, {
      remedy: 'write at least 10 SECONDS and at most 691200 SECONDS, 11520 MINUTES or 192 HOURS',
    })
  return { kind: 'interval', text: intervalText(seconds), seconds }
}

/** The interval in the largest unit that it is a whole number of. */
function intervalText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} HOURS`
  return seconds % 60 === 0 ? `${seconds / 60} MINUTES` : `${seconds} SECONDS`
}

function readCron(words: readonly string[]): Schedule {
  if (!/^CRON$/i.test(words[1] ?? '')) throw new UserError(`CRON must follow USING`, { remedy: FORMS })
  const rest = words.slice(2)
  const zone = rest.at(-1) ?? ''
  if (rest.length <= 5) throw new UserError('the time zone is missing, or one of the five fields is', { remedy: FORMS })
  const fields = readFields(rest.slice(0, -1).join(' '))
  refuseZone(zone)
  refuseNever(fields)
  return { kind: 'cron', text: `USING CRON ${rest.join(' ')}`, fields, timeZone: zone }
}

/** Names outside the tz database are refused, and abbreviations too: `IST` is three zones. */
function refuseZone(zone: string): void {
  const isName = /^[A-Z][\w+-]*(\/[A-Z][\w+-]*)+$/.test(zone) || zone === 'UTC' || zone === 'GMT'
  if (isName && isTimeZone(zone) && isSpelledSo(zone)) return
  throw new UserError(`${zone} is not the name of a time zone`, {
    remedy: 'write a name of the tz database in its own spelling, such as Europe/Berlin or America/Los_Angeles, or UTC',
  })
}

/** Names are told apart by case in Snowflake, and not by the calendar of this process. */
function isSpelledSo(zone: string): boolean {
  const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  return known === zone || known.toLowerCase() !== zone.toLowerCase()
}

/** A day that none of the months has, with no day of the week beside it, never comes. */
function refuseNever({ day, month, weekday }: CronFields): void {
  if (day.isAny || day.lasts.length > 0 || !weekday.isAny) return
  const longest = Math.max(...month.values.map(value => LONGEST[value - 1] ?? 0))
  if (day.values.every(value => value > longest))
    throw new UserError(`no month of this schedule has a day ${day.values.join(' or ')}: the task would never run`, {
      remedy: 'name a day that comes, or L for the last day of the month',
    })
}
