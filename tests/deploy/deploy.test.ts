import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { splitStatements } from '../../src/dialects/statements.ts'
import { DONE, failure } from '../engines/snowflake/wire-answers.ts'
import { RESUME, SUSPEND, shortly, TASK, useShop, withoutMarkers } from './shop.ts'
import { command, edit } from './world.ts'

const shop = useShop()

describe('the first deployment', () => {
  test('makes everything, each after what it needs, and starts the task at the end', async () => {
    const { executed, stdout } = await shop.deploy()
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
        `CREATE OR REPLACE TASK ${TASK}`,
        RESUME,
        "delete from DEMO.DATAFORM.DEFINITIONS where relation in ('SUSPENDED DEMO.DATAFORM.TASK_ALL')",
      ].slice(-6),
    )
    expect(stdout).toMatch(/^ {2}system schemas, ledger and audit\n {2}relation DW\.STAGED\n/)
    expect(stdout).toMatch(/ {2}task DATAFORM\.TASK_ALL\n12 changes, 0 things equal and not touched\n$/)
    expect(shop.warehouse.tasks).toEqual(new Map([[TASK, 'started']]))
  })

  test('--suspended leaves the task suspended, and so does a later deployment', async () => {
    const first = await shop.deploy('--suspended')
    expect(first.executed.filter(sql => /^alter task|SUSPENDED/.test(sql))).toEqual([])
    expect(first.stdout).toContain('\nsuspended: TASK_ALL\n')
    shop.changeView()
    expect((await shop.deploy()).executed).not.toContain(RESUME)
    expect(shop.warehouse.tasks.get(TASK)).toBe('suspended')
  })

  test('makes no schema that is there: its role need not be allowed to', async () => {
    for (const schema of ['DATAFORM', 'DW', 'MART']) shop.warehouse.schemas.add(`DEMO.${schema}`)
    const { executed } = await shop.deploy()
    expect(executed.filter(sql => sql.startsWith('create schema'))).toEqual(['create schema if not exists DEMO.CHECKS'])
  })

  test('--json tells what was done', async () => {
    const { stdout } = await shop.deploy('--json')
    expect(JSON.parse(stdout)).toMatchObject({ equal: 0, unused: [], suspended: [] })
    expect(JSON.parse(stdout).done).toContain('procedure DATAFORM.SP_ALL')
  })
})

describe('a later deployment', () => {
  beforeEach(async () => {
    await shop.deploy()
  })

  test('touches nothing where nothing changed', async () => {
    const { executed, stdout } = await shop.deploy()
    expect(executed).toEqual([])
    expect(stdout).toBe('0 changes, 12 things equal and not touched\n')
  })

  test('makes one changed view anew, and no run starts meanwhile', async () => {
    shop.changeView()
    const { executed, stdout } = await shop.deploy()
    expect(withoutMarkers(executed)).toEqual([SUSPEND, 'create or replace view DEMO.MART.TOTALS', RESUME])
    expect(stdout).toBe('  relation MART.TOTALS\n1 change, 11 things equal and not touched\n')
    expect([...shop.warehouse.definitions.keys()].filter(key => key.startsWith('SUSPENDED'))).toEqual([])
  })

  test('leaves a task suspended that somebody suspended, and says so', async () => {
    shop.warehouse.tasks.set(TASK, 'suspended')
    shop.changeView()
    const { executed, stdout } = await shop.deploy()
    expect(executed).toEqual(['create or replace view DEMO.MART.TOTALS'])
    expect(stdout).toContain(`TASK_ALL was suspended before and stays so: alter task ${TASK} resume\n`)
    expect((await shop.deploy()).stdout).toContain('was suspended before and stays so')
    expect(shop.warehouse.tasks.get(TASK)).toBe('suspended')
  })

  test('makes again what somebody dropped', async () => {
    shop.warehouse.relations.delete('DEMO.MART.TOTALS')
    shop.warehouse.procedures.delete('DEMO.DATAFORM.SP_LOAD')
    shop.warehouse.tasks.delete(TASK)
    const { stdout } = await shop.deploy()
    expect(stdout).toBe(
      '  relation MART.TOTALS\n  procedure DATAFORM.SP_LOAD\n  task DATAFORM.TASK_ALL\n3 changes, 9 things equal and not touched\n',
    )
  })

  test('a table that was dropped gets its keys again', async () => {
    shop.warehouse.relations.delete('DEMO.DW.ORDERS')
    expect((await shop.deploy()).executed).toContain('execute immediate $$')
  })
})

