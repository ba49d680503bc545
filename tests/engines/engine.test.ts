import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { isTransient } from '../../src/engines/registry.ts'
import { RefusedConstruct } from '../../src/error.ts'
import { definition } from '../../src/plan/system.ts'
import { t } from '../plan/fixtures.ts'
import {
  never,
  openWarehouse,
  openWorld,
  plainDuckDb,
  read,
  statement,
  step,
  temporaryFolder,
  userError,
  type World,
} from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
  await world.setup('create table TELCO_DB.DW.MANY (N number(10,0))')
  const digits = Array.from({ length: 1000 }, (_, n) => `(${n})`).join(', ')
  await world.setup(
    `insert into TELCO_DB.DW.MANY select n from (values ${digits}) as v (n)`,
    'insert into TELCO_DB.DW.MANY select n from TELCO_DB.DW.MANY',
  )
})
afterAll(() => world.close())
beforeEach(() => world.setup('create or replace table TELCO_DB.DW.T (ID number(10,0), NAME varchar)'))

const insert = (id: number) => statement(`insert into TELCO_DB.DW.T values (${id}, 'x')`, 'write')
const failing = statement('insert into TELCO_DB.DW.T select 1 / 0, null', 'write')
/** Eight thousand million rows: nothing here lets it end. */
const ENDLESS = 'select count(*) from TELCO_DB.DW.MANY a cross join TELCO_DB.DW.MANY b cross join TELCO_DB.DW.MANY c'
const ids = async () => (await world.rows('select ID from TELCO_DB.DW.T order by 1')).map(([id]) => Number(id))

describe('a step is one transaction', () => {
  test('a statement that fails takes back what came before it, made tables and the record of them too', async () => {
    const made = definition(t('MADE'), 'table', ['x'])
    const prepare = [statement('create or replace table TELCO_DB.DW.MADE (A number(1,0))')]
    const error = await userError(world.run([insert(1), failing], { prepare, definitions: [made] }))
    expect(error.message).toContain('Division by zero')
    expect(await ids()).toEqual([])
    const state = await world.engine.state(['TELCO_DB'])
    expect(state.relations.has('TELCO_DB.DW.MADE')).toBe(false)
    expect(await world.rows('select count(*) from TELCO_DB.DATAFORM.DEFINITIONS')).toEqual([['0']])
    await world.run([insert(1)], { prepare, definitions: [made] })
    expect((await world.engine.state(['TELCO_DB'])).relations.get('TELCO_DB.DW.MADE')).toEqual({
      target: t('MADE'),
      kind: 'table',
      columns: ['A'],
      definition: made.hash,
    })
  })

  test('a guard that returns rows fails with what they say, and takes the step back', async () => {
    const guard = statement(`select 'row ' || ID || ' is wrong' from TELCO_DB.DW.T order by ID`, 'guard')
    const error = await userError(world.run([insert(1), insert(2), guard]))
    expect(error.message).toBe('row 1 is wrong; row 2 is wrong')
    expect(error.place).toEqual({ file: 'definitions/model.sqlx', line: 1, action: 'DW.T' })
    expect(await ids()).toEqual([])
  })

  test('a guard without rows lets the step through; rows written are summed, and others have no number', async () => {
    const guard = statement('select ID from TELCO_DB.DW.T where ID < 0', 'guard')
    const two = statement(`insert into TELCO_DB.DW.T values (1, 'x'), (2, 'y')`, 'write')
    const outcome = await world.run([two, guard, insert(3)])
    expect(outcome.rows).toBe(3)
    expect(outcome.executed).toHaveLength(3)
    expect(outcome.executed[1]).toMatch(/^select/i)
    const silent = statement('delete from TELCO_DB.DW.T')
    expect((await world.run([silent])).rows).toBeUndefined()
    expect(await ids()).toEqual([])
  })

  test('a count is the number that the query says', async () => {
    await world.run([insert(1), insert(2)])
    expect((await world.run([statement('select count(*) from TELCO_DB.DW.T', 'count')])).rows).toBe(2)
  })

  test('a construct that is refused finds nothing begun', async () => {
    const refused = statement('select *\nfrom TELCO_DB.DW.T\nsample (10)')
    const error = await userError(world.run([insert(1), refused]))
    expect(error).toBeInstanceOf(RefusedConstruct)
    expect(error.place.file).toBe('definitions/model.sqlx')
    expect(await ids()).toEqual([])
  })

  test('two databases in one step are refused by name', async () => {
    const other = { ...t('T'), database: 'OTHER_DB' }
    const error = await userError(world.run([insert(1)], { writes: [t('T'), other] }))
    expect(error.message).toContain('TELCO_DB, OTHER_DB')
    expect(await ids()).toEqual([])
  })

  test('two steps that write one row: the one that meets the other is told apart as worth another try', async () => {
    await world.run([insert(1)])
    const controller = new AbortController()
    const update = statement('update TELCO_DB.DW.T set ID = ID + 1', 'write')
    const long = userError(world.engine.run(step([update, statement(ENDLESS)]), controller.signal))
    // Either may be first, and the other is refused.
    let error: unknown
    const stop = long.then(thrown => {
      error ??= thrown
    })
    try {
      while (error === undefined) {
        await world.run([update]).catch((thrown: unknown) => {
          error ??= thrown
        })
        await sleep(5)
      }
      expect(isTransient(error)).toBe(true)
    } finally {
      controller.abort()
      await stop
    }
  })

  test('steps on different tables run at once', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `P${n}`)
    await Promise.all(
      names.map(name =>
        world.run([statement(`create or replace table TELCO_DB.DW.${name} as select N from TELCO_DB.DW.MANY`)]),
      ),
    )
    for (const name of names) expect(await world.rows(`select count(*) from TELCO_DB.DW.${name}`)).toEqual([['2000']])
  })
})

