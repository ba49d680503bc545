import fc from 'fast-check'
import { caseOf, type Maker } from './case.ts'
import { faith } from './faith.ts'
import { histories } from './generator.ts'
import type { Tables } from './model.ts'
import { inOrder } from './oracle.ts'
import { holdTables, type Property } from './property.ts'
import { shape } from './shape.ts'
import { time } from './time.ts'
import { twin } from './twin.ts'

/** Every invariant of history that needs no engine, in the order of their numbers. */
export const invariants: readonly Property[] = [...shape, ...faith, ...time, ...twin].sort(
  (one, other) => Number.parseInt(one.name.slice(1), 10) - Number.parseInt(other.name.slice(1), 10),
)

const sorted = ({ dim, history }: Tables): Tables => ({
  dim: inOrder([...dim].sort((one, other) => one.knownFrom - other.knownFrom)),
  history: inOrder([...history].sort((one, other) => one.knownFrom - other.knownFrom)),
})

/** After every load the same rows as another maker's. */
export const sameAs = (other: Maker): Property => ({
  name: 'V3 the same rows as the other after every load',
  check: ({ history, steps }) => {
    other(history).forEach(({ tables }, index) => {
      const own = steps[index]
      if (own !== undefined) holdTables(sorted(own.tables), sorted(tables), `after load ${index + 1}`)
    })
    return steps.length
  },
})

/** How many histories, loads and deliveries were checked, and for each property how many facts. */
export type Counts = Record<string, number>

/**
 * Checks properties on `numRuns` histories of one seed. Throws with the seed and the smallest history that breaks one.
 */
export function checkHistories(
  make: Maker,
  properties: readonly Property[],
  options: { readonly seed: number; readonly numRuns: number },
): Counts {
  const counts: Counts = { histories: 0, loads: 0, revisions: 0 }
  const add = (name: string, count: number): void => {
    counts[name] = (counts[name] ?? 0) + count
  }
  const property = fc.property(histories, history => {
    const one = caseOf(history, make)
    add('histories', 1)
    add('loads', one.steps.length)
    add('revisions', one.accepted.length)
    for (const { name, check } of properties) {
      try {
        add(name, check(one))
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  })
  fc.assert(property, options)
  return counts
}
