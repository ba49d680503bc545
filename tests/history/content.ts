import type { Delivery, Row, Text } from './model.ts'

function remembering<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const known = new WeakMap<Of, Made>()
  return of => {
    const before = known.get(of)
    if (before !== undefined) return before
    const made = make(of)
    known.set(of, made)
    return made
  }
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** A row's value: all its tracked attributes by name, whatever the columns are. NULL ones are left out. */
export const trackedOf = remembering((row: Row): string =>
  Object.entries(row)
    .filter(([name, text]) => name !== 'k' && name !== 'u' && text !== null)
    .sort(([one], [other]) => byText(one, other))
    .map(([name, text]) => `${name}=${JSON.stringify(text)}`)
    .join(),
)

/** A delivery's identity: its day, the set of its rows and the set of its unreadable keys. */
export const identityOf = remembering(({ day, rows, unreadable }: Delivery): string => {
  const texts = rows.map(({ k, a, b, u }) => JSON.stringify([k, a, b, u])).sort()
  return JSON.stringify([day, texts, [...new Set(unreadable.map(key => JSON.stringify(key)))].sort()])
})

/** A delivery's rows by key. */
export const rowsOf = remembering(
  ({ rows }: Delivery): ReadonlyMap<string, Row> => new Map(rows.map(row => [row.k, row])),
)

const unreadableOf = remembering(({ unreadable }: Delivery): ReadonlySet<Text> => new Set(unreadable))

/** Whether absence from this snapshot says that a key is gone. */
export const isComplete = (delivery: Delivery): boolean => !unreadableOf(delivery).has(null)

/** What a snapshot says of a key: its row, nothing, or that it is absent. */
export function observe(k: string, delivery: Delivery): Row | 'unknown' | 'absent' {
  const row = rowsOf(delivery).get(k)
  if (row !== undefined) return row
  return unreadableOf(delivery).has(k) || !isComplete(delivery) ? 'unknown' : 'absent'
}
