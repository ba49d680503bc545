import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadContracts } from '../../pipeline/contracts.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { readCleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { reconcile } from '../../pipeline/reconcile.ts'
import { customer, type Delivery, event, failuresOf, type Line, openLine, plan } from './line.ts'

const DAY = '2025-01-01'
const NEXT = '2025-01-02'
const noon = (day: string): string => `${day}T12:00:00Z`

/** Delivers a day's files and archives them, so that what comes after them is accepted after them. */
async function accept(line: Line, day: string, delivery: Delivery): Promise<void> {
  line.deliver(day, delivery)
  await ingest(line.places.lake, loadContracts(line.places.projectDir), () => undefined)
}

/** Staged rows in short, sorted. */
async function rowsOf(line: Line, folder: string, ...columns: readonly string[]): Promise<readonly unknown[]> {
  return (await line.staged(folder)).map(row => columns.map(column => row[column] ?? null).join(' ')).sort()
}

const filesOf = ({ places }: Line, folder: string): readonly Staged[] =>
  readManifest<Staged>(places.lake, 'staging').filter(file => file.folder === folder)

describe('several files of one day', () => {
  test('F51 a file after the cut-off is a late revision: the next run stages it by itself, and nothing else', async () => {
    const line = openLine()
    line.deliver(DAY, {
      customers: [customer('C1'), customer('C2')],
      plans: [plan('P1')],
      events: [event('E1', 'C1', noon(DAY))],
    })
    line.deliver(NEXT, { customers: [customer('C1')], plans: [plan('P1')] })
    await line.prepare()
    const before = filesOf(line, 'customers')
    const bytes = before.map(({ path }) => readFileSync(join(line.places.lake, 'staging', path)))
    line.deliver(DAY, { customers: [customer('C1', { plan_id: 'P2' })], events: [event('E2', 'C1', noon(DAY))] })
    const added = await line.prepare()
    expect(added.map(({ folder, date, rows }) => [folder, date, rows])).toEqual([
      ['customers', DAY, 1],
      ['activity_logs', DAY, 1],
    ])
    expect(filesOf(line, 'customers').slice(0, 2)).toEqual(before)
    expect(before.map(({ path }) => readFileSync(join(line.places.lake, 'staging', path)))).toEqual(bytes)
    expect(await rowsOf(line, 'customers', 'business_date', 'revision', 'customer_id', 'plan_id')).toEqual([
      `${DAY} 1 C1 P1`,
      `${DAY} 1 C2 P1`,
      `${DAY} 2 C1 P2`,
      `${NEXT} 1 C1 P1`,
    ])
    expect(await rowsOf(line, 'activity_logs', 'revision', 'event_id')).toEqual(['1 E1', '2 E2'])
    expect(await line.prepare()).toEqual([])
  })

  test('each snapshot is judged by itself: what two of them have in common, or dispute, is no duplicate and no conflict', async () => {
    const line = openLine()
    await accept(line, DAY, {
      customers: [customer('SAME'), customer('MOVED'), customer('CLASH'), customer('CLASH', { plan_id: 'P2' })],
      plans: [plan('P1'), plan('P2')],
    })
    await accept(line, DAY, {
      customers: [
        customer('SAME'),
        customer('SAME'),
        customer('MOVED', { plan_id: 'P2' }),
        customer('CLASH'),
        '{"customer_id":"BAD"}',
      ],
      plans: [plan('P1', { monthly_price: '11.00' }), plan('P2'), plan('P2', { monthly_price: '12.00' })],
    })
    await line.prepare()
    expect(await rowsOf(line, 'customers', 'revision', 'customer_id', 'plan_id')).toEqual([
      '1 MOVED P1',
      '1 SAME P1',
      '2 CLASH P1',
      '2 MOVED P2',
      '2 SAME P1',
    ])
    expect(await rowsOf(line, 'customers_unknown', 'revision', 'customer_id', 'reason')).toEqual([
      '1 CLASH CONFLICTING_KEY',
      '2 BAD MISSING_REQUIRED',
    ])
    expect(await rowsOf(line, 'plans', 'revision', 'plan_id', 'monthly_price')).toEqual([
      '1 P1 10.00',
      '1 P2 10.00',
      '2 P1 11.00',
    ])
    expect(filesOf(line, 'customers').map(({ rows, sources }) => [rows, sources])).toEqual([
      [2, [expect.objectContaining({ received: 4, good: 2, bad: 0, duplicate: 0, conflict: 2 })]],
      [3, [expect.objectContaining({ received: 5, good: 3, bad: 1, duplicate: 1, conflict: 0 })]],
    ])
  })

  test('the logs of a day add up in one file, of an event with two contents the one that was accepted first stays', async () => {
    const line = openLine()
    // The order of their hashes is by chance, so that of several pairs some are against it.
    for (const type of ['login', 'logout', 'topup', 'sms_sent', 'app_open'])
      await accept(line, DAY, {
        events: [event('E', 'C1', noon(DAY), { event_type: type }), event(type, 'C1', noon(DAY))],
      })
    await line.prepare()
    expect(await rowsOf(line, 'activity_logs', 'revision', 'event_id', 'event_type')).toEqual([
      '1 E login',
      '1 login login',
      '2 logout login',
      '3 topup login',
      '4 sms_sent login',
      '5 app_open login',
    ])
    expect(await rowsOf(line, 'activity_conflicts', 'revision', 'event_type')).toEqual([
      '2 logout',
      '3 topup',
      '4 sms_sent',
      '5 app_open',
    ])
    expect(filesOf(line, 'activity_logs').map(({ rows, sources }) => [rows, sources.length])).toEqual([[6, 5]])
  })

  test('plan_known and the evidence of events are those of the highest revision of the day, whenever it came', async () => {
    const line = openLine()
    for (const plans of [[plan('P1'), plan('P2')], [plan('P1')], [plan('P1'), plan('P3')]])
      await accept(line, DAY, { plans })
    for (const plan_id of ['P2', 'P3', 'P1']) await accept(line, DAY, { customers: [customer('C1', { plan_id })] })
    await accept(line, DAY, { events: [event('E1', 'C1', noon(DAY))] })
    await line.prepare()
    expect(await rowsOf(line, 'customers', 'revision', 'plan_id', 'plan_known')).toEqual([
      '1 P2 false',
      '2 P3 true',
      '3 P1 true',
    ])
    line.deliver(DAY, { customers: [customer('C1', { plan_id: 'P9' })], events: [event('E2', 'C1', noon(DAY))] })
    await line.prepare()
    expect(await rowsOf(line, 'activity_logs', 'event_id', 'snapshot_date', 'snapshot_plan_id')).toEqual([
      `E1 ${DAY} P1`,
      `E2 ${DAY} P9`,
    ])
    expect(readCleaned(line.places.lake).map(({ dataset, revision }) => `${dataset} ${revision}`)).toEqual([
      ...['customers 1', 'customers 2', 'customers 3', 'plans 1', 'plans 2', 'plans 3', 'activity_logs 1'],
      ...['customers 4', 'activity_logs 2'],
    ])
  })
})

