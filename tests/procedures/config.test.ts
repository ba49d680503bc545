import { describe, expect, test } from 'vitest'
import { describeError, UserError, UserErrors } from '../../src/error.ts'
import type { Action } from '../../src/graph/types.ts'
import { compileProcedures } from '../../src/procedures/index.ts'
import { copy, incremental, operation, t, table } from '../plan/fixtures.ts'
import { project } from '../run/project.ts'

const FILE = 'definitions/procedures.yaml'
const PROCEDURES = 'procedures:\n  - name: SP_A\n    tags: [a]\n'
const MASTER = 'master:\n  name: SP_ALL\n'
const TASK = 'task:\n  name: TASK_ALL\n  schedule: 60 MINUTES\n  warehouse: WH\n'
const WHOLE = PROCEDURES + MASTER

const settings = {
  defaultDatabase: 'TELCO_DB',
  defaultSchema: 'DW',
  assertionSchema: 'CHECKS',
  vars: {},
  databaseSuffix: '',
  schemaSuffix: '',
  tablePrefix: '',
  disableAssertions: false,
  idempotentActionRetries: 0,
}

/** Compiles these actions; the errors as people read them, the first line of each, in the order they are told. */
const errorsOf = (
  yaml: string | undefined,
  actions: readonly Action[] = [table({ tags: ['a'] })],
): readonly string[] => {
  const folder = project(yaml === undefined ? {} : { [FILE]: yaml })
  try {
    compileProcedures({ settings, actions, tests: [], raw: {} }, folder)
    return []
  } catch (error) {
    const all = error instanceof UserErrors ? error.errors : error instanceof UserError ? [error] : undefined
    if (all === undefined) throw error
    return all.map(each => describeError(each).split('\n')[0] ?? '')
  }
}

