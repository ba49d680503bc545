import type { Program } from '../harness.ts'

const X = ['create or replace table DB.W.X (a int)']
const found = (...values: readonly string[]) => ({
  query: 'select a from DB.W.X order by a',
  rows: values.map(value => [value]),
})
const FAILS = 'select * from DB.W.NO_SUCH_TABLE'
const DIVIDES = 'insert into DB.W.X select 1 / (a - a) from DB.W.X'
const called = (body: string, inner: string): string =>
  `create procedure INNER_ONE() returns varchar as $$ ${inner} $$;\ncreate procedure P() returns varchar as $$ ${body} $$;`

/** Transactions of procedures. */
export const TRANSACTIONS: readonly Program[] = [
  {
    name: 'COMMIT',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); commit; return 'ok'; end`,
    value: 'ok',
    after: found('1'),
  },
  {
    name: 'ROLLBACK',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); rollback; insert into DB.W.X values (2); return 'ok'; end`,
    value: 'ok',
    after: found('2'),
  },
  {
    name: 'BEGIN WORK and COMMIT WORK',
    before: X,
    text: `begin begin work; insert into DB.W.X values (1); commit work; return 'ok'; end`,
    after: found('1'),
  },
  {
    name: 'START TRANSACTION and ROLLBACK WORK',
    before: X,
    text: `begin start transaction; insert into DB.W.X values (1); rollback work; return 'ok'; end`,
    after: found(),
  },
  {
    name: 'without a transaction each statement is its own',
    before: X,
    text: `begin insert into DB.W.X values (1); ${FAILS}; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'NO_SUCH_TABLE' },
    after: found('1'),
  },
  {
    name: 'two transactions one after the other',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); commit; begin transaction; insert into DB.W.X values (2); rollback; return 'ok'; end`,
    after: found('1'),
  },
  {
    name: 'a second BEGIN TRANSACTION is ignored',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); begin transaction; insert into DB.W.X values (2); rollback; return 'ok'; end`,
    after: found(),
  },
  {
    name: 'COMMIT and ROLLBACK without a transaction do nothing',
    before: X,
    text: `begin commit; rollback; insert into DB.W.X values (1); return 'ok'; end`,
    value: 'ok',
    after: found('1'),
  },
  {
    name: 'a handler rolls back and goes on',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); ${FAILS}; commit; exception when other then rollback; insert into DB.W.X values (9); return 'rolled back'; end`,
    value: 'rolled back',
    after: found('9'),
  },
  {
    name: 'a handler after an error of execution reads the error and rolls back',
    before: [...X, 'insert into DB.W.X values (5)'],
    text: `begin begin transaction; insert into DB.W.X values (1); ${DIVIDES}; commit; exception when other then let m := 'E' || sqlcode; rollback; return m; end`,
    value: 'E100051',
    after: found('5'),
  },
  {
    name: 'a handler rolls back and raises again',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); ${FAILS}; commit; exception when other then rollback; raise; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'NO_SUCH_TABLE' },
    after: found(),
  },
  {
    name: 'an uncaught exception rolls back',
    before: X,
    text: `declare mine exception (-20001, 'm'); begin begin transaction; insert into DB.W.X values (1); raise mine; end`,
    error: { exception: 'MINE', text: 'm' },
    after: found(),
  },
  {
    name: 'a transaction that is left open is an error and rolled back',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); return 'left'; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'incomplete and it was rolled back' },
    after: found(),
  },
  {
    name: 'DDL commits what is open',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); create or replace table DB.W.D (a int); rollback; return 'ok'; end`,
    value: 'ok',
    after: found('1'),
  },
  {
    name: 'after DDL statements are their own',
    before: X,
    text: `begin begin transaction; create or replace table DB.W.D (a int); insert into DB.W.X values (1); ${FAILS}; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'NO_SUCH_TABLE' },
    after: found('1'),
  },
  {
    name: 'DDL that fails has committed',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); drop table DB.W.NO_SUCH_TABLE; commit; exception when other then rollback; return 'ok'; end`,
    value: 'ok',
    after: found('1'),
  },
  {
    name: 'DDL in EXECUTE IMMEDIATE commits too',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); execute immediate 'create or replace table DB.W.D (a int)'; rollback; return 'ok'; end`,
    after: found('1'),
  },
  {
    name: 'a comment on a table is DDL',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); comment on table DB.W.X is 'x'; rollback; return 'ok'; end`,
    after: found('1'),
  },
  {
    name: 'a procedure without a transaction is part of the one around it',
    before: X,
    text: called(
      `begin begin transaction; insert into DB.W.X values (1); call INNER_ONE(); rollback; return 'ok'; end`,
      `begin insert into DB.W.X values (2); return 'in'; end`,
    ),
    value: 'ok',
    after: found(),
  },
  {
    name: 'a procedure with a transaction of its own, called outside of any',
    before: X,
    text: called(
      `begin call INNER_ONE(); begin transaction; insert into DB.W.X values (1); rollback; return 'ok'; end`,
      `begin begin transaction; insert into DB.W.X values (2); commit; return 'in'; end`,
    ),
    value: 'ok',
    after: found('2'),
  },
  {
    name: 'COMMIT of the transaction around a procedure is an error',
    before: X,
    text: called(
      `begin begin transaction; insert into DB.W.X values (1); call INNER_ONE(); commit; return 'no'; end`,
      `begin commit; return 'in'; end`,
    ),
    error: { exception: 'STATEMENT_ERROR', text: 'different scope' },
    after: found(),
  },
  {
    name: 'DDL within the transaction around a procedure is an error',
    before: X,
    text: called(
      `begin begin transaction; insert into DB.W.X values (1); call INNER_ONE(); commit; return 'no'; end`,
      `begin create or replace table DB.W.D2 (a int); return 'in'; end`,
    ),
    error: { exception: 'STATEMENT_ERROR', text: 'different scope' },
    after: found(),
  },
  {
    name: 'a called procedure that leaves its transaction open',
    before: X,
    text: called(
      `begin call INNER_ONE(); return 'no'; exception when statement_error then return 'rolled back'; end`,
      `begin begin transaction; insert into DB.W.X values (2); return 'in'; end`,
    ),
    value: 'rolled back',
    after: found(),
  },
  {
    name: 'a transaction by EXECUTE IMMEDIATE',
    before: X,
    text: `begin execute immediate 'begin transaction'; insert into DB.W.X values (1); execute immediate 'rollback'; return 'ok'; end`,
    value: 'ok',
    after: found(),
  },
  {
    name: 'SQLROWCOUNT after COMMIT is NULL',
    before: X,
    text: `begin begin transaction; insert into DB.W.X values (1); commit; return sqlrowcount; end`,
    value: null,
  },
]
