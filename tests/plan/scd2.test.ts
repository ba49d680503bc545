import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { checkHistory } from '../helpers/scd2-check.ts'
import type { Snapshot } from '../helpers/scd2-oracle.ts'
import { histories, scd2World } from '../helpers/scd2-world.ts'
import { openScratch } from '../helpers/scratch.ts'
import { scd2 } from './fixtures.ts'

let engine: Engine | undefined
afterEach(async () => {
  await engine?.close()
  engine = undefined
})
const world = async () => {
  engine = await openScratch(['TELCO_DB'])
  return scd2World(engine)
}
const day = (
  number: number,
  rows: Record<string, string | null>,
  unreadable: readonly (string | null)[] = [],
): Snapshot => ({
  day: number,
  rows: Object.entries(rows).map(([k, a]) => ({ k, a, b: null, u: null })),
  unreadable,
})

describe('scd2', () => {
  test('any history, in any batches, gives what the oracle gives; again and out of order change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async batches => {
        const scratch = await openScratch(['TELCO_DB'])
        try {
          await checkHistory(scratch, batches)
        } finally {
          await scratch.close()
        }
      }),
      { seed: 20250101, numRuns: 60 },
    )
  }, 240_000)

  test('a change closes the version on the day that shows it and opens the next; A, B, A are three versions', async () => {
    const { load, versions } = await world()
    await load([day(1, { x: 'A' })])
    await load([day(2, { x: 'B' })])
    await load([day(4, { x: 'A' })])
    expect((await versions()).map(version => [version.a, version.start, version.end])).toEqual([
      ['A', 1, 2],
      ['B', 2, 4],
      ['A', 4, null],
    ])
  })

  test('F74 NULL, an empty string and absence are three different values', async () => {
    const { load, versions } = await world()
    await load([day(1, { x: null, y: 'stays' })])
    await load([day(2, { x: '', y: 'stays' })])
    await load([day(3, { y: 'stays' })])
    await load([day(4, { x: null, y: 'stays' })])
    expect((await versions()).map(version => [version.k, version.a, version.start, version.end])).toEqual([
      ['x', null, 1, 2],
      ['x', '', 2, 3],
      ['x', null, 4, null],
      ['y', 'stays', 1, null],
    ])
  })

  test('a row that could not be read never closes its version, and an unreadable key makes absence say nothing', async () => {
    const { load, versions } = await world()
    await load([day(1, { x: 'A', y: 'A', z: 'A' })])
    await load([day(2, { z: 'A' }, ['x'])])
    await load([day(3, { z: 'A' }, [null])])
    expect((await versions()).map(version => [version.k, version.start, version.end])).toEqual([
      ['x', 1, null],
      ['y', 1, 2],
      ['z', 1, null],
    ])
    await load([day(4, { z: 'A' })])
    expect((await versions()).find(version => version.k === 'x')?.end).toBe(4)
  })

  test('--full-refresh fails and changes nothing', async () => {
    const { load, dump } = await world()
    await load([day(1, { x: 'A' })])
    const before = await dump()
    const { plan } = await import('../../src/plan/plan.ts')
    const options = { engine: 'duckdb', fullRefresh: true, fullAssertions: false } as const
    const step = plan([scd2()], await (engine as Engine).state(['TELCO_DB']), options).steps[0]
    if (step === undefined) throw new Error('no step')
    await expect(engine?.run(step, new AbortController().signal)).rejects.toThrow('--full-refresh is refused')
    expect(await dump()).toBe(before)
  })

  test('one key twice in a snapshot fails the load: it is never picked silently', async () => {
    const { load } = await world()
    const twice = { day: 1, rows: [...day(1, { x: 'A' }).rows, ...day(1, { x: 'B' }).rows], unreadable: [] }
    await expect(load([twice])).rejects.toThrow('the snapshot of 2025-01-02 has 1 rows whose K is NULL or not unique')
  })
})
