import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RefusedConstruct, UserError } from '../../src/error.ts'
import { parseBlock, parseProcedures, ScriptException } from '../../src/scripting/index.ts'
import { type Harness, openHarness, procedureText } from './harness.ts'

/** What it is, its text, the line that the error names, and words of its message. */
type Malformed = readonly [name: string, text: string, line: number, message: string]

const header = (rest: string): string => `create procedure P() ${rest}`

const MALFORMED: readonly Malformed[] = [
  ['an unknown statement', `begin\n  let x := 1;\n  frobnicate x;\nend`, 3, 'no statement starts with frobnicate'],
  [
    'a variable that is not declared, in an expression',
    `begin\n  let x := 1;\n  x := x + y;\nend`,
    3,
    'the variable y is not declared',
  ],
  [
    'a variable that is not declared, in SQL',
    `begin\n  insert into T\n  values (:nope);\nend`,
    3,
    'the variable nope is not declared',
  ],
  ['an assignment to what is not declared', `begin\n  x := 1;\nend`, 2, 'the variable x is not declared'],
  [
    'a variable of an inner block, outside of it',
    `begin\n  begin let x := 1; end;\n  return x;\nend`,
    3,
    'the variable x is not declared',
  ],
  [
    'a variable of a branch, outside of it',
    `begin\n  if (true) then let x := 1; end if;\n  return x;\nend`,
    3,
    'the variable x is not declared',
  ],
  [
    'a counter behind its loop',
    `begin\n  for i in 1 to 2 do null; end for;\n  return i;\nend`,
    3,
    'the variable i is not declared',
  ],
  ['a variable before its declaration', `begin\n  x := 1;\n  let x := 2;\nend`, 2, 'not declared'],
  ['a name that is declared twice', `declare\n  x int;\n  x varchar;\nbegin null; end`, 3, 'declared twice'],
  ['SELECT INTO what is not declared', `begin\n  select 1\n  into :x;\nend`, 3, 'x is not declared'],
  ['BREAK outside of a loop', `begin\n  break;\nend`, 2, 'outside of a loop'],
  ['CONTINUE outside of a loop', `begin\n  null;\n  continue;\nend`, 3, 'outside of a loop'],
  ['a label that no loop has', `begin\n  loop\n    break elsewhere;\n  end loop here;\nend`, 3, 'label ELSEWHERE'],
  [
    'a label of a loop that is not around',
    `begin\n  loop break; end loop here;\n  loop\n break here; end loop;\nend`,
    4,
    'label HERE',
  ],
  ['RAISE without a name outside of a handler', `begin\n  raise;\nend`, 2, 'handler'],
  ['RAISE of what is not declared', `begin\n  raise mine;\nend`, 2, 'mine is not declared'],
  [
    'a handler of what is not declared',
    `begin\n  null;\nexception\n  when mine then null;\nend`,
    4,
    'mine is not declared',
  ],
  [
    'OTHER beside an exception',
    `declare a exception; begin null;\nexception when a or other then null; end`,
    2,
    'OTHER',
  ],
  ['SQLERRM outside of a handler', `begin\n  return sqlerrm;\nend`, 2, 'SQLERRM'],
  ['SQLCODE in SQL outside of a handler', `begin\n  select :sqlcode;\nend`, 2, 'SQLCODE'],
  ['the number of an exception', `declare\n  a exception (-100, 'x');\nbegin null; end`, 2, '-20999'],
  ['END IF that is missing', `begin\n  if (true) then\n    null;\nend`, 4, 'IF was expected'],
  ['THEN that is missing', `begin\n  if (true)\n    null;\n  end if;\nend`, 3, 'THEN is missing'],
  ['a condition without parentheses', `begin\n  if true then null; end if;\nend`, 2, 'parentheses'],
  ['an IF without statements', `begin\n  if (true) then end if;\nend`, 2, 'NULL;'],
  ['END FOR that is another', `begin\n  for i in 1 to 2 do\n  null;\n  end loop;\nend`, 4, 'FOR was expected'],
  ['FOR over what is not declared', `begin\n  for r in c do null; end for;\nend`, 2, 'c is not declared'],
  ['FOR over a variable', `declare c int;\nbegin\n  for r in c do null; end for;\nend`, 3, 'c is no cursor'],
  ['a counter that is assigned', `begin\n  for i in 1 to 2 do\n    i := 5;\n  end for;\nend`, 3, 'counter'],
  [
    'a row without a field',
    `declare c cursor for select 1 as a; begin\n  for r in c do\n    return r;\n  end for;\nend`,
    3,
    'is a row',
  ],
  ['a cursor as a value', `declare c cursor for select 1 as a; begin\n  return c;\nend`, 2, 'a cursor'],
  ['a result set as a value', `declare rs resultset; begin\n  return rs;\nend`, 2, 'result set'],
  ['a semicolon that is missing at the end of a block', `begin\n  return 1\nend`, 3, '; is missing'],
  ['a semicolon that is missing between statements', `begin\n  commit\n  rollback;\nend`, 3, '; was expected'],
  ['an END that is missing', `begin\n  null;\n`, 3, 'END is missing'],
  ['a parenthesis that is missing', `begin\n  let x := (1 + 2;\nend`, 2, ') is missing'],
  ['a text that does not end', `begin\n  let x := 'abc;\nend`, 2, 'does not end'],
  ['a comment that does not end', `begin\n  null;\n  /* abc\nend`, 3, 'does not end'],
  ['a block without statements', `begin\n\nend`, 3, 'at least one statement'],
  ['something behind the block', `begin null; end;\nselect 1;`, 2, 'nothing may follow'],
  ['LET without a value', `begin\n  let x int;\nend`, 2, 'a value'],
  ['a variable without type and value', `declare\n  x;\nbegin null; end`, 2, 'a type or a value'],
  ['a type that there is not', header(`returns integr as $$ begin null; end $$`), 1, 'the type integr is not known'],
  ['more digits behind the point than in all', `declare\n x number(2,3); begin null; end`, 2, 'not possible'],
  ['a ? without values', `begin\n  select ?;\nend`, 2, 'a ? has a value only'],
  ['BEGIN as a transaction', `begin\n  begin;\n  commit;\nend`, 2, 'BEGIN TRANSACTION'],
  [
    'RETURN TABLE of a procedure that returns a value',
    `declare rs resultset; begin\n  return table(rs);\nend`,
    2,
    'RETURNS TABLE',
  ],
  [
    'RETURN of a value where a table is returned',
    header(`returns table () as $$ begin\n  return 1; end $$`),
    2,
    'RETURN TABLE',
  ],
  ['RETURNS that is missing', header(`\nlanguage sql as $$ begin null; end $$`), 2, 'RETURNS was expected'],
  [
    'an option that there is not',
    header(`returns int language sql\nfast as $$ begin null; end $$`),
    2,
    'AS was expected',
  ],
  [
    'an argument that is declared twice',
    `create procedure P(a int,\n a int) returns int as $$ begin null; end $$`,
    2,
    'declared twice',
  ],
  [
    'an argument without a default behind one with it',
    `create procedure P(a int default 1, b int) returns int as $$ begin null; end $$`,
    1,
    'needs one too',
  ],
  [
    'another statement than CREATE PROCEDURE',
    `create procedure A() returns int as $$ begin null; end $$;\ncreate table T (a int);`,
    2,
    'CREATE PROCEDURE was expected',
  ],
  ['an exception that LET declares', `begin\n  let a exception (-20001, 'x');\nend`, 2, 'DECLARE'],
  ['CASE without WHEN', `begin\n  case (1) when 1 then null;\n  end if;\nend`, 3, '; was expected'],
  ['UNTIL that is missing', `begin\n  repeat null;\n  end repeat;\nend`, 3, 'no statement starts with end'],
  ['CALL without parentheses', `begin\n  call P;\nend`, 2, '( was expected'],
]