const REFUSED: readonly (readonly [what: string, yaml: string, line: number, message: string])[] = [
  ['a key that nobody knows', `${WHOLE}lease: 1 HOUR\n`, 6, 'lease: is no key here'],
  ['a key of a procedure that nobody knows', `${PROCEDURES}    tag: b\n${MASTER}`, 4, 'procedures.0.tag: is no key'],
  ['a key of the master that nobody knows', `${WHOLE}  tags: [x]\n`, 6, 'master.tags: is no key here'],
  ['a key of the task that nobody knows', `${WHOLE}${TASK}  cron: x\n`, 10, 'task.cron'],
  ['no procedures', MASTER, 1, 'procedures: is missing'],
  ['procedures that are empty', `procedures: []\n${MASTER}`, 1, 'procedures: must hold a procedure'],
  ['procedures that are no list', `${MASTER}procedures: SP_A\n`, 3, 'procedures: must be a list of procedures'],
  ['no master', PROCEDURES, 1, 'master: is missing'],
  ['a master without a name', `${PROCEDURES}master:\n  lease: 1 HOUR\n`, 4, 'master.name: is missing'],
  ['a procedure without a name', `procedures:\n  - tags: [a]\n${MASTER}`, 2, 'procedures.0.name: is missing'],
  ['a procedure without tags', `procedures:\n  - name: SP_A\n${MASTER}`, 2, 'procedures.0.tags: is missing'],
  ['tags that are a text', `procedures:\n  - name: SP_A\n    tags: a\n${MASTER}`, 3, 'must be a list of tags'],
  ['tags that are empty', `procedures:\n  - name: SP_A\n    tags: []\n${MASTER}`, 3, 'must name a tag'],
  ['a tag that is empty', `procedures:\n  - name: SP_A\n    tags: [a, ""]\n${MASTER}`, 3, 'tags.1: must not be empty'],
  ['a tag that is a number', `procedures:\n  - name: SP_A\n    tags: [7]\n${MASTER}`, 3, 'tags.0: must be a text'],
  [
    'a name that is a number',
    `procedures:\n  - name: 7\n    tags: [a]\n${MASTER}`,
    2,
    'procedures.0.name: must be a name',
  ],
  ['a name with a space', `procedures:\n  - name: SP A\n    tags: [a]\n${MASTER}`, 2, 'must be a name of letters'],
  ['a name that would end the statement', `${PROCEDURES}master:\n  name: "SP;DROP"\n`, 5, 'must be a name of letters'],
  ['a schema that is no name', `${WHOLE}schema: a.b\n`, 6, 'schema: must be a name of letters'],
  ['a comment that is empty', `${WHOLE}  comment: ""\n`, 6, 'master.comment: must not be empty'],
  ['a lease that is no duration', `${WHOLE}  lease: soon\n`, 6, 'master.lease: must be a duration such as'],
  ['a lease of nothing', `${WHOLE}  lease: 0 HOURS\n`, 6, 'master.lease: must be a duration such as'],
  ['a lease that is a number', `${WHOLE}  lease: 4\n`, 6, 'master.lease: must be a text'],
  [
    'two procedures of one name',
    `procedures:\n  - name: SP_A\n    tags: [a]\n  - name: sp_a\n    tags: [b]\n${MASTER}`,
    4,
    'procedures.1.name: SP_A is the name of another one',
  ],
  ['a master named like a procedure', `${PROCEDURES}master:\n  name: SP_A\n`, 5, 'master.name: SP_A is the name of'],
  ['a task named like the master', `${WHOLE}${TASK.replace('TASK_ALL', 'SP_ALL')}`, 7, 'task.name: SP_ALL is the name'],
  ['a task without a name', `${WHOLE}task:\n  schedule: 60 MINUTES\n  warehouse: WH\n`, 6, 'task.name: is missing'],
  ['a schedule that is none', `${WHOLE}${TASK.replace('60 MINUTES', 'daily')}`, 8, 'task.schedule'],
  [
    'a schedule of five wrong fields',
    `${WHOLE}${TASK.replace('60 MINUTES', 'USING CRON 61 6 * * * UTC')}`,
    8,
    'schedule',
  ],
  ['a schedule in no time zone', `${WHOLE}${TASK.replace('60 MINUTES', 'USING CRON 0 6 * * * Mars')}`, 8, 'schedule'],
  ['a task without a schedule', `${WHOLE}task:\n  name: T\n  warehouse: WH\n`, 6, 'schedule'],
  ['both warehouse and serverless', `${WHOLE}${TASK}  serverless: {}\n`, 6, 'exactly one of warehouse and serverless'],
  [
    'neither of them',
    `${WHOLE}task:\n  name: T\n  schedule: 60 MINUTES\n`,
    6,
    'exactly one of warehouse and serverless',
  ],
  [
    'two tasks of a graph with one name',
    `${PROCEDURES}  - name: SP_B\n    tags: [b]\n${MASTER}${TASK.replace('TASK_ALL', 'TASK_B')}  form: graph\n`,
    4,
    'TASK_B is the name',
  ],
  ['a form that is none', `${WHOLE}${TASK}  form: tree\n`, 10, 'task.form: must be "single" or "graph"'],
  ['failures that are no number', `${WHOLE}${TASK}  suspendAfterFailures: many\n`, 10, 'task.suspendAfterFailures'],
  ['tasks that overlap', `${WHOLE}${TASK}  allowOverlap: true\n`, 10, 'allowOverlap: must be false'],
  ['a finalizer without SQL', `${WHOLE}${TASK}  finalizer:\n    name: T_END\n`, 10, 'task.finalizer.sql: is missing'],
  [
    'a finalizer named like the task',
    `${WHOLE}${TASK}  finalizer:\n    name: TASK_ALL\n    sql: x\n`,
    11,
    'finalizer.name',
  ],
  ['YAML that is none', `${WHOLE}schema: [\n`, 7, ''],
  ['a tab', `master:\n\tname: x\n`, 2, ''],
  ['a key that is given twice', `${WHOLE}${MASTER}`, 6, 'Map keys must be unique'],
  ['__proto__', `${WHOLE}  __proto__: {}\n`, 6, 'the key __proto__ is not allowed'],
  ['constructor in a procedure', `${PROCEDURES}    constructor: x\n${MASTER}`, 4, 'the key constructor is not allowed'],
]

describe('definitions/procedures.yaml', () => {
  test.each(REFUSED)('refused, with its line: %s', (_, yaml, line, message) => {
    const [error = 'no error', ...others] = errorsOf(yaml)
    expect(error).toMatch(new RegExp(`^${FILE}:${line}: `))
    expect(error).toContain(message)
    expect(others).toEqual([])
  })

  test('all that is wrong is told at once', () => {
    const yaml = 'schema: a b\nprocedures:\n  - name: 1\n    tags: []\nmaster:\n  name: SP_ALL\n  lease: x\nmore: 1\n'
    expect(errorsOf(yaml).map(error => error.split(': ', 1)[0])).toEqual([
      `${FILE}:1`,
      `${FILE}:3`,
      `${FILE}:4`,
      `${FILE}:7`,
      `${FILE}:8`,
    ])
  })

  test.each([
    ['', 'an empty file'],
    ['- a\n', 'a list'],
    ['text\n', 'a text'],
  ])('%j is no description of procedures: %s', yaml => {
    expect(errorsOf(yaml).join('\n')).toMatch(new RegExp(`^${FILE}`))
  })

  test('a project without it is told what to write', () => {
    expect(errorsOf(undefined)).toEqual([`${FILE}: this project does not say which procedures it has`])
  })

  test('what it needs is little: the smallest one compiles', () => {
    expect(errorsOf(WHOLE)).toEqual([])
    expect(errorsOf(WHOLE + TASK)).toEqual([])
  })
})

