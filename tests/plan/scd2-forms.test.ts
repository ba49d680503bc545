import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import type { Scd2Action } from '../../src/graph/types.ts'
import { plan } from '../../src/plan/plan.ts'
import { executeOn, openScratch } from '../helpers/scratch.ts'
import { incremental, OPTIONS, scd2, stateOf, t } from './fixtures.ts'

const signal = new AbortController().signal
let engine: Engine | undefined
afterEach(async () => {
  await engine?.close()
  engine = undefined
})

/** A warehouse with a source table S of these columns; `load` fills it with these rows and runs the actions. */
async function world(columns: string, ...actions: readonly (Scd2Action | ReturnType<typeof incremental>)[]) {
  const opened = await openScratch(['TELCO_DB'])
  engine = opened
  const execute = (...sql: readonly string[]): Promise<void> => executeOn(opened, sql)
  const planned = async (options = OPTIONS) => plan(actions, await opened.state(['TELCO_DB']), options)
  await execute('create schema TELCO_DB.STAGING', `create table TELCO_DB.STAGING.S (${columns})`)
  await opened.setup(await planned(), signal)
  return {
    execute,
    planned,
    state: () => opened.state(['TELCO_DB']),
    /** Makes a table anew out of its own rows. */
    remake: (table: string, columns: string) =>
      execute(
        `create or replace table TELCO_DB.STAGING.KEPT as select ${columns} from ${table}`,
        `create or replace table ${table} as select * from TELCO_DB.STAGING.KEPT`,
      ),
    load: async (...rows: readonly string[]) => {
      const values = rows.map(row => `(${row})`).join(', ')
      await execute('delete from TELCO_DB.STAGING.S')
      if (rows.length > 0) await execute(`insert into TELCO_DB.STAGING.S values ${values}`)
      const outcomes = []
      for (const step of (await planned()).steps) outcomes.push(await opened.run(step, signal))
      return outcomes
    },
    read: async (sql: string) =>
      (await opened.query({ sql, file: '' }, 1000)).rows.map(row => row.map(cell => cell ?? 'NULL').join(' ')),
  }
}

/** What an scd2 needs and nothing more. */
const plain = (more: Partial<Scd2Action['scd2']> = {}, columns = 'k, a, business_date'): Scd2Action => {
  const { unknownKeys: _, unknownMember: __, ...needed } = scd2().scd2
  return scd2({
    query: { sql: `select ${columns} from TELCO_DB.STAGING.S`, file: 'x.sqlx', line: 1 },
    scd2: { ...needed, tracked: ['a'], untracked: [], openStart: false, ...more },
    protected: false,
  })
}
const COLUMNS = 'k varchar, a varchar, business_date date'
const VERSIONS = `select k, a, to_varchar(effective_start_date, 'DD'), to_varchar(effective_end_date, 'DD'), is_current,
  join_start_date = effective_start_date from TELCO_DB.DW.DIM order by k, effective_start_date`

