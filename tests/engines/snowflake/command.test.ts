import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dataform, type Ended, lastRun, project, resultOf, start, statuses } from '../../run/project.ts'
import { USER } from './account.ts'
import { DONE, deleted, failure, inserted, merged, table, type WireAnswer } from './wire-answers.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

let server: WireServer
let folder: string
beforeEach(async () => {
  server = await startWireServer(USER)
  folder = project({
    '.df-credentials.json': JSON.stringify(credentials()),
    'definitions/orders.sqlx':
      'config { type: "table", name: "ORDERS", assertions: { nonNull: ["ID"] } }\nselect 1 as ID',
    'definitions/after.sqlx': `config { type: "table", name: "AFTER" }\nselect * from \${ref("ORDERS")}`,
  })
  server.on(/INFORMATION_SCHEMA/, table(['SCHEMA_NAME', 'TABLE_NAME', 'TABLE_TYPE', 'COLUMN_NAME']))
  server.on(/^(create|comment)/, DONE)
  server.on(/^delete/, deleted(0))
  server.on(/^insert/, inserted(1))
  server.on(/^merge/, merged(1, 0))
  counting(0)
})
afterEach(() => server.close())

const counting = (rows: number): void =>
  server.on(/^select count/, { columns: [{ name: 'N', type: 'fixed', scale: 0 }], rows: [[String(rows)]] })
/** The first lines of what was executed, generated names left out. */
const firstLines = () => server.statements().map(sql => sql.split('\n')[0])

/** Nothing of the driver's own is printed, and no log is left behind. */
function expectQuiet({ stdout, stderr }: Ended): void {
  expect(stdout).not.toMatch(/Connection\[id|Creating Connection|"level"/)
  expect(stderr).toBe('')
  expect(readdirSync(folder).filter(name => name.endsWith('.log'))).toEqual([])
}

describe('dataform run', () => {
  test('makes schemas, state and models in the order of their needs, each tagged with its action and one run', async () => {
    const ended = await dataform(folder, ['run'])
    expect(ended.stdout).toContain('Table created: DW.ORDERS')
    expect(ended.status).toBe(0)
    expectQuiet(ended)
    expect(statuses(lastRun(folder))).toMatchObject({ ORDERS: 'SUCCESSFUL', AFTER: 'SUCCESSFUL' })
    expect(firstLines().slice(0, 6)).toEqual([
      'select s.schema_name, t.table_name, t.table_type, c.column_name, t.is_transient, t.clustering_key',
      'create schema if not exists DEMO.DATAFORM',
      'create schema if not exists DEMO.DW',
      'create schema if not exists DEMO.CHECKS',
      'create file format if not exists DEMO.DATAFORM.MANIFEST type = json',
      'create table if not exists DEMO.DATAFORM.LOAD_HISTORY (',
    ])
    const ofOrders = server.received().filter(({ parameters }) => String(parameters.QUERY_TAG).includes('"DW.ORDERS"'))
    expect(ofOrders.map(({ sql }) => sql.split('\n')[0])).toEqual([
      'create or replace table DEMO.DW.ORDERS copy grants as',
      'begin',
      'delete from DEMO.DW.ORDERS',
      'insert into DEMO.DW.ORDERS',
      'merge into DEMO.DATAFORM.DEFINITIONS d',
      'commit',
    ])
    const tags = server.received().map(({ parameters }) => JSON.parse(String(parameters.QUERY_TAG)) as { run: string })
    expect(new Set(tags.map(({ run }) => run)).size).toBe(1)
  })

  test('tells a failing assertion, and a model that fails at its file and line', async () => {
    counting(3)
    server.on(/^insert into DEMO.DW.AFTER/, failure('SQL compilation error: error line 2 at position 0\ninvalid'))
    const ended = await dataform(folder, ['run'])
    expect(ended.status).toBe(1)
    expect(ended.stderr).toMatch(/^FAILED: DW.AFTER\n {2}definitions\/after.sqlx:2 \(DW.AFTER\): SQL compilation error/)
    const run = lastRun(folder)
    expect(resultOf(run, 'ORDERS').status).toBe('SUCCESSFUL')
    expect(resultOf(run, 'AFTER')).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('definitions/after.sqlx:2 (DW.AFTER): SQL compilation error'),
    })
    expect(run.actions.find(({ type }) => type === 'assertion')?.error).toBe('Assertion failed: query returned 3 rows.')
  })

  test('tries an action again whose session was lost', async () => {
    const lost: WireAnswer = { session: 'gone' }
    server.on(/^insert into DEMO.DW.ORDERS/, lost, inserted(7))
    const ended = await dataform(folder, ['run', '--action-retry-limit', '1', '--actions', 'ORDERS'])
    expect(ended.status).toBe(0)
    expect(resultOf(lastRun(folder), 'ORDERS')).toMatchObject({ status: 'SUCCESSFUL', rows: 7 })
  })

  test('Ctrl-C cancels the statement, rolls it back and ends with 130', async () => {
    server.on(/^insert into DEMO.DW.ORDERS/, { ...inserted(1), hangs: 'until cancelled' })
    const running = start('dataform', folder, ['run'])
    await expect.poll(() => firstLines(), { timeout: 20_000 }).toContain('insert into DEMO.DW.ORDERS')
    running.child.kill('SIGINT')
    expect((await running.ended).status).toBe(130)
    expect(server.counts.cancels).toBe(1)
    expect(firstLines().at(-1)).toBe('rollback')
    expect(statuses(lastRun(folder))).toMatchObject({ ORDERS: 'CANCELLED' })
  })

  test('a refused login is one error with the file, and no stack', async () => {
    const { status, stderr } = await dataform(folder, ['run', '--credentials', writeCredentials('wrong')])
    expect(status).toBe(1)
    expect(stderr).toContain('other.json: Snowflake refused the login of DATAFORM at myorg-prod')
    expect(stderr).not.toMatch(/ {4}at |wrong-password/)
  })
})

test('dataform show prints rows, dataform run --dry-run sends nothing but what it reads', async () => {
  server.on('select 1 as A', table(['A', 'B'], ['1', null]))
  const shown = await dataform(folder, ['show', '--sql', 'select 1 as A', '--json'])
  expect(JSON.parse(shown.stdout)).toEqual({ columns: ['A', 'B'], rows: [['1', null]], truncated: false })
  expectQuiet(shown)
  const dry = await dataform(folder, ['run', '--dry-run'])
  expect(dry.stdout).toContain('insert into DEMO.DW.ORDERS')
  expect(server.statements().filter(sql => !sql.startsWith('select'))).toEqual([])
})

test('no other command loads the driver', async () => {
  const env = { NODE_DEBUG: 'module' }
  const compiled = await dataform(folder, ['compile'], env)
  expect(compiled.status).toBe(0)
  expect(compiled.stderr).not.toContain('snowflake-sdk')
  const shown = await dataform(folder, ['show', '--sql', 'select 1 as A'], env)
  expect(shown.stderr).toContain('snowflake-sdk')
})

function credentials(): Readonly<Record<string, string | undefined>> {
  const { name: username, password } = USER
  return { type: 'snowflake', accountId: 'myorg-prod', accessUrl: server.url, username, password }
}

/** Credentials with another password, beside the project's own. */
function writeCredentials(password: string): string {
  const path = join(folder, 'other.json')
  writeFileSync(path, JSON.stringify({ ...credentials(), password: `${password}-password` }))
  return 'other.json'
}