const TWO = 'procedures:\n  - name: SP_A\n    tags: [a]\n  - name: SP_B\n    tags: [b]\nmaster:\n  name: SP_ALL\n'

describe('what a procedure holds', () => {
  const a = table({ target: t('A'), tags: ['a'], file: 'definitions/a.sqlx', line: 4 })
  const b = table({ target: t('B'), tags: ['b'], file: 'definitions/b.sqlx', line: 5 })

  test('an action of two procedures', () => {
    expect(errorsOf(TWO, [a, { ...b, tags: ['b', 'a'] }])).toEqual([
      'definitions/b.sqlx:5 (DW.B): its tags put it in SP_A and in SP_B',
    ])
  })

  test('one that reads what a later procedure loads', () => {
    expect(errorsOf(TWO, [{ ...a, dependencies: [b.target] }, b])).toEqual([
      'definitions/a.sqlx:4 (DW.A): it is loaded by SP_A and reads DW.B, which SP_B loads later',
    ])
  })

  test('one that reads it through a view without tags', () => {
    const view = table({ type: 'view', target: t('V'), dependencies: [b.target], file: 'definitions/v.sqlx' })
    expect(errorsOf(TWO, [{ ...a, dependencies: [view.target] }, b, view])).toEqual([
      'definitions/a.sqlx:4 (DW.A): it is loaded by SP_A and reads DW.V, which SP_B loads later',
    ])
  })

  test('a procedure without actions, or with views alone', () => {
    const error = `${FILE}: SP_B has nothing to load: only views, if anything, have one of its tags (b)`
    expect(errorsOf(TWO, [a])).toEqual([error])
    const view = table({ type: 'view', target: t('V'), tags: ['b'], file: 'definitions/v.sqlx' })
    expect(errorsOf(TWO, [a, view])).toEqual([error])
  })

  test('a copy without a manifest: a listing does not tell what is whole', () => {
    const [error] = errorsOf(WHOLE, [copy({ tags: ['a'], file: 'definitions/c.sqlx', line: 7 })])
    expect(error).toBe('definitions/c.sqlx:7 (STAGING.STG): a procedure can only load a copy that has a manifest')
  })

  const text = (sql: string, line: number) => ({ sql, file: 'definitions/o.sqlx', line })
  const DDL = 'DDL among DML commits half of a transaction in Snowflake: no procedure can hold this'

  test('F65 DDL among DML fails the compile with its file and line: in operations', () => {
    const action = operation({
      tags: ['a'],
      queries: [
        text('insert into TELCO_DB.DW.X select 1;\n\ncreate table TELCO_DB.DW.Y (a int);', 3),
        text('delete from TELCO_DB.DW.X', 9),
      ],
    })
    expect(errorsOf(WHOLE, [action])).toEqual([`definitions/o.sqlx:5 (DW.OPS): ${DDL}`])
  })

  test.each([
    'alter table X add column a int',
    'drop table X',
    "comment on table X is 'x'",
    'grant select on table X to role R',
    '-- a comment\n/* and one */ CREATE TABLE X (a int)',
  ])('F65 … after a query that is written before: %s', ddl => {
    const action = operation({
      tags: ['a'],
      queries: [text('delete from X', 3), text(ddl, 4), text('delete from X', 9)],
    })
    expect(errorsOf(WHOLE, [action]).join()).toMatch(/^definitions\/o\.sqlx:[456] \(DW\.OPS\): DDL among DML/)
  })

  test('F65 … in preOperations, whose load follows', () => {
    const action = table({ tags: ['a'], preOperations: [text('delete from X', 2), text('create table Y (a int)', 3)] })
    expect(errorsOf(WHOLE, [action])).toEqual([`definitions/o.sqlx:3 (DW.ORDERS): ${DDL}`])
  })

  test('F65 … in what an incremental does each time', () => {
    const operations = [
      text('delete from X', 2),
      text('truncate table Z', 3),
      text('create table Y (a int)', 4),
      text('delete from X', 5),
    ]
    const action = incremental({ tags: ['a'], incrementalPreOperations: operations })
    expect(errorsOf(WHOLE, [action])).toEqual([`definitions/o.sqlx:4 (DW.EVENTS): ${DDL}`])
  })

  test('DDL before all DML, and after it, belongs to the deployment', () => {
    const action = operation({
      tags: ['a'],
      queries: [
        text('create table if not exists X (a int)', 1),
        text('delete from X', 2),
        text('grant select on X to role R', 3),
      ],
    })
    const folder = project({ [FILE]: WHOLE })
    const { files, deployables } = compileProcedures({ settings, actions: [action], tests: [], raw: {} }, folder)
    expect(files.get('procedures/SP_A.sql')).not.toMatch(/create table|grant/)
    expect(deployables.find(({ kind }) => kind === 'relation')?.statements).toEqual([
      'create table if not exists X (a int)',
      'grant select on X to role R',
    ])
  })
})
