import { observe, trackedOf } from './content.ts'
import type { Delivery, Row, Text, Version } from './model.ts'

/** The snapshot of each day, days ascending: of several deliveries (in the order of their revisions) the last. */
export function snapshotsOf(deliveries: readonly Delivery[]): readonly Delivery[] {
  const byDay = new Map(deliveries.map(delivery => [delivery.day, delivery]))
  return [...byDay.values()].sort((one, other) => one.day - other.day)
}

/** The versions of one key over the snapshots of ascending days. */
function versionsOf(k: string, snapshots: readonly Delivery[]): readonly Version[] {
  const versions: Version[] = []
  let current: Row | undefined
  for (const snapshot of snapshots) {
    const seen = observe(k, snapshot)
    if (seen === 'unknown') continue
    const row = seen === 'absent' ? undefined : seen
    if (row === current) continue
    if (row !== undefined && current !== undefined && trackedOf(row) === trackedOf(current)) continue
    const open = versions.at(-1)
    if (current !== undefined && open !== undefined) versions[versions.length - 1] = { ...open, end: snapshot.day }
    if (row !== undefined) {
      const { a, b } = row
      versions.push({ k, a, b, start: snapshot.day, end: null, first: versions.length === 0 })
    }
    current = row
  }
  return versions
}

/** The dimension that deliveries (in the order of their revisions) make us believe, by key and start. */
export function believed(deliveries: readonly Delivery[]): readonly Version[] {
  const snapshots = snapshotsOf(deliveries)
  const keys = new Set(snapshots.flatMap(({ rows }) => rows.map(({ k }) => k)))
  return [...keys].sort().flatMap(k => versionsOf(k, snapshots))
}

/** The untracked attribute of each key: that of the newest day whose snapshot has a row of it, whenever that came. */
export function untracked(deliveries: readonly Delivery[]): ReadonlyMap<string, Text> {
  return new Map(snapshotsOf(deliveries).flatMap(({ rows }) => rows.map(({ k, u }) => [k, u] as const)))
}
