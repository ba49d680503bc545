import type { Program } from '../harness.ts'

const T = [
  'create or replace table DB.W.T (id int, price decimal(12,2))',
  'insert into DB.W.T values (1, 11.11), (2, 22.22), (3, 33.33)',
]

/** Cursors, result sets and tables that are returned. */
export const CURSORS: readonly Program[] = [
  {
    name: 'FOR over a cursor',
    before: T,
    text: `declare c cursor for select id, price from DB.W.T order by id; s varchar := ''; begin for r in c do s := s || r.id || '=' || r.price || ' '; end for; return s; end`,
    value: '1=11.11 2=22.22 3=33.33 ',
  },
  {
    name: 'FOR over a cursor without a row',
    before: T,
    text: `declare c cursor for select id from DB.W.T where id > 9; n int := 0; begin for r in c do n := n + 1; end for; return n; end`,
    value: '0',
  },
  {
    name: 'a field of a row in SQL',
    before: [...T, 'create or replace table DB.W.U (id int)'],
    text: `declare c cursor for select id from DB.W.T; begin for r in c do insert into DB.W.U values (:r.id); end for; return 'ok'; end`,
    value: 'ok',
    after: { query: 'select id from DB.W.U order by id', rows: [['1'], ['2'], ['3']] },
  },
  {
    name: 'a field of a row in any case',
    before: T,
    text: `declare c cursor for select id as Some_Name from DB.W.T where id = 1; begin for R in c do return r.SOME_NAME; end for; end`,
    value: '1',
  },
  {
    name: 'a field that is NULL',
    text: `declare c cursor for select null::int as a; begin for r in c do if (r.a is null) then return 'null'; end if; end for; end`,
    value: 'null',
  },
  {
    name: 'a row is known in the loop only',
    before: T,
    text: `declare r varchar := 'outer'; c cursor for select id from DB.W.T; begin for r in c do null; end for; return r; end`,
    value: 'outer',
  },
  {
    name: 'BREAK in FOR over a cursor',
    before: T,
    text: `declare c cursor for select id from DB.W.T order by id; n int := 0; begin for r in c do n := n + r.id; if (r.id = 2) then break; end if; end for; return n; end`,
    value: '3',
  },
  {
    name: 'FETCH',
    before: T,
    text: `declare c cursor for select id, price from DB.W.T order by id; a int; b number(12,2); begin open c; fetch c into a, b; fetch c into a, b; close c; return a || ':' || b; end`,
    value: '2:22.22',
  },
  {
    name: 'FETCH behind the last row gives NULL',
    text: `declare c cursor for select 1 as a; x int; begin open c; fetch c into x; fetch c into x; close c; if (x is null) then return 'null'; end if; return x; end`,
    value: 'null',
  },
  {
    name: 'FETCH converts to the type of the variable',
    text: `declare c cursor for select '12' as a; x int; begin open c; fetch c into x; return x + 1; end`,
    value: '13',
  },
  {
    name: 'OPEN with values for ?',
    before: T,
    text: `declare c cursor for select id from DB.W.T where price >= ? and price <= ? order by id; lowest number(12,2) := 20.00; x int; begin open c using (lowest, 30.00); fetch c into x; close c; return x; end`,
    value: '2',
  },
  {
    name: 'a cursor is read as it is when it opens',
    before: T,
    text: `declare c cursor for select count(*) as n from DB.W.T; x int; begin open c; delete from DB.W.T; fetch c into x; close c; open c; let y int := 0; fetch c into y; return x || '/' || y; end`,
    value: '3/0',
  },
  {
    name: 'FOR goes on with an open cursor',
    before: T,
    text: `declare c cursor for select id from DB.W.T where id >= ? order by id; s varchar := ''; lowest int := 2; begin open c using (lowest); for r in c do s := s || r.id; end for; close c; return s; end`,
    value: '23',
  },
  {
    name: 'LET with a cursor sees variables',
    before: T,
    text: `declare lowest int := 2; s varchar := ''; begin let c cursor for select id from DB.W.T where id >= :lowest order by id; for r in c do s := s || r.id; end for; return s; end`,
    value: '23',
  },
  {
    name: 'a cursor of a result set',
    before: T,
    text: `declare rs resultset; s varchar := ''; begin rs := (select id from DB.W.T order by id); let c cursor for rs; for r in c do s := s || r.id; end for; return s; end`,
    value: '123',
  },
  {
    name: 'FOR over a result set',
    before: T,
    text: `declare rs resultset default (select id from DB.W.T order by id); s varchar := ''; begin for r in rs do s := s || r.id; end for; return s; end`,
    value: '123',
  },
  {
    name: 'LET with a result set',
    before: T,
    text: `declare s varchar := ''; lowest int := 3; begin let rs resultset := (select id from DB.W.T where id >= :lowest); for r in rs do s := s || r.id; end for; return s; end`,
    value: '3',
  },
  {
    name: 'a result set is read when it is assigned',
    before: T,
    text: `declare rs resultset; n int := 0; begin rs := (select id from DB.W.T); delete from DB.W.T; for r in rs do n := n + 1; end for; return n; end`,
    value: '3',
  },
  {
    name: 'a result set of a built text',
    before: T,
    text: `declare rs resultset; q varchar := 'select id from DB.W.T where id > ? order by id'; lowest int := 1; s varchar := ''; begin rs := (execute immediate :q using (lowest)); for r in rs do s := s || r.id; end for; return s; end`,
    value: '23',
  },
  {
    name: 'RETURN TABLE of a result set',
    before: T,
    text: `create procedure P() returns table (id int, price number(12,2)) as $$ declare rs resultset default (select id, price from DB.W.T order by id desc); begin return table(rs); end $$`,
    table: [
      ['3', '33.33'],
      ['2', '22.22'],
      ['1', '11.11'],
    ],
  },
  {
    name: 'RETURN TABLE of a query, without columns named',
    before: T,
    text: `create procedure P() returns table () as $$ begin let rs resultset := (select id + 1 as a from DB.W.T where id = 1); return table(rs); end $$`,
    table: [['2']],
  },
  {
    name: 'RETURN TABLE with other columns than declared is an error',
    before: T,
    text: `create procedure P() returns table (id int) as $$ declare rs resultset default (select id, price from DB.W.T); begin return table(rs); end $$`,
    error: { exception: 'STATEMENT_ERROR', text: 'RETURNS TABLE' },
  },
  {
    name: 'FETCH of a cursor that is not open is an error',
    text: `declare c cursor for select 1 as a; x int;\nbegin\nfetch c into x; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'not open', line: 3 },
  },
  {
    name: 'FETCH of a closed cursor is an error',
    text: `declare c cursor for select 1 as a; x int; begin open c; close c; fetch c into x; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'not open' },
  },
  {
    name: 'CLOSE of a cursor that is not open is an error',
    text: `declare c cursor for select 1 as a; begin close c; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'not open' },
  },
  {
    name: 'OPEN of an open cursor is an error',
    text: `declare c cursor for select 1 as a; begin open c; open c; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'open already' },
  },
  {
    name: 'a cursor without values for its ?',
    text: `declare c cursor for select ? as a; begin open c; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'Bind variable' },
  },
]
