import { describe, expect, test } from 'vitest'
import { plan } from '../../src/plan/plan.ts'
import type { Statement } from '../../src/plan/types.ts'
import { assertion, copy, incremental, OPTIONS, operation, scd2, stateOf, t, table } from './fixtures.ts'

const sql = (statements: readonly Statement[]): string[] => statements.map(statement => statement.text.sql)
const only = (...args: Parameters<typeof plan>) => {
  const step = plan(...args).steps[0]
  if (step === undefined) throw new Error('the plan has no step')
  return { prepare: sql(step.prepare), load: sql(step.load), step }
}
const events = { target: t('EVENTS'), kind: 'table', columns: ['ID', 'NOTE'] } as const

describe('setup', () => {
  test('makes each schema once, and the ledger with its kin only for an scd2', () => {
    const empty = { relations: new Map(), schemas: new Set<string>() }
    const statements = sql(plan([table(), table({ target: t('OTHER') }), scd2()], empty, OPTIONS).setup)
    expect(statements.slice(0, 2)).toEqual([
      'create schema if not exists TELCO_DB.DATAFORM',
      'create schema if not exists TELCO_DB.DW',
    ])
    const names = ['LEDGER', 'HELD', 'APPROVALS']
    expect(statements.slice(2).map(text => text.split(' (')[0])).toEqual(
      names.map(name => `create table if not exists TELCO_DB.DATAFORM.${name}`),
    )
    expect(plan([table()], stateOf(), OPTIONS).setup).toEqual([])
  })
})

describe('table and view', () => {
  test('a table is made empty and filled in one transaction, its comments with it', () => {
    const action = table({
      snowflake: { transient: true, clusterBy: ['id'] },
      description: "an order's head",
      columns: [{ name: 'id', description: 'its number', tags: [] }],
    })
    expect(only([action], stateOf(), OPTIONS)).toMatchObject({
      prepare: [
        'create or replace transient table TELCO_DB.DW.ORDERS cluster by (id) as\nselect * from (\nselect 1 as id\n) where false',
        "comment on table TELCO_DB.DW.ORDERS is 'an order''s head'",
        "comment on column TELCO_DB.DW.ORDERS.ID is 'its number'",
      ],
      load: ['delete from TELCO_DB.DW.ORDERS', 'insert into TELCO_DB.DW.ORDERS\nselect 1 as id'],
    })
  })

  test('a wrapped query keeps its line: the query stands below the lines put before it', () => {
    const { step } = only([table()], stateOf(), OPTIONS)
    expect(step.prepare[0]?.text).toMatchObject({ file: 'definitions/x.sqlx', line: 1 })
    expect(step.load[1]?.text).toMatchObject({ line: 2 })
  })

  test('a view that stands as it is wanted is left alone, and made anew where its text changed', () => {
    const view = table({ type: 'view', target: t('V'), snowflake: { secure: true } })
    const first = only([view], stateOf(), OPTIONS)
    expect(first.prepare).toEqual(['create or replace secure view TELCO_DB.DW.V as\nselect 1 as id'])
    const made = { target: t('V'), kind: 'view', columns: ['ID'], definition: first.step.definitions[0]?.hash } as const
    expect(only([view], stateOf(made), OPTIONS).prepare).toEqual([])
    const changed = table({ ...view, query: { sql: 'select 2 as id', file: 'definitions/x.sqlx' } })
    expect(only([changed], stateOf(made), OPTIONS).prepare).toEqual([
      'create or replace secure view TELCO_DB.DW.V as\nselect 2 as id',
    ])
  })

  test('a relation of the other kind is dropped first', () => {
    const view = { target: t('ORDERS'), kind: 'view', columns: ['ID'] } as const
    expect(only([table()], stateOf(view), OPTIONS).prepare[0]).toBe('drop view TELCO_DB.DW.ORDERS')
  })

  test('pre- and post-operations surround the load; leading DDL comes before the transaction', () => {
    const text = (statement: string) => ({ sql: statement, file: 'definitions/x.sqlx', line: 9 })
    const action = table({
      preOperations: [text("create schema if not exists TELCO_DB.X; delete from TELCO_DB.X.LOG where note = 'a;b'")],
      postOperations: [text('insert into TELCO_DB.X.LOG values (1)')],
    })
    const { prepare, load } = only([action], stateOf(), OPTIONS)
    expect(prepare[0]).toBe('create schema if not exists TELCO_DB.X')
    expect(load).toEqual([
      "delete from TELCO_DB.X.LOG where note = 'a;b'",
      'delete from TELCO_DB.DW.ORDERS',
      'insert into TELCO_DB.DW.ORDERS\nselect 1 as id',
      'insert into TELCO_DB.X.LOG values (1)',
    ])
  })
})

