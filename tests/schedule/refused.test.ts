import { describe, expect, it } from 'vitest'
import { describeError, UserError } from '../../src/error.ts'
import { parseSchedule } from '../../src/schedule/index.ts'

/** What people see for a schedule that is refused. */
function refusal(text: string): string {
  try {
    parseSchedule(text)
  } catch (error) {
    if (error instanceof UserError) return describeError(error)
    throw error
  }
  return 'accepted'
}

describe('a schedule that Snowflake does not document', () => {
  it.each([
    ['', '"" is no schedule', 'USING CRON 0 5 * * * Europe/Berlin'],
    ['0 5 * * * UTC', 'is no schedule', 'USING CRON'],
    ['CRON 0 5 * * * UTC', 'is no schedule', 'USING CRON'],
    ['USING 0 5 * * * UTC', 'CRON must follow USING', 'USING CRON'],
    ['USING CRON', 'time zone is missing', 'USING CRON 0 5 * * * Europe/Berlin'],
    ['USING CRON 0 5 * * *', 'time zone is missing', 'Europe/Berlin'],
    ['USING CRON 0 5 * * Europe/Berlin', 'or one of the five fields is', 'Europe/Berlin'],
    ['USING CRON 0 0 5 * * * UTC', '0 0 5 * * * has 6', 'minute, hour, day of the month'],
    ['USING CRON 0 0 5 * * * 2026 UTC', 'has 7', 'minute, hour'],
    ['USING CRON @daily UTC', 'time zone is missing, or one of the five fields is', '0 5 * * *'],
    ['USING CRON 60 * * * * UTC', '60 cannot stand in the field for the minute', 'write 0 to 59'],
    ['USING CRON -1 * * * * UTC', '-1 cannot stand in the field for the minute', '0 to 59'],
    ['USING CRON 1.5 * * * * UTC', '1.5 cannot stand', '0 to 59'],
    ['USING CRON x * * * * UTC', 'x cannot stand', '0 to 59'],
    ['USING CRON 001 * * * * UTC', '001 cannot stand', '0 to 59'],
    ['USING CRON MON * * * * UTC', 'MON cannot stand in the field for the minute', '0 to 59'],
    ['USING CRON L * * * * UTC', 'L cannot stand in the field for the minute', '0 to 59'],
    ['USING CRON 0 24 * * * UTC', '24 cannot stand in the field for the hour', '0 to 23'],
    ['USING CRON 0 5, * * * UTC', 'an empty value cannot stand in the field for the hour', '0 to 23'],
    ['USING CRON 0 5,,6 * * * UTC', 'an empty value', '0 to 23'],
    ['USING CRON 0 0 0 * * UTC', '0 cannot stand in the field for the day of the month', '1 to 31, or L'],
    ['USING CRON 0 0 32 * * UTC', '32 cannot stand', '1 to 31, or L for the last day'],
    ['USING CRON 0 0 L-3 * * UTC', 'L-3 cannot stand', 'L for the last day'],
    ['USING CRON 0 0 15W * * UTC', '15W cannot stand', 'no nearest working day'],
    ['USING CRON 0 0 LW * * UTC', 'LW cannot stand', 'no nearest working day'],
    ['USING CRON 0 0 ? * MON UTC', '? cannot stand', 'write * instead of ?'],
    ['USING CRON 0 0 1 13 * UTC', '13 cannot stand in the field for the month', '1 to 12 or JAN to DEC'],
    ['USING CRON 0 0 1 0 * UTC', '0 cannot stand in the field for the month', '1 to 12 or JAN to DEC'],
    ['USING CRON 0 0 1 JANUARY * UTC', 'JANUARY cannot stand', 'JAN to DEC'],
    ['USING CRON 0 0 * * 7 UTC', '7 cannot stand in the field for the day of the week', '0 to 6 or SUN to SAT'],
    ['USING CRON 0 0 * * L UTC', 'L cannot stand in the field for the day of the week', '5L for the last Friday'],
    ['USING CRON 0 0 * * 7L UTC', '7L cannot stand', '5L for the last Friday'],
    ['USING CRON 0 0 * * FRIL UTC', 'FRIL cannot stand', '5L for the last Friday'],
    ['USING CRON 0 0 * * 1-5L UTC', '1-5L cannot stand', '5L for the last Friday'],
    ['USING CRON 0 0 * * 5#2 UTC', '5#2 cannot stand', 'Snowflake knows no #'],
    ['USING CRON 0 0 * * FRI#L UTC', 'FRI#L cannot stand', 'Snowflake knows no #'],
    ['USING CRON 0 0 1 * +MON UTC', '+MON cannot stand', 'SUN to SAT'],
    ['USING CRON */0 * * * * UTC', '*/0 cannot stand', 'a step is a number from 1 to 59'],
    ['USING CRON */60 * * * * UTC', '*/60 cannot stand', 'from 1 to 59'],
    ['USING CRON /5 * * * * UTC', '/5 cannot stand', '0 to 59'],
    ['USING CRON 5/ * * * * UTC', '5/ cannot stand', '0 to 59'],
    ['USING CRON *,5 * * * * UTC', '* cannot stand', '* stands alone'],
    ['USING CRON 30-10 * * * * UTC', '30-10 cannot stand', 'a range begins with the smaller value'],
    ['USING CRON 0 0 * * FRI-MON UTC', 'FRI-MON cannot stand', 'a range begins with the smaller value'],
    ['USING CRON 0 0 1-2-3 * * UTC', '1-2-3 cannot stand', '1 to 31'],
    ['USING CRON 0 0 30 2 * UTC', 'no month of this schedule has a day 30', 'the last day'],
    ['USING CRON 0 0 31 4,6,9,11 * UTC', 'has a day 31', 'the last day'],
    ['USING CRON 0 5 * * * Mars/Base', 'Mars/Base is not the name of a time zone', 'Europe/Berlin'],
    ['USING CRON 0 5 * * * Europe/berlin', 'Europe/berlin is not the name', 'in its own spelling'],
    ['USING CRON 0 5 * * * Europe/BERLIN', 'Europe/BERLIN is not the name', 'in its own spelling'],
    ['USING CRON 0 5 * * * utc', 'utc is not the name', 'or UTC'],
    ['USING CRON 0 5 * * * IST', 'IST is not the name', 'tz database'],
    ['USING CRON 0 5 * * * +02:00', '+02:00 is not the name', 'tz database'],
    ["USING CRON 0 5 * * * 'UTC'", "'UTC' is not the name", 'tz database'],
    ['9 SECONDS', 'outside what a task may have', 'at least 10 SECONDS'],
    ['0 MINUTES', 'outside what a task may have', 'at least 10 SECONDS'],
    ['691201 SECONDS', 'outside what a task may have', '192 HOURS'],
    ['193 HOURS', 'outside what a task may have', '192 HOURS'],
    ['1 DAY', 'is no schedule', '10 MINUTES'],
    ['1.5 HOURS', 'is no schedule', '10 MINUTES'],
    ['-5 MINUTES', 'is no schedule', '10 MINUTES'],
    ['MINUTES', 'is no schedule', '10 MINUTES'],
    ['10', 'is no schedule', '10 MINUTES'],
    ['10 MINUTES UTC', 'is no schedule', '10 MINUTES'],
  ])('%s', (text, message, remedy) => {
    const words = refusal(text)
    expect(words).toContain(message)
    expect(words.split('= help: ')[1]).toContain(remedy)
  })
})
