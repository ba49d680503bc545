import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isTransient } from '../../../src/engines/registry.ts'
import { plan } from '../../../src/plan/plan.ts'
import { OPTIONS, table as tableAction } from '../../plan/fixtures.ts'
import { never, statement, step, userError } from '../world.ts'
import { type Account, open, openAccount, PASSWORD, USER } from './account.ts'
import { DONE, failure, inserted, table } from './wire-answers.ts'
import { startWireServer } from './wire-server.ts'

let account: Account
beforeAll(async () => {
  account = await openAccount()
})
afterAll(() => account.close())
beforeEach(() => account.server.reset())

const run = (...load: readonly string[]) => account.engine.run(step(load.map(sql => statement(sql, 'write'))), never)
const query = (sql: string, limit = 10) => account.engine.query({ sql, file: '' }, limit)
const said = () => account.server.statements()
const say: Account['server']['on'] = (match, ...answers) => account.server.on(match, ...answers)

describe('a session', () => {
  test('is set up once for all of its statements, and is used again', async () => {
    say('select 1', table(['A'], ['1']))
    await query('select 1')
    await query('select 1')
    expect(account.server.counts.logins).toBe(1)
  })

  test('is one of its own for each step that runs at the same time', async () => {
    say('slow', { ...inserted(1), hangs: 'until cancelled' })
    say('fast', inserted(1))
    const controller = new AbortController()
    const slow = userError(account.engine.run(step([statement('slow', 'write')]), controller.signal))
    await expect.poll(said).toContain('slow')
    await run('fast')
    const sessions = new Map(account.server.received().map(({ sql, session }) => [sql, session]))
    expect(sessions.get('fast')).not.toBe(sessions.get('slow'))
    controller.abort()
    await slow
  })

  test('whose token has expired renews it, and the statement is executed once', async () => {
    const { renewals } = account.server.counts
    say('insert into T select 1', { ...inserted(2), session: 'expired' })
    expect((await run('insert into T select 1')).rows).toBe(2)
    expect(account.server.counts.renewals).toBe(renewals + 1)
    expect(said()).toEqual(['begin', 'insert into T select 1', 'commit'])
  })

  test('that is gone before anything was executed is replaced', async () => {
    say('insert into T select 1', inserted(2))
    const { logins } = account.server.counts
    await run('insert into T select 1')
    account.server.reset()
    say('insert into T select 1', inserted(2))
    account.server.dropSessions()
    expect((await run('insert into T select 1')).rows).toBe(2)
    expect(said()).toEqual(['begin', 'insert into T select 1', 'commit'])
    expect(account.server.counts.logins).toBe(logins + 1)
  })

  test('that is gone in the middle of a step is worth another try of the whole', async () => {
    say('first', inserted(1))
    say('second', { session: 'gone' }, inserted(1))
    const error = await userError(run('first', 'second'))
    expect(isTransient(error)).toBe(true)
    expect(error.message).toContain('the session with Snowflake was lost')
    expect(error.place).toEqual({ file: 'definitions/model.sqlx', line: 10, action: 'DW.T' })
    expect(said()).toEqual(['begin', 'first', 'second'])
    account.server.reset()
    say('first', inserted(1))
    say('second', inserted(1))
    expect((await run('first', 'second')).rows).toBe(2)
  })

  test('that is gone at COMMIT is worth no other try: nobody knows what it did', async () => {
    say('insert into T select 1', inserted(1))
    say('commit', { session: 'gone' })
    const error = await userError(run('insert into T select 1'))
    expect(isTransient(error)).toBe(false)
    expect(error.message).toBe('the session was lost during COMMIT: whether this action took effect is not known')
  })

  test('is closed with the engine', async () => {
    const server = await startWireServer(USER)
    const engine = await open(server)
    await engine.close()
    expect(server.counts).toMatchObject({ logins: 1, closed: 1 })
    await server.close()
  })
})

describe('the network', () => {
  test('503 is tried again by the driver, and the statement is executed once', async () => {
    say('insert into T select 1', { ...inserted(1), http: { status: 503, times: 1 } })
    expect((await run('insert into T select 1')).rows).toBe(1)
    expect(said()).toEqual(['begin', 'insert into T select 1', 'commit'])
  })

  test('a request that Snowflake forbids is told with its status, and not tried again', async () => {
    say('select 1', { http: { status: 403, times: 99 } })
    const error = await userError(query('select 1'))
    expect(error.message).toContain('403')
    expect(said()).toEqual(['select 1'])
  })

  test('a result that is not there yet is asked for until it is', async () => {
    const { polls } = account.server.counts
    say('select slow', { ...table(['A'], ['1']), polls: 3 })
    expect((await query('select slow')).rows).toEqual([['1']])
    expect(account.server.counts.polls).toBe(polls + 3)
  })
})

