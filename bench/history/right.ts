/** A customer in a snapshot. */
export interface Row {
  readonly key: string
  readonly value: string
  /** The day on which the source last changed this row: its "updated at". */
  readonly since: string
}

/** What a customer was from one day until another, each `YYYY-MM-DD`. */
export interface Version {
  readonly key: string
  readonly value: string
  readonly start: string
  /** The first day on which it held no more; null while it holds. */
  readonly end: string | null
}

/**
 * The history that snapshots tell, in whatever order they came: the last delivery of a day counts, a missing day carries
 * forward, absence is a gap, and neighbouring versions differ.
 */
export function rightHistory(
  deliveries: readonly { readonly day: string; readonly rows: readonly Row[] }[],
): readonly Version[] {
  const snapshots = new Map(deliveries.map(({ day, rows }) => [day, rows]))
  const open = new Map<string, Version>()
  const closed: Version[] = []
  for (const [day, rows] of [...snapshots].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const values = new Map(rows.map(({ key, value }) => [key, value]))
    for (const version of [...open.values()].filter(({ key, value }) => values.get(key) !== value)) {
      closed.push({ ...version, end: day })
      open.delete(version.key)
    }
    for (const [key, value] of values) if (!open.has(key)) open.set(key, { key, value, start: day, end: null })
  }
  return [...closed, ...open.values()]
}
