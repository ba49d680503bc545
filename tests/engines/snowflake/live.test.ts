// Against a real account, where these variables are set:
//   SNOWFLAKE_TEST_CREDENTIALS  path of a file like .df-credentials.json, with a warehouse and a role that may create schemas
//   SNOWFLAKE_TEST_DATABASE     a database for tests, in upper case; a schema of its own is made in it and dropped again
// What is used: a few seconds of the warehouse. The schema DATAFORM stays.
import { dirname, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileProject } from '../../../src/compile/compile.ts'
import type { Engine } from '../../../src/engines/engine.ts'
import { openSnowflake } from '../../../src/engines/snowflake/open.ts'
import type { Action, CopyAction, Target } from '../../../src/graph/types.ts'
import { plan } from '../../../src/plan/plan.ts'
import { compileProcedures } from '../../../src/procedures/index.ts'
import { readCredentials } from '../../../src/project/credentials.ts'
import { carryOutDeploy, deploySteps, planDeploy } from '../../../src/run/deploy.ts'
import { copy as copyAction, OPTIONS, table as tableAction } from '../../plan/fixtures.ts'
import { project, SETTINGS } from '../../run/project.ts'
import { never, read, statement, step, userError } from '../world.ts'

const { SNOWFLAKE_TEST_CREDENTIALS: file, SNOWFLAKE_TEST_DATABASE: database = '' } = process.env
const schema = `DATAFORM_LIVE_${process.pid}_${Date.now()}`
const target = (name: string): Target => ({ database, schema, name })
const name = (relation: string): string => `${database}.${schema}.${relation}`

const twoColumns: Partial<CopyAction> = {
  fileFormat: { type: 'CSV', options: { PARSE_HEADER: true } },
  columns: [
    { name: 'COLUMN1', type: 'NUMBER(10,0)', tags: [] },
    { name: 'COLUMN2', type: 'VARCHAR', tags: [] },
  ],
}

