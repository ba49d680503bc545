import fc from 'fast-check'
import { accept } from './accept.ts'
import { identityOf } from './content.ts'
import type { Accepted, Delivery, Event, History, Load, Row, Text } from './model.ts'

const keys = ['x', 'y', 'z', 'w'] as const
const firstDay = 10

/** What a drawn number makes of a key: its row's values, the row of the nearest earlier day, or none. */
type Cell = 'keep' | 'absent' | 'unreadable' | readonly [a: Text, b: Text, u: Text]

// The order matters: a failing case shrinks towards the first entry. 'keep' is frequent so that versions last.
const cells: readonly Cell[] = [
  'absent',
  ['A', null, null],
  ['B', null, null],
  ['A', null, 'u'],
  ['A', null, 'v'],
  ['', null, 'u'],
  [null, null, null],
  ['A', 'B', 'u'],
  [null, 'A', ''],
  ['B', '', 'v'],
  'absent',
  'absent',
  'absent',
  'unreadable',
  'unreadable',
  'unreadable',
  ...Array.from({ length: 12 }, () => 'keep' as const),
]

/** Days from the newest one delivered: mostly later with gaps, often the same or an earlier one. */
const steps = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 0, 0, -1, -1, -2, -3, -4, -5]
const forward = 10

/** What is done to a snapshot; everything else is left as drawn. */
const kinds = [
  ...Array.from({ length: 12 }, () => 'plain' as const),
  'incomplete',
  'incomplete',
  'empty',
  'again',
  'again',
  'again',
  'elsewhere',
  'restored',
  'restored',
  'restored',
  'undone',
  'undone',
  'few',
  'few',
] as const

interface Drawn {
  readonly step: number
  readonly kind: (typeof kinds)[number]
  readonly cells: readonly Cell[]
  /** Which earlier delivery is meant, where one is. */
  readonly pick: number
  /** Whether a load ends with it, and whether the next one approves what is held. */
  readonly cut: number
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  step: fc.nat(steps.length - 1),
  kind: fc.nat(kinds.length - 1).map(index => kinds[index] ?? 'plain'),
  cells: fc.array(
    fc.nat(cells.length - 1).map(index => cells[index] ?? 'keep'),
    { minLength: 4, maxLength: 4 },
  ),
  pick: fc.nat(11),
  cut: fc.nat(7),
})

const drawnEvent = fc.record({ key: fc.nat(keys.length), at: fc.nat(40), load: fc.nat(5), lag: fc.nat(2) })

/** The snapshot of a day: `before` is the one that kept rows come from. */
function snapshot(day: number, { kind, cells }: Drawn, before: Delivery | undefined): Delivery {
  const rows: Row[] = []
  const unreadable: Text[] = []
  keys.forEach((k, index) => {
    const cell = kind === 'few' && index > 0 ? 'absent' : (cells[index] ?? 'keep')
    if (cell === 'unreadable') unreadable.push(k)
    else if (cell === 'keep' && before === undefined) rows.push({ k, a: 'A', b: null, u: null })
    else if (cell === 'keep') rows.push(...(before?.rows.filter(row => row.k === k) ?? []))
    else if (cell !== 'absent') rows.push({ k, a: cell[0], b: cell[1], u: cell[2] })
  })
  if (kind === 'incomplete') unreadable.push(null)
  return { day, rows: kind === 'empty' ? [] : rows, unreadable }
}

/** One of the deliveries before; where some are superseded, often one of those. */
function pickOf(all: readonly Delivery[], pick: number): Delivery | undefined {
  const superseded = all.filter(({ day }, index) => all.slice(index + 1).some(later => later.day === day))
  const from = superseded.length > 0 && pick % 3 > 0 ? superseded : all
  return from[pick % from.length]
}

type Repeat = (picked: Delivery, day: number, all: readonly Delivery[]) => Delivery

/** The newest day as the one before it was. */
function undo(picked: Delivery, all: readonly Delivery[]): Delivery {
  const newest = Math.max(...all.map(({ day }) => day))
  const earlier = all.filter(({ day }) => day < newest).sort((one, other) => one.day - other.day)
  return { ...(earlier.at(-1) ?? picked), day: newest }
}

