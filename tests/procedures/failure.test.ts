import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openFallible, PLANTED } from './failure.ts'
import { type FlagshipWorld, openFlagship } from './flagship.ts'
import { file, files, openSmall } from './small.ts'
import { checkFailures, openTrials, type Trials } from './trials.ts'
import type { World } from './world.ts'

// Many calls, one after the other: a busy machine takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

describe('F64 a procedure that dies at a statement: all or nothing, and a call again converges', () => {
  let world: World
  beforeAll(async () => {
    world = await openSmall()
    await world.happen(files(file('a', 1, 2, 3)))
    await world.call('small')
    await world.happen(files(file('b', 3, 4)))
  })
  afterAll(() => world.close())

  test('at each statement before its COMMIT, one after the other', async () => {
    const warehouse = await openFallible(world, 'small')
    try {
      const before = await warehouse.contents()
      let at = 0
      for (
        let ended = await warehouse.call({ at: 1 });
        ended.commits === 0;
        ended = await warehouse.call({ at: at + 1 })
      ) {
        at += 1
        expect(ended.error).toBeInstanceOf(Error)
        expect((ended.error as Error).message).toContain(PLANTED)
        expect(await warehouse.contents()).toEqual(before)
      }
      // The statement after the COMMIT has failed, and the load is done.
      expect(at).toBeGreaterThan(40)
      const after = await warehouse.contents()
      expect(after['DW.ITEMS']).toEqual(['1 | 1', '2 | 2', '3 | 3', '4 | 4'])
      expect(after['DW.TOTAL']).toEqual(['10'])
      const again = await warehouse.call()
      expect(again).toMatchObject({ error: undefined, result: expect.stringContaining('SP_LOAD SUCCEEDED') })
      expect(await warehouse.contents()).toEqual(after)
      // The master and, from where it was called, the procedure tell of each but the first two: those begin the master.
      const failed = (await warehouse.runs()).filter(({ status }) => status === 'FAILED')
      expect(failed.filter(({ procedure }) => procedure === 'SP_ALL')).toHaveLength(at - 1)
      const steps = new Set(failed.filter(({ procedure }) => procedure === 'SP_LOAD').map(({ failedAt }) => failedAt))
      expect([...steps].sort()).toEqual(
        ['', '@DEMO.DW.LAKE/manifest.json', 'DW.ITEMS', 'DW.STG', 'DW.TOTAL', 'assertions'].sort(),
      )
      expect(new Set(failed.map(({ message }) => message.includes(PLANTED)))).toEqual(new Set([true]))
    } finally {
      warehouse.close()
    }
  })

  test('in a generated project of several procedures', async () => {
    const { 'statements failed': failed } = await checkFailures(1, 0.02)
    expect(failed).toBeGreaterThan(0)
  })
})

describe('F64 the flagship', () => {
  let world: FlagshipWorld
  let trials: Trials
  beforeAll(async () => {
    world = await openFlagship()
    await world.deliver(1, 2, 4)
    await world.call('start')
    await world.deliver(3, 5)
    trials = await openTrials(world, 'start')
  })
  afterAll(() => world?.close())

  test.each([0.3, 0.8])('dies after %d of its statements', async part => {
    expect(trials.statements).toBeGreaterThan(200)
    await trials.trial(Math.round(trials.statements * part))
  })
})
