import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayReached, type FreshnessStatus, judgeFreshness } from '../../src/graph/freshness.ts'
import type { FreshnessRule } from '../../src/graph/types.ts'
import { instantAt, isTimeZone } from '../../src/graph/zoned-time.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Expected by 06:00 UTC of the day after, a warning 12 hours later and an error after 2 days. */
const RULE: FreshnessRule = {
  ...{ field: 'day', expectedByMs: 6 * HOUR, timezone: 'UTC' },
  ...{ warnAfterMs: 12 * HOUR, errorAfterMs: 2 * DAY },
}

const at = (now: string, newest: string | null, rule: Partial<FreshnessRule> = {}) =>
  judgeFreshness(newest, new Date(now), { ...RULE, ...rule })

describe('where the status changes, to the millisecond, when 2025-03-31 is the newest day', () => {
  test.each<readonly [string, FreshnessStatus, number]>([
    ['2025-03-31T12:00:00.000Z', 'fresh', 0],
    ['2025-04-02T05:59:59.999Z', 'fresh', 0],
    ['2025-04-02T06:00:00.000Z', 'waiting', 0],
    ['2025-04-02T06:00:00.001Z', 'waiting', 1],
    ['2025-04-02T18:00:00.000Z', 'waiting', 12 * HOUR],
    ['2025-04-02T18:00:00.001Z', 'warn', 12 * HOUR + 1],
    ['2025-04-04T06:00:00.000Z', 'warn', 2 * DAY],
    ['2025-04-04T06:00:00.001Z', 'error', 2 * DAY + 1],
    ['2026-11-25T06:00:00.000Z', 'error', 602 * DAY],
  ])('at %s it is %s', (now, status, lateMs) => {
    expect(at(now, '2025-03-31')).toEqual({
      status,
      lateMs,
      expectedAt: '2025-04-02T06:00:00.000Z',
      expectedBy: '2025-04-02 06:00 UTC',
    })
  })

  test('without one of the durations, that status is left out', () => {
    expect(at('2025-04-04T06:00:00.001Z', '2025-03-31', { errorAfterMs: undefined }).status).toBe('warn')
    expect(at('2025-04-03T06:00:00.001Z', '2025-03-31', { warnAfterMs: undefined }).status).toBe('waiting')
    expect(at('2025-04-04T06:00:00.001Z', '2025-03-31', { warnAfterMs: undefined }).status).toBe('error')
  })

  test('with a duration of nothing, a moment late is late', () => {
    expect(at('2025-04-02T06:00:00.001Z', '2025-03-31', { warnAfterMs: 0 }).status).toBe('warn')
  })
})

describe('nothing ever came', () => {
  test('it is as late as can be, and nobody knows since when; the newest day due is named', () => {
    const never = { lateMs: null, status: 'error' }
    expect(at('2025-04-02T05:59:59.999Z', null)).toMatchObject({ ...never, expectedBy: '2025-04-01 06:00 UTC' })
    expect(at('2025-04-02T06:00:00.000Z', null)).toMatchObject({ ...never, expectedBy: '2025-04-02 06:00 UTC' })
    expect(at('2025-04-02T06:00:00.000Z', null, { errorAfterMs: undefined }).status).toBe('warn')
  })
})

describe('days on which the clocks change', () => {
  const berlin = (timeOfDay: number) => ({ timezone: 'Europe/Berlin', expectedByMs: timeOfDay })

  test.each([
    ['winter', '2025-01-01', '2025-01-03T05:00:00.000Z', '2025-01-03 06:00 Europe/Berlin'],
    ['the day before spring forward', '2025-03-27', '2025-03-29T05:00:00.000Z', '2025-03-29 06:00 Europe/Berlin'],
    ['spring forward, 30 March 2025', '2025-03-28', '2025-03-30T04:00:00.000Z', '2025-03-30 06:00 Europe/Berlin'],
    ['the day before fall back', '2025-10-23', '2025-10-25T04:00:00.000Z', '2025-10-25 06:00 Europe/Berlin'],
    ['fall back, 26 October 2025', '2025-10-24', '2025-10-26T05:00:00.000Z', '2025-10-26 06:00 Europe/Berlin'],
  ])('06:00 in Berlin is another instant: %s', (_, newest, expectedAt, expectedBy) => {
    const before = new Date(Date.parse(expectedAt) - 1).toISOString()
    expect(at(before, newest, berlin(6 * HOUR))).toMatchObject({ status: 'fresh', expectedAt, expectedBy })
    expect(at(expectedAt, newest, berlin(6 * HOUR))).toMatchObject({ status: 'waiting', lateMs: 0 })
  })

  test('02:30 is leapt over in spring: it is expected when 03:30 is shown', () => {
    expect(at('2025-03-30T12:00:00Z', '2025-03-28', berlin(2.5 * HOUR))).toMatchObject({
      expectedAt: '2025-03-30T01:30:00.000Z',
      expectedBy: '2025-03-30 03:30 Europe/Berlin',
    })
  })

  test('02:30 is shown twice in autumn: the first counts', () => {
    expect(at('2025-10-26T12:00:00Z', '2025-10-24', berlin(2.5 * HOUR)).expectedAt).toBe('2025-10-26T00:30:00.000Z')
  })

  test('the day due is that of the zone: west of Greenwich it is still yesterday', () => {
    const zone = { timezone: 'America/Los_Angeles', expectedByMs: 6 * HOUR }
    expect(at('2025-07-02T12:59:59Z', null, zone).expectedBy).toBe('2025-07-01 06:00 America/Los_Angeles')
    expect(at('2025-07-02T13:00:00Z', null, zone).expectedBy).toBe('2025-07-02 06:00 America/Los_Angeles')
  })

  test('half hours, and seconds of old clocks', () => {
    expect(instantAt('2025-01-01', 0, 'Asia/Kolkata')).toBe(Date.parse('2024-12-31T18:30:00Z'))
    expect(instantAt('1850-01-01', 0, 'Europe/Berlin')).toBe(Date.parse('1849-12-31T23:06:32Z'))
  })
})

