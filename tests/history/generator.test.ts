import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classesOf, classNames } from './classes.ts'
import { histories } from './generator.ts'

test('every kind of trouble is in at least one history of twenty', () => {
  const drawn = fc.sample(histories, { seed: 20250101, numRuns: 2_000 })
  const counts = new Map(classNames.map(name => [name, 0]))
  for (const history of drawn) for (const name of classesOf(history)) counts.set(name, (counts.get(name) ?? 0) + 1)
  const rare = [...counts].filter(([, count]) => count < 0.05 * drawn.length)
  expect(Object.fromEntries(rare)).toEqual({})
})

test('keys are unique in a snapshot, and none is both read and unreadable', () => {
  for (const { loads } of fc.sample(histories, { seed: 1, numRuns: 500 })) {
    for (const { rows, unreadable } of loads.flatMap(({ batch }) => batch)) {
      const keys = rows.map(({ k }) => k)
      expect(new Set(keys).size).toBe(keys.length)
      expect(keys.filter(k => unreadable.includes(k))).toEqual([])
    }
  }
})