describe('incremental', () => {
  test('the first load fills an empty table from the full query', () => {
    expect(only([incremental()], stateOf(), OPTIONS)).toMatchObject({
      prepare: ['create or replace table TELCO_DB.DW.EVENTS as\nselect * from (\nselect 1 as id\n) where false'],
      load: ['insert into TELCO_DB.DW.EVENTS\nselect 1 as id'],
    })
  })

  test('append inserts the incremental query into the columns that the table has', () => {
    expect(only([incremental()], stateOf(events), OPTIONS)).toMatchObject({
      prepare: [],
      load: ['insert into TELCO_DB.DW.EVENTS (ID, NOTE)\nselect ID, NOTE from (\nselect 2 as id\n)'],
    })
  })

  test('append leaves a delta where an assertion asks for new rows', () => {
    const check = assertion({ scope: 'new', parent: t('EVENTS') })
    const { prepare, load, step } = only([incremental(), check], stateOf(events), OPTIONS)
    expect(prepare).toEqual([
      'create or replace transient table TELCO_DB.DATAFORM.DW__EVENTS__DELTA as\nselect * from TELCO_DB.DW.EVENTS where false',
    ])
    expect(load).toEqual([
      'delete from TELCO_DB.DATAFORM.DW__EVENTS__DELTA',
      'insert into TELCO_DB.DATAFORM.DW__EVENTS__DELTA (ID, NOTE)\nselect ID, NOTE from (\nselect 2 as id\n)',
      'insert into TELCO_DB.DW.EVENTS (ID, NOTE)\nselect ID, NOTE from TELCO_DB.DATAFORM.DW__EVENTS__DELTA',
    ])
    expect(step.delta).toEqual(t('DW__EVENTS__DELTA', 'DATAFORM'))
  })

  test('merge writes only rows that are new or differ, and refuses a key that comes twice', () => {
    const { load, step } = only([incremental({ uniqueKey: ['id'] })], stateOf(events), OPTIONS)
    expect(load).toEqual([
      'delete from TELCO_DB.DATAFORM.DW__EVENTS__DELTA',
      `insert into TELCO_DB.DATAFORM.DW__EVENTS__DELTA (ID, NOTE)
select s.ID, s.NOTE from (
select 2 as id
) s
left join TELCO_DB.DW.EVENTS t on t.ID = s.ID
where t.ID is null or not equal_null(t.NOTE, s.NOTE)`,
      `select 'DW.EVENTS: keys that the query returns more than once (uniqueKey: id): ' || count(*) as message from (
  select ID from TELCO_DB.DATAFORM.DW__EVENTS__DELTA group by ID having count(*) > 1
) having count(*) > 0`,
      `merge into TELCO_DB.DW.EVENTS t using TELCO_DB.DATAFORM.DW__EVENTS__DELTA s on t.ID = s.ID
when matched then update set NOTE = s.NOTE
when not matched then insert (ID, NOTE) values (s.ID, s.NOTE)`,
    ])
    expect(step.load.map(statement => statement.kind)).toEqual(['execute', 'execute', 'guard', 'write'])
  })

  test('--full-refresh builds anew, and refuses a protected table without touching it', () => {
    const refresh = { ...OPTIONS, fullRefresh: true }
    expect(only([incremental()], stateOf(events), refresh).load).toEqual([
      'insert into TELCO_DB.DW.EVENTS\nselect 1 as id',
    ])
    const { prepare, step } = only([incremental({ protected: true })], stateOf(events), refresh)
    expect(prepare).toEqual([])
    expect(step.load).toHaveLength(1)
    expect(step.load[0]).toMatchObject({
      kind: 'guard',
      text: { sql: expect.stringContaining('DW.EVENTS is protected') },
    })
  })

  test('onSchemaChange: FAIL compares the columns before it loads; EXTEND is refused by name', () => {
    const { prepare, load } = only([incremental({ onSchemaChange: 'FAIL' })], stateOf(events), OPTIONS)
    expect(prepare[0]).toContain('create or replace transient table TELCO_DB.DATAFORM.DW__EVENTS__PROBE as')
    expect(load[0]).toContain("where upper(column_name) not in ('ID', 'NOTE')")
    expect(load[1]).toContain("(values ('ID'), ('NOTE')) as e (name)")
    expect(only([incremental({ onSchemaChange: 'EXTEND' })], stateOf(events), OPTIONS).load[0]).toContain(
      'onSchemaChange: "EXTEND"',
    )
  })
})

