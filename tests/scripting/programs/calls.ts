import type { Program } from '../harness.ts'

const INNER = `create or replace procedure DB.W.ADD_ONE(x int) returns int language sql as $$ begin return x + 1; end $$;`
const FAILING = `create procedure FAILS() returns int as $$ declare mine exception (-20005, 'from inside'); begin raise mine; end $$;`
const outer = (body: string, ...procedures: readonly string[]): string =>
  `${procedures.join('\n')}\ncreate procedure P() returns varchar language sql as $$ ${body} $$;`

/** CREATE PROCEDURE, arguments and CALL. */
export const CALLS: readonly Program[] = [
  {
    name: 'arguments by position',
    text: `create procedure P(a int, b varchar) returns varchar as $$ begin return b || a; end $$`,
    args: [1, 'x'],
    value: 'x1',
  },
  {
    name: 'arguments by name',
    text: `create procedure P(a int, b varchar) returns varchar as $$ begin return b || a; end $$`,
    args: { b: 'x', a: 1 },
    value: 'x1',
  },
  {
    name: 'an argument converts to its type',
    text: `create procedure P(d date) returns varchar as $$ begin return d; end $$`,
    args: ['2025-05-06'],
    value: '2025-05-06',
  },
  {
    name: 'an argument that cannot be converted',
    text: `create procedure P(d date) returns varchar as $$ begin return d; end $$`,
    args: ['soon'],
    error: { exception: 'EXPRESSION_ERROR', text: 'soon' },
  },
  {
    name: 'a default of an argument',
    text: `create procedure P(a int, b int default 10) returns int as $$ begin return a + b; end $$`,
    args: [1],
    value: '11',
  },
  {
    name: 'a default that is an expression',
    text: `create procedure P(a int default 2 + 3) returns int as $$ begin return a; end $$`,
    value: '5',
  },
  {
    name: 'an argument in SQL',
    before: ['create or replace table DB.W.A1 (a int)', 'insert into DB.W.A1 values (1), (2)'],
    text: `create procedure P(a int) returns int as $$ begin delete from DB.W.A1 where a = :a; return sqlrowcount; end $$`,
    args: [2],
    value: '1',
  },
  {
    name: 'an argument that is NULL',
    text: `create procedure P(a int) returns varchar as $$ begin if (a is null) then return 'null'; end if; return a; end $$`,
    args: [null],
    value: 'null',
  },
  {
    name: 'STRICT returns NULL for NULL',
    text: `create procedure P(a int) returns varchar language sql strict as $$ begin return 'called'; end $$`,
    args: [null],
    value: null,
  },
  {
    name: 'RETURNS NULL ON NULL INPUT returns NULL for NULL',
    text: `create procedure P(a int) returns varchar language sql returns null on null input as $$ begin return 'called'; end $$`,
    args: [null],
    value: null,
  },
  {
    name: 'CALLED ON NULL INPUT is called',
    text: `create procedure P(a int) returns varchar language sql called on null input as $$ begin return 'called'; end $$`,
    args: [null],
    value: 'called',
  },
  {
    name: 'all options',
    text: `create or replace procedure DB.W.P() returns varchar not null language sql strict comment = 'what it does; and more' execute as caller as $$ begin return 'ok'; end $$`,
    value: 'ok',
  },
  {
    name: 'EXECUTE AS OWNER',
    text: `create or replace procedure DB.W.P() returns varchar language sql execute as owner as $$ begin return 'ok'; end $$;`,
    value: 'ok',
  },
  {
    name: 'a body in quotes',
    text: `create procedure P() returns varchar language sql as 'begin let x := ''it''; return x || ''s''; end'`,
    value: 'its',
  },
  {
    name: 'a body without quotes',
    text: `create procedure P() returns varchar language sql as begin let x := 1; return x; end;`,
    value: '1',
  },
  {
    name: 'a body without quotes, with DECLARE',
    text: `create procedure P() returns varchar language sql as declare x int := 4; begin if (x > 1) then return 'big'; end if; end;`,
    value: 'big',
  },
  { name: 'the name in full', text: INNER, call: 'DB.W.ADD_ONE', args: [1], value: '2' },
  { name: 'the end of the name, in small letters', text: INNER, call: 'w.add_one', args: [1], value: '2' },
  {
    name: 'procedures of one name by their arguments',
    text: `create procedure P(a int) returns varchar as $$ begin return 'one'; end $$; create procedure P(a int, b int) returns varchar as $$ begin return 'two'; end $$;`,
    args: [1, 2],
    value: 'two',
  },
  {
    name: 'RETURNS NOT NULL with NULL is an error',
    text: `create procedure P() returns int not null as $$ begin return null; end $$`,
    error: { exception: 'STATEMENT_ERROR', text: 'NOT NULL' },
  },
  { name: 'CALL', text: outer(`begin call ADD_ONE(1); return 'called'; end`, INNER), value: 'called' },
  {
    name: 'CALL INTO',
    text: outer(`declare n int; begin call DB.W.ADD_ONE(41) into :n; return n; end`, INNER),
    value: '42',
  },
  {
    name: 'CALL with a variable',
    text: outer(
      `declare n int := 5; begin call ADD_ONE(:n) into :n; call ADD_ONE(n + 1) into :n; return n; end`,
      INNER,
    ),
    value: '8',
  },
  {
    name: 'CALL with names',
    text: outer(
      `declare n int; begin call SUBTRACT(b => 1, a => 10) into :n; return n; end`,
      `create procedure SUBTRACT(a int, b int) returns int as $$ begin return a - b; end $$;`,
    ),
    value: '9',
  },
  {
    name: 'the value of a CALL is assigned',
    text: outer(
      `declare n int; begin n := (call ADD_ONE(1)); let m int := (call ADD_ONE(:n)); return n || m; end`,
      INNER,
    ),
    value: '23',
  },
  {
    name: 'the table of a CALL',
    text: outer(
      `declare s varchar := ''; begin let rs resultset := (call ROWS_OF(3)); for r in rs do s := s || r.a; end for; return s; end`,
      `create procedure ROWS_OF(n int) returns table (a int) as $$ begin let rs resultset := (select :n as a union all select :n + 1 order by 1); return table(rs); end $$;`,
    ),
    value: '34',
  },
  {
    name: 'a procedure that calls itself',
    text: `create procedure P(n int) returns int as $$ declare m int; begin if (n <= 1) then return 1; end if; call P(n - 1) into :m; return n * m; end $$`,
    args: [5],
    value: '120',
  },
  {
    name: 'variables of the caller are not seen, and stay',
    text: outer(
      `declare x int := 1; begin call OTHERS_X(); return x; end`,
      `create procedure OTHERS_X() returns int as $$ declare x int := 100; begin x := x + 1; return x; end $$;`,
    ),
    value: '1',
  },
  {
    name: 'an argument that is changed stays in the caller',
    text: outer(
      `declare x int := 1; begin call CHANGES(x); return x; end`,
      `create procedure CHANGES(x int) returns int as $$ begin x := x + 1; return x; end $$;`,
    ),
    value: '1',
  },
  {
    name: 'an exception of a called procedure is an error of the statement',
    text: outer(`begin call FAILS(); exception when statement_error then return sqlcode; end`, FAILING),
    value: '-20005',
  },
  {
    name: 'SQLERRM of a called procedure names its exception',
    text: outer(
      `begin call FAILS(); exception when other then if (position('MINE', sqlerrm) > 0 and position('from inside', sqlerrm) > 0) then return 'named'; end if; return sqlerrm; end`,
      FAILING,
    ),
    value: 'named',
  },
  {
    name: 'an uncaught exception of a called procedure',
    text: outer(`begin\ncall FAILS(); end`, FAILING),
    error: { exception: 'STATEMENT_ERROR', code: -20005, state: 'P0001', text: 'from inside', line: 3 },
  },
  {
    name: 'SQLROWCOUNT of the caller is NULL after a CALL',
    before: ['create or replace table DB.W.A2 (a int)'],
    text: outer(`begin insert into DB.W.A2 values (1); call ADD_ONE(1); return sqlrowcount; end`, INNER),
    value: null,
  },
]
