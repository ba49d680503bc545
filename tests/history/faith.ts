import { joins } from './attribution.ts'
import type { Case, Known } from './case.ts'
import { observe } from './content.ts'
import type { Delivery, Row, Version } from './model.ts'
import { hold, type Property } from './property.ts'

const keysOf = ({ snapshots, versions }: Known): readonly string[] => [
  ...new Set([...snapshots.flatMap(({ rows }) => rows.map(({ k }) => k)), ...versions.map(({ k }) => k)]),
]

const asOf = (versions: readonly Version[], k: string, day: number): Version | undefined =>
  versions.find(version => version.k === k && version.start <= day && (version.end === null || day < version.end))

const sameValue = (one: Row | 'absent', other: Row | 'absent'): boolean =>
  one === other || (one !== 'absent' && other !== 'absent' && one.a === other.a && one.b === other.b)

/** What each key was known to be, day by day: days that say nothing are left out. */
function sightings(k: string, snapshots: readonly Delivery[]): readonly { day: number; seen: Row | 'absent' }[] {
  return snapshots.flatMap(snapshot => {
    const seen = observe(k, snapshot)
    return seen === 'unknown' ? [] : [{ day: snapshot.day, seen }]
  })
}

function eachKey({ known }: Case, check: (k: string, at: Known) => number): number {
  return known.reduce((all, at) => keysOf(at).reduce((count, k) => count + check(k, at), all), 0)
}

/** As of each loaded day, the dimension says what the day's snapshot says, or where that says nothing, what the day before does. */
function checkFaithful(k: string, { snapshots, versions }: Known): number {
  let before: Version | undefined
  for (const snapshot of snapshots) {
    const seen = observe(k, snapshot)
    const version = asOf(versions, k, snapshot.day)
    if (seen === 'unknown') hold(version === before, 'not carried forward', snapshot, versions)
    else if (seen === 'absent') hold(version === undefined, `${k} is absent`, snapshot, versions)
    else hold(version?.a === seen.a && version?.b === seen.b, `${k} has another value`, snapshot, versions)
    before = version
  }
  return snapshots.length
}

/** One value, another and the first again are three versions that start where they are seen. */
function checkBackAgain(k: string, { snapshots, versions }: Known): number {
  const seen = sightings(k, snapshots).filter(
    ({ seen }, index, all) => !sameValue(seen, all[index - 1]?.seen ?? 'absent'),
  )
  let found = 0
  seen.forEach((third, index) => {
    const [first, second] = [seen[index - 2], seen[index - 1]]
    if (first === undefined || second === undefined || second.seen === 'absent') return
    if (third.seen === 'absent' || !sameValue(first.seen, third.seen)) return
    found += 1
    for (const { day } of [first, second, third])
      hold(
        versions.some(version => version.k === k && version.start === day),
        `${k} was back again, but none starts on ${day}`,
        versions,
      )
  })
  return found
}

/** A day without the key ends its version; the next day with it starts another. */
function checkGaps(k: string, { snapshots, versions }: Known): number {
  const seen = sightings(k, snapshots)
  let found = 0
  seen.forEach((one, index) => {
    const before = seen[index - 1]
    if (before === undefined || (before.seen === 'absent') === (one.seen === 'absent')) return
    found += 1
    const bound = (version: Version): number | null => (one.seen === 'absent' ? version.end : version.start)
    hold(
      versions.some(version => version.k === k && bound(version) === one.day),
      `${k} goes or comes on ${one.day}, but no version does`,
      versions,
    )
  })
  return found
}

/** No version starts or ends on a day that says nothing of its key. */
function checkQuarantined(k: string, { snapshots, versions }: Known): number {
  const silent = snapshots.filter(snapshot => observe(k, snapshot) === 'unknown')
  for (const { day } of silent)
    hold(
      !versions.some(version => version.k === k && (version.start === day || version.end === day)),
      `${k} is unknown on ${day}`,
      versions,
    )
  return silent.length
}

/** The one version that an event must join: that of the last loaded day up to it, or before the first version that one. */
function mustJoin(k: string, at: number, { snapshots, versions }: Known): Version | undefined {
  const own = versions.filter(version => version.k === k)
  const first = own[0]
  if (first !== undefined && at < first.start) return first
  const day = snapshots.findLast(snapshot => snapshot.day <= at)?.day
  return day === undefined ? undefined : asOf(own, k, day)
}

function checkEvents({ history, known }: Case): number {
  const events = history.loads.flatMap(load => load.events)
  for (const at of known) {
    for (const event of events) {
      const joined = at.versions.filter(version => joins(event, version))
      const expected = mustJoin(event.k, event.at, at)
      hold(joined.length < 2 && joined[0] === expected, 'an event joins', event, joined, 'and must join', expected)
    }
  }
  return events.length * known.length
}

/** What the rows say of the snapshots. */
export const faith: readonly Property[] = [
  { name: 'V7 faithful to each snapshot at any K', check: of => eachKey(of, checkFaithful) },
  { name: 'V9 A, B, A gives three versions', check: of => eachKey(of, checkBackAgain) },
  { name: 'V11 a delete leaves a gap, a return opens a version', check: of => eachKey(of, checkGaps) },
  { name: 'V16 an event joins exactly one version, or none, at any K', check: checkEvents },
  { name: 'V23 a row that could not be read closes nothing', check: of => eachKey(of, checkQuarantined) },
]