describe('an scd2 of what it needs and nothing more', () => {
  test('is kept as its config says, with its history', async () => {
    const action = { ...plain(), snowflake: { transient: true, clusterBy: ['left(k, 1)', 'is_current'] } }
    const [step] = plan([action], stateOf(), OPTIONS).steps
    const made = (step?.prepare ?? []).map(({ text }) => text.sql.split('\n')[0])
    expect(made.filter(line => line?.includes('TELCO_DB.DW.'))).toEqual([
      'create transient table if not exists TELCO_DB.DW.DIM cluster by (left(k, 1), is_current) as',
      'create transient table if not exists TELCO_DB.DW.DIM_HISTORY cluster by (left(k, 1), is_current) as',
    ])
    const { load, read } = await world(COLUMNS, action)
    await load(`'x', 'A', '2025-01-01'`)
    await load(`'x', 'B', '2025-01-02'`)
    expect(await read(VERSIONS)).toEqual(['x A 01 02 false true', 'x B 02 NULL true true'])
  })

  test('versions start on their own first day, nobody is unknown, and nothing is kept of untracked attributes', async () => {
    const { load, read, state } = await world(COLUMNS, plain())
    await load(`'x', 'A', '2025-01-01'`, `'y', 'A', '2025-01-01'`)
    await load(`'x', 'B', '2025-01-02'`)
    await load(`'x', 'B', '2025-01-03'`, `'z', null, '2025-01-03'`)
    expect(await read(VERSIONS)).toEqual([
      'x A 01 02 false true',
      'x B 02 NULL true true',
      'y A 01 02 false true',
      'z NULL 03 NULL true true',
    ])
    const { relations } = await state()
    const columns = (name: string) => relations.get(`TELCO_DB.DW.${name}`)?.columns
    expect(columns('DIM_HISTORY')).toEqual(columns('DIM'))
    const tables = [...relations.keys()].filter(key => key.includes('DW__DIM__')).sort()
    expect(tables).toEqual(['DAYS', 'DELTA', 'SIGHTINGS', 'TOUCHED'].map(name => `TELCO_DB.DATAFORM.DW__DIM__${name}`))
  })

  test('a load plans DDL once: what exists as it is wanted is left alone', async () => {
    const { load, planned } = await world(COLUMNS, plain({ untracked: ['u'] }, 'k, a, a as u, business_date'))
    expect((await planned()).steps[0]?.prepare.length).toBeGreaterThan(5)
    await load(`'x', 'A', '2025-01-01'`)
    expect((await planned()).steps[0]?.prepare).toEqual([])
  })

  test('numbers and dates are tracked by value', async () => {
    const { load, read } = await world(
      'k number(10,0), a number(10,2), b date, business_date date',
      plain({ tracked: ['a', 'b'] }, 'k, a, b, business_date'),
    )
    await load(`1, 1.50, '2020-01-01', '2025-01-01'`)
    await load(`1, 1.5, '2020-01-01', '2025-01-02'`)
    await load(`1, 1.5, '2020-01-02', '2025-01-03'`)
    await load(`1, null, '2020-01-02', '2025-01-04'`)
    expect(await read(`select k, a, b from TELCO_DB.DW.DIM order by effective_start_date`)).toEqual([
      '1 1.50 2020-01-01',
      '1 1.50 2020-01-02',
      '1 NULL 2020-01-02',
    ])
  })

  test('the unknown member is written once where the config names its values', async () => {
    const { load, read } = await world(COLUMNS, plain({ unknownMember: { a: 'NOBODY' } }))
    await load(`'x', 'A', '2025-01-01'`)
    await load(`'x', 'B', '2025-01-02'`)
    expect(
      await read(
        `select k, a, is_current, to_varchar(effective_start_date, 'YYYY-MM-DD'), to_varchar(join_start_date, 'YYYY-MM-DD'), effective_end_date,
  known_from, known_to, tracked_hash = '' from TELCO_DB.DW.DIM where sk = -1`,
      ),
    ).toEqual(['UNKNOWN NOBODY false 0001-01-01 0001-01-01 NULL 0 NULL true'])
  })

  test('the work table of changes is a delta from the second load on, and not where all is built anew', async () => {
    const { load, planned } = await world(COLUMNS, plain())
    const delta = async (options = OPTIONS) => (await planned(options)).steps[0]?.delta?.name
    expect(await delta()).toBeUndefined()
    await load(`'x', 'A', '2025-01-01'`)
    expect(await delta()).toBe('DW__DIM__DELTA')
    expect(await delta({ ...OPTIONS, fullRefresh: true })).toBeUndefined()
    const [step] = (await planned()).steps
    expect(step?.writes.map(({ schema, name }) => `${schema}.${name}`)).toEqual(['DW.DIM', 'DATAFORM.LEDGER'])
  })

  test('--full-refresh needs nothing that is kept of untracked attributes', async () => {
    const { load, planned, read, state } = await world(COLUMNS, plain())
    const rows = [`'x', 'A', '2025-01-01'`, `'x', 'B', '2025-01-02'`]
    await load(...rows)
    const before = await read(VERSIONS)
    const [step] = (await planned({ ...OPTIONS, fullRefresh: true })).steps
    if (step !== undefined) await engine?.run(step, signal)
    expect(await read(VERSIONS)).toEqual(before)
    expect([...(await state()).relations.keys()].filter(key => key.includes('UNTRACKED'))).toEqual([])
  })

  test('--full-refresh of a relation that is not there yet is its first load', async () => {
    const { planned } = await world(COLUMNS, plain())
    const sql = async (fullRefresh: boolean) =>
      (await planned({ ...OPTIONS, fullRefresh })).steps.map(({ load }) => load.map(({ text }) => text.sql))
    expect(await sql(true)).toEqual(await sql(false))
  })

  test('nothing is held where every key may vanish', async () => {
    const { planned } = await world(COLUMNS, plain({ maxVanishedShare: 1 }), plain({ maxVanishedShare: 0.5 }))
    const [without, withLimit] = (await planned()).steps.map(({ load }) => load.map(({ text }) => text.sql).join('\n'))
    expect(without).not.toContain('HELD')
    expect(withLimit).toContain('HELD')
  })

  test('operations stand around the load, in their order', async () => {
    const own = (sql: string) => ({ sql, file: 'x.sqlx', line: 1 })
    const action = {
      ...plain(),
      preOperations: [
        own('create table if not exists TELCO_DB.DW.SEEN (n int)'),
        own('insert into TELCO_DB.DW.SEEN select count(*) from TELCO_DB.DATAFORM.LEDGER'),
      ],
      postOperations: [own('insert into TELCO_DB.DW.SEEN select count(*) from TELCO_DB.DATAFORM.LEDGER')],
    }
    const { load, read } = await world(COLUMNS, action)
    await load(`'x', 'A', '2025-01-01'`)
    expect(await read('select n from TELCO_DB.DW.SEEN order by n')).toEqual(['0', '1'])
  })
})