describe('an abort', () => {
  test('ends a running statement soon, takes the step back, and the engine works on', async () => {
    const controller = new AbortController()
    const run = userError(world.engine.run(step([insert(1), statement(ENDLESS)]), controller.signal))
    await sleep(200)
    const began = performance.now()
    const reason = new Error('interrupted by a person')
    controller.abort(reason)
    const error = await run
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(error.cause).toBe(reason)
    expect(await ids()).toEqual([])
    await world.run([insert(2)])
    expect(await ids()).toEqual([2])
  })

  test('before the step begins nothing, and is a UserError with the reason', async () => {
    const reason = new Error('too late')
    const error = await userError(world.engine.run(step([insert(1)]), AbortSignal.abort(reason)))
    expect(error.cause).toBe(reason)
    expect(await ids()).toEqual([])
  })

  test('ends the setup and a query alike', async () => {
    const reason = new Error('too late')
    const setup = { engine: 'duckdb', setup: [insert(1)], steps: [], confirmations: [] } as const
    expect((await userError(world.engine.setup(setup, AbortSignal.abort(reason)))).cause).toBe(reason)
    expect(await ids()).toEqual([])
    const text = statement(ENDLESS).text
    expect((await userError(world.engine.query(text, 1, AbortSignal.abort(reason)))).cause).toBe(reason)
    const controller = new AbortController()
    const query = userError(world.engine.query(text, 1, controller.signal))
    await sleep(100)
    controller.abort(reason)
    expect((await query).cause).toBe(reason)
    expect(await world.rows('select 1')).toEqual([['1']])
  })
})

