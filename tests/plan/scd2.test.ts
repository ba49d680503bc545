import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { plan } from '../../src/plan/plan.ts'
import { executeOn, openScratch } from '../helpers/scratch.ts'
import type { Delivery } from '../history/model.ts'
import { historyAction, openWorld } from '../history/world.ts'

let engine: Engine | undefined
afterEach(async () => {
  await engine?.close()
  engine = undefined
})

/** An empty dimension; each call of `load` is one load of these deliveries. `limit` is the share above which a day is held. */
const world = async (limit = 1) => {
  engine = await openScratch(['TELCO_DB'])
  const opened = await openWorld(engine, limit)
  return {
    ...opened,
    load: (...batch: readonly Delivery[]) => opened.load({ batch, approved: [], events: [] }),
    loadApproved: (...batch: readonly Delivery[]) => opened.load({ batch, approved: batch, events: [] }),
    /** Believed versions as `[key, value, start, end]`. */
    believed: async () =>
      (await opened.tables()).dim
        .filter(({ knownTo }) => knownTo === null)
        .sort((one, other) => (one.k === other.k ? one.start - other.start : one.k < other.k ? -1 : 1))
        .map(({ k, a, start, end }) => [k, a, start, end]),
  }
}

const day = (
  number: number,
  rows: Record<string, string | null>,
  unreadable: readonly (string | null)[] = [],
): Delivery => ({
  day: number,
  rows: Object.entries(rows).map(([k, a]) => ({ k, a, b: null, u: null })),
  unreadable,
})

const manyKeys = (...keys: readonly number[]): Record<string, string> =>
  Object.fromEntries(keys.map(key => [`k${key}`, 'A']))

