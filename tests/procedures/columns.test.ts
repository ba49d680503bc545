import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileProject } from '../../src/compile/compile.ts'
import { relation } from '../../src/dialects/snowflake.ts'
import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import { describeError, UserError } from '../../src/error.ts'
import { type Action, targetName } from '../../src/graph/types.ts'
import { plan } from '../../src/plan/plan.ts'
import { projectColumns } from '../../src/procedures/columns.ts'
import { runPlan } from '../../src/run/runner.ts'
import { flagship } from '../pipeline/line.ts'
import { copy, incremental, OPTIONS, scd2, t, table } from '../plan/fixtures.ts'
import { scratchFolder } from '../run/project.ts'

const named = (...names: readonly string[]) => names.map(name => ({ name, tags: [] }))
/** What the queries here read: R (a, b, c), S (a, d) and O, whose columns nobody lists. */
const SOURCES: readonly Action[] = [
  { ...table(), type: 'declaration', target: t('R'), columns: named('a', 'b', 'c') },
  { ...table(), type: 'declaration', target: t('S'), columns: named('a', 'd') },
  { ...table(), type: 'declaration', target: t('O'), columns: [] },
]
const R = 'TELCO_DB.DW.R'
const S = 'TELCO_DB.DW.S'

const columnsOf = (sql: string, more: readonly Action[] = []): string => {
  const model = table({ query: { sql, file: 'definitions/x.sqlx', line: 10 } })
  return projectColumns([...SOURCES, ...more, model])(model.target).join(' ')
}

/** The error of a query as people read it, its first line. */
const errorOf = (sql: string): string => {
  try {
    return `no error: ${columnsOf(sql)}`
  } catch (error) {
    if (error instanceof UserError) return describeError(error).split('\n')[0] ?? ''
    throw error
  }
}