describe('an error says where in the SQLX it is', () => {
  test.each([
    ['an unknown column', 'select\n  ID,\n  NAMES\nfrom TELCO_DB.DW.T', 12, 'NAMES'],
    ['after letters of several bytes', `select\n  'ünïcødé €' as X,\n  ID,\n  WRONG\nfrom TELCO_DB.DW.T`, 13, 'WRONG'],
    ['an unknown table', 'select ID\nfrom TELCO_DB.DW.T\njoin TELCO_DB.DW.NOWHERE using (ID)', 12, 'NOWHERE'],
    ['a name that also stands elsewhere', 'select ID\nfrom (select ID from TELCO_DB.DW.T) x\nwhere y.ID = 1', 12, 'y'],
    ['no SQL', 'select ID\nfrom TELCO_DB.DW.T\nwhere (', 12, ''],
  ])('%s', async (_, sql, line, word) => {
    const error = await userError(world.run([statement(sql)]))
    expect(error.message.toLowerCase()).toContain(word.toLowerCase())
    expect(error.place).toMatchObject({ file: 'definitions/model.sqlx', line })
    expect((await userError(world.engine.query(statement(sql).text, 1))).place).toMatchObject({ line })
  })

  test('an error in the data has the first line of its statement, and the value', async () => {
    await world.setup(`insert into TELCO_DB.DW.T values (1, 'many')`)
    const error = await userError(
      world.run([insert(2), statement('select\n  NAME::number(10,0)\nfrom TELCO_DB.DW.T', 'guard')]),
    )
    expect(error.message).toContain('many')
    expect(error.place.file).toBe('definitions/model.sqlx')
    expect(error.place.line).toBeGreaterThanOrEqual(10)
    expect(error.place.line).toBeLessThanOrEqual(12)
  })

  test('a text that no file stands for has no place', async () => {
    const error = await userError(world.engine.query({ sql: 'select nothing', file: '' }, 1))
    expect(error.place).toMatchObject({ file: undefined, line: undefined })
  })
})

describe('a query', () => {
  const many = (limit: number) =>
    world.engine.query({ sql: 'select N from TELCO_DB.DW.MANY', file: '' }, limit).then(rows => ({
      count: rows.rows.length,
      truncated: rows.truncated,
    }))

  test('has at most so many rows, and says where there were more', async () => {
    expect(await many(1)).toEqual({ count: 1, truncated: true })
    expect(await many(1999)).toEqual({ count: 1999, truncated: true })
    expect(await many(2000)).toEqual({ count: 2000, truncated: false })
    expect(await many(0)).toEqual({ count: 0, truncated: true })
  })

  test('one that was cut leaves its connection free for the next', async () => {
    await many(1)
    await world.run([insert(1)])
    await world.setup('drop table TELCO_DB.DW.T', 'create table TELCO_DB.DW.T (ID number(10,0), NAME varchar)')
    expect(await ids()).toEqual([])
  })

  test('tells NULL, the text NULL and the empty text apart', async () => {
    const rows = await world.engine.query({ sql: `select null as A, 'NULL' as B, '' as C, 'null' as D`, file: '' }, 1)
    expect(rows).toEqual({ columns: ['A', 'B', 'C', 'D'], rows: [[null, 'NULL', '', 'null']], truncated: false })
  })

  test('reads paths of a VARIANT: nested, in arrays, of any type, missing', async () => {
    const json = JSON.stringify({
      a: { b: 'text', n: 5, f: false },
      list: [{ x: 1 }, 'two'],
      nothing: null,
      'a b': 'q',
    })
    await world.setup(
      'create or replace table TELCO_DB.DW.V (V variant)',
      `insert into TELCO_DB.DW.V select parse_json('${json}')`,
    )
    const cells = `V:a.b::varchar, V:a.n::number(10,0) + 1, V:a.f::boolean, V:list[0].x::varchar, V:list[1]::varchar,
V:nothing::varchar, V:absent.x::varchar`
    expect(await world.rows(`select ${cells} from TELCO_DB.DW.V`)).toEqual([
      ['text', '6', 'false', '1', 'two', null, null],
    ])
  })

  test.each([
    `select * from '/etc/passwd'`,
    `select * from read_csv('/etc/passwd')`,
    `select * from read_text('/etc/passwd')`,
    `attach '/tmp/other.duckdb' as OTHER`,
    `copy into TELCO_DB.DW.T from 'file:///etc/passwd' file_format = (type = CSV)`,
    'set enable_external_access = true',
  ])('reaches no file of this machine: %s', async sql => {
    await userError(world.engine.query({ sql, file: '' }, 1))
  })
})