describe('copy', () => {
  test('a transient table of the declared columns, filled from the stage by name', () => {
    const action = copy({ snowflake: { transient: true }, pattern: '.*[.]parquet', manifest: 'manifest.json' })
    const { prepare, load, step } = only([action], stateOf(), OPTIONS)
    expect(prepare).toEqual(['create or replace transient table TELCO_DB.STAGING.STG (\n  ID NUMBER(10,0)\n)'])
    expect(load).toEqual([
      `copy into TELCO_DB.STAGING.STG
from @TELCO_DB.STAGING.LAKE/customers/
file_format = (type = PARQUET)
match_by_column_name = case_insensitive
pattern = '.*[.]parquet'`,
    ])
    expect(step.load[0]).toMatchObject({ kind: 'copy', manifest: 'manifest.json' })
  })

  test('is clustered, and not made anew where only that changed', () => {
    const made = (clusterBy?: readonly string[]) => only([copy({ snowflake: { clusterBy } })], stateOf(), OPTIONS)
    expect(made(['ID']).prepare).toEqual([
      'create or replace table TELCO_DB.STAGING.STG (\n  ID NUMBER(10,0)\n) cluster by (ID)',
    ])
    expect(made(['ID']).step.definitions).toEqual(made().step.definitions)
  })

  test('its files count as consumed only after all tables that are written from it', () => {
    const view = table({ type: 'view', target: t('V'), dependencies: [t('STG', 'STAGING')] })
    const fact = incremental({ dependencies: [t('V')] })
    const other = incremental({ target: t('OFF'), dependencies: [t('STG', 'STAGING')], disabled: true })
    const project = [copy(), view, fact, other]
    expect(plan([copy()], stateOf(), { ...OPTIONS, project }).confirmations).toEqual([
      { copy: t('STG', 'STAGING'), after: [t('EVENTS')] },
    ])
  })
})

describe('assertions', () => {
  test('a view of the failing rows, and their count', () => {
    expect(only([assertion()], stateOf(), OPTIONS)).toMatchObject({
      prepare: ['create or replace view TELCO_DB.ASSERTIONS.A1 as\nselect * from TELCO_DB.DW.EVENTS where id < 0'],
      load: ['select count(*) as failing_rows from TELCO_DB.ASSERTIONS.A1'],
    })
  })

  test('scope "new" reads the delta instead of its own relation, and names in strings stay', () => {
    const query = {
      sql: "select *, 'TELCO_DB.DW.EVENTS' as origin from TELCO_DB.DW.EVENTS e join TELCO_DB.DW.EVENTS_2 x on x.id = e.id",
      file: 'a.sqlx',
    }
    const check = assertion({ scope: 'new', parent: t('EVENTS'), query })
    const step = plan([incremental(), check], stateOf(events), OPTIONS).steps[1]
    expect(step?.scope).toBe('new')
    expect(step?.prepare[0]?.text.sql).toBe(
      "create or replace view TELCO_DB.ASSERTIONS.A1 as\nselect *, 'TELCO_DB.DW.EVENTS' as origin from TELCO_DB.DATAFORM.DW__EVENTS__DELTA e join TELCO_DB.DW.EVENTS_2 x on x.id = e.id",
    )
  })

  test('scope "new" on a unique key looks for the new keys in the whole relation', () => {
    const check = assertion({ scope: 'new', parent: t('EVENTS'), rule: { kind: 'uniqueKey', columns: ['id'] } })
    const step = plan([incremental(), check], stateOf(events), OPTIONS).steps[1]
    expect(step?.prepare[0]?.text.sql).toBe(`create or replace view TELCO_DB.ASSERTIONS.A1 as
select t.ID, count(1) as index_row_count
from TELCO_DB.DW.EVENTS t
join (select distinct ID from TELCO_DB.DATAFORM.DW__EVENTS__DELTA) d on equal_null(t.ID, d.ID)
group by t.ID
having count(1) > 1`)
  })

  test('the whole relation is checked on its first load, without its parent in the run, and with --full-assertions', () => {
    const check = assertion({ scope: 'new', parent: t('EVENTS') })
    const text = (...args: Parameters<typeof plan>) => {
      const step = plan(...args).steps.at(-1)
      expect(step?.scope).toBe('all')
      return step?.prepare[0]?.text.sql
    }
    const whole = 'create or replace view TELCO_DB.ASSERTIONS.A1 as\nselect * from TELCO_DB.DW.EVENTS where id < 0'
    expect(text([incremental(), check], stateOf(), OPTIONS)).toBe(whole)
    expect(text([check], stateOf(events), OPTIONS)).toBe(whole)
    expect(text([incremental(), check], stateOf(events), { ...OPTIONS, fullAssertions: true })).toBe(whole)
  })
})

describe('operations and skipping', () => {
  test('only leading DDL is prepared: DDL after DML may need its rows', () => {
    const queries = [
      { sql: 'create table TELCO_DB.DW.X (id number);\ninsert into TELCO_DB.DW.X values (1)', file: 'o.sqlx', line: 4 },
      { sql: 'drop table TELCO_DB.DW.X', file: 'o.sqlx', line: 7 },
    ]
    const { prepare, load, step } = only([operation({ queries })], stateOf(), OPTIONS)
    expect(prepare).toEqual(['create table TELCO_DB.DW.X (id number)'])
    expect(load).toEqual(['insert into TELCO_DB.DW.X values (1)', 'drop table TELCO_DB.DW.X'])
    expect(step.load.map(statement => statement.text.line)).toEqual([5, 7])
  })

  test('disabled actions and those for another engine have nothing to execute', () => {
    const steps = plan([table({ disabled: true }), table({ engines: ['snowflake'] })], stateOf(), OPTIONS).steps
    expect(steps.map(step => [step.skip, step.prepare, step.load])).toEqual([
      ['disabled', [], []],
      ['engine', [], []],
    ])
  })
})
