import { describe, expect, it } from 'vitest'
import { firstKeyword, isDdl, isOrdered, splitStatements } from '../../src/dialects/statements.ts'

describe('statements', () => {
  it('end at semicolons that are code, and keep their lines', () => {
    const sql = "select ';' -- not; here\n;\n\n/* nor; here */ insert into t values ($$;$$);;\n"
    expect(splitStatements({ sql, file: 'x.sqlx', line: 5 })).toEqual([
      { sql: "select ';' -- not; here", file: 'x.sqlx', line: 5 },
      { sql: '/* nor; here */ insert into t values ($$;$$)', file: 'x.sqlx', line: 8 },
    ])
  })

  it('are told by their first word, comments skipped', () => {
    expect(firstKeyword('-- select\n  create table t (x int)')).toBe('CREATE')
    expect(isDdl('/* x */ alter table t')).toBe(true)
    expect(isDdl('insert into t select 1')).toBe(false)
    expect(firstKeyword(' -- nothing\n')).toBe('')
  })

  it.each([
    ['select x from t order by x', true],
    ['select x from t\nORDER\n  BY f(x), (y) limit 3', true],
    ['select row_number() over (partition by (y) order by x) from t', false],
    ['with q as (select x from t order by x limit 3) select count(*) from q', false],
    ['select \'order by\' as x, "order by" from t -- order by x', false],
  ])('have an order only where it is said outside of parentheses: %s', (sql, expected) => {
    expect(isOrdered(sql)).toBe(expected)
  })
})
