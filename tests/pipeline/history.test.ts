import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { approve } from '../../pipeline/approve.ts'
import { backfill } from '../../pipeline/backfill.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { random } from '../../pipeline/feed/random.ts'
import { HISTORY_VERBS } from '../../pipeline/history-verbs.ts'
import { land } from '../../pipeline/land.ts'
import { changeWarehouse } from '../../pipeline/questions.ts'
import { replay } from '../../pipeline/replay.ts'
import { status } from '../../pipeline/status.ts'
import { runSummary } from '../../pipeline/summary.ts'
import { main } from '../../src/commands/program.ts'
import { customer, event, failuresOf, type Line, openLine, plan, type Values } from './line.ts'

const DAYS = 9
const settings = { badShare: 0.5, quiet: true }
const noon = (day: string): string => `${day}T12:00:00Z`
const many = (count: number, over: Readonly<Record<string, unknown>> = {}) =>
  Array.from({ length: count }, (_, number) => customer(`C${number}`, over))

/** Lands the files of these days, in the given order of days, one run for each list. */
async function runInOrder(line: Line, feed: string, runs: readonly (readonly string[])[]): Promise<void> {
  const files = readdirSync(feed, { recursive: true, encoding: 'utf8' }).filter(path => /_\d{8}\./.test(path))
  for (const [turn, days] of runs.entries()) {
    const own = join(line.effects.cwd, 'feed', String(turn))
    for (const path of files.filter(each => days.some(day => each.includes(`_${day}.`))))
      cpSync(join(feed, path), join(own, path))
    land(own, line.places.lake)
    expect(failuresOf(await line.run())).toEqual([])
  }
}

/** The relations of which the order of arrival must not be seen, without the knowledge axis. */
const business = (dump: Readonly<Record<string, readonly Values[]>>): unknown =>
  ['DW.DIM_PLAN', 'DW.DIM_CUSTOMER', 'DW.ACTIVITY_RESTATED', 'DW.PLAN_PRICE'].map(name => [
    name,
    (dump[name] ?? [])
      .filter(row => Object.entries(row).every(([column, value]) => !/^known_to$/i.test(column) || value === null))
      .map(row => JSON.stringify(Object.entries(row).filter(([column]) => !/known/i.test(column))))
      .sort(),
  ])

describe('any order of days', () => {
  test('V1 F86 gives the same plans, believed customers and restated activity, and replay proves every row', async () => {
    const reference = openLine()
    const feed = join(reference.effects.cwd, 'feed-of-all')
    generate({ out: feed, customers: 60, days: DAYS, start: '2025-01-27', seed: 11, faults: 0 })
    const days = Array.from({ length: DAYS }, (_, index) =>
      new Date(Date.UTC(2025, 0, 27 + index)).toISOString().slice(0, 10).replaceAll('-', ''),
    )
    await runInOrder(reference, feed, [days])
    const expected = business(await reference.dump())
    for (const seed of [1, 2]) {
      const { next } = random(seed)
      const shuffled = days.map(day => ({ day, at: next() })).sort((one, other) => one.at - other.at)
      const runs = [0, 3, 6].map(at => shuffled.slice(at, at + 3).map(({ day }) => day))
      const line = openLine()
      await runInOrder(line, feed, runs)
      expect(business(await line.dump())).toEqual(expected)
      const proof = await replay({ ...line.places, ...settings }, line.effects)
      expect(proof.relations.filter(each => each.hash !== each.replayedHash || each.examples.length > 0)).toEqual([])
    }
  }, 240_000)
})

/** `customer360 …` in this process. */
const command = (line: Line, ...argv: readonly string[]): Promise<number> =>
  main('customer360', '', HISTORY_VERBS, argv, line.effects)
const placesOf = ({ places }: Line): readonly string[] => ['--lake', places.lake, '--warehouse', places.warehouse]

