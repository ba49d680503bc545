import { Cron } from 'croner'
import type { CronFields } from './cron-field.ts'
import type { Schedule } from './schedule.ts'

/**
 * The next times at which a task is to run, in order. Times of a cron expression are those after `from`; an interval begins at
 * `from`, which stands for the moment at which the task was resumed, and its first time is one interval later.
 */
export function nextRuns(schedule: Schedule, from: Date, count: number): readonly Date[] {
  if (schedule.kind === 'interval')
    return Array.from({ length: count }, (_, index) => new Date(from.getTime() + (index + 1) * schedule.seconds * 1000))
  // Without a step in every hour, a time that clocks show twice would run once and one that they leap over would be made up for,
  // as cron does for fixed times. Snowflake documents the opposite: the first runs twice, the second not at all.
  const options = { mode: '5-part', timezone: schedule.timeZone } as const
  return new Cron(patternOf(schedule.fields), options).nextRuns(count, from)
}

/** The fields as lists of values, so that nothing is left in which two crons differ. */
function patternOf({ minute, hour, day, month, weekday }: CronFields): string {
  return [
    minute.isAny ? '*' : minute.values.join(','),
    hour.values.map(value => `${value}-${value}/1`).join(','),
    day.isAny ? '*' : [...day.values, ...day.lasts.map(() => 'L')].join(','),
    month.isAny ? '*' : month.values.join(','),
    weekday.isAny ? '*' : [...weekday.values, ...weekday.lasts.map(value => `${value}#L`)].join(','),
  ].join(' ')
}
