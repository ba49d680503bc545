import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { status, statusText } from '../../pipeline/status.ts'
import { customer, event, openLine, plan } from './line.ts'

const at = (now: string) => ({ now: () => new Date(now) })

test('status tells which relations are late, by the day that each of them reaches', async () => {
  const line = openLine()
  const standing = (now: string) => status(line.places, { ...line.effects, ...at(now) })

  const before = await standing('2025-01-03T06:00:00Z')
  expect(before.freshness.map(({ relation, newest, status }) => [relation, newest, status])).toEqual([
    ['DW.PLAN_PRICE', null, 'error'],
    ['DW.DIM_CUSTOMER', null, 'error'],
    ['DW.FACT_ACTIVITY', null, 'error'],
  ])
  expect(statusText(before)).toContain('late         DW.DIM_CUSTOMER: nothing yet (error)\n')
  expect(existsSync(line.places.warehouse)).toBe(false)

  const customers = [customer('C1'), customer('C2')]
  const events = [event('E1', 'C1', '2025-01-01T12:00:00Z')]
  line.deliver('2025-01-01', { customers, plans: [plan('P1')], events })
  // On the second day nobody changes, and no log comes.
  line.deliver('2025-01-02', { customers, plans: [plan('P1')] })
  const { run } = await line.run()
  expect(run.exitCode).toBe(0)

  const during = await standing('2025-01-03T18:00:00.001Z')
  expect(during.freshness).toEqual([
    {
      ...{ relation: 'DW.PLAN_PRICE', newest: '2025-01-02', status: 'fresh', lateMs: 0 },
      ...{ expectedAt: '2025-01-04T06:00:00.000Z', expectedBy: '2025-01-04 06:00 UTC' },
    },
    {
      ...{ relation: 'DW.DIM_CUSTOMER', newest: '2025-01-02', status: 'fresh', lateMs: 0 },
      ...{ expectedAt: '2025-01-04T06:00:00.000Z', expectedBy: '2025-01-04 06:00 UTC' },
    },
    {
      ...{ relation: 'DW.FACT_ACTIVITY', newest: '2025-01-01', status: 'warn', lateMs: 12 * 3_600_000 + 1 },
      ...{ expectedAt: '2025-01-03T06:00:00.000Z', expectedBy: '2025-01-03 06:00 UTC' },
    },
  ])
  expect(statusText(during)).toMatch(
    /\nlate {9}DW\.FACT_ACTIVITY: newest 2025-01-01, the next day expected by 2025-01-03 06:00 UTC \(warn\)\n$/,
  )
  expect(statusText(await standing('2025-01-03T05:59:59.999Z'))).toMatch(/\nlate {9}nothing\n$/)

  // Whoever comes a year later sees errors, and a run still waits and is well.
  const after = await standing('2026-01-01T00:00:00Z')
  expect(after.freshness.every(({ status }) => status === 'error')).toBe(true)
  expect((await line.run()).run.exitCode).toBe(0)
})