describe.skipIf(file === undefined || database === '')('[live Snowflake]', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await open()
  }, 120_000)
  afterAll(async () => {
    await outside(`drop schema if exists ${database}.${schema}`)
    await engine.close()
  }, 120_000)

  const open = (): Promise<Engine> => {
    const path = resolve(file ?? '')
    const credentials = readCredentials(dirname(path), path)
    if (credentials.type !== 'snowflake') throw new Error(`${path} is not of type snowflake`)
    return openSnowflake({ credentials, project: 'live-test' })
  }
  const outside = async (...sql: readonly string[]): Promise<void> => {
    for (const text of sql) await engine.run(step([], { prepare: [statement(text)] }), never)
  }
  /** Plans actions on what there is, sets up and runs them; the rows of each. */
  const carryOut = async (...actions: readonly Action[]): Promise<readonly (number | undefined)[]> => {
    const made = plan(actions, await engine.state([database]), { ...OPTIONS, engine: 'snowflake' })
    await engine.setup(made, never)
    const rows: (number | undefined)[] = []
    for (const each of made.steps) rows.push((await engine.run(each, never)).rows)
    return rows
  }
  const model = (sql: string, relation = 'MODEL') =>
    tableAction({ target: target(relation), query: { sql, file: 'definitions/model.sqlx', line: 3 } })

  test('connects, and answers cells as text', async () => {
    expect(await engine.query({ sql: 'select 1 as A, null as B, true as C, 1.50 as D', file: '' }, 10)).toEqual({
      columns: ['A', 'B', 'C', 'D'],
      rows: [['1', null, 'true', '1.50']],
      truncated: false,
    })
  }, 120_000)

  test('carries a plan out and remembers what it made', async () => {
    expect(await carryOut(model('select column1 as ID from values (1), (2)'))).toEqual([2])
    expect(await read(engine, `select ID from ${name('MODEL')} order by ID`)).toEqual([['1'], ['2']])
    const { relations } = await engine.state([database])
    expect(relations.get(name('MODEL'))).toMatchObject({
      kind: 'table',
      columns: ['ID'],
      definition: expect.any(String),
    })
  }, 300_000)

  test('rolls a failing load back, and tells file and line', async () => {
    const load = [
      statement(`insert into ${name('MODEL')} select 3`, 'write'),
      statement(`insert into ${name('MODEL')}\nselect NOPE`, 'write'),
    ]
    const error = await userError(engine.run(step(load, { target: target('MODEL') }), never))
    expect(error.place).toMatchObject({ file: 'definitions/model.sqlx', line: 11 })
    expect(await read(engine, `select count(*) from ${name('MODEL')}`)).toEqual([['2']])
  }, 300_000)

  test('copies what a manifest lists, once', async () => {
    const csv =
      'file_format = (type = csv compression = none field_optionally_enclosed_by = none) single = true overwrite = true'
    await outside(
      `create or replace stage ${name('LAKE')}`,
      `copy into @${name('LAKE')}/c/1.csv from (select column1, column2 from values (1, 'a'), (2, 'b')) ${csv} header = true`,
      `copy into @${name('LAKE')}/manifest.json
from (select object_construct('files', array_construct(object_construct('path', 'c/1.csv', 'rows', 2))))
file_format = (type = json compression = none) single = true overwrite = true`,
    )
    const action = copyAction({
      ...twoColumns,
      target: target('STAGED'),
      from: `@${name('LAKE')}/c/`,
      manifest: 'manifest.json',
    })
    expect(await carryOut(action)).toEqual([2])
    await engine.confirm([action.target])
    expect(await carryOut(action)).toEqual([0])
    expect(await read(engine, `select COLUMN1, COLUMN2 from ${name('STAGED')} order by 1`)).toEqual([
      ['1', 'a'],
      ['2', 'b'],
    ])
  }, 300_000)

  test('copies what a stage lists', async () => {
    const action = copyAction({
      ...twoColumns,
      target: target('LISTED'),
      from: `@${name('LAKE')}/c/`,
      pattern: '.*[.]csv',
    })
    expect(await carryOut(action)).toEqual([2])
  }, 300_000)

  test('deploys a project, calls it, and deploys nothing a second time', async () => {
    const folder = project({
      'dataform.json': JSON.stringify({ ...SETTINGS, defaultDatabase: database, defaultSchema: schema }),
      'definitions/procedures.yaml': `schema: ${schema}
procedures: [{ name: SP_LOAD, tags: [load] }]
master: { name: SP_ALL }
`,
      'definitions/numbers.sqlx':
        'config { type: "table", name: "NUMBERS", tags: ["load"] }\nselect column1 as ID from values (1), (2), (3)',
      'definitions/total.sqlx': `config { type: "view", name: "TOTAL" }\nselect sum(ID) as N from \${ref("NUMBERS")}`,
    })
    const compiled = compileProcedures(await compileProject({ projectDir: folder }), folder)
    const deploy = async (): Promise<readonly string[]> => {
      const made = await planDeploy(compiled, engine, { keepSuspended: false, isPruning: false })
      const done: string[] = []
      await carryOutDeploy(deploySteps(made, false), engine, title => void done.push(title), never)
      return done
    }
    expect(await deploy()).toContain(`procedure ${schema}.SP_ALL`)
    const { rows } = await engine.call({ name: name('SP_ALL'), procedures: [] }, never)
    expect(rows[0]?.[0]).toContain('SP_LOAD')
    expect(await read(engine, `select N from ${name('TOTAL')}`)).toEqual([['6']])
    expect(await deploy()).toEqual([])
  }, 300_000)

  test('cancels what is running', async () => {
    const controller = new AbortController()
    const end = userError(engine.run(step([statement('call system$wait(60)')]), controller.signal))
    setTimeout(() => controller.abort(new Error('enough')), 3000)
    expect((await end).cause).toEqual(new Error('enough'))
  }, 180_000)
})