const REFUSED: readonly Malformed[] = [
  ['a procedure in another language', header(`returns int\nlanguage javascript as $$ return 1 $$`), 2, 'JAVASCRIPT'],
  ['a type that values cannot have', `declare\n  t timestamp_tz;\nbegin null; end`, 2, 'TIMESTAMP_TZ'],
  ['ARRAY', `declare\n  t array;\nbegin null; end`, 2, 'ARRAY'],
  ['ASYNC', `declare rs resultset; begin\n  rs := async (select 1);\nend`, 2, 'ASYNC'],
  ['AWAIT', `declare rs resultset; begin\n  await rs;\nend`, 2, 'AWAIT'],
  ['a CONTINUE handler', `begin null; exception\n  when other continue then null; end`, 2, 'CONTINUE'],
  ['a session variable', `begin\n  return $x;\nend`, 2, '$x'],
  [
    'IDENTIFIER of an expression',
    `declare t varchar; begin\n  select * from identifier(:t || 'x');\nend`,
    2,
    'IDENTIFIER',
  ],
  ['the name of a transaction', `begin\n  begin transaction name t1;\nend`, 2, 'name of a transaction'],
  ['EXECUTE IMMEDIATE FROM', `begin\n  execute immediate from '@s/f.sql';\nend`, 2, 'EXECUTE IMMEDIATE FROM'],
  [
    'a procedure within a block',
    `declare\n  p procedure () returns int as begin return 1; end;\nbegin null; end`,
    2,
    'a procedure within a block',
  ],
  ['an OUT argument', `create procedure P(\n a out int) returns int as $$ begin null; end $$`, 2, 'OUT'],
  ['a temporary procedure', `\ncreate temporary procedure P() returns int as $$ begin null; end $$`, 2, 'temporary'],
  [
    'RESULTSET_FROM_CURSOR',
    header(
      `returns table () as $$ declare c cursor for select 1 as a; begin\n  return table(resultset_from_cursor(c)); end $$`,
    ),
    2,
    'RESULTSET_FROM_CURSOR',
  ],
]