describe('a deployment that dies', () => {
  const failing = async (what: RegExp) => {
    shop.server.on(what, failure('SQL compilation error: error line 3 at position 7\ninvalid identifier', '000904'))
    const ended = await command(shop.folder, ['deploy'])
    expect(ended.status).toBe(1)
    shop.server.on(what, DONE)
    return ended
  }

  test('tells the model whose statement failed', async () => {
    const { stderr } = await failing(/view DEMO\.MART\.TOTALS/)
    expect(stderr).toMatch(/^error: definitions\/totals\.sqlx:1 \(MART\.TOTALS\): SQL compilation error/)
  })

  test('leaves its mark, and the next one goes on where it stood and resumes the task', async () => {
    await shop.deploy()
    shop.changeView()
    edit(shop.folder, 'definitions/positive.sqlx', before => before.replace('< 0', '<= 0'))
    await failing(/view DEMO\.MART\.TOTALS/)
    expect(withoutMarkers(shortly(shop.warehouse.changes()))).toEqual([
      SUSPEND,
      'create or replace view DEMO.CHECKS.POSITIVE',
      'create or replace view DEMO.MART.TOTALS',
    ])
    expect(shop.warehouse.tasks.get(TASK)).toBe('suspended')
    expect(shop.warehouse.definitions.get(`SUSPENDED ${TASK}`)?.kind).toBe('suspended for a deployment')
    const next = await shop.deploy()
    expect(withoutMarkers(next.executed)).toEqual(['create or replace view DEMO.MART.TOTALS', RESUME])
    expect(next.stdout).not.toContain('stays so')
    expect(shop.warehouse.tasks.get(TASK)).toBe('started')
  })

  test('before the first start of its task: the next one starts it', async () => {
    await failing(/^alter task .* resume/)
    shop.warehouse.changes()
    shop.server.on(/^alter task .* resume/, DONE)
    const { executed } = await shop.deploy()
    expect(withoutMarkers(executed)).toEqual([RESUME])
  })

  test('resumes nothing that somebody had suspended before it', async () => {
    await shop.deploy()
    shop.warehouse.tasks.set(TASK, 'suspended')
    shop.changeView()
    await failing(/view DEMO\.MART\.TOTALS/)
    await shop.deploy()
    expect(shop.warehouse.tasks.get(TASK)).toBe('suspended')
  })

  test('between a column and its memory: the next one takes the column as it is', async () => {
    await shop.deploy()
    shop.change('staged', 'STATUS: {', 'SHOP: { type: "VARCHAR" }, STATUS: {')
    await failing(/^create table if not exists DEMO\.DW\.STAGED/)
    expect(shortly(shop.warehouse.changes())).toContain('alter table DEMO.DW.STAGED add column SHOP VARCHAR')
    const { executed } = await shop.deploy()
    expect(executed.filter(sql => sql.startsWith('alter table'))).toEqual([])
    expect((await shop.deploy()).executed).toEqual([])
  })
})

describe('a dry run', () => {
  const statements = (script: string): readonly string[] =>
    splitStatements({ sql: script, file: '' }).map(({ sql }) => sql.replace(/^(--[^\n]*\n)+\n*/, '').trim())
  const plain = (sqls: readonly string[]): readonly string[] =>
    sqls.map(sql => sql.replace(/^(\s*--[^\n]*\n)+\n*/, '').trim())

  test.each<[string, readonly string[], () => void]>([
    ['of a first deployment', [], () => undefined],
    ['of a changed view', [], shop.changeView],
    [
      'of a changed table, and of what is gone',
      ['--prune'],
      () => {
        shop.change('orders', 'ID, STATUS', 'ID, STATUS, DAY')
        rmSync(join(shop.folder, 'definitions/totals.sqlx'))
      },
    ],
    ['that keeps the task suspended', ['--suspended'], shop.changeView],
  ])('%s prints the statements that are executed then, and executes none', async (title, flags, change) => {
    if (!title.includes('first')) await shop.deploy()
    change()
    const dry = await command(shop.folder, ['deploy', '--dry-run', ...flags])
    expect(dry).toMatchObject({ status: 0, stderr: '' })
    expect(shop.warehouse.changes()).toEqual([])
    const { status } = await command(shop.folder, ['deploy', ...flags])
    expect(status).toBe(0)
    const executed = shop.warehouse.changes()
    expect(executed.length).toBeGreaterThan(1)
    expect(plain(statements(dry.stdout))).toEqual(plain(executed))
  })

  test('of what is equal prints no statement', async () => {
    await shop.deploy()
    expect((await command(shop.folder, ['deploy', '--dry-run'])).stdout).toBe('-- Nothing to do\n')
  })

  test('without credentials prints the whole script, and asks no warehouse', async () => {
    rmSync(join(shop.folder, '.df-credentials.json'))
    const { status, stdout } = await command(shop.folder, ['deploy', '--dry-run'])
    expect(status).toBe(0)
    expect(stdout).toContain(`CREATE OR REPLACE TASK ${TASK}`)
    expect(shop.server.counts.logins).toBe(0)
  })
})

test.each([
  ['without a file', undefined, 'there is no .df-credentials.json'],
  ['with those of DuckDB', '{"type": "duckdb", "path": "w"}', 'these credentials are for DuckDB'],
])('without Snowflake’s credentials, %s, a deployment is refused with what to do', async (_form, text, why) => {
  rmSync(join(shop.folder, '.df-credentials.json'))
  if (text !== undefined) edit(shop.folder, '.df-credentials.json', text)
  const { status, stdout, stderr } = await command(shop.folder, ['deploy'])
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain(
    `error: a deployment is for Snowflake, and ${why}\n  = help: dataform init-creds --type snowflake`,
  )
  expect(stderr).toContain('dataform deploy --dry-run prints the script')
})
