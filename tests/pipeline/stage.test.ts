import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readManifest, type Staged } from '../../pipeline/lake.ts'
import { reconcile } from '../../pipeline/reconcile.ts'
import { customer, type Delivery, event, failuresOf, type Line, openLine, plan } from './line.ts'

const SEED = 20250101
/** Properties take many runs, so a busy machine needs longer. */
const PATIENCE = 180_000
const day = (number: number): string => `2025-01-${String(number).padStart(2, '0')}`
const noon = (number: number): string => `${day(number)}T12:00:00Z`
const NONE = { good: 0, duplicate: 0, conflict: 0 }

/** What staging counted for each file, by dataset and day. */
function countsOf(line: Line): Readonly<Record<string, { good: number; duplicate: number; conflict: number }>> {
  const staged = readManifest<Staged>(line.places.lake, 'staging')
  return Object.fromEntries(
    staged
      .filter(file => file.sources.length > 0)
      .map(({ folder, date, sources }) => [
        `${folder} ${date}`,
        sources.reduce(
          (sum, { good, duplicate, conflict }) => ({
            good: sum.good + good,
            duplicate: sum.duplicate + duplicate,
            conflict: sum.conflict + conflict,
          }),
          NONE,
        ),
      ]),
  )
}

/** Rows of a snapshot in short: a key and its content. */
interface Short {
  readonly id: string
  readonly value: string
}

/** What must become of a snapshot's rows, written a key at a time and with nothing in common with the SQL. */
function judged(rows: readonly Short[]) {
  const kept: Short[] = []
  const clashing: string[] = []
  let duplicate = 0
  let conflict = 0
  for (const id of new Set(rows.map(row => row.id))) {
    const own = rows.filter(row => row.id === id)
    const [first] = own
    if (first === undefined) continue
    if (own.every(row => row.value === first.value)) {
      kept.push(first)
      duplicate += own.length - 1
    } else {
      clashing.push(id)
      conflict += own.length
    }
  }
  return { kept, clashing, counts: { good: kept.length, duplicate, conflict } }
}

const newestOrFirst = (days: readonly number[], at: number): number | undefined =>
  days.findLast(each => each <= at) ?? days[0]

const short = (ids: readonly string[], values: readonly string[]) =>
  fc.record({ id: fc.constantFrom(...ids), value: fc.constantFrom(...values) })