describe('a warehouse in a folder', () => {
  let root: string
  let engine: Engine | undefined
  beforeEach(() => {
    root = temporaryFolder()
  })
  afterEach(async () => {
    await engine?.close()
    engine = undefined
    rmSync(root, { recursive: true, force: true })
  })

  const create = async (): Promise<Engine> => {
    engine = await openWarehouse(join(root, 'warehouse'))
    const statements = [
      'create schema TELCO_DB.DW',
      'create table TELCO_DB.DW.T (ID number(10,0), V variant, SEEN_AT timestamp_ntz)',
      `insert into TELCO_DB.DW.T select 6, parse_json('{"a":{"b":"text"}}'), '2025-01-31 10:00:00'::timestamp_ntz`,
      `create view TELCO_DB.DW.SEEN as select ID / 4 as QUARTER, V:a.b::varchar as B, add_months(SEEN_AT, 1)::date as NEXT, datediff(hour, SEEN_AT, '2025-01-31 12:30:00'::timestamp_ntz) as HOURS from TELCO_DB.DW.T`,
    ]
    const setup = statements.map(sql => statement(sql))
    await engine.setup({ engine: 'duckdb', setup, steps: [], confirmations: [] }, never)
    return engine
  }
  const close = async (): Promise<void> => {
    await engine?.close()
    engine = undefined
  }

  test('is one file a database, which holds schemas, tables, views and what is remembered, when it is opened again', async () => {
    const made = definition(t('T'), 'table', ['x'])
    await (await create()).run(
      step([], { prepare: [statement("comment on table TELCO_DB.DW.T is 't'")], definitions: [made] }),
      never,
    )
    await close()
    expect(readdirSync(join(root, 'warehouse'))).toEqual(['TELCO_DB.duckdb'])
    engine = await openWarehouse(join(root, 'warehouse'))
    const state = await engine.state(['TELCO_DB'])
    expect([...state.schemas]).toEqual(expect.arrayContaining(['TELCO_DB.DW', 'TELCO_DB.DATAFORM']))
    expect(state.relations.get('TELCO_DB.DW.T')).toMatchObject({
      columns: ['ID', 'V', 'SEEN_AT'],
      definition: made.hash,
    })
    expect(state.relations.get('TELCO_DB.DW.SEEN')).toMatchObject({ kind: 'view' })
    expect(await read(engine, 'select ID from TELCO_DB.DW.T')).toEqual([['6']])
  })

  test('a plain DuckDB that attaches the file under its name reads tables and views', async () => {
    await create()
    await close()
    const file = join(root, 'warehouse', 'TELCO_DB.duckdb')
    const rows = await plainDuckDb(
      `attach '${file}' (read_only)`,
      'select QUARTER, B, NEXT, HOURS from TELCO_DB.DW.SEEN',
    )
    expect(rows.map(([quarter, ...others]) => [Number(quarter), ...others])).toEqual([[1.5, 'text', '2025-02-28', '2']])
  })

  test('two databases are two files', async () => {
    const path = join(root, 'warehouse')
    engine = await openDuckDb({ path, databases: ['TELCO_DB', 'OTHER_DB'], stages: {}, create: true })
    await close()
    expect(readdirSync(path).sort()).toEqual(['OTHER_DB.duckdb', 'TELCO_DB.duckdb'])
  })

  test('one that is only to be read and does not exist is empty, says what to do, and is not created', async () => {
    const path = join(root, 'warehouse')
    engine = await openDuckDb({ path, databases: ['TELCO_DB'], stages: {}, create: false })
    expect(await engine.state(['TELCO_DB'])).toEqual({ relations: new Map(), schemas: new Set() })
    const text = statement('select add_months(ID, 1) from TELCO_DB.DW.T')
    // What a dry run prints before there is a warehouse is what a run executes.
    expect(await engine.translate(text)).toBe(await world.engine.translate(text))
    for (const act of [
      () => engine?.query({ sql: 'select 1', file: '' }, 1),
      () => engine?.run(step([insert(1)]), never),
      () => engine?.confirm([t('T')]),
    ]) {
      const error = await userError((async () => act())())
      expect(error).toMatchObject({ message: 'this warehouse does not exist yet', remedy: 'run `dataform run` first' })
    }
    expect(existsSync(path)).toBe(false)
  })
})
