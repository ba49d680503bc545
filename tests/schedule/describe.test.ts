import { describe, expect, it } from 'vitest'
import { describeSchedule, parseSchedule } from '../../src/schedule/index.ts'

describe('describeSchedule', () => {
  it.each([
    ['10 MINUTES', 'every 10 minutes'],
    ['60 SECONDS', 'every minute'],
    ['3600 S', 'every hour'],
    ['90 M', 'every 90 minutes'],
    ['45 SECONDS', 'every 45 seconds'],
    ['192 HOURS', 'every 192 hours'],
    ['USING CRON 0 5 * * * Europe/Berlin', 'daily at 05:00 Europe/Berlin'],
    ['USING CRON 0 6,18 * * * UTC', 'daily at 06:00 and 18:00 UTC'],
    ['USING CRON 0,30 6-8 * * * UTC', 'daily at 06:00, 06:30, 07:00, 07:30, 08:00 and 08:30 UTC'],
    ['USING CRON * * * * * UTC', 'every minute UTC'],
    ['USING CRON */15 * * * * UTC', 'every 15 minutes UTC'],
    ['USING CRON 0/7 * * * * UTC', 'hourly at :00, :07, :14, :21, :28, :35, :42, :49 and :56 UTC'],
    ['USING CRON 0 * * * * UTC', 'hourly at :00 UTC'],
    ['USING CRON 5,35 * * * * UTC', 'hourly at :05 and :35 UTC'],
    ['USING CRON 0 9-17 * * MON-FRI UTC', 'on Monday to Friday hourly at :00 from 09:00 to 17:00 UTC'],
    ['USING CRON */10 9-17 * * * UTC', 'every 10 minutes from 09:00 to 17:00 UTC'],
    ['USING CRON 0 3 * * MON,WED UTC', 'on Monday and Wednesday at 03:00 UTC'],
    ['USING CRON 0 3 * * 5L UTC', 'on the last Friday of the month at 03:00 UTC'],
    ['USING CRON 0 3 1 * * UTC', 'on day 1 of the month at 03:00 UTC'],
    ['USING CRON 0 3 1,10-12,L * * UTC', 'on day 1 and 10 to 12 and the last day of the month at 03:00 UTC'],
    ['USING CRON 0 3 13 * FRI UTC', 'on day 13 of the month and on Friday at 03:00 UTC'],
    ['USING CRON 0 3 * 1,7 * UTC', 'daily at 03:00 in January and July UTC'],
    ['USING CRON 0 3 1 4/3 * UTC', 'on day 1 of the month at 03:00 in April, July and October UTC'],
  ])('%s: %s', (text, words) => {
    expect(describeSchedule(parseSchedule(text))).toBe(words)
  })

  it('an interval and a cron are written as Snowflake spells them', () => {
    expect(parseSchedule(' 90 m ').text).toBe('90 MINUTES')
    expect(parseSchedule('using  cron 0  5 * * mon UTC').text).toBe('USING CRON 0 5 * * mon UTC')
  })
})
