import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isTransient } from '../../../src/engines/registry.ts'
import type { Step } from '../../../src/plan/types.ts'
import { t } from '../../plan/fixtures.ts'
import { never, statement, step, userError } from '../world.ts'
import { type Account, openAccount, RUN_ID } from './account.ts'
import { DONE, deleted, failure, inserted, merged, table, updated } from './wire-answers.ts'

let account: Account
beforeAll(async () => {
  account = await openAccount()
})
afterAll(() => account.close())
beforeEach(() => account.server.reset())

const run = (load: Step['load'], over: Partial<Step> = {}, signal = never) =>
  account.engine.run(step(load, over), signal)
const said = () => account.server.statements()
const say: Account['server']['on'] = (match, ...answers) => account.server.on(match, ...answers)

const MERGE_DEFINITION = `merge into TELCO_DB.DATAFORM.DEFINITIONS d
using (select column1 as relation, column2 as kind, column3 as hash from values ('TELCO_DB.DW.T', 'table', 'abc')) s
on d.relation = s.relation
when matched then update set kind = s.kind, hash = s.hash
when not matched then insert (relation, kind, hash) values (s.relation, s.kind, s.hash)`

describe('a step', () => {
  test('is what it prepares, then BEGIN, its load and the record of its definitions, and COMMIT', async () => {
    say('create or replace table T (ID number)', DONE)
    say('delete from T', deleted(4))
    say('insert into T select 1', inserted(3))
    say(MERGE_DEFINITION, merged(1, 0))
    const outcome = await run([statement('delete from T'), statement('insert into T select 1', 'write')], {
      prepare: [statement('create or replace table T (ID number)')],
      definitions: [{ target: t('T'), kind: 'table', hash: 'abc' }],
    })
    expect(said()).toEqual([
      'create or replace table T (ID number)',
      'begin',
      'delete from T',
      'insert into T select 1',
      MERGE_DEFINITION,
      'commit',
    ])
    expect(outcome).toEqual({
      rows: 3,
      executed: ['create or replace table T (ID number)', 'delete from T', 'insert into T select 1'],
      notices: [],
    })
  })

  test('that only prepares begins no transaction', async () => {
    say(/^create/, DONE)
    say(MERGE_DEFINITION, merged(0, 1))
    await run([], {
      prepare: [statement('create or replace view T as select 1 as ID')],
      definitions: [{ target: t('T'), kind: 'table', hash: 'abc' }],
    })
    expect(said()).toEqual(['create or replace view T as select 1 as ID', MERGE_DEFINITION])
  })

  test('that prepares nothing records nothing', async () => {
    say('insert into T select 1', inserted(1))
    await run([statement('insert into T select 1', 'write')], {
      definitions: [{ target: t('T'), kind: 'table', hash: 'abc' }],
    })
    expect(said()).toEqual(['begin', 'insert into T select 1', 'commit'])
  })

  test('F65 DDL among the load is sent between transactions, since it would commit in the middle of one', async () => {
    say(/^(insert|grant)/, inserted(1))
    await run(
      ['insert into T select 1', 'grant select on T to role R', 'insert into LOG select 1'].map(sql => statement(sql)),
    )
    expect(said()).toEqual([
      'begin',
      'insert into T select 1',
      'commit',
      'grant select on T to role R',
      'begin',
      'insert into LOG select 1',
      'commit',
    ])
  })

  test('is tagged with project, action and run, each of its statements by itself', async () => {
    say('insert into T select 1', inserted(1))
    await run([statement('insert into T select 1', 'write')])
    const tags = account.server.received().map(({ parameters }) => parameters)
    const QUERY_TAG = JSON.stringify({ app: 'dataform', project: 'telco', action: 'DW.T', run: RUN_ID })
    expect(tags).toEqual(Array(3).fill({ QUERY_TAG, MULTI_STATEMENT_COUNT: 1 }))
  })

  test('that fails is rolled back, at the file and line that Snowflake names', async () => {
    say('delete from T', deleted(1))
    say(
      /^insert/,
      failure("SQL compilation error: error line 2 at position 7\ninvalid identifier 'NOPE'", '000904', '42000', {
        line: 2,
        pos: 7,
      }),
    )
    const error = await userError(
      run([statement('delete from T'), statement('insert into T\nselect NOPE', 'write'), statement('select 1')]),
    )
    expect(said()).toEqual(['begin', 'delete from T', 'insert into T\nselect NOPE', 'rollback'])
    expect(error.message).toMatch(
      /^SQL compilation error: error line 2 at position 7 invalid identifier 'NOPE' \(query 01b2c3d4-[-0-9]+\)$/,
    )
    expect(error.place).toEqual({ file: 'definitions/model.sqlx', line: 11, action: 'DW.T' })
    expect(error.cause).toMatchObject({ code: '000904', sqlState: '42000' })
    expect(isTransient(error)).toBe(false)
  })

  test('whose generated statement fails is told at its action', async () => {
    say(/^delete/, failure('Object does not exist', '002003', '02000'))
    const error = await userError(run([{ kind: 'execute', text: { sql: 'delete from T', file: '' } }]))
    expect(error.place).toEqual({ file: 'definitions/model.sqlx', line: 1, action: 'DW.T' })
    expect(error.remedy).toBe('create it, or grant the role its use')
  })

  test('that fails while it prepares begins nothing and rolls nothing back', async () => {
    say(/^create/, failure('Insufficient privileges', '003001', '42501'))
    const error = await userError(run([statement('select 1')], { prepare: [statement('create table T (ID number)')] }))
    expect(said()).toEqual(['create table T (ID number)'])
    expect(error.remedy).toContain('grant the role')
  })

  test('whose COMMIT is refused is rolled back', async () => {
    say('insert into T select 1', inserted(1))
    say('commit', failure('Transaction was aborted', '000604', '57014'))
    await userError(run([statement('insert into T select 1')]))
    expect(said()).toEqual(['begin', 'insert into T select 1', 'commit', 'rollback'])
  })
})

