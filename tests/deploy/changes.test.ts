import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { RESUME, SUSPEND, shortly, TASK, useShop, withoutMarkers } from './shop.ts'
import { command, edit } from './world.ts'

const shop = useShop()

describe('what changed', () => {
  beforeEach(async () => {
    await shop.deploy()
  })
  const first = (executed: readonly string[]): readonly string[] =>
    [...new Set(withoutMarkers(executed))].filter(
      sql => sql !== SUSPEND && sql !== RESUME && !sql.startsWith('CREATE OR REPLACE PROCEDURE'),
    )

  test('a table is filled anew by one statement that keeps its grants, and gets its keys again', async () => {
    shop.change('orders', 'ID, STATUS', 'ID, STATUS, DAY')
    const ended = await command(shop.folder, ['deploy'])
    expect(ended.stderr).toBe('')
    const changes = shop.warehouse.changes()
    expect(changes.find(sql => sql.includes('table DEMO.DW.ORDERS'))).toBe(
      'create or replace table DEMO.DW.ORDERS copy grants as\nselect ID, STATUS, DAY from DEMO.DW.STAGED',
    )
    expect(first(shortly(changes))).toEqual(['create or replace table DEMO.DW.ORDERS', 'execute immediate $$'])
  })

  test('a table keeps its clustering and its kind', async () => {
    shop.change('orders', 'primaryKey: ["ID"]', 'primaryKey: ["ID"], transient: true, clusterBy: ["ID"]')
    shop.change('orders', 'ID, STATUS', 'ID, STATUS, DAY')
    await command(shop.folder, ['deploy'])
    expect(shop.warehouse.relations.get('DEMO.DW.ORDERS')?.sql).toMatch(
      /^create or replace transient table DEMO\.DW\.ORDERS cluster by \(ID\) copy grants as\n/,
    )
  })

  test('a table that becomes transient is filled anew, by its query alone', async () => {
    shop.change('orders', 'primaryKey: ["ID"]', 'primaryKey: ["ID"], transient: true')
    const { executed } = await shop.deploy()
    expect(first(executed)).toEqual(['create or replace transient table DEMO.DW.ORDERS', 'execute immediate $$'])
    expect((await shop.deploy()).executed).toEqual([])
  })

  test.each<['journal' | 'staged' | 'customers', string]>([
    ['journal', 'uniqueKey: ["ID"]'],
    ['staged', 'manifest: "manifest.json"'],
    ['customers', 'surrogateKey: "SK"'],
  ])('%s is clustered by what its config says now, and keeps its rows', async (name, config) => {
    for (const table of ['CUSTOMERS', 'CUSTOMERS_HISTORY']) setColumns(table, SCD2)
    setColumns('JOURNAL', ['ID', 'STATUS'])
    const table = `DEMO.DW.${name.toUpperCase()}`
    const replaced = (executed: readonly string[]) => executed.filter(sql => /replace.* table DEMO\.DW\./.test(sql))
    const clustered = `${config}, snowflake: { clusterBy: ["ID", "left(STATUS, 2)"] }`

    shop.change(name, config, clustered)
    const more = (await shop.deploy()).executed
    expect(more).toContain(`alter table ${table} cluster by (ID, left(STATUS, 2))`)
    expect((await shop.deploy()).executed).toEqual([])

    shop.change(name, clustered, config)
    const less = (await shop.deploy()).executed
    expect(less).toContain(`alter table ${table} drop clustering key`)
    expect([...replaced(more), ...replaced(less)]).toEqual([])
  })

  test('a table whose text changed and whose clustering did not is not clustered again', async () => {
    shop.change('journal', 'uniqueKey: ["ID"]', 'uniqueKey: ["ID"], snowflake: { clusterBy: ["id"] }')
    setColumns('JOURNAL', ['ID', 'STATUS'])
    await shop.deploy()
    shop.change('journal', 'select ID, STATUS', 'select ID, upper(STATUS) as STATUS')
    expect((await shop.deploy()).executed.filter(sql => sql.startsWith('alter table'))).toEqual([])
  })

  test('a copy gets a column that its config got', async () => {
    shop.change('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    const { executed } = await shop.deploy()
    expect(executed).toContain('alter table DEMO.DW.STAGED add column SHOP VARCHAR')
    expect((await shop.deploy()).executed).toEqual([])
  })

  test('a copy whose types are spelled otherwise stays', async () => {
    shop.change('staged', 'NUMBER(10,0)', 'decimal(10)')
    shop.change('staged', '"VARCHAR"', '"string"')
    expect(first((await shop.deploy()).executed)).toEqual([
      'create table if not exists DEMO.DW.STAGED',
      'execute immediate $$',
    ])
  })

  test('an incremental and an scd2 with a new column that their tables have got: their work tables are replaced', async () => {
    shop.change('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    shop.change('customers', 'tracked: ["STATUS"]', 'tracked: ["STATUS", "SHOP"]')
    shop.change('customers', 'DAY, STATUS', 'DAY, STATUS, SHOP')
    for (const name of ['CUSTOMERS', 'CUSTOMERS_HISTORY']) setColumns(name, [...SCD2, 'SHOP'])
    const { executed } = await shop.deploy()
    expect(executed).toContain('create or replace transient table DEMO.DATAFORM.DW__CUSTOMERS__DELTA')
    expect(executed.filter(sql => /or replace .*table DEMO\.DW/.test(sql))).toEqual([])
  })

  test('a view that becomes a table is dropped before', async () => {
    edit(shop.folder, 'definitions/totals.sqlx', before =>
      before.replace('type: "view"', 'type: "table", tags: ["load"]'),
    )
    const { executed } = await shop.deploy()
    const at = executed.indexOf('drop view DEMO.MART.TOTALS')
    expect(executed[at + 1]).toBe('create table if not exists DEMO.MART.TOTALS')
    expect(shop.warehouse.relations.get('DEMO.MART.TOTALS')?.kind).toBe('table')
  })

  describe('is refused with its line and a statement, and nothing was executed:', () => {
    test.each<[string, () => void, string]>([
      [
        'a copy that lost a column',
        () => shop.change('staged', 'DAY: { type: "DATE" }, ', ''),
        'definitions/staged.sqlx:1 (DW.STAGED): it has a column DAY that its config has not\n  = help: look at what it would change, then run: ALTER TABLE DEMO.DW.STAGED DROP COLUMN DAY',
      ],
      [
        'a copy with a column of another type',
        () => shop.change('staged', 'NUMBER(10,0)', 'NUMBER(12,0)'),
        'definitions/staged.sqlx:1 (DW.STAGED): its column ID is NUMBER(10,0), and shall be NUMBER(12,0)\n  = help: look at what it would change, then run: CREATE OR REPLACE TABLE DEMO.DW.STAGED (ID NUMBER(12,0), DAY DATE, STATUS VARCHAR) COPY GRANTS',
      ],
      [
        'a copy with a new column and another type',
        () => {
          shop.change('staged', 'NUMBER(10,0)', 'NUMBER(12,0)')
          shop.change('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
        },
        'its column ID is NUMBER(10,0), and shall be NUMBER(12,0)',
      ],
      [
        'an scd2 whose table lacks a column',
        () => {
          shop.change('customers', 'tracked: ["STATUS"]', 'tracked: ["STATUS", "SHOP"]')
          shop.change('customers', 'DAY, STATUS', 'DAY, STATUS, SHOP')
          shop.change('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
        },
        'definitions/customers.sqlx:1 (DW.CUSTOMERS): DW.CUSTOMERS lacks the column SHOP\n  = help: look at what it would change, then run: ALTER TABLE DEMO.DW.CUSTOMERS ADD COLUMN SHOP <the type that the query gives it>; ALTER TABLE DEMO.DW.CUSTOMERS_HISTORY ADD COLUMN SHOP',
      ],
      [
        'an incremental whose table lacks a column',
        () => {
          shop.change('orders', 'ID, STATUS', 'ID, STATUS, DAY')
          shop.change('journal', 'ID, STATUS', 'ID, STATUS, DAY')
        },
        'definitions/journal.sqlx:1 (DW.JOURNAL): DW.JOURNAL lacks the column DAY',
      ],
      [
        'an incremental that becomes transient',
        () =>
          shop.change(
            'journal',
            'uniqueKey: ["ID"]',
            'uniqueKey: ["ID"], snowflake: { transient: true, clusterBy: ["ID"] }',
          ),
        'definitions/journal.sqlx:1 (DW.JOURNAL): DW.JOURNAL is permanent, and shall be transient\n  = help: look at what it would change, then run: CREATE OR REPLACE TRANSIENT TABLE DEMO.DW.JOURNAL CLUSTER BY (ID) COPY GRANTS AS SELECT * FROM DEMO.DW.JOURNAL',
      ],
      [
        'a table that becomes a view',
        () =>
          shop.change(
            'orders',
            'type: "table", name: "ORDERS", tags: ["load"], snowflake: { primaryKey: ["ID"] }',
            'type: "view", name: "ORDERS"',
          ),
        'definitions/orders.sqlx:1 (DW.ORDERS): it is a table, and shall be a view: its rows would be lost\n  = help: look at what it would change, then run: DROP TABLE DEMO.DW.ORDERS',
      ],
    ])('%s', async (_what, change, message) => {
      setColumns('CUSTOMERS', SCD2)
      setColumns('CUSTOMERS_HISTORY', SCD2)
      setColumns('JOURNAL', ['ID', 'STATUS'])
      shop.changeView()
      change()
      for (const flags of [['--dry-run'], []]) {
        const { status, stderr } = await command(shop.folder, ['deploy', ...flags])
        expect(status).toBe(1)
        expect(stderr).toContain(message)
      }
      expect(shop.warehouse.changes()).toEqual([])
      expect(shop.warehouse.tasks.get(TASK)).toBe('started')
    })

    test('all of it at once', async () => {
      shop.change('staged', 'NUMBER(10,0)', 'NUMBER(12,0)')
      shop.change(
        'orders',
        'type: "table", name: "ORDERS", tags: ["load"], snowflake: { primaryKey: ["ID"] }',
        'type: "view", name: "ORDERS"',
      )
      const { stderr } = await command(shop.folder, ['deploy'])
      expect(stderr.match(/^error: /gm)).toHaveLength(2)
    })
  })
})

const SCD2 = [
  'SK',
  'ID',
  'STATUS',
  'EFFECTIVE_START_DATE',
  'EFFECTIVE_END_DATE',
  'END_KNOWN_FROM',
  'IS_CURRENT',
  'KNOWN_FROM',
  'KNOWN_TO',
  'JOIN_START_DATE',
  'TRACKED_HASH',
]
/** Those of a query are set by hand: nothing here executes one. */
function setColumns(name: string, columns: readonly string[]): void {
  const found = shop.warehouse.relations.get(`DEMO.DW.${name}`)
  if (found === undefined) throw new Error(`there is no ${name}`)
  found.columns = new Map(columns.map(column => [column, 'VARCHAR']))
}

describe('what the project no longer has', () => {
  beforeEach(async () => {
    await shop.deploy()
    edit(shop.folder, 'definitions/procedures.yaml', before =>
      before
        .replace('  - { name: SP_STAGE, tags: [stage] }\n', '')
        .replace('[load]', '[load, stage]')
        .replace(/SP_ALL/g, 'SP_EVERYTHING')
        .replace('TASK_ALL', 'TASK_NEW'),
    )
    rmSync(join(shop.folder, 'definitions/totals.sqlx'))
    rmSync(join(shop.folder, 'definitions/journal.sqlx'))
  })
  const GONE =
    'table DW.JOURNAL, view MART.TOTALS, procedure DATAFORM.SP_STAGE, procedure DATAFORM.SP_ALL, task DATAFORM.TASK_ALL'

  test('is listed, and stays', async () => {
    const { executed, stdout } = await shop.deploy()
    expect(stdout).toContain(`not of this project any more: ${GONE}\n`)
    expect(executed.filter(sql => sql.startsWith('drop'))).toEqual([])
  })

  test('--prune drops views, procedures by their arguments, and tasks; tables are listed', async () => {
    const { executed, stdout } = await shop.deploy('--prune')
    expect(executed.filter(sql => sql.startsWith('drop'))).toEqual([
      'drop view if exists DEMO.MART.TOTALS',
      'drop procedure if exists DEMO.DATAFORM.SP_STAGE(VARCHAR)',
      'drop procedure if exists DEMO.DATAFORM.SP_ALL()',
      `drop task if exists ${TASK}`,
    ])
    expect(stdout).toContain('  dropped procedure DATAFORM.SP_ALL\n')
    expect(stdout).toContain('not of this project any more: table DW.JOURNAL\n')
    expect(shop.warehouse.relations.has('DEMO.DW.JOURNAL')).toBe(true)
    expect((await shop.deploy('--prune')).executed).toEqual([])
  })

  test('what somebody dropped already is not told of', async () => {
    shop.warehouse.relations.delete('DEMO.MART.TOTALS')
    shop.warehouse.procedures.delete('DEMO.DATAFORM.SP_STAGE')
    shop.warehouse.tasks.delete(TASK)
    expect((await shop.deploy()).stdout).toContain(
      'not of this project any more: table DW.JOURNAL, procedure DATAFORM.SP_ALL\n',
    )
  })

  test('what nobody deployed is not ours: a table, a procedure and a task beside it stay and are not listed', async () => {
    shop.warehouse.relations.set('DEMO.DW.OTHERS', { kind: 'table', columns: new Map(), sql: '' })
    shop.warehouse.procedures.set('DEMO.DATAFORM.SP_OTHERS', '()')
    shop.warehouse.tasks.set('DEMO.DATAFORM.TASK_OTHERS', 'started')
    const { executed, text } = await shop.deploy('--prune')
    expect(executed.join('\n') + text).not.toContain('OTHERS')
  })

  test('a project with procedures in another schema of the database lists and drops nothing of it', async () => {
    edit(shop.folder, 'definitions/procedures.yaml', before => `schema: OTHERS\n${before}`)
    const { executed, stdout } = await shop.deploy('--prune')
    expect(executed).toContain('CREATE OR REPLACE PROCEDURE DEMO.OTHERS.SP_LOAD(RUN_ID VARCHAR DEFAULT NULL)')
    expect(executed.filter(sql => sql.startsWith('drop'))).toEqual([])
    expect(stdout).not.toContain('not of this project')
  })
})
