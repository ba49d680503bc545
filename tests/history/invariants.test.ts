import { describe, expect, test } from 'vitest'
import { incremental, type Weakness } from './incremental.ts'
import { checkHistories, invariants, sameAs } from './invariants.ts'
import { replay } from './oracle.ts'

const seed = 20250101
const names = 'V1 V2 V3 V4 V5 V6 V7 V8 V9 V10 V11 V12 V13 V14 V16 V19 V20 V22 V23'.split(' ')

describe('the oracle', () => {
  test('keeps every invariant on random histories, each of them checked often', () => {
    const counts = checkHistories(replay, invariants, { seed, numRuns: 6_000 })
    for (const [name, count] of Object.entries(counts)) {
      process.stdout.write(`${count.toLocaleString('en-US').padStart(10)} ${name}\n`)
    }
    expect([...new Set(invariants.map(({ name }) => name.split(' ')[0]))]).toEqual(names)
    expect(Object.entries(counts).filter(([, count]) => count < 1_000)).toEqual([])
  }, 240_000)
})

describe('keeping history without the earlier snapshots', () => {
  test('V3 gives the same rows as the oracle after every load, and keeps every invariant', () => {
    const counts = checkHistories(incremental(), [sameAs(replay), ...invariants], { seed, numRuns: 1_500 })
    expect(counts.histories).toBe(1_500)
  }, 240_000)

  const weaknesses: Readonly<Record<Weakness, RegExp>> = {
    'no next day': /V[137] /,
    'no keys by existing bounds': /V[137] /,
    'ends in place': /V(7|13) /,
    'days from the dimension': /V[137] /,
  }
  test.each(Object.entries(weaknesses))(
    '%s: the invariants notice it',
    (weakness, noticed) => {
      const broken = incremental(weakness as Weakness)
      const isCaught = invariants
        .filter(({ name }) => noticed.test(name))
        .some(property => {
          try {
            checkHistories(broken, [property], { seed, numRuns: 2_000 })
            return false
          } catch {
            return true
          }
        })
      expect(isCaught).toBe(true)
    },
    240_000,
  )
})
