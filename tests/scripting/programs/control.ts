import type { Program } from '../harness.ts'

/** IF, CASE, and loops. */
export const CONTROL: readonly Program[] = [
  {
    name: 'IF',
    text: `declare x int := 1; begin if (x = 1) then return 'one'; end if; return 'other'; end`,
    value: 'one',
  },
  {
    name: 'ELSEIF',
    text: `declare x int := 2; begin if (x = 1) then return 'one'; elseif (x = 2) then return 'two'; else return 'more'; end if; end`,
    value: 'two',
  },
  {
    name: 'ELSE',
    text: `declare x int := 3; begin if (x = 1) then return 'one'; elseif (x = 2) then return 'two'; else return 'more'; end if; end`,
    value: 'more',
  },
  {
    name: 'a NULL condition does not hold',
    text: `declare x int; begin if (x = 1) then return 'a'; else return 'b'; end if; end`,
    value: 'b',
  },
  {
    name: 'NOT of NULL does not hold',
    text: `declare x boolean; begin if (not x) then return 'a'; else return 'b'; end if; end`,
    value: 'b',
  },
  {
    name: 'AND and OR',
    text: `declare x int := 5; begin if (x > 1 and (x < 3 or x = 5)) then return 'yes'; end if; end`,
    value: 'yes',
  },
  {
    name: 'a condition with IN and BETWEEN',
    text: `declare x int := 5; begin if (x in (1, 5) and x between 4 and 6) then return 'yes'; end if; end`,
    value: 'yes',
  },
  {
    name: 'a condition that is a truth',
    text: `declare ok boolean := true; begin if (ok) then return 'yes'; end if; end`,
    value: 'yes',
  },
  {
    name: 'a condition with a query',
    before: ['create or replace table DB.W.C1 (a int)', 'insert into DB.W.C1 values (4)'],
    text: `declare x int := 4; begin if (exists (select 1 from DB.W.C1 where a = :x)) then return 'found'; end if; end`,
    value: 'found',
  },
  {
    name: 'CASE in a condition',
    text: `declare x int := 4; begin if (case when x > 3 then true else false end) then return 'yes'; end if; end`,
    value: 'yes',
  },
  {
    name: 'simple CASE',
    text: `declare v varchar := 'b'; begin case (v) when 'a' then return 1; when 'b' then return 2; else return 3; end; end`,
    value: '2',
  },
  {
    name: 'simple CASE with END CASE',
    text: `declare v varchar := 'z'; begin case (v) when 'a' then return 1; when 'b' then return 2; else return 3; end case; end`,
    value: '3',
  },
  {
    name: 'the first of two branches that match',
    text: `declare v int := 1; begin case (v) when 1 then return 'first'; when 1 then return 'second'; end case; end`,
    value: 'first',
  },
  {
    name: 'searched CASE',
    text: `declare n int := 7; begin case when n < 5 then return 'low'; when n < 10 then return 'middle'; else return 'high'; end; end`,
    value: 'middle',
  },
  {
    name: 'NULL does not match NULL in CASE',
    text: `declare v int; begin case (v) when null then return 'null'; else return 'else'; end case; end`,
    value: 'else',
  },
  {
    name: 'CASE without a match and without ELSE is an error',
    text: `declare v int := 9;\nbegin\n  case (v) when 1 then return 'one'; end case;\nend`,
    error: { exception: 'STATEMENT_ERROR', text: 'CASE_NOT_FOUND', line: 3 },
  },
  {
    name: 'the subject of CASE with a variable in a branch',
    text: `declare v int := 3; w int := 2; begin case (v) when w + 1 then return 'sum'; else return 'none'; end case; end`,
    value: 'sum',
  },
  {
    name: 'FOR counts both bounds',
    text: `declare n int := 0; begin for i in 1 to 4 do n := n + i; end for; return n; end`,
    value: '10',
  },
  {
    name: 'FOR with LOOP',
    text: `declare n int := 0; begin for i in 1 to 4 loop n := n + i; end loop; return n; end`,
    value: '10',
  },
  {
    name: 'FOR in REVERSE',
    text: `declare s varchar := ''; begin for i in reverse 1 to 3 do s := s || i; end for; return s; end`,
    value: '321',
  },
  {
    name: 'FOR with one step',
    text: `declare s varchar := ''; begin for i in 2 to 2 do s := s || i; end for; return s; end`,
    value: '2',
  },
  {
    name: 'FOR whose end is before its start does nothing',
    text: `declare n int := 0; begin for i in 5 to 1 do n := n + 1; end for; return n; end`,
    value: '0',
  },
  {
    name: 'FOR in REVERSE whose end is before its start does nothing',
    text: `declare n int := 0; begin for i in reverse 5 to 1 do n := n + 1; end for; return n; end`,
    value: '0',
  },
  {
    name: 'FOR from a negative number',
    text: `declare s varchar := ''; begin for i in -1 to 1 do s := s || i || ','; end for; return s; end`,
    value: '-1,0,1,',
  },
  {
    name: 'bounds of FOR are read once',
    text: `declare n int := 3; c int := 0; begin for i in 1 to n do n := n + 1; c := c + 1; end for; return c || '/' || n; end`,
    value: '3/6',
  },
  {
    name: 'bounds of FOR are expressions',
    text: `declare a int := 2; s varchar := ''; begin for i in a - 1 to a * 2 do s := s || i; end for; return s; end`,
    value: '1234',
  },
  {
    name: 'the counter hides a variable of its name',
    text: `declare i int := 100; n int := 0; begin for i in 1 to 2 do n := n + i; end for; return n || '/' || i; end`,
    value: '3/100',
  },
  {
    name: 'nested FOR',
    text: `declare s varchar := ''; begin for i in 1 to 2 do for j in 1 to 2 do s := s || i || j || ' '; end for; end for; return s; end`,
    value: '11 12 21 22 ',
  },
  {
    name: 'WHILE',
    text: `declare n int := 0; begin while (n < 3) do n := n + 1; end while; return n; end`,
    value: '3',
  },
  {
    name: 'WHILE with LOOP',
    text: `declare n int := 0; begin while (n < 3) loop n := n + 1; end loop; return n; end`,
    value: '3',
  },
  {
    name: 'WHILE that never holds',
    text: `declare n int := 0; begin while (false) do n := n + 1; end while; return n; end`,
    value: '0',
  },
  {
    name: 'WHILE of NULL does nothing',
    text: `declare x int; n int := 0; begin while (x < 3) do n := n + 1; end while; return n; end`,
    value: '0',
  },
  {
    name: 'REPEAT executes at least once',
    text: `declare n int := 9; begin repeat n := n + 1; until (n > 0) end repeat; return n; end`,
    value: '10',
  },
  {
    name: 'REPEAT until it holds',
    text: `declare n int := 0; begin repeat n := n + 1; until (n >= 5) end repeat; return n; end`,
    value: '5',
  },
  {
    name: 'LOOP with BREAK',
    text: `declare n int := 0; begin loop n := n + 1; if (n = 4) then break; end if; end loop; return n; end`,
    value: '4',
  },
  {
    name: 'LOOP with EXIT',
    text: `declare n int := 0; begin loop n := n + 1; if (n = 4) then exit; end if; end loop; return n; end`,
    value: '4',
  },
  {
    name: 'CONTINUE',
    text: `declare s varchar := ''; begin for i in 1 to 5 do if (i = 3) then continue; end if; s := s || i; end for; return s; end`,
    value: '1245',
  },
  {
    name: 'ITERATE',
    text: `declare s varchar := ''; begin for i in 1 to 5 do if (i = 3) then iterate; end if; s := s || i; end for; return s; end`,
    value: '1245',
  },
  {
    name: 'BREAK leaves the inner loop only',
    text: `declare n int := 0; begin for i in 1 to 3 do loop n := n + 1; break; end loop; end for; return n; end`,
    value: '3',
  },
  {
    name: 'BREAK with a label leaves the outer loop',
    text: `declare n int := 0; begin for i in 1 to 3 do for j in 1 to 3 do n := n + 1; break outermost; end for inside; end for outermost; return n; end`,
    value: '1',
  },
  {
    name: 'CONTINUE with a label goes on with the outer loop',
    text: `declare s varchar := ''; begin for i in 1 to 3 do for j in 1 to 3 do if (j = 2) then continue outermost; end if; s := s || i || j || ' '; end for; end for outermost; return s; end`,
    value: '11 21 31 ',
  },
  {
    name: 'BREAK within a block of a loop',
    text: `declare n int := 0; begin loop begin n := n + 1; break; end; end loop; return n; end`,
    value: '1',
  },
  {
    name: 'CONTINUE in REPEAT looks at the condition',
    text: `declare n int := 0; begin repeat n := n + 1; continue; until (n >= 3) end repeat; return n; end`,
    value: '3',
  },
  { name: 'RETURN within loops', text: `begin for i in 1 to 3 do loop return i; end loop; end for; end`, value: '1' },
  {
    name: 'a loop with CASE and SQL',
    before: ['create or replace table DB.W.C2 (a int, b varchar)'],
    text: `begin for i in 1 to 3 do case (mod(i, 2)) when 0 then insert into DB.W.C2 values (:i, 'even'); else insert into DB.W.C2 values (:i, 'odd'); end case; end for; return 'ok'; end`,
    value: 'ok',
    after: {
      query: 'select * from DB.W.C2 order by a',
      rows: [
        ['1', 'odd'],
        ['2', 'even'],
        ['3', 'odd'],
      ],
    },
  },
  {
    name: 'a bound of FOR that is NULL is an error',
    text: `declare x int; begin for i in 1 to x do null; end for; end`,
    error: { exception: 'STATEMENT_ERROR', text: 'NULL', line: 1 },
  },
]
