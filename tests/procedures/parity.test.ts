import { expect, test, vi } from 'vitest'
import { checkParity } from './parity.ts'

// A project is compiled, and loaded six times.
vi.setConfig({ testTimeout: 240_000 })

test.each([1, 2, 3, 4, 5, 6])(
  'procedures hold the rows of a run after each of three events: the generated project of seed %i',
  async seed => {
    const { projects, 'rows compared': rows } = await checkParity(seed, 3)
    expect(projects).toBe(1)
    expect(rows).toBeGreaterThan(0)
  },
)
