import { type Row, rightHistory, type Version } from './right.ts'

/** A full snapshot of the customers, as a file that arrives. */
export interface Delivery {
  /** The day that it is the snapshot of, `YYYY-MM-DD`. */
  readonly day: string
  /** When it arrives and is loaded, ISO 8601 in UTC. */
  readonly arrives: string
  readonly rows: readonly Row[]
  /** It cannot be right: a tool that keeps history refuses it. */
  readonly broken?: true
}

export interface Scenario {
  readonly name: string
  readonly deliveries: readonly Delivery[]
  /** The versions that hold after all deliveries. */
  readonly right: readonly Version[]
  /** What is to be said beside the verdicts so that they are fair. */
  readonly note?: string
}

const date = (n: number): string => new Date(Date.UTC(2025, 0, n)).toISOString().slice(0, 10)

// Customers that never change. With them one customer who is gone is a small share of a snapshot, as on any real day.
const bystanders: readonly Row[] = Array.from({ length: 19 }, (_, i) => ({
  key: `b${i}`,
  value: 'same',
  since: date(1),
}))

/** The customer that a scenario is about, with a value since a day. */
const customer = (value: string, since: number): Row => ({ key: 'customer', value, since: date(since) })

/** The snapshot of day `n`, loaded in the morning of day `arrives`. */
function delivery(n: number, rows: readonly Row[], arrives = n, hour = 6): Delivery {
  const moment = `${date(arrives)}T${String(hour).padStart(2, '0')}:00:00Z`
  return { day: date(n), arrives: moment, rows: [...rows, ...bystanders] }
}

function scenario(name: string, deliveries: readonly Delivery[], note?: string): Scenario {
  const noted = note === undefined ? {} : { note }
  return {
    ...noted,
    name,
    deliveries,
    right: rightHistory(deliveries.filter(each => each.broken !== true)),
  }
}

const [A, B, C, D] = [customer('A', 1), customer('B', 2), customer('C', 3), customer('D', 3)]

/** Day `n` of 10,000 customers of whom 50 change a day; a customer's value counts its changes. */
function crowd(n: number): readonly Row[] {
  const changes = (i: number): readonly number[] =>
    Array.from({ length: n - 1 }, (_, index) => index + 2).filter(day => (i * 7919 + day * 104_729) % 200 === 0)
  return Array.from({ length: 10_000 }, (_, i) => {
    const until = changes(i)
    return { key: `c${i}`, value: `value ${until.length}`, since: date(until.at(-1) ?? 1) }
  })
}

function crowdDelivery(n: number, arrives = n): Delivery {
  return { day: date(n), arrives: `${date(arrives)}T06:00:00Z`, rows: crowd(n) }
}

/** The first ten days of 10,000 customers. */
export const tenDays = Array.from({ length: 10 }, (_, index) => crowdDelivery(index + 1))

/** What happens to daily snapshots sooner or later. */
export const scenarios: readonly Scenario[] = [
  scenario('day 1 A, day 3 C, then late day 2 B', [delivery(1, [A]), delivery(3, [C]), delivery(2, [B], 4)]),
  scenario('day 1 replayed, then day 3 again', [
    delivery(1, [A]),
    delivery(3, [C]),
    delivery(1, [A], 4),
    delivery(3, [C], 5),
  ]),
  scenario('vanishes, returns unchanged', [delivery(1, [A]), delivery(2, []), delivery(3, [A])]),
  scenario('the same three days, loaded a week later', [
    delivery(1, [A], 10, 6),
    delivery(2, [], 10, 8),
    delivery(3, [A], 10, 10),
  ]),
  scenario(
    'one key twice in the source',
    [delivery(1, [A]), { ...delivery(2, [B, customer('C', 2)]), broken: true }, delivery(3, [D])],
    // Tried: dbt build then skips its snapshots, SQLMesh the models below the audited one.
    'dbt and SQLMesh ask for no such thing, but where a test of uniqueness stands on a staging model, both stop before their history',
  ),
  scenario('an old day replayed among 10,000 customers', [...tenDays, crowdDelivery(5, 11)]),
  scenario('day 2 revised after day 3', [
    delivery(1, [A]),
    delivery(2, [B]),
    delivery(3, [D]),
    delivery(2, [customer('C', 2)], 4),
  ]),
]