const NAMED: readonly (readonly [what: string, sql: string, columns: string])[] = [
  ['plain names', `select a, B from ${R}`, 'A B'],
  ['names of a source', `select r.a, r."b c" from ${R} r`, 'A b c'],
  ['names in full', `select ${R}.a from ${R}`, 'A'],
  ['AS', `select a as x, b As "Y y" from ${R}`, 'X Y y'],
  ['an alias without AS', `select a x, b + 1 y, (c) z, 'text' w, 1 v from ${R}`, 'X Y Z W V'],
  ['a quoted alias without AS', `select a "x", count(*) "N" from ${R}`, 'x N'],
  ['a doubled quote in a name', `select a as "say ""x""" from ${R}`, 'say "x"'],
  ['a cast with an alias', `select a::int as i, b::number(10, 2) n, cast(c as date) d from ${R}`, 'I N D'],
  ['a JSON path with an alias', `select a:x.y::varchar as p, a['x'][0] q, a:"K k"::int r from ${R}`, 'P Q R'],
  [
    'CASE with an alias',
    `select case when a = 1 then 'end' else b end as x, case a when 1 then 2 end y from ${R}`,
    'X Y',
  ],
  ['functions with commas inside', `select coalesce(a, b, 'x, y') as x, iff(a, (b), c) y from ${R}`, 'X Y'],
  ['EXTRACT … FROM', `select extract(year from a) as y, b from ${R}`, 'Y B'],
  ['TRIM and SUBSTRING with words inside', `select trim(both from a) as t, substring(b from 2) s from ${R}`, 'T S'],
  [
    'a window function',
    `select row_number() over (partition by a, b order by c desc, a) as n, sum(a) over (order by b rows between 1 preceding and current row) s from ${R}`,
    'N S',
  ],
  [
    'QUALIFY',
    `select a, max(b) as m from ${R} group by 1 qualify row_number() over (partition by a order by m) = 1`,
    'A M',
  ],
  ['DISTINCT and ALL', `select distinct a, b from ${R}`, 'A B'],
  ['ORDER BY and LIMIT', `select all a, b as x from ${R} where c in (select a from ${S}) order by x limit 1`, 'A X'],
  ['a query in the list', `select (select max(d) from ${S}) as m, a from ${R}`, 'M A'],
  ['EXISTS in the list', `select exists (select 1 from ${S} where d = r.a) as e from ${R} r`, 'E'],
  ['a list without FROM', `select 1 as one, 'two' as two`, 'ONE TWO'],
  ['comments that hold keywords', `select a, -- from x, y\n b /* as z, */ from ${R} -- union`, 'A B'],
  ['texts that hold keywords', `select 'from ''x'', ' as "from", b from ${R} where c = ' union select'`, 'from B'],
  ['a text with an escaped quote', `select 'it\\'s, from' as x, b from ${R}`, 'X B'],
  ['*', `select * from ${R}`, 'A B C'],
  ['a name and *', `select 1 as one, * from ${R} where a > 0`, 'ONE A B C'],
  ['alias.*', `select r.* from ${R} r`, 'A B C'],
  ['the name.*', `select R.*, s.d from ${R} join ${S} s on s.a = r.a`, 'A B C D'],
  ['* over a join', `select * from ${R} r join ${S} s on r.a = s.a`, 'A B C A D'],
  ['* over a left join with conditions', `select * from ${R} left outer join ${S} using (a)`, 'A B C A D'],
  ['* over a list', `select * from ${R}, ${S} s where true`, 'A B C A D'],
  ['EXCLUDE of one', `select * exclude a from ${R}`, 'B C'],
  ['EXCLUDE of several', `select r.* exclude (a, C), 1 as x from ${R} r`, 'B X'],
  ['RENAME', `select * rename (a as x, b as "y") from ${R}`, 'X y C'],
  ['RENAME of one', `select * rename a as x, 1 as n from ${R}`, 'X B C N'],
  ['EXCLUDE and RENAME', `select * exclude (a) rename (b as x) from ${R}`, 'X C'],
  ['REPLACE changes no name', `select * replace (upper(a) as a) from ${R}`, 'A B C'],
  ['a query in FROM', `select * from (select a as x, b from ${R}) q`, 'X B'],
  ['a query in FROM without an alias', `select * from (select a from ${R})`, 'A'],
  ['queries within queries', `select q.* from (select * from (select c from ${R}) p) as q`, 'C'],
  ['a query in parentheses', `(select a from ${R})`, 'A'],
  ['UNION: the first names', `select a as x from ${R} union all select d from ${S}`, 'X'],
  ['UNION of queries in parentheses', `(select a as x from ${R}) union (select d from ${S})`, 'X'],
  ['EXCEPT, MINUS, INTERSECT', `select a from ${R} except select d from ${S} minus select 1`, 'A'],
  ['WITH', `with q as (select a, b as x from ${R}) select * from q`, 'A X'],
  ['WITH of several', `with p as (select a from ${R}), q as (select p.*, 1 as n from p) select * from q`, 'A N'],
  ['WITH with names', `with q (x, "y") as (select a, b from ${R}) select * from q`, 'X y'],
  ['WITH in WITH', `with q as (with p as (select b from ${R}) select * from p) select * from q`, 'B'],
  [
    'an inner name of WITH hides an outer one',
    `with p as (select a from ${R}), q as (with p as (select b, c from ${R}) select * from p) select q.*, p.* from q, p`,
    'B C A',
  ],
  ['a name of WITH that is a relation too', `with r as (select d from ${S}) select * from r`, 'D'],
  ['a name of WITH under an alias', `with q as (select a from ${R}) select z.*, 1 as one from q as z`, 'A ONE'],
  [
    'WITH RECURSIVE',
    `with recursive q as (select 1 as n union all select n + 1 from q where n < 3) select * from q`,
    'N',
  ],
  ['WITH within a query in FROM', `select * from (with q as (select c from ${R}) select * from q) z`, 'C'],
  ['LATERAL FLATTEN', `select r.a, f.value:x::int as x from ${R} r, lateral flatten(input => r.b) f`, 'A X'],
  ['* of a source beside FLATTEN', `select r.*, f.index as i from ${R} r, lateral flatten(r.b:list) as f`, 'A B C I'],
  ['TABLE(…) with names of its own', `select value as v from table(flatten(input => parse_json('[1]'))) f`, 'V'],
  ['conditions', `select a is not null as x, not b y, a like 'x' escape 'y' as z, a and b as w from ${R}`, 'X Y Z W'],
  ['IS DISTINCT FROM', `select a is distinct from b as x, a is not distinct from b y from ${R}`, 'X Y'],
  ['a column named like a keyword', `select r."from", r."select" as s from ${R} r`, 'from S'],
]

