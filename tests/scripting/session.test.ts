import { afterAll, beforeAll, expect, test } from 'vitest'
import { UserError } from '../../src/error.ts'
import {
  callProcedure,
  type ExecutedStatement,
  executeBlock,
  parseBlock,
  parseProcedures,
  type ScriptSession,
} from '../../src/scripting/index.ts'
import { type Harness, openHarness, procedureText } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await openHarness()
})
afterAll(() => harness.close())

const procedure = (text: string) => parseProcedures(procedureText(text), 'p.sql')

test('a block runs without a procedure, and may call one', async () => {
  const procedures = parseProcedures(
    'create procedure TWICE(n int) returns int as $$ begin return 2 * n; end $$',
    'p.sql',
  )
  const block = parseBlock('declare n int; begin call TWICE(21) into :n; return n; end;', 'b.sql')
  const { value } = await executeBlock(block, 'b.sql', harness.session(), { procedures })
  expect(value).toEqual({ type: { name: 'NUMBER', precision: 38, scale: 0 }, value: '42' })
})

test('a block that leaves its transaction open is rolled back', async () => {
  await harness.execute('create or replace table DB.W.B (a int)')
  const block = parseBlock('begin begin transaction; insert into DB.W.B values (1); end;', 'b.sql')
  await expect(executeBlock(block, 'b.sql', harness.session())).rejects.toThrow('rolled back')
  expect(await harness.read('select count(*) from DB.W.B')).toEqual([['0']])
})

test('a pinned clock is what the functions of the clock say', async () => {
  await harness.execute('create or replace table DB.W.C (t timestamp, d date, s timestamp)')
  const text = `begin insert into DB.W.C select current_timestamp(), current_date, sysdate(); return current_timestamp; end`
  const now = () => new Date('2025-03-04T05:06:07.089Z')
  const { value } = await callProcedure(procedure(text), 'P', [], harness.session(), { now })
  expect(value?.value).toBe('2025-03-04 05:06:07.089')
  const time = '2025-03-04 05:06:07.089'
  expect(await harness.read('select * from DB.W.C')).toEqual([[time, '2025-03-04', time]])
})

test('a view keeps the function of the clock', async () => {
  const told: string[] = []
  const session: ScriptSession = {
    ...harness.session(),
    run: async ({ sql }) => {
      told.push(sql)
      return { columns: [], rows: [], rowCount: undefined }
    },
  }
  const text = `begin create view V as select current_date as d; create table T as select current_date as d; return 'ok'; end`
  await callProcedure(procedure(text), 'P', [], session, { now: () => new Date('2025-03-04T00:00:00Z') })
  expect(told).toEqual([
    'create view V as select current_date as d',
    "create table T as select '2025-03-04'::date as d",
  ])
})

test('each statement is told when it has ended, with its line and its rows', async () => {
  await harness.execute('create or replace table DB.W.O (a int)')
  const told: ExecutedStatement[] = []
  const text = `declare x int := 1;\nbegin\n  insert into DB.W.O values (:x), (2);\n  select count(*)\n  into :x from DB.W.O;\n  return x;\nend`
  const { statements } = await callProcedure(procedure(text), 'P', [], harness.session(), {
    onStatement: statement => told.push(statement),
  })
  expect(told).toEqual([
    { sql: 'insert into DB.W.O values (1), (2)', file: 'p.sql', line: 3, rowCount: 2 },
    { sql: 'select count(*)\nfrom DB.W.O', file: 'p.sql', line: 4, rowCount: undefined },
  ])
  expect(statements).toEqual(told)
})

test('what the interpreter does not own goes to the session as it is written, with its variables', async () => {
  const told: string[] = []
  const session: ScriptSession = {
    ...harness.session(),
    run: async ({ sql }) => {
      told.push(sql)
      return { columns: [], rows: [], rowCount: 7 }
    },
  }
  const text = `create procedure P() returns int as $$ declare f varchar := 'a.csv'; begin copy into T from @DB.W.STAGE/x/ files = (:f) force = true; return sqlrowcount; end $$`
  const { value } = await callProcedure(procedure(text), 'P', [], session)
  expect(told[0]).toBe("copy into T from @DB.W.STAGE/x/ files = ('a.csv') force = true")
  expect(value?.value).toBe('7')
})

test.each([
  ['a loop without SQL', 'loop null; end loop;'],
  ['a loop that handles everything', 'loop begin select 1 / 0; exception when other then null; end; end loop;'],
  ['a long query', 'select count(*) from DB.W.BIG a join DB.W.BIG b on a.a <> b.a;'],
])('an abort ends %s, and rolls back', async (_, loop) => {
  await harness.execute('create or replace table DB.W.Q (a int)')
  await harness.execute('create or replace table DB.W.BIG as select range as a from range(1000000)')
  const text = `declare n int := 0; begin begin transaction; insert into DB.W.Q values (1); ${loop} commit; exception when other then return 'hidden'; end`
  const abort = new AbortController()
  const session = harness.session(abort.signal)
  const call = callProcedure(procedure(text), 'P', [], session, { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 50)
  const error = await call.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  expect(error).toMatchObject({ message: 'interrupted', cause: new Error('enough') })
  await harness.execute('insert into DB.W.Q values (2)')
  expect(await harness.read('select * from DB.W.Q')).toEqual([['2']])
})

test('a session of its own kind may be used: nothing here needs an engine', async () => {
  const acts: string[] = []
  const act = (name: string) => async (): Promise<void> => void acts.push(name)
  const session: ScriptSession = {
    run: async ({ sql }) => {
      acts.push(sql)
      return { columns: [], rows: [], rowCount: 1 }
    },
    begin: act('BEGIN'),
    commit: act('COMMIT'),
    rollback: act('ROLLBACK'),
  }
  const text = `begin begin transaction; delete from A; create table B (x int); begin transaction; delete from C; rollback; return 'ok'; end`
  await callProcedure(procedure(text), 'p', {}, session)
  expect(acts).toEqual([
    'BEGIN',
    'delete from A',
    'COMMIT',
    'create table B (x int)',
    'BEGIN',
    'delete from C',
    'ROLLBACK',
  ])
})

test.each([
  ['a procedure that there is not', 'NOTHING', [], 'the procedure NOTHING does not exist'],
  ['arguments that do not fit', 'P', [1], 'takes no such arguments'],
  ['a name of an argument that there is not', 'P', { x: 1 }, 'takes no such arguments'],
] as const)('%s', async (_, name, args, message) => {
  await expect(callProcedure(procedure('begin null; end'), name, args, harness.session())).rejects.toThrow(message)
})
