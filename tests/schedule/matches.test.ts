import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextRuns, parseSchedule } from '../../src/schedule/index.ts'

/** A minute as a calendar in a zone shows it. */
interface Shown {
  readonly minute: number
  readonly hour: number
  readonly day: number
  readonly month: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly daysInMonth: number
}

/** A value of a field as it is written, with what it stands for. */
interface Item {
  readonly text: string
  readonly matches: (value: number, shown: Shown) => boolean
}

interface Field {
  readonly text: string
  readonly isStar: boolean
  readonly matches: (value: number, shown: Shown) => boolean
}

const MINUTE = 60_000
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const ZONES = ['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Auckland']
/** Hours around which clocks change, in one zone or another, a leap day and a turn of the year. */
const MOMENTS = ['2026-03-29T00:00Z', '2026-10-25T00:00Z', '2026-03-08T08:00Z', '2026-11-01T07:00Z']
  .concat(['2026-04-04T13:00Z', '2026-10-03T14:00Z', '2028-02-28T20:00Z', '2026-12-31T20:00Z'])
  .map(text => Date.parse(text))

const items = (min: number, max: number, spell: (value: number) => string): fc.Arbitrary<Item> => {
  const value = fc.integer({ min, max })
  const step = fc.integer({ min: 1, max: max - min })
  return fc.oneof(
    value.map(v => ({ text: spell(v), matches: (x: number) => x === v })),
    fc.tuple(value, value).map(([a, b]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      return { text: `${spell(from)}-${spell(to)}`, matches: (x: number) => x >= from && x <= to }
    }),
    step.map(n => ({ text: `*/${n}`, matches: (x: number) => (x - min) % n === 0 })),
    fc.tuple(value, step).map(([from, n]) => ({
      text: `${spell(from)}/${n}`,
      matches: (x: number) => x >= from && (x - from) % n === 0,
    })),
    fc.tuple(value, value, step).map(([a, b, n]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      return {
        text: `${spell(from)}-${spell(to)}/${n}`,
        matches: (x: number) => x >= from && x <= to && (x - from) % n === 0,
      }
    }),
  )
}

function fieldOf(item: fc.Arbitrary<Item>): fc.Arbitrary<Field> {
  const star: Field = { text: '*', isStar: true, matches: () => true }
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map(found => ({
    text: found.map(({ text }) => text).join(','),
    isStar: false,
    matches: (value: number, shown: Shown) => found.some(({ matches }) => matches(value, shown)),
  }))
  return fc.oneof({ arbitrary: fc.constant(star), weight: 2 }, { arbitrary: list, weight: 3 })
}

const lastDay = fc.constant<Item>({ text: 'L', matches: (day, shown) => day === shown.daysInMonth })
const lastWeekday = fc.integer({ min: 0, max: 6 }).map<Item>(weekday => ({
  text: `${weekday}L`,
  matches: (value, shown) => value === weekday && shown.day > shown.daysInMonth - 7,
}))

const cron = fc.record({
  minute: fieldOf(items(0, 59, String)),
  hour: fieldOf(items(0, 23, String)),
  day: fieldOf(fc.oneof({ arbitrary: items(1, 31, String), weight: 4 }, { arbitrary: lastDay, weight: 1 })),
  month: fieldOf(items(1, 12, value => (value % 2 === 0 ? String(value) : (MONTHS[value - 1] ?? '')))),
  weekday: fieldOf(
    fc.oneof(
      { arbitrary: items(0, 6, value => (value % 2 === 0 ? String(value) : (WEEKDAYS[value] ?? ''))), weight: 4 },
      { arbitrary: lastWeekday, weight: 1 },
    ),
  ),
  zone: fc.constantFrom(...ZONES),
})

type Cron = typeof cron extends fc.Arbitrary<infer T> ? T : never

const calendars = new Map(
  ZONES.map(timeZone => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' }),
  ]),
)

function shownAt(instant: number, zone: string): Shown {
  const words = calendars.get(zone)?.format(instant) ?? ''
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = words.match(/\d+/g)?.map(Number) ?? []
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return { minute, hour, day, month, weekday, daysInMonth }
}

/** Whether a task runs in a minute: of the two fields for days, either is enough where both restrict. */
function matches({ minute, hour, day, month, weekday, zone }: Cron, instant: number): boolean {
  const shown = shownAt(instant, zone)
  const [isDay, isWeekday] = [day.matches(shown.day, shown), weekday.matches(shown.weekday, shown)]
  const isOnDay = day.isStar || weekday.isStar ? isDay && isWeekday : isDay || isWeekday
  const isAtTime = minute.matches(shown.minute, shown) && hour.matches(shown.hour, shown)
  return isOnDay && isAtTime && month.matches(shown.month, shown)
}

const moment = fc
  .oneof(fc.constantFrom(...MOMENTS), fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2032, 0) }))
  .chain(around => fc.integer({ min: 0, max: 3 * 3_600_000 }).map(after => around + after))

describe('nextRuns', () => {
  it('gives the minutes that match, one by one, and leaves none out', () => {
    fc.assert(
      fc.property(cron, moment, (given, from) => {
        const { minute, hour, day, month, weekday, zone } = given
        const text = [minute, hour, day, month, weekday].map(field => field.text).join(' ')
        let schedule: ReturnType<typeof parseSchedule>
        try {
          schedule = parseSchedule(`USING CRON ${text} ${zone}`)
        } catch (error) {
          // A day that no month has is the one thing that the fields can say together and is refused.
          expect(String(error)).toContain('would never run')
          return
        }
        const runs = nextRuns(schedule, new Date(from), 20).map(run => run.getTime())
        expect(runs.filter(run => !matches(given, run))).toEqual([])
        // Every minute of a day and two hours is looked at, or as many as the runs reach.
        const end = Math.min(
          from + 26 * 60 * MINUTE,
          runs.length === 20 ? (runs.at(-1) ?? from) : Number.POSITIVE_INFINITY,
        )
        const expected: number[] = []
        for (let at = Math.floor(from / MINUTE + 1) * MINUTE; at <= end; at += MINUTE)
          if (matches(given, at)) expected.push(at)
        expect(runs.filter(run => run <= end)).toEqual(expected)
      }),
      { seed: 20260329, numRuns: 120 },
    )
  })
})