describe('what a delivery is known by', () => {
  const files = plain(
    { rowHash: 'h', source: 'f', revision: 'r', maxVanishedShare: 0.5 },
    'k, a, h, f, r, business_date',
  )
  const FILES = 'k varchar, a varchar, h varchar, f varchar, r number(18,0), business_date date'
  const LEDGER = `select to_varchar(business_date, 'DD'), rev_seq, publication, row_count, complete, source from TELCO_DB.DATAFORM.LEDGER order by rev_seq`
  const hash = (of: string): string => of.repeat(32)

  test('the column that the config names says whether content is new, and the ledger names the file', async () => {
    const { load, read } = await world(FILES, files)
    await load(`'x', 'A', '${hash('1')}', 'one', 1, '2025-01-01'`)
    await load(`'x', 'B', '${hash('1')}', 'two', 1, '2025-01-01'`)
    expect(await read(LEDGER)).toEqual(['01 1 1 1 true one'])
    await load(`'x', 'B', '${hash('2')}', 'three', 1, '2025-01-01'`)
    expect(await read(LEDGER)).toEqual(['01 1 1 1 true one', '01 2 2 1 true three'])
    expect(await read('select a from TELCO_DB.DW.DIM where known_to is null')).toEqual(['B'])
  })

  test('a delivery without a revision is the first of its day, and a later one counts', async () => {
    const { load, read } = await world(FILES, files)
    await load(
      `'x', 'A', '${hash('1')}', 'one', null, '2025-01-01'`,
      `'x', 'B', '${hash('2')}', 'two', 2, '2025-01-01'`,
    )
    expect(await read(LEDGER)).toEqual(['01 1 2 1 true one', '01 2 2 1 true two'])
    expect(await read('select a from TELCO_DB.DW.DIM')).toEqual(['B'])
  })

  test('a held snapshot is said with its counts, once in the table of what waits and at every load', async () => {
    const { load, read } = await world(FILES, files)
    const rows = (day: number, ...keys: readonly string[]): readonly string[] =>
      keys.map(k => `'${k}', 'A', '${hash(String(day))}', 'f${day}', 1, '2025-01-0${day}'`)
    await load(...rows(1, 'x', 'y', 'z'))
    for (const _ of [1, 2]) {
      const [outcome] = await load(...rows(2, 'x'))
      expect(outcome?.notices).toEqual([
        'HELD DW.DIM: 2 of the 3 keys of 2025-01-01 are not in the snapshot of 2025-01-02; nothing of it was taken until it is approved',
      ])
    }
    expect(await read('select row_count, base_count, vanished from TELCO_DB.DATAFORM.HELD')).toEqual(['1 3 2'])
    expect(await read(LEDGER)).toEqual(['01 1 1 3 true f1'])
  })
})