describe('the day that a value reaches', () => {
  test.each([
    ['2025-03-31', 'America/New_York', '2025-03-31'],
    ['2025-03-31 23:30:00', 'UTC', '2025-03-31'],
    ['2025-03-31 23:30:00', 'Europe/Berlin', '2025-04-01'],
    ['2025-04-01 03:59:59.999999', 'America/New_York', '2025-03-31'],
    ['2025-04-01 04:00:00', 'America/New_York', '2025-04-01'],
    ['2025-04-01 00:30:00+02', 'UTC', '2025-03-31'],
    ['2025-04-01 00:30:00.5+0530', 'UTC', '2025-03-31'],
    ['2025-04-01T00:30:00 +05:30', 'UTC', '2025-03-31'],
    ['2025-04-01T00:30:00Z', 'UTC', '2025-04-01'],
    ['0001-01-01', 'America/New_York', '0001-01-01'],
  ])('%s in %s is %s', (value, zone, day) => expect(dayReached(value, zone)).toBe(day))

  test.each(['12', 'P1', '', 'infinity', '2025-13-01', '2025-04-01 25:00:00', '12025-01-01'])('%j is no day', value =>
    expect(dayReached(value, 'UTC')).toBeUndefined(),
  )
})

test('a time zone is one by name', () => {
  expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata'].filter(isTimeZone)).toHaveLength(3)
  expect(['', 'Mars/Olympus', '+01:00', 'Europe/Berlin '].filter(isTimeZone)).toEqual([])
})

describe('of all rules, days and moments', () => {
  const ORDER: readonly FreshnessStatus[] = ['fresh', 'waiting', 'warn', 'error']
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland')
  const rule = fc.record({ zone, by: fc.nat(24 * 60 - 1), warn: fc.nat(5 * DAY), more: fc.nat(5 * DAY) }).map(
    ({ zone, by, warn, more }): FreshnessRule => ({
      ...{ field: 'day', timezone: zone, expectedByMs: by * 60_000 },
      ...{ warnAfterMs: warn, errorAfterMs: warn + more },
    }),
  )
  const start = Date.parse('2025-01-01T00:00:00Z')
  const day = fc.nat(400).map(days => new Date(start + days * DAY).toISOString().slice(0, 10))
  const moment = fc.nat(420 * DAY).map(ms => start + ms)
  const rank = (newest: string, now: number, rule: FreshnessRule): number =>
    ORDER.indexOf(judgeFreshness(newest, new Date(now), rule).status)

  test('while nothing comes it only gets later', () => {
    fc.assert(
      fc.property(rule, day, moment, fc.nat(20 * DAY), (rule, newest, now, later) => {
        expect(rank(newest, now + later, rule)).toBeGreaterThanOrEqual(rank(newest, now, rule))
      }),
      { seed: 11, numRuns: 500 },
    )
  })

  test('a newer day makes it no later', () => {
    fc.assert(
      fc.property(rule, day, day, moment, (rule, one, other, now) => {
        const [older = '', newer = ''] = [one, other].sort()
        expect(rank(newer, now, rule)).toBeLessThanOrEqual(rank(older, now, rule))
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  test('who has the newest day due is fresh until the next is due, and the status is the duration alone', () => {
    fc.assert(
      fc.property(rule, day, moment, (rule, newest, now) => {
        const { status, lateMs, expectedAt } = judgeFreshness(newest, new Date(now), rule)
        expect(status === 'fresh').toBe(now < Date.parse(expectedAt))
        expect(lateMs).toBe(Math.max(0, now - Date.parse(expectedAt)))
        expect(status === 'error').toBe(now >= Date.parse(expectedAt) && (lateMs ?? 0) > (rule.errorAfterMs ?? 0))
      }),
      { seed: 13, numRuns: 500 },
    )
  })
})