describe('kinds of statements', () => {
  test('write counts rows, of an UPDATE those updated and not those joined twice, of a MERGE both', async () => {
    say('update T', updated(5, 2))
    say('merge T', merged(2, 3))
    expect((await run([statement('update T', 'write'), statement('merge T', 'write')])).rows).toBe(10)
  })

  test('execute counts nothing', async () => {
    say('delete from T', deleted(7))
    expect((await run([statement('delete from T')])).rows).toBeUndefined()
  })

  test('count is the number that is answered', async () => {
    say(/^select count/, { columns: [{ name: 'N', type: 'fixed', scale: 0 }], rows: [['1200']] })
    expect((await run([statement('select count(*) as N from T', 'count')])).rows).toBe(1200)
  })

  test('notice tells people the first column', async () => {
    say('select notices', table(['A', 'B'], ['one', 'x'], ['two', null]))
    expect((await run([statement('select notices', 'notice')])).notices).toEqual(['one', 'two'])
  })

  test('a guard that returns rows fails the step with them and rolls it back; one without rows lets it pass', async () => {
    say('select problems', table(['MESSAGE'], ['first'], ['second']))
    say('insert into T select 1', inserted(1))
    const error = await userError(run([statement('insert into T select 1'), statement('select problems', 'guard')]))
    expect(said()).toEqual(['begin', 'insert into T select 1', 'select problems', 'rollback'])
    expect(error).toMatchObject({
      message: 'first; second',
      place: { file: 'definitions/model.sqlx', line: 1, action: 'DW.T' },
    })
    say('select problems', table(['MESSAGE']))
    await run([statement('select problems', 'guard')])
  })
})

describe('locks', () => {
  test.each([
    ['too many waiters', '000625', '57014', 'the number of waiters for this lock exceeds the 20 statements limit'],
    ['a deadlock', '000616', '40001', 'Transaction aborted'],
    ['a lock time-out', '000630', '57014', 'Statement reached LOCK_TIMEOUT of 60 seconds'],
  ])('%s is worth another try, after a rollback', async (_name, code, sqlState, message) => {
    say('update T', failure(message, code, sqlState))
    expect(isTransient(await userError(run([statement('update T', 'write')])))).toBe(true)
    expect(said()).toEqual(['begin', 'update T', 'rollback'])
  })

  test("a statement's own time-out is not, and says what to raise", async () => {
    say(
      'update T',
      failure(
        'Statement reached its statement or warehouse timeout of 60 second(s) and was canceled.',
        '000630',
        '57014',
      ),
    )
    const error = await userError(run([statement('update T', 'write')]))
    expect([isTransient(error), error.remedy]).toEqual([false, expect.stringContaining('statementTimeoutSeconds')])
  })
})