describe('the columns of an scd2', () => {
  test('one that the table lacks is named, with what to do, and nothing runs', async () => {
    const { load, remake, planned } = await world(COLUMNS, plain())
    await load(`'x', 'A', '2025-01-01'`)
    await remake('TELCO_DB.DW.DIM', 'sk, k, a as other')
    const [step] = (await planned()).steps
    expect(step?.load).toHaveLength(1)
    expect(step?.load[0]?.text.sql).toMatch(
      /DW\.DIM has no column A, EFFECTIVE_START_DATE, .*, which its config names; add it to this table and to DIM_HISTORY/,
    )
  })

  test('one that the table got since is in the work table of changes too', async () => {
    const { load, remake, read, state } = await world(COLUMNS, plain())
    await load(`'x', 'A', '2025-01-01'`)
    for (const table of ['TELCO_DB.DW.DIM', 'TELCO_DB.DW.DIM_HISTORY'])
      await remake(table, '*, cast(null as varchar) as extra')
    await load(`'x', 'B', '2025-01-02'`)
    expect(await read('select a, extra from TELCO_DB.DW.DIM order by effective_start_date')).toEqual([
      'A NULL',
      'B NULL',
    ])
    const delta = (await state()).relations.get('TELCO_DB.DATAFORM.DW__DIM__DELTA')
    expect(delta?.columns.map(name => name.toUpperCase())).toContain('EXTRA')
  })

  test('two new keys that share a surrogate key stop the load', async () => {
    const { load, execute, read } = await world(COLUMNS, plain())
    await load(`'x', 'A', '2025-01-01'`)
    await execute(
      "update TELCO_DB.DW.DIM set sk = (select to_number(substr(md5('1:y|2025-01-02|' || md5('|A=1:A;')), 1, 15), 'XXXXXXXXXXXXXXX'))",
    )
    await expect(load(`'x', 'A', '2025-01-02'`, `'y', 'A', '2025-01-02'`)).rejects.toThrow(
      'DW.DIM: surrogate keys that are not unique: 1',
    )
    expect(await read('select k from TELCO_DB.DW.DIM')).toEqual(['x'])
  })
})

describe('the ledger of files', () => {
  const LEDGER = `select dataset, to_varchar(business_date, 'DD'), rev_seq, publication, row_count, complete, source from TELCO_DB.DATAFORM.LEDGER order by rev_seq`
  const events = incremental({
    query: { sql: 'select k from TELCO_DB.STAGING.S', file: '' },
    incrementalQuery: {
      sql: 'select k from TELCO_DB.STAGING.S where k not in (select k from TELCO_DB.DW.EVENTS)',
      file: '',
    },
    ledger: { of: t('S', 'STAGING'), businessDate: 'business_date', source: 'a' },
  })

  test('each new file is a revision of its day, all of a load are one publication, and a known file is none', async () => {
    const { load, read } = await world(COLUMNS, events)
    await load(`'1', 'g', '2025-01-02'`, `'2', 'f', '2025-01-02'`, `'3', 'f', '2025-01-02'`, `'4', 'e', '2025-01-03'`)
    const first = ['DW.EVENTS 02 1 3 2 true f', 'DW.EVENTS 02 2 3 1 true g', 'DW.EVENTS 03 3 3 1 true e']
    expect(await read(LEDGER)).toEqual(first)
    await load(`'4', 'e', '2025-01-03'`, `'5', 'd', '2025-01-01'`)
    expect(await read(LEDGER)).toEqual([...first, 'DW.EVENTS 01 4 4 1 true d'])
  })

  test('numbers rise over all relations, and a file of one is new to another', async () => {
    const other = { ...events, target: t('OTHER'), incrementalQuery: events.query }
    const { load, read } = await world(COLUMNS, events, other)
    await load(`'1', 'f', '2025-01-01'`)
    expect(await read(LEDGER)).toEqual(['DW.EVENTS 01 1 1 1 true f', 'DW.OTHER 01 2 2 1 true f'])
  })
})
