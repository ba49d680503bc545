import type { Program } from '../harness.ts'

const FAILS = 'select * from DB.W.NO_SUCH_TABLE'

/** Exceptions, handlers, and what they know. */
export const EXCEPTIONS: readonly Program[] = [
  {
    name: 'OTHER catches a failed statement',
    text: `begin ${FAILS}; return 'no'; exception when other then return 'caught'; end`,
    value: 'caught',
  },
  {
    name: 'STATEMENT_ERROR catches a failed statement',
    text: `begin ${FAILS}; return 'no'; exception when expression_error then return 'expression'; when statement_error then return 'statement'; end`,
    value: 'statement',
  },
  {
    name: 'EXPRESSION_ERROR catches a failed expression',
    text: `declare x int; begin x := 1 / 0; exception when statement_error then return 'statement'; when expression_error then return 'expression'; end`,
    value: 'expression',
  },
  {
    name: 'a failed condition is an expression',
    text: `begin if (1 / 0 > 1) then return 'no'; end if; exception when expression_error then return 'expression'; end`,
    value: 'expression',
  },
  {
    name: 'a failed query of an assignment is an expression',
    text: `declare n int; begin n := (${FAILS}); exception when expression_error then return 'expression'; when other then return 'other'; end`,
    value: 'expression',
  },
  {
    name: 'a declared exception',
    text: `declare mine exception (-20002, 'Raised MINE.'); begin raise mine; return 'no'; exception when mine then return 'mine'; end`,
    value: 'mine',
  },
  {
    name: 'SQLCODE, SQLERRM and SQLSTATE of a declared exception',
    text: `declare mine exception (-20002, 'Raised MINE.'); begin raise mine; exception when mine then return sqlcode || ':' || sqlstate || ':' || sqlerrm; end`,
    value: '-20002:P0001:Raised MINE.',
  },
  {
    name: 'SQLCODE and SQLSTATE of a division by zero',
    text: `declare x int; begin x := 1 / 0; exception when other then return sqlcode || ':' || sqlstate || ':' || sqlerrm; end`,
    value: '100051:22012:Division by zero',
  },
  {
    name: 'SQLCODE of a table that does not exist',
    text: `begin ${FAILS}; exception when other then return sqlcode || ':' || sqlstate; end`,
    value: '2003:42S02',
  },
  {
    name: 'SQLCODE of a text that is no number',
    text: `declare x int; begin x := 'a'; exception when other then return sqlcode || ':' || sqlstate; end`,
    value: '100038:22018',
  },
  {
    name: 'SQLCODE of NULL where it may not be',
    before: ['create or replace table DB.W.E1 (a int not null)'],
    text: `begin insert into DB.W.E1 values (null); exception when other then return sqlcode || ':' || sqlstate; end`,
    value: '100072:22000',
  },
  {
    name: 'SQLERRM in SQL with a colon',
    before: ['create or replace table DB.W.E2 (code int, text varchar)'],
    text: `declare mine exception (-20003, 'It''s mine'); begin raise mine; exception when other then insert into DB.W.E2 values (:sqlcode, :sqlerrm); return 'ok'; end`,
    value: 'ok',
    after: { query: 'select * from DB.W.E2', rows: [['-20003', "It's mine"]] },
  },
  {
    name: 'OTHER catches a declared exception',
    text: `declare mine exception (-20002, 'm'); begin raise mine; exception when other then return 'other'; end`,
    value: 'other',
  },
  {
    name: 'STATEMENT_ERROR does not catch a declared exception',
    text: `declare mine exception (-20002, 'm'); begin raise mine; exception when statement_error then return 'no'; when other then return 'other'; end`,
    value: 'other',
  },
  {
    name: 'one handler of two exceptions',
    text: `declare a exception (-20001, 'a'); b exception (-20002, 'b'); begin raise b; exception when a or b then return 'either ' || sqlerrm; end`,
    value: 'either b',
  },
  {
    name: 'the first handler that fits',
    text: `declare a exception (-20001, 'a'); begin raise a; exception when a then return 'first'; when a then return 'second'; when other then return 'other'; end`,
    value: 'first',
  },
  {
    name: 'no handler fits',
    text: `declare a exception (-20001, 'is a'); b exception (-20002, 'b');\nbegin\n  raise a;\nexception when b then return 'no'; end`,
    error: { exception: 'A', code: -20001, state: 'P0001', text: 'is a', line: 3 },
  },
  {
    name: 'an exception without number and message',
    text: `declare mine exception; begin raise mine; exception when mine then return sqlcode; end`,
    value: '-20000',
  },
  {
    name: 'the outer block handles it',
    text: `declare mine exception (-20002, 'm'); begin begin raise mine; end; return 'no'; exception when mine then return 'outer'; end`,
    value: 'outer',
  },
  {
    name: 'the inner block handles it, and the outer goes on',
    text: `declare s varchar := ''; begin begin ${FAILS}; exception when other then s := 'handled'; end; return s || ', went on'; end`,
    value: 'handled, went on',
  },
  {
    name: 'an exception ends its block',
    text: `declare s varchar := 'a'; begin begin s := s || 'b'; ${FAILS}; s := s || 'c'; exception when other then s := s || 'd'; end; return s; end`,
    value: 'abd',
  },
  {
    name: 'variables keep what they had',
    text: `declare x int := 1; begin x := 2; ${FAILS}; x := 3; exception when other then return x; end`,
    value: '2',
  },
  {
    name: 'statements before it stay done',
    before: ['create or replace table DB.W.E3 (a int)'],
    text: `begin insert into DB.W.E3 values (1); ${FAILS}; insert into DB.W.E3 values (2); exception when other then return 'ok'; end`,
    value: 'ok',
    after: { query: 'select a from DB.W.E3', rows: [['1']] },
  },
  {
    name: 'RAISE again in a handler',
    text: `declare s varchar := ''; mine exception (-20004, 'again'); begin begin raise mine; exception when mine then s := 'inner '; raise; end; exception when mine then return s || sqlcode || sqlerrm; end`,
    value: 'inner -20004again',
  },
  {
    name: 'RAISE again keeps the error of a statement',
    text: `begin begin let x := 1 / 0; exception when other then raise; end; exception when expression_error then return sqlcode; end`,
    value: '100051',
  },
  {
    name: 'another exception in a handler',
    text: `declare a exception (-20001, 'a'); b exception (-20002, 'b'); begin begin raise a; exception when a then raise b; end; exception when other then return sqlerrm; end`,
    value: 'b',
  },
  {
    name: 'a handler does not handle what it raises itself',
    text: `declare a exception (-20001, 'a'); b exception (-20002, 'b'); begin raise a; exception when a then raise b; when b then return 'no'; end`,
    error: { exception: 'B', code: -20002, text: 'b' },
  },
  {
    name: 'a handler within a handler',
    text: `declare a exception (-20001, 'a'); begin raise a; exception when a then begin ${FAILS}; exception when other then return 'nested ' || sqlcode; end; end`,
    value: 'nested 2003',
  },
  {
    name: 'after a nested handler SQLERRM is that of the outer one',
    text: `declare a exception (-20001, 'first'); begin raise a; exception when a then begin ${FAILS}; exception when other then null; end; return sqlerrm; end`,
    value: 'first',
  },
  {
    name: 'an exception of a loop ends the loop',
    text: `declare n int := 0; begin for i in 1 to 5 do n := i; if (i = 3) then ${FAILS}; end if; end for; exception when other then return n; end`,
    value: '3',
  },
  {
    name: 'a handler within a loop goes on with the loop',
    text: `declare s varchar := ''; begin for i in 0 to 2 do begin s := s || (6 / i)::int || ' '; exception when other then s := s || 'x '; end; end for; return s; end`,
    value: 'x 6 3 ',
  },
  {
    name: 'BREAK in a handler',
    text: `declare n int := 0; begin loop begin n := n + 1; if (n = 2) then ${FAILS}; end if; exception when other then break; end; end loop; return n; end`,
    value: '2',
  },
  {
    name: 'a handler without RETURN returns NULL',
    text: `begin ${FAILS}; return 'no'; exception when other then null; end`,
    value: null,
  },
  {
    name: 'what was declared before the failure is known in the handler',
    text: `begin let stage := 'load'; ${FAILS}; exception when other then return stage; end`,
    value: 'load',
  },
  {
    name: 'an exception hidden by one of its name',
    text: `declare a exception (-20001, 'outer'); begin declare a exception (-20002, 'inner'); begin raise a; end; exception when a then return 'no'; when other then return sqlerrm; end`,
    value: 'inner',
  },
  {
    name: 'EXIT in a handler clause',
    text: `begin ${FAILS}; exception when other exit then return 'caught'; end`,
    value: 'caught',
  },
  {
    name: 'an uncaught failure of a statement names its line',
    text: `begin\n  let x := 1;\n  ${FAILS};\nend`,
    error: { exception: 'STATEMENT_ERROR', code: 2003, state: '42S02', text: 'NO_SUCH_TABLE', line: 3 },
  },
  {
    name: 'an uncaught declared exception',
    text: `declare mine exception (-20999, 'That is all');\nbegin\n\n  raise mine;\nend`,
    error: { exception: 'MINE', code: -20999, state: 'P0001', text: 'That is all', line: 4 },
  },
]
