import { expect, test } from 'vitest'
import { checkParity } from './parity.ts'

test.each([1, 2, 3, 4, 5, 6])(
  'procedures hold the rows of a run after each of three events: the generated project of seed %i',
  async seed => {
    const { projects, 'rows compared': rows } = await checkParity(seed, 3)
    expect(projects).toBe(1)
    expect(rows).toBeGreaterThan(0)
  },
)
