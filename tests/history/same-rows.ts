import { AssertionError } from 'node:assert/strict'

/** How many rows of a difference are shown. */
const SHOWN = 5

/** The rows that a list has more often than another. */
function beyond(list: readonly string[], other: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const row of other) left.set(row, (left.get(row) ?? 0) + 1)
  return list.filter(row => {
    const count = left.get(row) ?? 0
    left.set(row, count - 1)
    return count <= 0
  })
}

const show = (what: string, rows: readonly string[]): string =>
  rows.length === 0 ? '' : `\n${rows.length} ${what}:\n${rows.slice(0, SHOWN).join('\n')}`

/**
 * Compares two sets of rows, in any order. For people the few rows that differ say more than two whole tables side by side,
 * and making those takes seconds.
 *
 * @throws AssertionError with rows of both sides
 */
export function sameRows(found: readonly string[], expected: readonly string[]): void {
  const [more, missing] = [beyond(found, expected), beyond(expected, found)]
  if (more.length + missing.length === 0) return
  throw new AssertionError({ message: `rows differ${show('not expected', more)}${show('missing', missing)}` })
}
