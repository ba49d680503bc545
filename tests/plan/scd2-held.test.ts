import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { executeOn, openScratch } from '../helpers/scratch.ts'
import type { Delivery, Text } from '../history/model.ts'
import { openWorld } from '../history/world.ts'

let engine: Engine | undefined
afterEach(async () => {
  await engine?.close()
  engine = undefined
})

const keys = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `k${from + index}`)

const day = (
  number: number,
  present: readonly string[],
  unreadable: readonly Text[] = [],
  u: Text = null,
): Delivery => ({
  day: number,
  rows: present.map(k => ({ k, a: 'A', b: null, u })),
  unreadable,
})

async function world() {
  const opened = await openScratch(['TELCO_DB'])
  engine = opened
  const { load } = await openWorld(opened, 0.1)
  const read = async (sql: string): Promise<readonly string[]> =>
    (await opened.query({ sql, file: '' }, 100)).rows.map(row => row.join(' '))
  return {
    read,
    execute: (sql: string) => executeOn(opened, [sql]),
    load: (...batch: readonly Delivery[]) => load({ batch, approved: [], events: [] }),
    /** Day, the day that it was compared with, its keys, and how many of them vanished. */
    held: () =>
      read(
        `select to_varchar(business_date, 'DD'), to_varchar(base_date, 'DD'), base_count, vanished from TELCO_DB.DATAFORM.HELD order by business_date, held_at`,
      ),
    days: () => read(`select to_varchar(business_date, 'DD') from TELCO_DB.DATAFORM.LEDGER order by rev_seq`),
  }
}

// Of day 1 (the 2nd of January) there are ten keys; k11 has gone on it, k12 comes on day 2. Day 2 lacks k8, k9 and k10, and
// k7 could not be read.
const before = day(0, keys(1, 11))
const base = day(1, keys(1, 10))
const short = day(2, [...keys(1, 6), 'k12'], ['k7'])

describe('what a held snapshot is judged by', () => {
  test.each<readonly [string, readonly (readonly Delivery[])[]]>([
    ['a new day after loaded ones', [[before], [base], [short]]],
    ['a new day before a loaded one', [[before], [base], [day(3, keys(1, 10))], [short]]],
    ['a day with its base in one load', [[before], [base, short]]],
    ['all days in one load', [[before, base, short]]],
    ['a revised day', [[before], [base], [day(2, keys(1, 10))], [short]]],
    ['a day of two revisions', [[before], [base], [day(2, keys(1, 9)), short]]],
  ])('%s: three of the ten keys of the day before', async (_, loads) => {
    const { load, held, days } = await world()
    for (const batch of loads) await load(...batch)
    expect(await held()).toEqual(['03 02 10 3'])
    expect((await days()).filter(each => each === '03')).toHaveLength(
      loads.length === 4 && loads[2]?.[0]?.day === 2 ? 1 : 0,
    )
  })

  test('days after a held one are judged by its base, whole ones are taken', async () => {
    const { load, held, days } = await world()
    await load(before, base, short, day(3, keys(1, 6)), day(4, keys(1, 10)))
    expect(await held()).toEqual(['03 02 10 3', '04 02 10 4'])
    expect(await days()).toEqual(['01', '02', '05'])
  })

  test('a day whose keys all came on it is not held, nor is one without a day before it', async () => {
    const { load, held, days } = await world()
    await load(day(1, keys(1, 3)))
    await load(day(2, keys(1, 30)))
    await load(day(0, keys(40, 41)))
    expect(await held()).toEqual([])
    expect(await days()).toEqual(['02', '03', '01'])
  })

  test('a snapshot with a key that nobody could read is not held: it ends no version', async () => {
    const { load, held } = await world()
    await load(base)
    await load(day(2, keys(1, 2), [null]))
    expect(await held()).toEqual([])
  })
})

describe('an approval', () => {
  const approve = (dataset: string, shift: number): string =>
    `insert into TELCO_DB.DATAFORM.APPROVALS (dataset, business_date, content_hash, approved_at)
select '${dataset}', cast(dateadd(day, ${shift}, business_date) as date), content_hash, sysdate() from TELCO_DB.DATAFORM.HELD`

  test.each([
    ['is for its own relation', 'DW.OTHER', 0],
    ['is for its own day', 'DW.DIM', 1],
  ])('%s', async (_, dataset, shift) => {
    const { load, execute, days } = await world()
    await load(base)
    await load(short)
    await execute(approve(dataset, shift))
    await load(short)
    expect(await days()).toEqual(['02'])
    await execute(approve('DW.DIM', 0))
    await load(short)
    expect(await days()).toEqual(['02', '03'])
  })

  test('is for its own content', async () => {
    const { load, execute, days } = await world()
    await load(base)
    await load(short)
    await execute(approve('DW.DIM', 0))
    await load(day(2, keys(1, 5)))
    expect(await days()).toEqual(['02'])
  })
})

test('untracked attributes of the newest day are on every version and on every earlier statement', async () => {
  const { load, read } = await world()
  const of = (number: number, a: Text, u: Text): Delivery => ({
    day: number,
    rows: [{ k: 'x', a, b: null, u }],
    unreadable: [],
  })
  await load(of(1, 'A', 'old'))
  await load(of(5, 'B', 'new'))
  // The late day gives A another end, and the earlier statement stays.
  await load(of(3, 'C', 'between'))
  expect(await read('select a, u from TELCO_DB.DW.DIM where sk <> -1 order by a')).toEqual(['A new', 'B new', 'C new'])
  expect(await read('select a, u from TELCO_DB.DW.DIM_HISTORY')).toEqual(['A new'])
  await load(of(6, 'B', 'newest'))
  expect(
    await read(
      'select distinct u from (select u from TELCO_DB.DW.DIM where sk <> -1 union all select u from TELCO_DB.DW.DIM_HISTORY) x',
    ),
  ).toEqual(['newest'])
})
