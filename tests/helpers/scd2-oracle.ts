/** One customer's row in a snapshot. */
export interface SnapshotRow {
  readonly k: string
  readonly a: string | null
  readonly b: string | null
  readonly u: string | null
}

/** One day's full snapshot. Keys of `unreadable` had a row that could not be read; null among them: no one knows whose. */
export interface Snapshot {
  readonly day: number
  readonly rows: readonly SnapshotRow[]
  readonly unreadable: readonly (string | null)[]
}

/** A version as the relation shows it; days are numbers, `end` null while open. */
export interface Version {
  readonly k: string
  readonly a: string | null
  readonly b: string | null
  readonly u: string | null
  readonly start: number
  readonly end: number | null
  readonly knownFrom: number
  readonly endKnownFrom: number | null
  readonly first: boolean
}

/**
 * What history must be, written a day and a key at a time and with nothing in common with the SQL: snapshots in ascending
 * order, each a revision of its own, beginning with 1.
 */
export function historyOf(snapshots: readonly Snapshot[]): readonly Version[] {
  const versions = new Map<string, Version[]>()
  const newest = new Map<string, string | null>()
  snapshots.forEach((snapshot, index) => {
    const revision = index + 1
    const present = new Map(snapshot.rows.map(row => [row.k, row]))
    const unknown = new Set(snapshot.unreadable)
    for (const k of new Set([...versions.keys(), ...present.keys()])) {
      const own = versions.get(k) ?? []
      const last = own.at(-1)
      const open = last?.end === null ? last : undefined
      const row = present.get(k)
      if (row === undefined && (unknown.has(k) || unknown.has(null))) continue
      if (open !== undefined && row !== undefined && open.a === row.a && open.b === row.b) continue
      if (open !== undefined) own[own.length - 1] = { ...open, end: snapshot.day, endKnownFrom: revision }
      if (row !== undefined) {
        const { a, b, u } = row
        own.push({
          k,
          a,
          b,
          u,
          start: snapshot.day,
          end: null,
          knownFrom: revision,
          endKnownFrom: null,
          first: own.length === 0,
        })
      }
      versions.set(k, own)
    }
    for (const row of snapshot.rows) newest.set(row.k, row.u)
  })
  return [...versions.values()].flat().map(version => ({ ...version, u: newest.get(version.k) ?? null }))
}