describe('price lists of one day', () => {
  const lists: readonly Delivery[] = [
    { plans: [plan('P1', { monthly_price: '10.00' }), plan('P2', { monthly_price: '20.00' })] },
    { plans: [plan('P1', { monthly_price: '11.00' }), plan('P2', { monthly_price: '20.00' })] },
    { plans: [plan('P1', { monthly_price: '10.50' }), plan('P3', { monthly_price: '30.00' })] },
  ]
  const answers = (line: Line) =>
    line.ask(
      'select plan_id, monthly_price, as_of_date from TELCO_DB.DW.DIM_PLAN where plan_sk <> -1 order by 1',
      'select plan_id, business_date, monthly_price from TELCO_DB.DW.PLAN_PRICE order by 1, 2',
    )
  const expected = [
    [
      ['P1', '10.50', DAY],
      ['P2', '20.00', DAY],
      ['P3', '30.00', DAY],
    ],
    [
      ['P1', DAY, '10.50'],
      ['P2', DAY, '20.00'],
      ['P3', DAY, '30.00'],
    ],
  ]

  test('the latest revision wins, whether they are loaded together or one by one; every row is accounted for', async () => {
    const [together, apart] = [openLine(), openLine()]
    for (const list of lists) {
      await accept(together, DAY, list)
      apart.deliver(DAY, list)
      expect(failuresOf(await apart.run())).toEqual([])
    }
    expect(failuresOf(await together.run())).toEqual([])
    expect(await answers(together)).toEqual(expected)
    expect(await answers(apart)).toEqual(expected)
    for (const line of [together, apart]) {
      const ledger = await reconcile(line.places, line.effects)
      expect(ledger.map(({ received, good, isLoaded, addsUp }) => [received, good, isLoaded, addsUp])).toEqual(
        Array.from({ length: 3 }, () => [2, 2, true, true]),
      )
    }
  })

  test('a revision of an older day changes its prices, and not what the newest list says of the plan', async () => {
    const line = openLine()
    line.deliver(DAY, { plans: [plan('P1', { monthly_price: '10.00' })] })
    line.deliver(NEXT, { plans: [plan('P1', { monthly_price: '12.00' })] })
    await line.run()
    line.deliver(DAY, { plans: [plan('P1', { monthly_price: '9.00' })] })
    expect(failuresOf(await line.run())).toEqual([])
    expect(await answers(line)).toEqual([
      [['P1', '12.00', NEXT]],
      [
        ['P1', DAY, '9.00'],
        ['P1', NEXT, '12.00'],
      ],
    ])
  })
})