describe('columns of a query by its text', () => {
  test.each(NAMED)('%s', (_, sql, columns) => {
    expect(columnsOf(sql)).toBe(columns)
  })

  test('other models are followed by their own queries', () => {
    const first = table({
      target: t('FIRST'),
      query: { sql: `select *, 1 as n from ${R}`, file: 'a.sqlx' },
      type: 'view',
    })
    const second = incremental({
      target: t('SECOND'),
      query: { sql: 'select * exclude n from TELCO_DB.DW.FIRST', file: 'b.sqlx' },
    })
    expect(columnsOf('select * from TELCO_DB.DW.SECOND', [first, second])).toBe('A B C')
  })

  test('a copy has its declared columns, an scd2 those of its key and attributes', () => {
    const staged = copy({ columns: named('id', '"Mixed"') })
    expect(columnsOf('select * from TELCO_DB.STAGING.STG', [staged])).toBe('ID Mixed')
    const columns = columnsOf('select * from TELCO_DB.DW.DIM', [scd2()])
    expect(columns.split(' ')).toEqual(expect.arrayContaining(['SK', 'K', 'A', 'B', 'U', 'IS_CURRENT']))
  })
})

const UNNAMED: readonly (readonly [what: string, sql: string, error: string])[] = [
  ['an expression', `select a,\n b + 1 from ${R}`, 'x.sqlx:11 (DW.ORDERS): this column has no name'],
  ['CASE without an alias', `select\n case when a then b end\nfrom ${R}`, 'x.sqlx:11 (DW.ORDERS): this column has no'],
  ['a function', `select count(*) from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a text', `select 'x' from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a sum', `select a + b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a cast', `select a::int from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a JSON path', `select a:x from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a condition', `select a is not null from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['a comparison', `select a = b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['NOT', `select not a from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['IN', `select a in (1, 2) from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['AND', `select a > 1 and b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['BETWEEN', `select a between 1 and b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['LIKE', `select a not like b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['IS DISTINCT FROM', `select a is not distinct from b from ${R}`, 'x.sqlx:10 (DW.ORDERS): this column has no name'],
  ['* of a function', `select f.* from ${R} r, lateral flatten(r.a) f`, 'x.sqlx:10 (DW.ORDERS): nothing says what * '],
  ['* of no source', `select z.* from ${R} r`, 'x.sqlx:10 (DW.ORDERS): no source here is called Z'],
  ['* without FROM', 'select *', 'x.sqlx:10 (DW.ORDERS): no source here is called anything'],
  ['no SELECT', `values (1)`, 'x.sqlx:10 (DW.ORDERS): this query names no columns'],
  ['* of a declaration without columns', 'select * from TELCO_DB.DW.O', 'x.sqlx:1: nothing says which columns DW.O'],
  ['* of an unknown relation', 'select * from TELCO_DB.DW.NONE', 'nothing says which columns TELCO_DB.DW.NONE has'],
  ['a column of WITH', `with q as (\n select max(a) from ${R})\nselect * from q`, 'x.sqlx:11 (DW.ORDERS): this column'],
  ['a text without an end', `select 'a from ${R}`, 'x.sqlx:10: a text here does not end'],
]

test.each(UNNAMED)('columns that nobody named: %s', (_, sql, error) => {
  expect(errorOf(sql).replace(/^definitions\//, '')).toContain(error)
})

describe('the flagship', () => {
  test('every table and view has the columns that its text tells, in their order', async () => {
    const graph = await compileProject({ projectDir: flagship() })
    const lake = join(scratchFolder(), 'lake')
    mkdirSync(lake)
    const stages = { 'TELCO_DB.STAGING.LAKE': lake }
    const engine = await openDuckDb({ path: ':memory:', databases: ['TELCO_DB'], stages, create: true })
    try {
      const steps = plan(graph.actions, await engine.state(['TELCO_DB']), OPTIONS)
      const results = await runPlan({
        engine,
        plan: steps,
        signal: new AbortController().signal,
        concurrency: 1,
        retries: 0,
        now: () => new Date(),
        onStart: () => undefined,
        onEnd: () => undefined,
      })
      expect(results.filter(({ status }) => status === 'FAILED').map(({ error }) => error)).toEqual([])
      const told = projectColumns(graph.actions)
      const types = ['table', 'view', 'incremental', 'scd2', 'copy']
      const models = graph.actions.filter(({ type, disabled }) => types.includes(type) && !disabled)
      expect(models.length).toBeGreaterThan(20)
      for (const { target } of models) {
        const sql = `select * from ${relation(target)}`
        const { columns } = await engine.query({ sql, file: '' }, 1)
        expect([targetName(target), ...told(target)]).toEqual([targetName(target), ...columns])
      }
    } finally {
      await engine.close()
    }
  })
})