/** Days of snapshots, price lists and logs; several rows of one key come often, equal and clashing. */
const someDays = fc.array(
  fc.record({
    customers: fc.option(fc.array(short(['C1', 'C2', 'C3', 'C4'], ['P1', 'P2', 'P9']), { minLength: 1, maxLength: 7 })),
    plans: fc.option(fc.array(short(['P1', 'P2', 'P3'], ['10.00', '20.00']), { minLength: 1, maxLength: 5 })),
    events: fc.array(fc.tuple(fc.constantFrom('C1', 'C2', 'C5'), fc.integer({ min: 1, max: 5 })), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
)

type SomeDay = typeof someDays extends fc.Arbitrary<readonly (infer T)[]> ? T : never

/** The numbers of the days that have usable rows of a dataset; a day is its place in the list, from 1. */
const daysWith = (days: readonly SomeDay[], dataset: 'customers' | 'plans'): readonly number[] =>
  days.flatMap((each, at) => (each[dataset] === null ? [] : [at + 1]))

/** What an event must find in the newest snapshot. */
function evidence(days: readonly SomeDay[], id: string, at: number): readonly (string | null)[] {
  const found = newestOrFirst(daysWith(days, 'customers'), at)
  if (found === undefined) return [null, null]
  const row = judged(days[found - 1]?.customers ?? []).kept.find(each => each.id === id)
  return row === undefined ? [null, null] : [day(found), row.value]
}

async function checkStaging(days: readonly SomeDay[]): Promise<void> {
  const line = openLine()
  const expected: Record<string, unknown> = {}
  const customers: unknown[] = []
  const unknown: unknown[] = []
  const events: unknown[] = []
  days.forEach((each, index) => {
    const at = index + 1
    // A log needs a row of its own day.
    // What is more than a day ahead of it is quarantined, and another test's.
    const near = each.events.filter(([, when]) => when <= at + 1)
    const logged = near.length === 0 ? [] : [['C1', at] as const, ...near]
    line.deliver(day(at), {
      ...(each.customers === null
        ? {}
        : { customers: each.customers.map(row => customer(row.id, { plan_id: row.value })) }),
      ...(each.plans === null ? {} : { plans: each.plans.map(row => plan(row.id, { monthly_price: row.value })) }),
      ...(logged.length === 0 ? {} : { events: logged.map(([id, when], n) => event(`E${at}-${n}`, id, noon(when))) }),
    })
    if (each.customers !== null) {
      const { kept, clashing, counts } = judged(each.customers)
      const list = newestOrFirst(daysWith(days, 'plans'), at)
      const listed = new Set(judged(days[(list ?? 0) - 1]?.plans ?? []).kept.map(row => row.id))
      expected[`customers ${day(at)}`] = counts
      customers.push(...kept.map(row => [day(at), row.id, row.value, String(listed.has(row.value))]))
      unknown.push(...clashing.map(id => [day(at), id, 'CONFLICTING_KEY']))
    }
    if (each.plans !== null) expected[`plans ${day(at)}`] = judged(each.plans).counts
    if (logged.length > 0) expected[`activity_logs ${day(at)}`] = { ...NONE, good: logged.length }
    events.push(...logged.map(([id, when], n) => [`E${at}-${n}`, ...evidence(days, id, when)]))
  })
  if (Object.keys(expected).length === 0) return
  await line.prepare()
  expect(countsOf(line)).toEqual(expected)
  const staged = async (folder: string, ...columns: readonly string[]): Promise<readonly unknown[]> =>
    (await line.staged(folder)).map(row => columns.map(column => row[column] ?? null)).sort()
  expect(await staged('customers', 'business_date', 'customer_id', 'plan_id', 'plan_known')).toEqual(customers.sort())
  expect(await staged('customers_unknown', 'business_date', 'customer_id', 'reason')).toEqual(unknown.sort())
  expect(await staged('activity_logs', 'event_id', 'snapshot_date', 'snapshot_plan_id')).toEqual(events.sort())
}

describe('staging', () => {
  test(
    'F56 F75 no join fans out: staged rows are the kept ones, also with a plan in several lists and keys that come twice',
    async () => {
      await fc.assert(fc.asyncProperty(someDays, checkStaging), { seed: SEED, numRuns: 10 })
    },
    PATIENCE,
  )

  test('F75 the rows of a key that clashes are set aside with their file and line, of plans too', async () => {
    const line = openLine()
    line.deliver(day(1), {
      customers: [customer('C1'), customer('C2'), customer('C2', { plan_id: 'P2' })],
      plans: [plan('P1'), plan('P2'), plan('P1', { monthly_price: '11.00' })],
    })
    await line.prepare()
    const setAside = async (folder: string, key: string): Promise<readonly unknown[]> =>
      (await line.staged(folder)).map(row => [row[key], row.source_line]).sort()
    expect(await setAside('customers_conflicts', 'customer_id')).toEqual([
      ['C2', 2],
      ['C2', 3],
    ])
    expect(await setAside('plans_conflicts', 'plan_id')).toEqual([
      ['P1', 2],
      ['P1', 4],
    ])
  })
})

/** How a customer comes in one snapshot: not at all, on a plan, twice on one, or twice and clashing. */
const comings = fc.array(
  fc.array(fc.constantFrom('absent', 'P1', 'P2', 'twice P1', 'clash'), { minLength: 4, maxLength: 4 }),
  { minLength: 12, maxLength: 12 },
)

const ROWS: Readonly<Record<string, readonly string[]>> = {
  absent: [],
  P1: ['P1'],
  P2: ['P2'],
  'twice P1': ['P1', 'P1'],
  clash: ['P1', 'P2'],
}

/** The versions that a customer's comings make: a clash says nothing, so what was known goes on. */
function versionsOf(coming: readonly string[]): readonly (readonly (string | null)[])[] {
  const versions: [plan: string, from: string, to: string | null][] = []
  coming.forEach((kind, index) => {
    if (kind === 'clash') return
    const now = ROWS[kind]?.[0]
    const last = versions.at(-1)
    const open = last?.[2] === null ? last : undefined
    if (open?.[0] === now) return
    if (open !== undefined) open[2] = `${day(index + 1)} 00:00:00`
    if (now !== undefined) versions.push([now, `${day(index + 1)} 00:00:00`, null])
  })
  return versions
}

describe('one key twice in a snapshot', () => {
  test(
    'F75 equal rows are one, clashing rows leave the customer as it was: never closed, never picked',
    async () => {
      await fc.assert(
        fc.asyncProperty(comings, async all => {
          const line = openLine()
          for (const at of [0, 1, 2, 3]) {
            const rows = all.flatMap((coming, number) =>
              (ROWS[coming[at] ?? ''] ?? []).map(plan_id => customer(`C${10 + number}`, { plan_id })),
            )
            // So many stay that those who vanish are never enough for the snapshot to be held.
            const stay = Array.from({ length: 12 * all.length }, (_, number) => customer(`STAYS${number}`))
            line.deliver(day(at + 1), { customers: [...stay, ...rows], plans: [plan('P1'), plan('P2')] })
          }
          expect(failuresOf(await line.run())).toEqual([])
          const [found] = await line.ask(
            `select customer_id, plan_id, effective_start_date, effective_end_date from TELCO_DB.DW.DIM_CUSTOMER
where customer_id like 'C%' and known_to is null order by 1, 3`,
          )
          expect(found).toEqual(
            all.flatMap((coming, number) => versionsOf(coming).map(row => [`C${10 + number}`, ...row])),
          )
        }),
        { seed: SEED, numRuns: 3 },
      )
    },
    PATIENCE,
  )
})

describe('a plan that is not known', () => {
  test("F55 its customer is kept with the source's plan, joins give the unknown member until the plan comes", async () => {
    const line = openLine()
    line.deliver(day(1), {
      customers: [customer('C1', { plan_id: 'P9' })],
      plans: [plan('P1')],
      events: [event('E1', 'C1', noon(1))],
    })
    expect(failuresOf(await line.run())).toEqual([])
    const staged = 'select customer_id, plan_id, plan_known from TELCO_DB.STAGING.STG_CUSTOMERS'
    const versions =
      'select plan_id, effective_start_date, is_current from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1'
    const joined =
      'select event_id, plan_id, plan_name, monthly_price from TELCO_DB.MART.PLAN_AT_ACTIVITY order by event_id'
    expect(await line.ask(staged, versions, joined)).toEqual([
      [['C1', 'P9', 'false']],
      [['P9', '2025-01-01 00:00:00', 'true']],
      [['E1', 'P9', 'Unknown plan', null]],
    ])
    line.deliver(day(2), {
      customers: [customer('C1', { plan_id: 'P9' })],
      plans: [plan('P1'), plan('P9')],
      events: [event('E2', 'C1', noon(2))],
    })
    expect(failuresOf(await line.run())).toEqual([])
    expect(await line.ask(staged, versions, joined)).toEqual([
      [['C1', 'P9', 'true']],
      [['P9', '2025-01-01 00:00:00', 'true']],
      [
        ['E1', 'P9', 'Unknown plan', null],
        ['E2', 'P9', 'Plan P9', '10.00'],
      ],
    ])
  })

  test(
    'F76 the key is -1 until the plan comes, then ACTIVITY_RESTATED has it; the fact stays as it was',
    async () => {
      const firstListed = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(firstListed, async listed => {
          const line = openLine()
          const plans = listed.map((from, number) => ({ id: `P${number}`, from }))
          let before: readonly unknown[] = []
          for (const today of [1, 2, 3]) {
            const known = plans.filter(({ from }) => from <= today)
            line.deliver(day(today), {
              customers: plans.map(({ id }) => customer(`C-${id}`, { plan_id: id })),
              plans: [plan('ALWAYS'), ...known.map(({ id }) => plan(id))],
              events: plans.map(({ id }) => event(`${today}-${id}`, `C-${id}`, noon(today))),
            })
            expect(failuresOf(await line.run())).toEqual([])
            const [facts = [], joined] = await line.ask(
              'select f.* from TELCO_DB.DW.FACT_ACTIVITY f order by f.event_id',
              `select f.event_id, f.plan_sk <> -1, p.plan_id, r.plan_sk <> -1, r.plan_id, rp.plan_id
from TELCO_DB.DW.FACT_ACTIVITY f
join TELCO_DB.DW.DIM_PLAN p on p.plan_sk = f.plan_sk
join TELCO_DB.DW.ACTIVITY_RESTATED r on r.event_id = f.event_id
join TELCO_DB.DW.DIM_PLAN rp on rp.plan_sk = r.plan_sk order by 1`,
            )
            expect(facts.slice(0, before.length)).toEqual(before)
            before = facts
            const events = Array.from({ length: today }, (_, at) => plans.map(each => ({ ...each, on: at + 1 }))).flat()
            expect(joined).toEqual(
              events.map(({ id, from, on }) => {
                const seen = (isKnown: boolean): readonly string[] => [String(isKnown), isKnown ? id : 'UNKNOWN']
                const [isRestated = '', restated = ''] = seen(from <= today)
                return [`${on}-${id}`, ...seen(from <= on), isRestated, id, restated]
              }),
            )
          }
        }),
        { seed: SEED, numRuns: 2 },
      )
    },
    PATIENCE,
  )
})

/** An event's content is the network it came over. */
const NETWORKS = ['3G', '4G', '5G'] as const
const log = fc.array(fc.tuple(fc.constantFrom(...'ABCDEFGH'), fc.constantFrom(...NETWORKS)), { maxLength: 14 })
/** Runs of one to three days, each with a log. */
const logs = fc.array(fc.array(log, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })

interface Expected {
  /** What each event's first arrival was. */
  readonly facts: Map<string, string>
  /** Contents that came later, each with its day, once a run. */
  readonly clashes: (readonly string[])[]
  readonly counts: Record<string, { good: number; duplicate: number; conflict: number }>
}

/** Takes one run's logs, in order: of a number the first content is the event, each other one is a clash. */
function take(expected: Expected, run: readonly (readonly [number, readonly (readonly string[])[]])[]): void {
  const first = new Map<string, string>()
  const seen = new Set<string>()
  for (const [at, rows] of run) {
    const counts = { ...NONE }
    expected.counts[`activity_logs ${day(at)}`] = counts
    for (const [id = '', network = ''] of rows) {
      const isAgain = seen.has(`${id} ${network}`)
      const isFirst = !first.has(id)
      seen.add(`${id} ${network}`)
      counts[isAgain ? 'duplicate' : isFirst ? 'good' : 'conflict'] += 1
      if (isFirst) first.set(id, network)
      if (!expected.facts.has(id)) expected.facts.set(id, network)
      if (!isAgain && expected.facts.get(id) !== network) expected.clashes.push([id, day(at)])
    }
  }
}

async function checkEvents(runs: readonly (readonly (readonly (readonly string[])[])[])[]): Promise<void> {
  const line = openLine()
  const expected: Expected = { facts: new Map(), clashes: [], counts: {} }
  let at = 0
  for (const days of runs) {
    const run: [number, readonly (readonly string[])[]][] = []
    for (const rows of days) {
      at += 1
      // A log needs a row of its own day; the others are as if they had come late.
      const all = [[`OWN${at}`, '4G'], ...rows]
      const events = all.map(([id = '', network_type]) =>
        event(id, 'C1', noon(id.startsWith('OWN') ? at : 1), { network_type }),
      )
      const rest: Delivery = at === 1 ? { customers: [customer('C1')], plans: [plan('P1')] } : {}
      line.deliver(day(at), { events, ...rest })
      run.push([at, all])
    }
    take(expected, run)
    expect(failuresOf(await line.run())).toEqual([])
    const [facts, clashes] = await line.ask(
      'select event_id, network_type from TELCO_DB.DW.FACT_ACTIVITY order by 1',
      'select event_id, business_date from TELCO_DB.DW.FACT_ACTIVITY_CONFLICT order by 1, 2',
    )
    expect(facts).toEqual([...expected.facts].sort())
    expect(clashes).toEqual(expected.clashes.sort())
  }
  const { 'customers 2025-01-01': _, 'plans 2025-01-01': __, ...counts } = countsOf(line)
  expect(counts).toEqual(expected.counts)
  for (const file of await reconcile(line.places, line.effects)) {
    if (file.facts !== null) expect(file.facts + (file.known ?? 0) + (file.clashing ?? 0)).toBe(file.good)
    expect(file.addsUp).toBe(true)
  }
}

describe('one event twice', () => {
  test(
    'F82 F83 within a log, across logs and across runs: the same is counted and left, another is a conflict, the first stays',
    async () => {
      await fc.assert(fc.asyncProperty(logs, checkEvents), { seed: SEED, numRuns: 3 })
    },
    PATIENCE,
  )

  test('F82 a whole log again, under another name, is a duplicate file and adds nothing', async () => {
    const line = openLine()
    const events = [event('E1', 'C1', noon(1)), event('E2', 'C1', noon(1))]
    line.deliver(day(1), { customers: [customer('C1')], plans: [plan('P1')], events })
    await line.run()
    const before = await line.dump()
    line.deliver(day(1), { events }, 'flat')
    const again = await line.run()
    expect(again.files.map(file => file.outcome)).toEqual(['duplicate'])
    expect(again.staged).toEqual([])
    expect(await line.dump()).toEqual(before)
  })

  test('F83 of two logs of one day with one number, one stays in the fact and the other is in the conflict table', async () => {
    const line = openLine()
    line.deliver(day(1), { customers: [customer('C1')], plans: [plan('P1')], events: [event('E1', 'C1', noon(1))] })
    line.deliver(day(1), { events: [event('E1', 'C1', noon(1), { device_type: 'iOS' })] }, 'flat')
    await line.run()
    const [facts, clashes] = await line.ask(
      'select event_id, row_hash from TELCO_DB.DW.FACT_ACTIVITY',
      'select event_id, row_hash from TELCO_DB.DW.FACT_ACTIVITY_CONFLICT',
    )
    expect([facts?.length, clashes?.length]).toEqual([1, 1])
    expect(facts?.[0]?.[1]).not.toBe(clashes?.[0]?.[1])
  })
})
