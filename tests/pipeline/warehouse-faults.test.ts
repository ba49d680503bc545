import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { backfill } from '../../pipeline/backfill.ts'
import { readManifest, type Staged, writeManifest } from '../../pipeline/lake.ts'
import { openLake } from '../../pipeline/open-lake.ts'
import { changeWarehouse } from '../../pipeline/questions.ts'
import { loadWarehouse } from '../../pipeline/run.ts'
import { customer, event, failuresOf, type Line, openLine, plan } from './line.ts'

const noon = (day: string): string => `${day}T12:00:00Z`
const others = Array.from({ length: 20 }, (_, number) => customer(`O${number}`))
const plans = [plan('P1'), plan('P2', { monthly_price: '20.00' })]

/** Every row of DW and the ledger, the times of loads apart. */
const kept = async (line: Line): Promise<unknown> =>
  Object.entries(await line.dump()).filter(([name]) => /^DW\.|LEDGER/.test(name))

/** Every row that comes of customers' files, with the memory of what was copied. */
const ofCustomers = async (line: Line): Promise<unknown> =>
  Object.entries(await line.dump()).map(([name, rows]) =>
    /CUSTOMER/.test(name) ? [name, rows] : rows.filter(row => /CUSTOMER/.test(String(row.relation))),
  )

const loadAgain = async (line: Line) =>
  loadWarehouse(line.places, await openLake(line.places, line.effects), line.effects)

describe('the staged files', () => {
  test('F60 nothing staged: WAITING, exit 0, and not one row less', async () => {
    const line = openLine()
    line.deliver('2025-01-01', { customers: others, plans, events: [event('E1', 'O1', noon('2025-01-01'))] })
    await line.run()
    const before = await kept(line)
    rmSync(join(line.places.lake, 'staging', 'manifest.json'))
    const run = await loadAgain(line)
    expect(run.exitCode).toBe(0)
    expect(await kept(line)).toEqual(before)
    const empty = openLine()
    const first = await empty.run()
    expect([first.isWaiting, first.run.exitCode]).toEqual([true, 0])
    expect(empty.printed()).toContain('WAITING')
  }, 180_000)

  test.each<readonly [how: string, damage: (file: string, entry: Staged) => Staged, found: RegExp]>([
    [
      'half a file',
      (file, entry) => {
        writeFileSync(file, readFileSync(file).subarray(0, 500))
        return entry
      },
      /expected \d+ bytes, found 500/,
    ],
    [
      'another content of the same size',
      (file, entry) => {
        const content = readFileSync(file)
        content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1
        writeFileSync(file, content)
        return entry
      },
      /expected the content [0-9a-f]{64}, found [0-9a-f]{64}/,
    ],
    ['another number of rows', (_, entry) => ({ ...entry, rows: entry.rows + 1 }), /expected 20 rows, found 19/],
    [
      'no file',
      (file, entry) => {
        rmSync(file)
        return entry
      },
      /names a file that is not there/,
    ],
  ])(
    'F61 a manifest that disagrees (%s) is a failure that names the file, and changes nothing',
    async (_, damage, found) => {
      const line = openLine()
      line.deliver('2025-01-01', { customers: others, plans })
      await line.run()
      const before = await ofCustomers(line)
      line.deliver('2025-01-02', { customers: others.slice(1), plans })
      await line.prepare()
      const entries = readManifest<Staged>(line.places.lake, 'staging')
      const { lake } = line.places
      const damaged = entries.map(entry =>
        entry.folder === 'customers' && entry.date === '2025-01-02'
          ? damage(join(lake, 'staging', entry.path), entry)
          : entry,
      )
      writeManifest(lake, 'staging', damaged)
      const run = await loadAgain(line)
      const failed = run.actions.find(action => action.target.name === 'STG_CUSTOMERS')
      expect([run.exitCode, failed?.status]).toEqual([1, 'FAILED'])
      expect(failed?.error).toMatch(/customers\/d=2025-01-02\/.*parquet/)
      expect(failed?.error).toContain('stage its day again')
      expect(failed?.error).toMatch(found)
      expect(await ofCustomers(line)).toEqual(before)
      // What the message says is all that it takes.
      const day = { from: '2025-01-02', to: '2025-01-02', badShare: 0.5, quiet: true }
      expect(failuresOf(await backfill({ ...line.places, ...day }, line.effects))).toEqual([])
      const closed = 'select customer_id, effective_end_date from TELCO_DB.DW.DIM_CUSTOMER where not is_current'
      expect(await line.ask(`${closed} and customer_sk <> -1`)).toEqual([[['O0', '2025-01-02 00:00:00']]])
    },
    180_000,
  )

  test('F63 without the memory of what was copied, the ledger decides: the same files again change no row', async () => {
    const line = openLine()
    for (const day of ['2025-01-01', '2025-01-02'])
      line.deliver(day, { customers: others, plans, events: [event(`E-${day}`, 'O1', noon(day))] })
    await line.run()
    const before = await kept(line)
    await changeWarehouse(line.places, line.effects, 'delete from TELCO_DB.DATAFORM.LOAD_HISTORY')
    expect((await loadAgain(line)).exitCode).toBe(0)
    expect(await kept(line)).toEqual(before)
  }, 180_000)
})