const thrownBy = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('malformed, with file and line', () => {
  test.each(MALFORMED)('%s', (_, text, line, message) => {
    const error = thrownBy(() => parseProcedures(procedureText(text), 'deploy/procedures.sql'))
    expect(error).toBeInstanceOf(UserError)
    expect(error).not.toBeInstanceOf(RefusedConstruct)
    expect(error).toMatchObject({
      place: { file: 'deploy/procedures.sql', line },
      message: expect.stringContaining(message),
    })
  })
})

describe('refused by name, with file and line', () => {
  test.each(REFUSED)('%s', (_, text, line, construct) => {
    const error = thrownBy(() => parseProcedures(procedureText(text), 'deploy/procedures.sql'))
    expect(error).toBeInstanceOf(RefusedConstruct)
    expect(error).toMatchObject({
      place: { file: 'deploy/procedures.sql', line },
      construct: expect.stringContaining(construct),
    })
  })
})

test('lines are those of the file, also of the second procedure', () => {
  const first = procedureText('begin null; end')
  const text = `-- procedures\n${first};\n\ncreate procedure Q() returns int as\n$$\nbegin\n  return y;\nend\n$$;`
  expect(() => parseProcedures(text, 'p.sql')).toThrow(
    expect.objectContaining({ place: expect.objectContaining({ line: 7 }) }),
  )
})

test('a block alone is read whole', () => {
  expect(() => parseBlock('begin null; end; begin null; end;', 'b.sql')).toThrow('another follows')
})

describe('refused while it runs, and no handler hides it', () => {
  let harness: Harness
  beforeAll(async () => {
    harness = await openHarness()
  })
  afterAll(() => harness.close())

  const handled = `exception when other then return 'hidden'; end`
  const withInner = (inner: string, body: string): string =>
    `create procedure I() returns int as $$ ${inner} $$;\ncreate procedure P() returns varchar as $$${body}$$;`
  const X = 'DB.W.R'
  const RUNNING: readonly Malformed[] = [
    [
      'a function that the engine does not answer alike',
      `begin\n  let x := current_user();\n  ${handled}`,
      2,
      'CURRENT_USER',
    ],
    ['a statement of another kind', `begin\n  show tables;\n  ${handled}`, 2, 'SHOW'],
    ['COPY INTO', `begin\n  copy into ${X} from @DB.W.STAGE file_format = (type = csv);\n  ${handled}`, 2, 'COPY INTO'],
    [
      'BEGIN TRANSACTION in a procedure within a transaction',
      withInner(`begin begin transaction; commit; return 1; end`, `begin begin transaction;\ncall I(); ${handled}`),
      1,
      'BEGIN TRANSACTION',
    ],
    [
      'COMMIT after an error of execution',
      `begin begin transaction; insert into ${X} values (1);\n begin insert into ${X} select 1 / (a - a) from ${X};\n exception when other then null; end;\n commit; ${handled}`,
      4,
      'COMMIT of a transaction after an error',
    ],
    [
      'a statement in a transaction after an error of execution',
      `begin begin transaction; insert into ${X} values (1);\n begin insert into ${X} select 1 / (a - a) from ${X};\n exception when other then null; end;\n insert into ${X} values (2); ${handled}`,
      4,
      'going on in a transaction',
    ],
    [
      'a text that is longer than its variable',
      `declare s varchar(3); begin\n  s := 'abcdef';\n ${handled}`,
      2,
      'VARCHAR(3)',
    ],
    ['a procedure that does not exist', `begin\n  call NOWHERE();\n ${handled}`, 2, 'NOWHERE does not exist'],
    [
      'arguments that a procedure does not take',
      withInner(`begin return 1; end`, `begin\n  call I(1);\n ${handled}`),
      3,
      'takes no such arguments',
    ],
    [
      'a field that a row does not have',
      `declare c cursor for select 1 as a; begin for r in c do\n return r.b; end for;\n ${handled}`,
      2,
      'no column B',
    ],
    [
      'what EXECUTE IMMEDIATE does not execute',
      `begin\n execute immediate 'let x := 1';\n ${handled}`,
      2,
      'EXECUTE IMMEDIATE',
    ],
    [
      'a variable in EXECUTE IMMEDIATE',
      `declare x int := 1; begin\n execute immediate 'select :x';\n ${handled}`,
      2,
      'x is not declared',
    ],
    [
      'calls without an end',
      `create procedure P() returns int as $$ begin\n call P(); ${handled} $$`,
      2,
      'nested deeper',
    ],
  ]

  test.each(RUNNING)('%s', async (_, text, line, message) => {
    await harness.execute(`create or replace table ${X} (a int)`)
    const error = await harness.run({ name: '', text }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect(error).not.toBeInstanceOf(ScriptException)
    expect(error).toMatchObject({ place: { file: 'procedures.sql', line }, message: expect.stringContaining(message) })
    expect(await harness.read(`select count(*) from ${X}`)).toEqual([['0']])
  })
})
