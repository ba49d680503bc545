import { snapshotsOf } from './believed.ts'
import type { Maker } from './case.ts'
import { isComplete, observe } from './content.ts'
import type { Delivery, Tables, Text, Version } from './model.ts'
import { type Keeper, replayWith } from './oracle.ts'
import { publish, versionId } from './publish.ts'

/** What may be left out of the mechanism on purpose; the properties must notice each. */
export type Weakness = 'no next day' | 'no keys by existing bounds' | 'ends in place' | 'days from the dimension'

/** What is kept of a day instead of its snapshot: whom it says something of, and the untracked attributes. */
interface Sighting {
  readonly complete: boolean
  readonly unreadable: readonly Text[]
  readonly untracked: ReadonlyMap<string, Text>
}

interface Kept {
  readonly tables: Tables
  /** The loaded days and what is kept of each. */
  readonly sightings: ReadonlyMap<number, Sighting>
}

type Value = { readonly a: Text; readonly b: Text } | undefined

/** One publication being worked in. */
interface Work {
  readonly weakness: Weakness | undefined
  readonly batch: ReadonlyMap<number, Delivery>
  readonly sightings: ReadonlyMap<number, Sighting>
  /** The loaded days, those of the batch among them, ascending. */
  readonly days: readonly number[]
}

const same = (one: Value, other: Value): boolean => one?.a === other?.a && one?.b === other?.b

function sightingOf(delivery: Delivery): Sighting {
  const untracked = new Map(delivery.rows.map(({ k, u }) => [k, u]))
  return { complete: isComplete(delivery), unreadable: delivery.unreadable, untracked }
}

function isKnown(k: string, sighting: Sighting | undefined): boolean {
  if (sighting === undefined) return true
  return sighting.untracked.has(k) || (sighting.complete && !sighting.unreadable.includes(k))
}

/** The days on which a key's value or the one before it may be another: the batch's, and the next ones that carry it on. */
function examinedDays(k: string, { weakness, batch, sightings, days }: Work): ReadonlySet<number> {
  const examined = new Set<number>()
  days.forEach((day, index) => {
    const before = days[index - 1]
    const follows = before !== undefined && examined.has(before)
    const carries = follows && (batch.has(before) || !isKnown(k, sightings.get(before)))
    if (batch.has(day) || (carries && weakness !== 'no next day')) examined.add(day)
  })
  return examined
}

/** The value of a key on every loaded day, as far as the batch can tell: old values from the versions, new ones from the batch. */
function valuesOf(k: string, own: readonly Version[], examined: ReadonlySet<number>, work: Work): readonly Value[] {
  const values: Value[] = []
  for (const day of work.days) {
    const before = own.find(({ start, end }) => start <= day && (end === null || day < end))
    const delivery = work.batch.get(day)
    const seen = delivery && observe(k, delivery)
    const carried = delivery === undefined ? !isKnown(k, work.sightings.get(day)) : seen === 'unknown'
    if (!examined.has(day)) values.push(before)
    else if (carried || seen === 'unknown') values.push(values.at(-1))
    else if (seen === undefined) values.push(before)
    else values.push(seen === 'absent' ? undefined : seen)
  }
  return values
}

/** Versions from the days on which the value changes. */
function versionsOf(k: string, points: ReadonlyMap<number, Value>): readonly Version[] {
  const versions: Version[] = []
  let value: Value
  for (const [day, next] of [...points].sort(([one], [other]) => one - other)) {
    if (same(value, next)) continue
    const open = versions.at(-1)
    if (open !== undefined && value !== undefined) versions[versions.length - 1] = { ...open, end: day }
    if (next !== undefined)
      versions.push({ k, a: next.a, b: next.b, start: day, end: null, first: versions.length === 0 })
    value = next
  }
  return versions
}

/** The versions of one key after the batch: change points elsewhere stay, those on the examined days are made anew. */
function rebuild(k: string, own: readonly Version[], work: Work): readonly Version[] {
  const { weakness, days } = work
  const examined = examinedDays(k, work)
  const values = valuesOf(k, own, examined, work)
  const differs = days.some((day, index) => examined.has(day) && !same(values[index], values[index - 1]))
  const bounded = own.some(({ start, end }) => examined.has(start) || (end !== null && examined.has(end)))
  if (!differs && (!bounded || weakness === 'no keys by existing bounds')) return own
  const points = new Map<number, Value>()
  for (const { end } of own) if (end !== null) points.set(end, undefined)
  for (const version of own) points.set(version.start, version)
  days.forEach((day, index) => {
    if (examined.has(day)) points.set(day, values[index])
  })
  return versionsOf(k, points)
}

/** Publishes without keeping what a row said before. */
function overwrite(
  tables: Tables,
  versions: readonly Version[],
  newest: ReadonlyMap<string, Text>,
  point: number,
): Tables {
  const before = new Map(tables.dim.map(row => [versionId(row), row]))
  const dim = publish(tables, versions, newest, point).dim.map(row => {
    const old = row.knownTo === null ? before.get(versionId(row)) : undefined
    return old === undefined ? row : { ...row, knownFrom: old.knownFrom }
  })
  return { dim, history: [] }
}

function newestOf(sightings: ReadonlyMap<number, Sighting>): ReadonlyMap<string, Text> {
  const ascending = [...sightings].sort(([one], [other]) => one - other)
  return new Map(ascending.flatMap(([, { untracked }]) => [...untracked]))
}

const keeper = (weakness: Weakness | undefined): Keeper<Kept> => ({
  empty: { tables: { dim: [], history: [] }, sightings: new Map() },
  publish: ({ tables, sightings }, _all, own, point) => {
    const batch = new Map(snapshotsOf(own.map(({ delivery }) => delivery)).map(delivery => [delivery.day, delivery]))
    const live = tables.dim.filter(({ knownTo }) => knownTo === null)
    const bounds = live.flatMap(({ start, end }) => (end === null ? [start] : [start, end]))
    const before = weakness === 'days from the dimension' ? bounds : sightings.keys()
    const days = [...new Set([...before, ...batch.keys()])].sort((one, other) => one - other)
    const seen = new Map([...sightings, ...[...batch].map(([day, delivery]) => [day, sightingOf(delivery)] as const)])
    const work = { weakness, batch, sightings: seen, days }
    const arrived = [...batch.values()].flatMap(({ rows }) => rows.map(({ k }) => k))
    const keys = [...new Set([...live.map(({ k }) => k), ...arrived])]
    const versions = keys.flatMap(k =>
      rebuild(
        k,
        live.filter(row => row.k === k),
        work,
      ),
    )
    const write = weakness === 'ends in place' ? overwrite : publish
    return { tables: write(tables, versions, newestOf(seen), point), sightings: seen }
  },
  tablesOf: ({ tables }) => tables,
})

/**
 * Keeps history as a warehouse can: from the believed versions, the loaded days and what each says something of, never from
 * earlier snapshots; a load looks at its own days and the next ones.
 */
export function incremental(weakness?: Weakness): Maker {
  const made = keeper(weakness)
  return history => replayWith(made, history)
}