describe('replay --prove', () => {
  test('a row that was changed by hand is found: exit 1, and the row is shown', async () => {
    const line = openLine()
    line.deliver('2025-01-01', {
      customers: many(12),
      plans: [plan('P1')],
      events: [event('E1', 'C1', noon('2025-01-01'))],
    })
    await line.run()
    await changeWarehouse(
      line.places,
      line.effects,
      "update TELCO_DB.DW.FACT_ACTIVITY set plan_id = 'P9' where event_id = 'E1'",
    )
    expect(await command(line, 'replay', '--prove', ...placesOf(line))).toBe(1)
    expect(line.printed()).toMatch(/DW\.FACT_ACTIVITY .*DIFFERS: 1 missing, 1 extra/)
    expect(line.printed()).toContain('The replayed warehouse DIFFERS')
  }, 180_000)
})

describe('a snapshot from which too many vanished', () => {
  test('F70 is held, said loudly, shown by status, and taken by approve; the facts go on meanwhile', async () => {
    const line = openLine()
    const plans = [plan('P1'), plan('P2')]
    line.deliver('2025-01-01', { customers: many(20), plans, events: [event('E1', 'C1', noon('2025-01-01'))] })
    await line.run()
    const short = { customers: many(15, { plan_id: 'P2' }), plans, events: [event('E2', 'C2', noon('2025-01-02'))] }
    line.deliver('2025-01-02', short)
    const result = await line.run()
    expect([result.run.exitCode, failuresOf(result)]).toEqual([0, []])
    expect(runSummary(result)).toContain(
      'HELD DW.DIM_CUSTOMER: 5 of the 20 keys of 2025-01-01 are not in the snapshot of 2025-01-02',
    )
    const counts =
      "select count_if(plan_id = 'P1' and is_current), count_if(plan_id = 'P2'), (select count(*) from TELCO_DB.DW.FACT_ACTIVITY) from TELCO_DB.DW.DIM_CUSTOMER"
    expect(await line.ask(counts)).toEqual([[['20', '0', '2']]])
    expect((await status(line.places, line.effects)).held).toEqual([
      { date: '2025-01-02', rows: 15, baseDate: '2025-01-01', baseCount: 20, vanished: 5 },
    ])
    expect(failuresOf(await approve({ ...line.places, ...settings, date: '2025-01-02' }, line.effects))).toEqual([])
    expect(await line.ask(counts)).toEqual([[['0', '15', '2']]])
    expect((await status(line.places, line.effects)).held).toEqual([])
    expect(await line.ask('select event_id, plan_id from TELCO_DB.DW.ACTIVITY_RESTATED order by 1')).toEqual([
      [
        ['E1', 'P1'],
        ['E2', 'P2'],
      ],
    ])
    const proof = await replay({ ...line.places, ...settings }, line.effects)
    expect(proof.relations.flatMap(({ examples }) => examples)).toEqual([])
    expect(await command(line, 'approve', '--date', '2025-01-02', ...placesOf(line))).toBe(1)
    expect(line.printed()).toContain('no snapshot of 2025-01-02 is held')
  }, 120_000)
})

describe('backfill', () => {
  test('F49 the same days again change no row of DW, and are no revision', async () => {
    const line = openLine()
    for (const day of ['2025-01-01', '2025-01-02'])
      line.deliver(day, {
        customers: many(12, { status: day.endsWith('2') ? 'suspended' : 'active' }),
        plans: [plan('P1')],
        events: [event(`E-${day}`, 'C1', noon(day))],
      })
    await line.run()
    const kept = async () =>
      Object.entries(await line.dump()).filter(([name]) => name.startsWith('DW.') || name === 'DATAFORM.LEDGER')
    const before = await kept()
    const result = await backfill({ ...line.places, ...settings, from: '2025-01-01', to: '2025-01-02' }, line.effects)
    expect([failuresOf(result), result.staged.length > 0]).toEqual([[], true])
    expect(await kept()).toEqual(before)
    expect(await command(line, 'backfill', '--from', '2024-01-01', '--to', '2024-01-02', ...placesOf(line))).toBe(1)
    expect(line.printed()).toContain('the archive has no file from 2024-01-01 to 2024-01-02')
    expect(await command(line, 'backfill', '--from', 'yesterday', ...placesOf(line))).toBe(2)
  }, 180_000)
})
