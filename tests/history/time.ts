import { believed } from './believed.ts'
import { type Case, deliveriesUpTo, liveOf, pointsOf } from './case.ts'
import { observe } from './content.ts'
import type { Delivery, Step, Version } from './model.ts'
import { asKnown } from './oracle.ts'
import { hold, holdVersions, type Property, sameTracked, sameVersion } from './property.ts'
import { versionId } from './publish.ts'

/** Each two neighbouring steps of which the second accepted something. */
function eachLoad({ steps }: Case, check: (before: Step | undefined, after: Step) => number): number {
  return steps.reduce(
    (count, after, index) => count + (after.outcome.accepted.length === 0 ? 0 : check(steps[index - 1], after)),
    0,
  )
}

/** What the step that published a point says of it, every later step must say. */
function checkKept(of: Case): number {
  const said = new Map<number, readonly Version[]>()
  return eachLoad(of, (_, { accepted, tables }) => {
    const points = pointsOf(accepted)
    for (const point of points) {
      const now = asKnown(tables, point)
      const then = said.get(point)
      if (then === undefined) said.set(point, now)
      else holdVersions(now, then, `what was known at ${point} changed`)
    }
    return points.length
  })
}

/** A step's tables say of each point it publishes what the revisions up to it make us believe. */
function checkKnown(of: Case): number {
  return eachLoad(of, (_, { accepted, outcome, tables }) => {
    const points = pointsOf(outcome.accepted)
    for (const point of points)
      holdVersions(asKnown(tables, point), believed(deliveriesUpTo(accepted, point)), `known at ${point}`)
    return points.length
  })
}

const newestOf = (step: Step | undefined): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...(step?.accepted.map(({ delivery }) => delivery.day) ?? []))

/** Days that come in order leave every row as it is, but for open ones that end in place, and add rows. */
function checkInOrder(before: Step | undefined, { outcome, tables }: Step): number {
  const days = outcome.accepted.map(({ delivery }) => delivery.day)
  const newest = newestOf(before)
  if (!days.every((day, index) => day > (days[index - 1] ?? newest))) return 0
  const revisions = new Map(outcome.accepted.map(({ revision }) => [revision.day, revision.revSeq]))
  const old = before?.tables ?? { dim: [], history: [] }
  const byId = new Map(tables.dim.map(row => [versionId(row), row]))
  hold(tables.history.length === old.history.length, 'a day in order moved a statement', tables.history)
  for (const row of old.dim) {
    const now = byId.get(versionId(row))
    byId.delete(versionId(row))
    const endKnownFrom = revisions.get(now?.end ?? Number.NaN) ?? -1
    const closed = { ...row, end: now?.end ?? null, endKnownFrom, isCurrent: false }
    const isClosed = now !== undefined && row.isCurrent && sameTracked(now, closed)
    hold(now !== undefined && (isClosed || sameTracked(now, row)), 'a day in order changed a row', row, now)
  }
  for (const row of byId.values())
    hold(row.knownFrom === revisions.get(row.start), 'a day in order published a row of another day', row)
  return 1
}

/** The last day that a late day can change for a key: the next one that says something of it. */
const reachOf = (k: string, day: number, snapshots: readonly Delivery[]): number =>
  snapshots.find(snapshot => snapshot.day > day && observe(k, snapshot) !== 'unknown')?.day ?? Number.POSITIVE_INFINITY

/** A single new day touches only versions next to it: first flags apart. */
function checkLocal(before: Step | undefined, { outcome, accepted, tables }: Step): number {
  const [day, ...others] = outcome.accepted.map(({ delivery }) => delivery.day)
  if (before === undefined || day === undefined || others.length > 0) return 0
  if (before.accepted.some(({ delivery }) => delivery.day === day)) return 0
  const snapshots = deliveriesUpTo(accepted, Number.POSITIVE_INFINITY).toSorted((one, other) => one.day - other.day)
  const latest = snapshots.filter((snapshot, index) => snapshots[index + 1]?.day !== snapshot.day)
  const [old, now] = [liveOf(before.tables), liveOf(tables)]
  const without = (list: readonly Version[], others: readonly Version[]) =>
    list.filter(one => !others.some(other => sameVersion({ ...one, first: other.first }, other)))
  for (const version of [...without(old, now), ...without(now, old)]) {
    const near = version.start <= reachOf(version.k, day, latest) && (version.end === null || version.end >= day)
    hold(near, `day ${day} touched`, version)
  }
  return 1
}

/** How rows change from load to load, and what stays known. */
export const time: readonly Property[] = [
  { name: 'V12 a new day touches only versions next to it', check: of => eachLoad(of, checkLocal) },
  { name: 'V13 what was known at K stays so', check: checkKept },
  { name: 'V13 known at K is what the revisions up to K say', check: checkKnown },
  { name: 'V14 days in order only close open versions and insert', check: of => eachLoad(of, checkInOrder) },
]
