import type { Program } from '../harness.ts'

/** Variables, their types and scopes, and expressions. */
export const VALUES: readonly Program[] = [
  { name: 'a literal is returned', text: `begin return 'done'; end`, value: 'done' },
  { name: 'a procedure without RETURN returns NULL', text: `begin null; end`, value: null },
  { name: 'a variable with a default', text: `declare x int default 5; begin return x; end`, value: '5' },
  { name: 'a variable with :=', text: `declare x int := 5; begin return x; end`, value: '5' },
  { name: 'a variable before it is assigned is NULL', text: `declare x int; begin return x; end`, value: null },
  {
    name: 'NULL is seen by IS NULL',
    text: `declare x varchar; begin if (x is null) then return 'null'; end if; return 'not'; end`,
    value: 'null',
  },
  { name: 'a type follows from the default', text: `declare x default 2; begin x := x + 1; return x; end`, value: '3' },
  { name: 'LET with a type', text: `begin let x number(10,2) := 1.5; return x; end`, value: '1.50' },
  { name: 'LET with DEFAULT', text: `begin let x int default 7; return x; end`, value: '7' },
  { name: 'LET without a type', text: `begin let x := 'a'; x := x || 'b'; return x; end`, value: 'ab' },
  {
    name: 'names have no case without quotes',
    text: `declare MyVar int := 1; begin MYVAR := myvar + 1; return mYvAr; end`,
    value: '2',
  },
  { name: 'a quoted name', text: `declare "my var" int := 3; begin return "my var" + 1; end`, value: '4' },
  { name: 'assignment rounds to the declared scale', text: `declare x int; begin x := 2.5; return x; end`, value: '3' },
  {
    name: 'assignment converts a text to a number',
    text: `declare x int; begin x := '42'; return x + 1; end`,
    value: '43',
  },
  {
    name: 'assignment converts a number to a text',
    text: `declare x varchar; begin x := 42; return x || '!'; end`,
    value: '42!',
  },
  {
    name: 'assignment converts a text to a date',
    text: `declare d date; begin d := '2025-03-01'; return d; end`,
    value: '2025-03-01',
  },
  {
    name: 'assignment converts a text to a truth',
    text: `declare b boolean; begin b := 'yes'; return b; end`,
    value: 'true',
  },
  {
    name: 'a number keeps the digits of its type',
    text: `declare x number(10,3) := 1; begin return x; end`,
    value: '1.000',
  },
  {
    name: 'a large whole number keeps all digits',
    text: `declare x int := 9007199254740993; begin x := x + 1; return x; end`,
    value: '9007199254740994',
  },
  { name: 'a FLOAT', text: `declare x float := 1; begin x := x / 4; return x; end`, value: '0.25' },
  {
    name: 'an expression of several variables',
    text: `declare a int := 2; b int := 3; begin return a * b + a; end`,
    value: '8',
  },
  {
    name: 'negative values stay in parentheses of their own',
    text: `declare a int := -2; begin return 5 - a; end`,
    value: '7',
  },
  { name: 'a colon may stand in an expression too', text: `declare a int := 2; begin return :a + 1; end`, value: '3' },
  {
    name: 'CASE within an expression',
    text: `declare a int := 2; begin return case when a > 1 then 'many' else 'one' end; end`,
    value: 'many',
  },
  {
    name: 'functions take variables',
    text: `declare s varchar := 'abc'; n int := 2; begin return upper(substr(s, n, 1)) || length(s); end`,
    value: 'B3',
  },
  {
    name: 'a variable named like a function',
    text: `declare length int := 4; begin return length + length('ab'); end`,
    value: '6',
  },
  {
    name: 'a cast of a variable',
    text: `declare s varchar := '12'; begin return s::int + 1; end`,
    value: '13',
  },
  { name: 'CAST of a variable', text: `declare s varchar := '12'; begin return cast(s as int) + 1; end`, value: '13' },
  {
    name: 'a unit is no variable',
    text: `declare d date := '2025-01-31'; begin return dateadd(day, 1, d)::date; end`,
    value: '2025-02-01',
  },
  {
    name: 'a variable named as a unit',
    text: `declare day int := 3; d date := '2025-01-01'; begin return dateadd(day, day, d)::date; end`,
    value: '2025-01-04',
  },
  {
    name: 'a subquery in an expression',
    before: ['create or replace table DB.W.V1 (a int)', 'insert into DB.W.V1 values (1), (2)'],
    text: `declare n int; begin n := (select count(*) from DB.W.V1); return n; end`,
    value: '2',
  },
  {
    name: 'a subquery with a variable and a column of its name',
    before: ['create or replace table DB.W.V2 (a int)', 'insert into DB.W.V2 values (1), (2), (3)'],
    text: `declare a int := 2; begin return (select sum(a) from DB.W.V2 where a >= :a); end`,
    value: '5',
  },
  { name: 'a subquery without a row is NULL', text: `begin return (select 1 where 1 = 0); end`, value: null },
  { name: 'a quote in a text', text: `declare s varchar := 'it''s'; begin return s || s; end`, value: "it'sit's" },
  {
    name: 'a backslash in a text',
    text: String.raw`declare s varchar := 'a\\b'; begin return length(s) || s; end`,
    value: String.raw`3a\b`,
  },
  {
    name: 'a text that looks like SQL stays a text',
    text: `declare s varchar := 'x'' or 1=1 --'; begin return s || length(s); end`,
    value: "x' or 1=1 --12",
  },
  {
    name: 'a text between $$',
    text: `create procedure P() returns varchar as 'begin return $$it''''s$$; end'`,
    value: "it''s",
  },
  {
    name: 'a VARIANT and a path into it',
    text: `declare v variant; begin v := parse_json('{"a": {"b": "x"}}'); return v:a.b::varchar; end`,
    value: 'x',
  },
  {
    name: 'an inner block sees the outer variable',
    text: `declare x int := 1; begin begin x := x + 1; end; return x; end`,
    value: '2',
  },
  {
    name: 'an inner declaration hides the outer one',
    text: `declare x int := 1; begin declare x int := 10; begin x := x + 1; end; return x; end`,
    value: '1',
  },
  {
    name: 'an inner default reads the outer variable',
    text: `declare x int := 1; begin declare y int := x + 1; begin return y; end; end`,
    value: '2',
  },
  {
    name: 'LET in a loop starts anew each time',
    text: `declare total int := 0; begin for i in 1 to 3 do let x int := i; total := total + x; end for; return total; end`,
    value: '6',
  },
  {
    name: 'comments are passed over',
    text: `-- first\nbegin /* two\nlines */ let x := 1; // third kind\nreturn x /* here */ + 1; -- end\nend`,
    value: '2',
  },
  { name: 'RETURN ends the procedure', text: `begin return 1; return 2; end`, value: '1' },
  { name: 'RETURN in a nested block ends the procedure', text: `begin begin return 1; end; return 2; end`, value: '1' },
  {
    name: 'what is returned has the declared type',
    text: `create procedure P() returns int as $$ begin return '7'; end $$`,
    value: '7',
  },
  {
    name: 'a return value that cannot be converted is an error',
    text: `create procedure P() returns int as $$ begin return 'x'; end $$`,
    error: { exception: 'EXPRESSION_ERROR', code: 100038, text: 'x' },
  },
  {
    name: 'an assignment that cannot be converted is an EXPRESSION_ERROR',
    text: `declare x int; begin x := 'abc'; return x; end`,
    error: { exception: 'EXPRESSION_ERROR', code: 100038, state: '22018', text: 'abc', line: 1 },
  },
  {
    name: 'a division by zero names its line',
    text: `declare x int;\nbegin\n  x := 1 / 0;\nend`,
    error: { exception: 'EXPRESSION_ERROR', code: 100051, state: '22012', text: 'ivision by zero', line: 3 },
  },
]