describe('scd2', () => {
  test('F73 a change closes the version on the day that shows it and opens the next; A, B, A are three versions', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: 'A' }))
    await load(day(2, { x: 'B' }))
    await load(day(4, { x: 'A' }))
    expect(await believed()).toEqual([
      ['x', 'A', 1, 2],
      ['x', 'B', 2, 4],
      ['x', 'A', 4, null],
    ])
  })

  test('F67 a snapshot older than the newest loaded is spliced in: A, late B, C', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: 'A' }))
    await load(day(3, { x: 'C' }))
    await load(day(2, { x: 'B' }))
    expect(await believed()).toEqual([
      ['x', 'A', 1, 2],
      ['x', 'B', 2, 3],
      ['x', 'C', 3, null],
    ])
  })

  test('F68 a missing day carries forward: the change begins on the day that shows it', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: 'A' }), day(4, { x: 'B' }))
    expect(await believed()).toEqual([
      ['x', 'A', 1, 4],
      ['x', 'B', 4, null],
    ])
  })

  test('F69 a key that disappears and returns leaves its gap', async () => {
    const { load, believed } = await world()
    await load(day(0, { x: 'A', y: 'A' }))
    await load(day(1, { y: 'A' }))
    await load(day(2, { x: 'A', y: 'A' }))
    expect(await believed()).toEqual([
      ['x', 'A', 0, 1],
      ['x', 'A', 2, null],
      ['y', 'A', 0, null],
    ])
  })

  test('F71 of two revisions of one day the highest counts, and both are in the ledger', async () => {
    const { load, believed, dump } = await world()
    await load(day(1, { x: 'A' }))
    await load(day(1, { x: 'B' }))
    expect(await believed()).toEqual([['x', 'B', 1, null]])
    expect((JSON.parse(await dump()) as unknown[][])[2]).toHaveLength(2)
  })

  test('F72 revisions of one load count in their order, and the same content again is none', async () => {
    const { load, believed, dump } = await world()
    await load(day(1, { x: 'A' }), day(1, { x: 'B' }), day(1, { x: 'A' }))
    expect(await believed()).toEqual([['x', 'B', 1, null]])
    expect((JSON.parse(await dump()) as unknown[][])[2]).toHaveLength(2)
  })

  test('F74 NULL, an empty string and absence are three different values', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: null, y: 'stays' }))
    await load(day(2, { x: '', y: 'stays' }))
    await load(day(3, { y: 'stays' }))
    await load(day(4, { x: null, y: 'stays' }))
    expect(await believed()).toEqual([
      ['x', null, 1, 2],
      ['x', '', 2, 3],
      ['x', null, 4, null],
      ['y', 'stays', 1, null],
    ])
  })

  test('a row that could not be read never closes its version, and an unreadable key makes absence say nothing', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: 'A', y: 'A', z: 'A' }))
    await load(day(2, { z: 'A' }, ['x']))
    await load(day(3, { z: 'A' }, [null]))
    expect(await believed()).toEqual([
      ['x', 'A', 1, null],
      ['y', 'A', 1, 2],
      ['z', 'A', 1, null],
    ])
    await load(day(4, { z: 'A' }))
    expect((await believed())[0]).toEqual(['x', 'A', 1, 4])
  })

  test('a version that gets its first end and another first version before it is told anew, and what was said stays', async () => {
    const { load, tables } = await world()
    await load(day(5, { x: 'A' }))
    await load(day(3, { x: 'B' }), day(7, { x: 'C' }))
    const { dim, history } = await tables()
    const told = (rows: typeof history) =>
      rows.map(({ a, start, end, first, endKnownFrom, knownFrom, knownTo }) => [
        a,
        start,
        end,
        first,
        endKnownFrom,
        knownFrom,
        knownTo,
      ])
    expect(told(history)).toEqual([['A', 5, null, true, null, 1, 3]])
    expect(told(dim).sort()).toEqual([
      ['A', 5, 7, false, 3, 3, null],
      ['B', 3, 5, true, 3, 3, null],
      ['C', 7, null, false, null, 3, null],
    ])
  })

  test('the same rows with another row that could not be read are other content', async () => {
    const { load, believed } = await world()
    await load(day(1, { x: 'A', y: 'A', z: 'A' }))
    await load(day(2, { x: 'A' }, ['y']))
    expect(await believed()).toContainEqual(['z', 'A', 1, 2])
    await load(day(2, { x: 'A' }, ['z']))
    expect(await believed()).toEqual([
      ['x', 'A', 1, null],
      ['y', 'A', 1, 2],
      ['z', 'A', 1, null],
    ])
  })

  test('F70 a snapshot that lacks more than the set share is held, changes nothing, and is taken once approved', async () => {
    const { load, loadApproved, believed, dump } = await world(0.1)
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    await load(day(1, manyKeys(...all)))
    const before = await believed()
    expect(await load(day(2, manyKeys(...all.slice(2))))).toBe(0)
    expect(await believed()).toEqual(before)
    expect((JSON.parse(await dump()) as unknown[][])[3]).toEqual([
      ['DW.DIM', '2025-01-03', expect.any(String), '2', '10'],
    ])
    await loadApproved(day(2, manyKeys(...all.slice(2))))
    expect((await believed()).filter(([, , , end]) => end === 2)).toHaveLength(2)
  })

  test('a share that is not passed is no mass vanishing: one of ten may go', async () => {
    const { load, believed } = await world(0.1)
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    await load(day(1, manyKeys(...all)))
    await load(day(2, manyKeys(...all.slice(1))))
    expect((await believed()).filter(([, , , end]) => end === 2)).toHaveLength(1)
  })

  describe('--full-refresh', () => {
    /** Loads the source as it stands by --full-refresh. */
    const refresh = async (isProtected: boolean): Promise<void> => {
      const warehouse = engine as Engine
      const action = { ...historyAction(1), protected: isProtected }
      const options = { engine: 'duckdb', fullRefresh: true, fullAssertions: false } as const
      const [step] = plan([action], await warehouse.state(['TELCO_DB']), options).steps
      if (step === undefined) throw new Error('no step')
      await warehouse.run(step, new AbortController().signal)
    }

    test('F86 rebuilds the very rows, on both axes, where the source holds every revision and they came in order', async () => {
      const { load, dump } = await world()
      const days = [day(1, { x: 'A', y: 'A' }), day(2, { x: 'B' }), day(4, { x: 'B', y: null }, ['z'])]
      for (const each of days) await load(each)
      const before = await dump()
      expect(await load(...days)).toBe(0)
      await refresh(false)
      expect(await dump()).toBe(before)
    })

    test('F86 brings back what was lost or damaged, in the relation and in what is kept beside it', async () => {
      const { load, dump } = await world()
      const days = [day(1, { x: 'A', y: 'A' }, ['w']), day(2, { x: 'B' }, ['z']), day(4, { x: 'B', y: null }, [null])]
      for (const each of days) await load(each)
      await load(...days)
      const before = await dump()
      const damage = [
        "delete from TELCO_DB.DW.DIM where k = 'x'",
        "update TELCO_DB.DW.DIM set a = 'damaged' where k = 'y'",
        'insert into TELCO_DB.DW.DIM_HISTORY select * from TELCO_DB.DW.DIM',
        "insert into TELCO_DB.DATAFORM.DW__DIM__SIGHTINGS values ('2025-01-02'::date, 'x', false)",
        "insert into TELCO_DB.DATAFORM.DW__DIM__UNTRACKED values ('x', '2025-01-02'::date, 'damaged')",
      ]
      if (engine !== undefined) await executeOn(engine, damage)
      expect(await dump()).not.toBe(before)
      await refresh(false)
      expect(await dump()).toBe(before)
    })

    test('F86 is refused where the source lacks a revision, and changes nothing', async () => {
      const { load, dump } = await world()
      await load(day(1, { x: 'A' }))
      await load(day(2, { x: 'B' }))
      const before = await dump()
      await expect(refresh(false)).rejects.toThrow('its source lacks revisions that were accepted: 1 of 2')
      expect(await dump()).toBe(before)
    })

    test('is refused where revisions came out of order, and names replay', async () => {
      const { load, dump } = await world()
      const days = [day(1, { x: 'A' }), day(3, { x: 'C' }), day(2, { x: 'B' })]
      for (const each of days) await load(each)
      await load(...days)
      const before = await dump()
      await expect(refresh(false)).rejects.toThrow(/came out of order, the first of 2025-01-03; .*customer360 replay/)
      expect(await dump()).toBe(before)
    })

    test('is refused for a protected relation, and names replay', async () => {
      const { load, dump } = await world()
      await load(day(1, { x: 'A' }))
      const before = await dump()
      await expect(refresh(true)).rejects.toThrow(/is protected, .*customer360 replay/)
      expect(await dump()).toBe(before)
    })
  })

  test('one key twice in a snapshot fails the load: it is never picked silently', async () => {
    const { load } = await world()
    const twice = { day: 1, rows: [...day(1, { x: 'A' }).rows, ...day(1, { x: 'B' }).rows], unreadable: [] }
    await expect(load(twice)).rejects.toThrow('the snapshot of 2025-01-02 has 1 rows whose K is NULL or not unique')
  })
})