/** Snapshots that come again: the same, that under another day, with another untracked attribute, or to undo the last change. */
const repeats: Readonly<Record<string, Repeat>> = {
  again: picked => ({ ...picked }),
  elsewhere: (picked, day) => ({ ...picked, day }),
  restored: (picked, _, { length }) => ({ ...picked, rows: picked.rows.map(row => ({ ...row, u: `turn ${length}` })) }),
  undone: (picked, _, all) => undo(picked, all),
}

/** The next delivery after `all`, its day after the newest where `ordered`. */
function deliver(all: readonly Delivery[], draw: Drawn, ordered: boolean): Delivery {
  const newest = Math.max(firstDay - 1, ...all.map(({ day }) => day))
  const day = all.length === 0 ? firstDay : newest + (steps[ordered ? draw.step % forward : draw.step] ?? 1)
  const picked = pickOf(all, draw.pick)
  const repeat = repeats[draw.kind]
  if (picked !== undefined && repeat !== undefined) return repeat(picked, day, all)
  const before = all.filter(other => other.day <= day).sort((one, other) => one.day - other.day)
  return snapshot(day, draw, before.at(-1))
}

interface DrawnHistory {
  readonly limit: number
  readonly ordered: number
  readonly draws: readonly Drawn[]
  readonly events: readonly { key: number; at: number; load: number; lag: number }[]
}

/** Puts deliveries into loads. A load that approves brings what was held before once more. */
function loadsOf({ draws, limit, ordered }: DrawnHistory): readonly Omit<Load, 'events'>[] {
  const loads: Omit<Load, 'events'>[] = []
  const all: Delivery[] = []
  let accepted: readonly Accepted[] = []
  let held: readonly Delivery[] = []
  let batch: Delivery[] = []
  let approved: readonly Delivery[] = []
  let everApproved: readonly Delivery[] = []
  draws.forEach((draw, index) => {
    const delivery = deliver(all, draw, ordered === 0)
    all.push(delivery)
    batch.push(delivery)
    if (draw.cut > 4 && index < draws.length - 1) return
    everApproved = [...everApproved, ...approved]
    const outcome = accept(accepted, batch, everApproved, limit)
    loads.push({ batch, approved })
    accepted = [...accepted, ...outcome.accepted]
    const known = new Set(accepted.map(({ delivery }) => identityOf(delivery)))
    held = [...held, ...outcome.held].filter(delivery => !known.has(identityOf(delivery)))
    approved = draw.cut % 2 === 1 ? held : []
    batch = [...approved]
  })
  return loads
}

function eventsOf({ events }: DrawnHistory, load: number, count: number): readonly Event[] {
  return events.flatMap(({ key, at, load: wanted, lag }, index) => {
    const time = firstDay - 6 + at / 2
    const event = { id: `e${index}`, k: keys[key] ?? 'v', at: time, fileDay: Math.floor(time) + lag }
    return wanted % count === load ? [event] : []
  })
}

/**
 * Whole histories of up to 4 keys: days out of order and with gaps, revisions of a day that differ, one or several days a
 * load, keys that vanish, return or cannot be read, values NULL and '', content again for the same and for another day,
 * incomplete and empty snapshots, and where the limit is below 1 held days, some approved later.
 */
export const histories: fc.Arbitrary<History> = fc
  .noBias(
    fc.record<DrawnHistory>({
      limit: fc.nat(4).map(index => [1, 1, 0.5, 0.3, 0.1][index] ?? 1),
      ordered: fc.nat(3),
      draws: fc.oneof(
        { withCrossShrink: true },
        { weight: 1, arbitrary: fc.array(drawn, { minLength: 1, maxLength: 4 }) },
        { weight: 6, arbitrary: fc.array(drawn, { minLength: 5, maxLength: 11 }) },
      ),
      events: fc.array(drawnEvent, { maxLength: 4 }),
    }),
  )
  .map(history => {
    const loads = loadsOf(history)
    return {
      limit: history.limit,
      loads: loads.map((load, index) => ({ ...load, events: eventsOf(history, index, loads.length) })),
    }
  })
