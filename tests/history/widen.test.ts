import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classesOf } from './classes.ts'
import { histories } from './generator.ts'
import { storage } from './oracle.ts'
import { apart, smallestOf } from './smaller.ts'
import { widen } from './widen.ts'

const GROUPS = 40
const wide = fc.sample(histories, { seed: 20250101, numRuns: 60 }).map(history => widen(history, GROUPS))

/** What makes versions and rows about them; the rest is of whole deliveries, or of events. */
const kinds = [
  'a late day between two',
  'a late day before all',
  'a late day splits a version',
  'a revised day',
  'a key vanishes',
  'a key returns',
  'A, B, A',
  "NULL becomes '' or back",
  'an unreadable key is carried forward',
  'absence from an incomplete snapshot',
  'an unknown day after a late or revised one',
  'content of another day',
  'a retired version',
  'a version believed again',
  'another version becomes first',
  'an end taken back',
  'an end moved',
  'an older untracked value comes later',
  'the newest day loses a key',
]

test('side by side, each kind of trouble is in at least one history of forty', () => {
  const all = wide.flatMap(history => apart(history, GROUPS).map(classesOf))
  const counts = kinds.map(name => [name, all.filter(classes => classes.includes(name)).length] as const)
  expect(counts.filter(([, count]) => count < all.length / 40)).toEqual([])
})

test('a failing history is shown as one group, and of that what it takes to fail', async () => {
  const isRestated = (history: (typeof wide)[number]) => Promise.resolve(storage(history).history.length > 0)
  for (const history of wide.filter(history => storage(history).history.length > 0).slice(0, 10)) {
    const { loads } = await smallestOf(history, GROUPS, isRestated)
    // A day, and in a later load another that moves its version's end or start.
    const deliveries = loads.flatMap(({ batch }) => batch)
    expect(loads.length).toBeLessThanOrEqual(3)
    expect(deliveries.flatMap(({ rows }) => rows).length).toBeLessThanOrEqual(4)
  }
})
