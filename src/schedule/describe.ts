import type { CronField, CronFields } from './cron-field.ts'
import type { Schedule } from './schedule.ts'

const MONTH_NAMES = 'January February March April May June July August September October November December'.split(' ')
const DAY_NAMES = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
/** More times of day than these are told by their hours. */
const FEW_TIMES = 6

/** A schedule in a few plain words: `daily at 05:00 Europe/Berlin`, `every 10 minutes`. */
export function describeSchedule(schedule: Schedule): string {
  if (schedule.kind === 'interval') return every(schedule.text)
  const { fields, timeZone } = schedule
  const days = daysText(fields)
  const months = fields.month.isAny ? '' : `in ${listed(fields.month.values, value => MONTH_NAMES[value - 1] ?? '')}`
  const times = timesText(fields)
  return [days === '' && times.startsWith('at ') ? 'daily' : days, times, months, timeZone]
    .filter(part => part !== '')
    .join(' ')
}

/** `10 MINUTES` as `every 10 minutes`, `1 HOURS` as `every hour`. */
function every(text: string): string {
  const [count, unit = ''] = text.toLowerCase().split(' ')
  return count === '1' ? `every ${unit.slice(0, -1)}` : `every ${count} ${unit}`
}

function timesText({ minute, hour }: CronFields): string {
  if (hour.isAny) return everyHourText(minute)
  if (minute.values.length * hour.values.length <= FEW_TIMES) {
    const times = hour.values.flatMap(h => minute.values.map(m => `${two(h)}:${two(m)}`))
    return `at ${joined(times)}`
  }
  return `${everyHourText(minute)} from ${listed(hour.values, value => `${two(value)}:00`)}`
}

function everyHourText(minute: CronField): string {
  if (minute.isAny) return 'every minute'
  const step = (minute.values[1] ?? 60) - (minute.values[0] ?? 0)
  const isEven = minute.values[0] === 0 && minute.values.length * step === 60
  if (isEven && minute.values.length > 1 && minute.values.every((value, index) => value === index * step))
    return `every ${step} minutes`
  return `hourly at ${joined(minute.values.map(value => `:${two(value)}`))}`
}

/** On which days; where both fields say something, a day of either. */
function daysText({ day, weekday }: CronFields): string {
  const ofMonth = [
    ...(day.values.length > 0 ? [`day ${listed(day.values, String)}`] : []),
    ...(day.lasts.length > 0 ? ['the last day'] : []),
  ]
  const ofWeek = [
    ...(weekday.values.length > 0 ? [listed(weekday.values, value => DAY_NAMES[value] ?? '')] : []),
    ...weekday.lasts.map(value => `the last ${DAY_NAMES[value] ?? ''} of the month`),
  ]
  const parts = [
    ...(day.isAny ? [] : [`on ${joined(ofMonth)} of the month`]),
    ...(weekday.isAny ? [] : [`on ${joined(ofWeek)}`]),
  ]
  return parts.join(' and ')
}

/** Values with runs of three or more as ranges: `Monday to Friday`, `1, 5 and 10 to 12`. */
function listed(values: readonly number[], name: (value: number) => string): string {
  const runs: number[][] = []
  for (const value of values) {
    const run = runs.at(-1)
    if (run !== undefined && run.at(-1) === value - 1) run.push(value)
    else runs.push([value])
  }
  return joined(
    runs.flatMap(run =>
      run.length > 2 ? [`${name(run[0] ?? 0)} to ${name(run.at(-1) ?? 0)}`] : run.map(value => name(value)),
    ),
  )
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

const two = (value: number): string => String(value).padStart(2, '0')
