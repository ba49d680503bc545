import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { splitStatements } from '../../src/dialects/statements.ts'
import { USER } from '../engines/snowflake/account.ts'
import { DONE, failure } from '../engines/snowflake/wire-answers.ts'
import { startWireServer, type WireServer } from '../engines/snowflake/wire-server.ts'
import { pretendWarehouse, type WireWarehouse } from '../engines/snowflake/wire-warehouse.ts'
import { project } from '../run/project.ts'
import { command, credentialsFile, edit, SHOP } from './world.ts'

let server: WireServer
let warehouse: WireWarehouse
let folder: string
beforeEach(async () => {
  server = await startWireServer(USER)
  warehouse = pretendWarehouse(server)
  folder = project({ '.df-credentials.json': credentialsFile(server), ...SHOP })
})
afterEach(() => server.close())

/** A deployment that must end well: what it printed and, in short, what it executed. */
async function deploy(...flags: readonly string[]) {
  const ended = await command(folder, ['deploy', ...flags])
  expect(ended.stderr).toBe('')
  expect(ended.status).toBe(0)
  return { ...ended, executed: shortly(warehouse.changes()) }
}

/** Deployments are remembered after each thing; most tests are about the rest. */
const shortly = (statements: readonly string[]): readonly string[] =>
  statements
    .map(sql => sql.replace(/^(--[^\n]*\n)+/, '').split('\n')[0] ?? '')
    .filter(line => !line.startsWith('merge into DEMO.DATAFORM.DEFINITIONS'))
    .map(line => line.replace(/( copy grants)? as$| \($/, ''))

const task = 'DEMO.DATAFORM.TASK_ALL'
const SUSPEND = `alter task if exists ${task} suspend`
const RESUME = `alter task ${task} resume`
const isMarker = (sql: string): boolean =>
  /^delete from DEMO\.DATAFORM\.DEFINITIONS where relation in \('SUSPENDED /.test(sql)
const withoutMarkers = (executed: readonly string[]): readonly string[] => executed.filter(sql => !isMarker(sql))
const changeView = (): void => edit(folder, 'definitions/totals.sqlx', before => before.replace('count(*)', 'sum(1)'))
const addTo = (kind: 'staged' | 'customers' | 'orders' | 'journal', from: string, to: string): void =>
  edit(folder, `definitions/${kind}.sqlx`, before => {
    expect(before).toContain(from)
    return before.replaceAll(from, to)
  })

describe('the first deployment', () => {
  test('makes everything, each after what it needs, and starts the task at the end', async () => {
    const { executed, stdout } = await deploy()
    const relations = executed.filter(sql => / DEMO\.(?!DATAFORM\.)\w+\.\w+$/.test(sql))
    expect(relations).toEqual([
      'create table if not exists DEMO.DW.STAGED',
      'create table if not exists DEMO.DW.CUSTOMERS',
      'create table if not exists DEMO.DW.CUSTOMERS_HISTORY',
      'create table if not exists DEMO.DW.ORDERS',
      'create table if not exists DEMO.DW.JOURNAL',
      'create or replace view DEMO.CHECKS.POSITIVE',
      'create or replace view DEMO.MART.TOTALS',
    ])
    const at = (form: RegExp): number => executed.findLastIndex(sql => form.test(sql))
    const order = [
      /^create schema/,
      /DATAFORM\.DEFINITIONS$/,
      /view DEMO\.MART/,
      /^execute immediate/,
      /^CREATE OR REPLACE PROC/,
      /^CREATE OR REPLACE TASK/,
      / resume$/,
    ]
    expect(order.map(at)).toEqual([...order.map(at)].sort((a, b) => a - b))
    expect(executed.slice(-6)).toEqual(
      [
        'execute immediate $$',
        'CREATE OR REPLACE PROCEDURE DEMO.DATAFORM.SP_STAGE(RUN_ID VARCHAR DEFAULT NULL)',
        'CREATE OR REPLACE PROCEDURE DEMO.DATAFORM.SP_LOAD(RUN_ID VARCHAR DEFAULT NULL)',
        'CREATE OR REPLACE PROCEDURE DEMO.DATAFORM.SP_ALL()',
        `CREATE OR REPLACE TASK ${task}`,
        RESUME,
        "delete from DEMO.DATAFORM.DEFINITIONS where relation in ('SUSPENDED DEMO.DATAFORM.TASK_ALL')",
      ].slice(-6),
    )
    expect(stdout).toMatch(/^ {2}system schemas, ledger and audit\n {2}relation DW\.STAGED\n/)
    expect(stdout).toMatch(/ {2}task DATAFORM\.TASK_ALL\n12 changes, 0 things equal and not touched\n$/)
    expect(warehouse.tasks).toEqual(new Map([[task, 'started']]))
  })

  test('--suspended leaves the task suspended, and so does a later deployment', async () => {
    const first = await deploy('--suspended')
    expect(first.executed.filter(sql => /^alter task|SUSPENDED/.test(sql))).toEqual([])
    expect(first.stdout).toContain('\nsuspended: TASK_ALL\n')
    changeView()
    expect((await deploy()).executed).not.toContain(RESUME)
    expect(warehouse.tasks.get(task)).toBe('suspended')
  })

  test('makes no schema that is there: its role need not be allowed to', async () => {
    for (const schema of ['DATAFORM', 'DW', 'MART']) warehouse.schemas.add(`DEMO.${schema}`)
    const { executed } = await deploy()
    expect(executed.filter(sql => sql.startsWith('create schema'))).toEqual(['create schema if not exists DEMO.CHECKS'])
  })

  test('--json tells what was done', async () => {
    const { stdout } = await deploy('--json')
    expect(JSON.parse(stdout)).toMatchObject({ equal: 0, unused: [], suspended: [] })
    expect(JSON.parse(stdout).done).toContain('procedure DATAFORM.SP_ALL')
  })
})

describe('a later deployment', () => {
  beforeEach(async () => {
    await deploy()
  })

  test('touches nothing where nothing changed', async () => {
    const { executed, stdout } = await deploy()
    expect(executed).toEqual([])
    expect(stdout).toBe('0 changes, 12 things equal and not touched\n')
  })

  test('makes one changed view anew, and no run starts meanwhile', async () => {
    changeView()
    const { executed, stdout } = await deploy()
    expect(withoutMarkers(executed)).toEqual([SUSPEND, 'create or replace view DEMO.MART.TOTALS', RESUME])
    expect(stdout).toBe('  relation MART.TOTALS\n1 change, 11 things equal and not touched\n')
    expect([...warehouse.definitions.keys()].filter(key => key.startsWith('SUSPENDED'))).toEqual([])
  })

  test('leaves a task suspended that somebody suspended, and says so', async () => {
    warehouse.tasks.set(task, 'suspended')
    changeView()
    const { executed, stdout } = await deploy()
    expect(executed).toEqual(['create or replace view DEMO.MART.TOTALS'])
    expect(stdout).toContain(`TASK_ALL was suspended before and stays so: alter task ${task} resume\n`)
    expect((await deploy()).stdout).toContain('was suspended before and stays so')
    expect(warehouse.tasks.get(task)).toBe('suspended')
  })

  test('makes again what somebody dropped', async () => {
    warehouse.relations.delete('DEMO.MART.TOTALS')
    warehouse.procedures.delete('DEMO.DATAFORM.SP_LOAD')
    warehouse.tasks.delete(task)
    const { stdout } = await deploy()
    expect(stdout).toBe(
      '  relation MART.TOTALS\n  procedure DATAFORM.SP_LOAD\n  task DATAFORM.TASK_ALL\n3 changes, 9 things equal and not touched\n',
    )
  })

  test('a table that was dropped gets its keys again', async () => {
    warehouse.relations.delete('DEMO.DW.ORDERS')
    expect((await deploy()).executed).toContain('execute immediate $$')
  })
})

describe('a deployment that dies', () => {
  const failing = async (what: RegExp) => {
    server.on(what, failure('SQL compilation error: error line 3 at position 7\ninvalid identifier', '000904'))
    const ended = await command(folder, ['deploy'])
    expect(ended.status).toBe(1)
    server.on(what, DONE)
    return ended
  }

  test('tells the model whose statement failed', async () => {
    const { stderr } = await failing(/view DEMO\.MART\.TOTALS/)
    expect(stderr).toMatch(/^error: definitions\/totals\.sqlx:1 \(MART\.TOTALS\): SQL compilation error/)
  })

  test('leaves its mark, and the next one goes on where it stood and resumes the task', async () => {
    await deploy()
    changeView()
    edit(folder, 'definitions/positive.sqlx', before => before.replace('< 0', '<= 0'))
    await failing(/view DEMO\.MART\.TOTALS/)
    expect(withoutMarkers(shortly(warehouse.changes()))).toEqual([
      SUSPEND,
      'create or replace view DEMO.CHECKS.POSITIVE',
      'create or replace view DEMO.MART.TOTALS',
    ])
    expect(warehouse.tasks.get(task)).toBe('suspended')
    expect(warehouse.definitions.get(`SUSPENDED ${task}`)?.kind).toBe('suspended for a deployment')
    const next = await deploy()
    expect(withoutMarkers(next.executed)).toEqual(['create or replace view DEMO.MART.TOTALS', RESUME])
    expect(next.stdout).not.toContain('stays so')
    expect(warehouse.tasks.get(task)).toBe('started')
  })

  test('before the first start of its task: the next one starts it', async () => {
    await failing(/^alter task .* resume/)
    warehouse.changes()
    server.on(/^alter task .* resume/, DONE)
    const { executed } = await deploy()
    expect(withoutMarkers(executed)).toEqual([RESUME])
  })

  test('resumes nothing that somebody had suspended before it', async () => {
    await deploy()
    warehouse.tasks.set(task, 'suspended')
    changeView()
    await failing(/view DEMO\.MART\.TOTALS/)
    await deploy()
    expect(warehouse.tasks.get(task)).toBe('suspended')
  })

  test('between a column and its memory: the next one takes the column as it is', async () => {
    await deploy()
    addTo('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    await failing(/^create table if not exists DEMO\.DW\.STAGED/)
    expect(shortly(warehouse.changes())).toContain('alter table DEMO.DW.STAGED add column SHOP VARCHAR')
    const { executed } = await deploy()
    expect(executed.filter(sql => sql.startsWith('alter table'))).toEqual([])
    expect((await deploy()).executed).toEqual([])
  })
})

describe('a dry run', () => {
  const statements = (script: string): readonly string[] =>
    splitStatements({ sql: script, file: '' }).map(({ sql }) => sql.replace(/^(--[^\n]*\n)+\n*/, '').trim())
  const plain = (sqls: readonly string[]): readonly string[] =>
    sqls.map(sql => sql.replace(/^(\s*--[^\n]*\n)+\n*/, '').trim())

  test.each<[string, readonly string[], () => void]>([
    ['of a first deployment', [], () => undefined],
    ['of a changed view', [], changeView],
    [
      'of a changed table, and of what is gone',
      ['--prune'],
      () => {
        addTo('orders', 'ID, STATUS', 'ID, STATUS, DAY')
        rmSync(join(folder, 'definitions/totals.sqlx'))
      },
    ],
    ['that keeps the task suspended', ['--suspended'], changeView],
  ])('%s prints the statements that are executed then, and executes none', async (title, flags, change) => {
    if (!title.includes('first')) await deploy()
    change()
    const dry = await command(folder, ['deploy', '--dry-run', ...flags])
    expect(dry).toMatchObject({ status: 0, stderr: '' })
    expect(warehouse.changes()).toEqual([])
    const { status } = await command(folder, ['deploy', ...flags])
    expect(status).toBe(0)
    const executed = warehouse.changes()
    expect(executed.length).toBeGreaterThan(1)
    expect(plain(statements(dry.stdout))).toEqual(plain(executed))
  })

  test('of what is equal prints no statement', async () => {
    await deploy()
    expect((await command(folder, ['deploy', '--dry-run'])).stdout).toBe('-- Nothing to do\n')
  })

  test('without credentials prints the whole script, and asks no warehouse', async () => {
    rmSync(join(folder, '.df-credentials.json'))
    const { status, stdout } = await command(folder, ['deploy', '--dry-run'])
    expect(status).toBe(0)
    expect(stdout).toContain(`CREATE OR REPLACE TASK ${task}`)
    expect(server.counts.logins).toBe(0)
  })
})

test.each([
  ['without a file', undefined, 'there is no .df-credentials.json'],
  ['with those of DuckDB', '{"type": "duckdb", "path": "w"}', 'these credentials are for DuckDB'],
])('without Snowflake’s credentials, %s, a deployment is refused with what to do', async (_form, text, why) => {
  rmSync(join(folder, '.df-credentials.json'))
  if (text !== undefined) edit(folder, '.df-credentials.json', text)
  const { status, stdout, stderr } = await command(folder, ['deploy'])
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain(
    `error: a deployment is for Snowflake, and ${why}\n  = help: dataform init-creds --type snowflake`,
  )
  expect(stderr).toContain('dataform deploy --dry-run prints the script')
})

describe('what changed', () => {
  beforeEach(async () => {
    await deploy()
  })
  const first = (executed: readonly string[]): readonly string[] =>
    [...new Set(withoutMarkers(executed))].filter(
      sql => sql !== SUSPEND && sql !== RESUME && !sql.startsWith('CREATE OR REPLACE PROCEDURE'),
    )

  test('a table is filled anew by one statement that keeps its grants, and gets its keys again', async () => {
    addTo('orders', 'ID, STATUS', 'ID, STATUS, DAY')
    const ended = await command(folder, ['deploy'])
    expect(ended.stderr).toBe('')
    const changes = warehouse.changes()
    expect(changes.find(sql => sql.includes('table DEMO.DW.ORDERS'))).toBe(
      'create or replace table DEMO.DW.ORDERS copy grants as\nselect ID, STATUS, DAY from DEMO.DW.STAGED',
    )
    expect(first(shortly(changes))).toEqual(['create or replace table DEMO.DW.ORDERS', 'execute immediate $$'])
  })

  test('a table keeps its clustering and its kind', async () => {
    addTo('orders', 'primaryKey: ["ID"]', 'primaryKey: ["ID"], transient: true, clusterBy: ["ID"]')
    addTo('orders', 'ID, STATUS', 'ID, STATUS, DAY')
    await command(folder, ['deploy'])
    expect(warehouse.relations.get('DEMO.DW.ORDERS')?.sql).toMatch(
      /^create or replace transient table DEMO\.DW\.ORDERS cluster by \(ID\) copy grants as\n/,
    )
  })

  test('a copy gets a column that its config got', async () => {
    addTo('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    const { executed } = await deploy()
    expect(executed).toContain('alter table DEMO.DW.STAGED add column SHOP VARCHAR')
    expect((await deploy()).executed).toEqual([])
  })

  test('a copy whose types are spelled otherwise stays', async () => {
    addTo('staged', 'NUMBER(10,0)', 'decimal(10)')
    addTo('staged', '"VARCHAR"', '"string"')
    expect(first((await deploy()).executed)).toEqual([
      'create table if not exists DEMO.DW.STAGED',
      'execute immediate $$',
    ])
  })

  test('an incremental and an scd2 with a new column that their tables have got: their work tables are replaced', async () => {
    addTo('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    addTo('customers', 'tracked: ["STATUS"]', 'tracked: ["STATUS", "SHOP"]')
    addTo('customers', 'DAY, STATUS', 'DAY, STATUS, SHOP')
    for (const name of ['CUSTOMERS', 'CUSTOMERS_HISTORY']) setColumns(name, [...SCD2, 'SHOP'])
    const { executed } = await deploy()
    expect(executed).toContain('create or replace transient table DEMO.DATAFORM.DW__CUSTOMERS__DELTA')
    expect(executed.filter(sql => /or replace .*table DEMO\.DW/.test(sql))).toEqual([])
  })

  test('a view that becomes a table is dropped before', async () => {
    edit(folder, 'definitions/totals.sqlx', before => before.replace('type: "view"', 'type: "table", tags: ["load"]'))
    const { executed } = await deploy()
    const at = executed.indexOf('drop view DEMO.MART.TOTALS')
    expect(executed[at + 1]).toBe('create table if not exists DEMO.MART.TOTALS')
    expect(warehouse.relations.get('DEMO.MART.TOTALS')?.kind).toBe('table')
  })

  describe('is refused with its line and a statement, and nothing was executed:', () => {
    test.each<[string, () => void, string]>([
      [
        'a copy that lost a column',
        () => addTo('staged', 'DAY: { type: "DATE" }, ', ''),
        'definitions/staged.sqlx:1 (DW.STAGED): it has a column DAY that its config has not\n  = help: look at what it would change, then run: ALTER TABLE DEMO.DW.STAGED DROP COLUMN DAY',
      ],
      [
        'a copy with a column of another type',
        () => addTo('staged', 'NUMBER(10,0)', 'NUMBER(12,0)'),
        'definitions/staged.sqlx:1 (DW.STAGED): its column ID is NUMBER(10,0), and shall be NUMBER(12,0)\n  = help: look at what it would change, then run: CREATE OR REPLACE TABLE DEMO.DW.STAGED (ID NUMBER(12,0), DAY DATE, STATUS VARCHAR) COPY GRANTS',
      ],
      [
        'a copy with a new column and another type',
        () => {
          addTo('staged', 'NUMBER(10,0)', 'NUMBER(12,0)')
          addTo('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
        },
        'its column ID is NUMBER(10,0), and shall be NUMBER(12,0)',
      ],
      [
        'an scd2 whose table lacks a column',
        () => {
          addTo('customers', 'tracked: ["STATUS"]', 'tracked: ["STATUS", "SHOP"]')
          addTo('customers', 'DAY, STATUS', 'DAY, STATUS, SHOP')
          addTo('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
        },
        'definitions/customers.sqlx:1 (DW.CUSTOMERS): DW.CUSTOMERS lacks the column SHOP\n  = help: look at what it would change, then run: ALTER TABLE DEMO.DW.CUSTOMERS ADD COLUMN SHOP <the type that the query gives it>; ALTER TABLE DEMO.DW.CUSTOMERS_HISTORY ADD COLUMN SHOP',
      ],
      [
        'an incremental whose table lacks a column',
        () => {
          addTo('orders', 'ID, STATUS', 'ID, STATUS, DAY')
          addTo('journal', 'ID, STATUS', 'ID, STATUS, DAY')
        },
        'definitions/journal.sqlx:1 (DW.JOURNAL): DW.JOURNAL lacks the column DAY',
      ],
      [
        'a table that becomes a view',
        () =>
          addTo(
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
      changeView()
      change()
      for (const flags of [['--dry-run'], []]) {
        const { status, stderr } = await command(folder, ['deploy', ...flags])
        expect(status).toBe(1)
        expect(stderr).toContain(message)
      }
      expect(warehouse.changes()).toEqual([])
      expect(warehouse.tasks.get(task)).toBe('started')
    })

    test('all of it at once', async () => {
      addTo('staged', 'NUMBER(10,0)', 'NUMBER(12,0)')
      addTo(
        'orders',
        'type: "table", name: "ORDERS", tags: ["load"], snowflake: { primaryKey: ["ID"] }',
        'type: "view", name: "ORDERS"',
      )
      const { stderr } = await command(folder, ['deploy'])
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
  const found = warehouse.relations.get(`DEMO.DW.${name}`)
  if (found === undefined) throw new Error(`there is no ${name}`)
  found.columns = new Map(columns.map(column => [column, 'VARCHAR']))
}

describe('what the project no longer has', () => {
  beforeEach(async () => {
    await deploy()
    edit(folder, 'definitions/procedures.yaml', before =>
      before
        .replace('  - { name: SP_STAGE, tags: [stage] }\n', '')
        .replace('[load]', '[load, stage]')
        .replace(/SP_ALL/g, 'SP_EVERYTHING')
        .replace('TASK_ALL', 'TASK_NEW'),
    )
    rmSync(join(folder, 'definitions/totals.sqlx'))
    rmSync(join(folder, 'definitions/journal.sqlx'))
  })
  const GONE =
    'table DW.JOURNAL, view MART.TOTALS, procedure DATAFORM.SP_STAGE, procedure DATAFORM.SP_ALL, task DATAFORM.TASK_ALL'

  test('is listed, and stays', async () => {
    const { executed, stdout } = await deploy()
    expect(stdout).toContain(`not of this project any more: ${GONE}\n`)
    expect(executed.filter(sql => sql.startsWith('drop'))).toEqual([])
  })

  test('--prune drops views, procedures by their arguments, and tasks; tables are listed', async () => {
    const { executed, stdout } = await deploy('--prune')
    expect(executed.filter(sql => sql.startsWith('drop'))).toEqual([
      'drop view if exists DEMO.MART.TOTALS',
      'drop procedure if exists DEMO.DATAFORM.SP_STAGE(VARCHAR)',
      'drop procedure if exists DEMO.DATAFORM.SP_ALL()',
      `drop task if exists ${task}`,
    ])
    expect(stdout).toContain('  dropped procedure DATAFORM.SP_ALL\n')
    expect(stdout).toContain('not of this project any more: table DW.JOURNAL\n')
    expect(warehouse.relations.has('DEMO.DW.JOURNAL')).toBe(true)
    expect((await deploy('--prune')).executed).toEqual([])
  })

  test('what somebody dropped already is not told of', async () => {
    warehouse.relations.delete('DEMO.MART.TOTALS')
    warehouse.procedures.delete('DEMO.DATAFORM.SP_STAGE')
    warehouse.tasks.delete(task)
    expect((await deploy()).stdout).toContain(
      'not of this project any more: table DW.JOURNAL, procedure DATAFORM.SP_ALL\n',
    )
  })

  test('what nobody deployed is not ours: a table, a procedure and a task beside it stay and are not listed', async () => {
    warehouse.relations.set('DEMO.DW.OTHERS', { kind: 'table', columns: new Map(), sql: '' })
    warehouse.procedures.set('DEMO.DATAFORM.SP_OTHERS', '()')
    warehouse.tasks.set('DEMO.DATAFORM.TASK_OTHERS', 'started')
    const { executed, text } = await deploy('--prune')
    expect(executed.join('\n') + text).not.toContain('OTHERS')
  })
})