describe('an abort', () => {
  const aborted = async (answer: 'until cancelled' | 'deaf', polls = 0) => {
    say('first', inserted(1))
    say('hangs', { ...inserted(1), hangs: answer, polls })
    const controller = new AbortController()
    const reason = new Error('the user has pressed Ctrl-C')
    const end = userError(
      account.engine.run(step([statement('first'), statement('hangs', 'write')]), controller.signal),
    )
    await expect.poll(said).toContain('hangs')
    controller.abort(reason)
    const error = await end
    expect(error.message).toBe('interrupted, and rolled back')
    expect(error.cause).toBe(reason)
  }

  test('cancels the statement in Snowflake, waits for its end and rolls back', async () => {
    const { cancels } = account.server.counts
    await aborted('until cancelled')
    expect(account.server.counts.cancels).toBe(cancels + 1)
    expect(said()).toEqual(['begin', 'first', 'hangs', 'rollback'])
  })

  test('gives up the session of a statement that does not end, and closes it', async () => {
    const { closed } = account.server.counts
    await aborted('deaf')
    expect(said()).toEqual(['begin', 'first', 'hangs'])
    expect(account.server.counts.closed).toBe(closed + 1)
  })

  test('before the beginning sends nothing', async () => {
    const error = await userError(account.engine.run(step([statement('first')]), AbortSignal.abort(new Error('early'))))
    expect(error.cause).toEqual(new Error('early'))
    expect(said()).toEqual([])
  })

  test('does not wait for a login, whose session is closed once it comes', async () => {
    const release = account.server.holdLogins()
    account.server.dropSessions()
    const { closed, logins } = account.server.counts
    const controller = new AbortController()
    const end = userError(account.engine.run(step([statement('first')]), controller.signal))
    await expect.poll(said).toEqual([])
    setTimeout(() => controller.abort(new Error('enough')), 200)
    expect((await end).cause).toEqual(new Error('enough'))
    expect(account.server.counts.logins).toBe(logins)
    release()
    await expect.poll(() => account.server.counts).toMatchObject({ logins: logins + 1, closed: closed + 1 })
    expect(said()).toEqual([])
  })

  test('of a query ends it', async () => {
    say('hangs', { ...table(['A']), hangs: 'until cancelled' })
    const controller = new AbortController()
    const end = userError(account.engine.query({ sql: 'hangs', file: '' }, 10, controller.signal))
    await expect.poll(said).toContain('hangs')
    controller.abort(new Error('enough'))
    expect((await end).cause).toEqual(new Error('enough'))
  })
})

describe('a query', () => {
  test('answers cells as text and NULL as null, numbers to their last digit', async () => {
    say('select all', {
      columns: [
        { name: 'N', type: 'fixed', scale: 0 },
        { name: 'D', type: 'fixed', scale: 2 },
        { name: 'B', type: 'boolean' },
        { name: 'DAY', type: 'date' },
        { name: 'AT', type: 'timestamp_ntz' },
        { name: 'V', type: 'variant' },
        { name: 'lower', type: 'text' },
        { name: 'lower', type: 'text' },
      ],
      rows: [
        ['12345678901234567890123', '1.50', '1', '19723', '1704067200.123000000', '{"a":1}', 'x', 'y'],
        [null, null, '0', null, null, null, null, null],
      ],
    })
    expect(await query('select all')).toEqual({
      columns: ['N', 'D', 'B', 'DAY', 'AT', 'V', 'lower', 'lower'],
      rows: [
        ['12345678901234567890123', '1.50', 'true', '2024-01-01', '2024-01-01 00:00:00.123', '{"a":1}', 'x', 'y'],
        [null, null, 'false', null, null, null, null, null],
      ],
      truncated: false,
    })
  })

  test('tells whether there are more rows than the limit', async () => {
    say('select 3', table(['A'], ['1'], ['2'], ['3']))
    expect(await query('select 3', 2)).toMatchObject({ rows: [['1'], ['2']], truncated: true })
    expect(await query('select 3', 3)).toMatchObject({ rows: [['1'], ['2'], ['3']], truncated: false })
    expect(await query('select 3', 0)).toMatchObject({ rows: [], truncated: true })
  })

  test('that fails is told at its line', async () => {
    say(/^select/, failure('SQL compilation error: error line 3 at position 1\nunexpected'))
    const error = await userError(account.engine.query({ sql: 'select\n1,\n,', file: '--sql', line: 1 }, 1))
    expect(error.place).toMatchObject({ file: '--sql', line: 3 })
  })

  test("its text is the engine's own: a model is written in Snowflake SQL", async () => {
    expect(await account.engine.translate(statement('select $1:a::string from T'))).toBe('select $1:a::string from T')
  })
})

describe('setup', () => {
  const made = plan([tableAction()], { relations: new Map(), schemas: new Set() }, { ...OPTIONS, engine: 'snowflake' })

  test("makes the plan's schemas, then the engine's own objects", async () => {
    say(/^create/, DONE)
    await account.engine.setup(made, never)
    expect(said().map(sql => sql.split('\n')[0])).toEqual([
      'create schema if not exists TELCO_DB.DATAFORM',
      'create schema if not exists TELCO_DB.DW',
      'create file format if not exists TELCO_DB.DATAFORM.MANIFEST type = json',
      'create table if not exists TELCO_DB.DATAFORM.LOAD_HISTORY (',
      'create table if not exists TELCO_DB.DATAFORM.DEFINITIONS (',
    ])
  })

  test('stops at the first that fails', async () => {
    say(/^create/, failure('Insufficient privileges', '003001', '42501'))
    await userError(account.engine.setup(made, never))
    expect(said()).toHaveLength(1)
  })
})

test('a statement time-out goes with each statement', async () => {
  const limited = await openAccount({ statementTimeoutSeconds: 60 })
  limited.server.on('select 1', table(['A'], ['1']))
  await limited.engine.query({ sql: 'select 1', file: '' }, 1)
  expect(limited.server.received()[0]?.parameters).toMatchObject({ STATEMENT_TIMEOUT_IN_SECONDS: 60 })
  await limited.close()
})

test('a wrong password is refused at the opening, and tried once', async () => {
  const server = await startWireServer(USER)
  const error = await userError(open(server, { password: 'not the password' }))
  expect(error.message).toMatch(
    /^Snowflake refused the login of DATAFORM at myorg-prod: Incorrect username or password/,
  )
  expect(error.place.file).toBe('.df-credentials.json')
  expect(error.remedy).toBe('correct username and password')
  expect(server.counts.logins).toBe(1)
  expect(PASSWORD).not.toBe('not the password')
  await server.close()
})
