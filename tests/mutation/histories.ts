import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histories } from '../history/generator.ts'
import { compareOnScratch, GROUPS } from '../history/sql-case.ts'
import { widen } from '../history/widen.ts'

const SEED = 20250101

test.each(fc.sample(histories, { seed: SEED, numRuns: 4 }).map((history, index) => [index, history] as const))(
  'random histories %i give what the oracle gives',
  async (_, history) => {
    const { rows } = await compareOnScratch(widen(history, GROUPS))
    expect(rows).toBeGreaterThan(0)
  },
)
