import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runSoak } from '../helpers/soak.ts'

let folder: string
let output: string[]

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/soak-`)
  output = []
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  vi.spyOn(process.stdout, 'write').mockImplementation(text => output.push(String(text)) > 0)
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

describe('soak', () => {
  it('goes on after the last case that passed, and sums the counts over both calls', async () => {
    const seen: number[] = []
    let breaks = true
    const check = async (seed: number) => {
      if (seed === 12 && breaks) throw new Error('interrupted')
      seen.push(seed)
      return { rows: seed }
    }
    expect(await runSoak({ name: 'a', count: 4, check }, ['--seed', '10'])).toBe(1)
    expect(output.join('')).toContain('a: the case of seed 12 fails; alone: --fresh --seed 12 --count 1')
    breaks = false
    expect(await runSoak({ name: 'a', count: 4, check }, ['--seed', '10'])).toBe(0)
    expect(seen).toEqual([10, 11, 12, 13])
    expect(output.at(-1)).toBe('a: 4 cases passed (seed 10): 46 rows\n')
  })

  it('starts over with another seed and with --fresh', async () => {
    const seen: number[] = []
    const check = async (seed: number) => ({ cases: seen.push(seed) > 0 ? 1 : 0 })
    const soak = { name: 'b', count: 1, check }
    for (const argv of [
      ['--seed', '1'],
      ['--seed', '1'],
      ['--seed', '2'],
      ['--seed', '2', '--fresh'],
    ])
      await runSoak(soak, argv)
    expect(seen).toEqual([1, 2, 2])
  })
})