describe('attribution', () => {
  test('F77 V17 a customer who comes after the events: the fact keeps -1, the correction is beside it', async () => {
    const line = openLine()
    line.deliver('2025-01-01', { customers: others, plans, events: [event('E1', 'LATE', noon('2025-01-01'))] })
    expect(failuresOf(await line.run())).toEqual([])
    const facts = 'select * from TELCO_DB.DW.FACT_ACTIVITY order by event_id'
    const [before] = await line.ask(facts)
    line.deliver('2025-01-02', { customers: [...others, customer('LATE', { plan_id: 'P2' })], plans })
    expect(failuresOf(await line.run())).toEqual([])
    expect(
      await line.ask(
        facts,
        'select customer_sk, plan_id from TELCO_DB.DW.ACTIVITY_AS_PUBLISHED',
        'select customer_sk <> -1, plan_id from TELCO_DB.DW.ACTIVITY_RESTATED',
        'select event_id, sequence, reason, previous_sk from TELCO_DB.DW.ACTIVITY_ATTRIBUTION',
        'select kind, published_plan_id, restated_plan_id from TELCO_DB.MART.ACTIVITY_CORRECTIONS',
      ),
    ).toEqual([
      before,
      [['-1', 'UNKNOWN']],
      [['true', 'P2']],
      [['E1', '1', 'arrived', '-1']],
      [['arrived', 'UNKNOWN', 'P2']],
    ])
  }, 180_000)

  test('F78 before the first day an event goes to the first version, exactly at a start to the new one', async () => {
    const line = openLine()
    line.deliver('2025-01-01', { customers: [customer('C1'), ...others], plans })
    line.deliver('2025-01-03', {
      customers: [customer('C1', { plan_id: 'P2' }), ...others],
      plans,
      events: [
        event('before', 'C1', '2019-01-01T00:00:00Z'),
        event('last', 'C1', '2025-01-02T23:59:59Z'),
        event('start', 'C1', '2025-01-03T00:00:00Z'),
      ],
    })
    expect(failuresOf(await line.run())).toEqual([])
    expect(await line.ask('select event_id, plan_id from TELCO_DB.DW.FACT_ACTIVITY order by event_timestamp')).toEqual([
      [
        ['before', 'P1'],
        ['last', 'P1'],
        ['start', 'P2'],
      ],
    ])
  }, 180_000)

  test('F84 an event 90 days late belongs to its own time, and is appended', async () => {
    const line = openLine()
    line.deliver('2025-01-01', { customers: [customer('C1'), ...others], plans })
    line.deliver('2025-01-10', { customers: [customer('C1', { plan_id: 'P2' }), ...others], plans })
    expect(failuresOf(await line.run())).toEqual([])
    line.deliver('2025-04-05', {
      events: [event('late', 'C1', noon('2025-01-05')), event('now', 'C1', noon('2025-04-05'))],
    })
    expect(failuresOf(await line.run())).toEqual([])
    expect(await line.ask('select event_id, plan_id from TELCO_DB.DW.FACT_ACTIVITY order by 1')).toEqual([
      [
        ['late', 'P1'],
        ['now', 'P2'],
      ],
    ])
  }, 180_000)

  test('V16 each fact joins one version or the unknown member at every knowledge point since it was loaded', async () => {
    const line = openLine()
    for (const [day, plan_id] of [
      ['2025-01-01', 'P1'],
      ['2025-01-05', 'P1'],
      ['2025-01-03', 'P2'],
    ] as const) {
      line.deliver(day, {
        customers: [customer('C1', { plan_id }), ...others],
        plans,
        events: [event(`E-${day}`, 'C1', noon(day)), event(`N-${day}`, 'NOBODY', noon(day))],
      })
      expect(failuresOf(await line.run())).toEqual([])
    }
    const [[counts] = []] = await line.ask(
      `select count(*), count(distinct k.knowledge_point || '/' || k.event_id),
  (select count(*) from TELCO_DB.DW.FACT_ACTIVITY f join (select distinct publication from TELCO_DB.DATAFORM.LEDGER) p on f.known_from <= p.publication)
from TELCO_DB.DW.ACTIVITY_AS_KNOWN k`,
    )
    expect(counts?.[0]).toBe(counts?.[1])
    expect(counts?.[0]).toBe(counts?.[2])
    expect(Number(counts?.[0])).toBeGreaterThan(5)
  }, 180_000)
})

test('churn as published stays when a late snapshot changes churn as believed, and the difference is listed', async () => {
  const line = openLine()
  const published = 'select month, plan_id, active_at_start, churned from TELCO_DB.MART.CHURN_AS_PUBLISHED order by 1'
  const believed = 'select month, plan_id, active_at_start, churned from TELCO_DB.MART.CHURN_BY_PLAN order by 1'
  line.deliver('2025-01-01', { customers: [customer('C1'), ...others], plans })
  line.deliver('2025-02-01', { customers: [customer('C1'), ...others], plans })
  expect(failuresOf(await line.run())).toEqual([])
  const [before, alike] = await line.ask(published, believed)
  expect(before).toEqual(alike)
  expect(before?.[0]).toEqual(['2025-01-01', 'P1', '21', '0'])
  line.deliver('2025-01-15', { customers: [customer('C1', { status: 'cancelled' }), ...others] })
  expect(failuresOf(await line.run())).toEqual([])
  const corrections =
    "select question, month, subject, measure, published, restated from TELCO_DB.MART.ANSWER_CORRECTIONS where question = 'churn by plan'"
  const [after, now, listed] = await line.ask(published, believed, corrections)
  expect(after).toEqual(before)
  expect(now?.[0]).toEqual(['2025-01-01', 'P1', '21', '1'])
  expect(listed).toEqual([['churn by plan', '2025-01-01', 'P1', 'churned', '0.000', '1.000']])
}, 180_000)
