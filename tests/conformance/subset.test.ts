import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { createTranslator } from '../../src/transpile/translate.ts'
import { openScratch } from '../helpers/scratch.ts'
import { subsetPage } from './page.ts'
import { REFUSED } from './subset/refused.ts'
import { SUBSET } from './subset.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openScratch(['TELCO_DB'])
  await engine.query({ sql: 'create schema if not exists TELCO_DB.W', file: '' }, 1)
})
afterAll(() => engine.close())

const execute = (sql: string) => engine.query({ sql, file: 'x.sqlx', line: 1 }, 100)

const plain = (cell: string | null): string | null =>
  cell !== null && /^-?\d+\.\d+$/.test(cell) ? cell.replace(/\.?0+$/, '') : cell

describe.each(Object.entries(SUBSET))('%s', (_, constructs) => {
  test.each(constructs.map(construct => [construct.name, construct] as const))('%s', async (_, construct) => {
    const { before, sql, answer } = construct
    for (const statement of before) await execute(statement)
    const { rows } = await execute(/^(select|with)\b/.test(sql) ? sql : `select ${sql}`)
    // A text is compared to the last digit, a number without the zeros at its end.
    const shown = /varchar|\|\||concat/.test(sql) ? (cell: string | null) => cell : plain
    const expected = typeof answer === 'object' && answer !== null ? answer : [[answer]]
    expect(rows.map(row => row.map(shown))).toEqual(expected)
  })
})

describe('errors that Snowflake gives', () => {
  test.each([
    ['division by zero', 'select 1 / 0', 'Division by zero'],
    ['division of a FLOAT by zero', 'select 1::float / 0', 'Division by zero'],
    ['MOD by zero', 'select mod(1, 0)', 'Division by zero'],
    ['a text that is no number', "select 'abc'::int", 'abc'],
    ['a number with _', "select '1_000'::int", 'not recognized'],
    ['more hexadecimal digits than the format has', "select to_number('fff', 'XX')", 'hexadecimal'],
    ['a text that is no date', "select '2025-13-01'::date", '2025-13-01'],
    ['a word that is a date elsewhere', "select 'epoch'::date", 'not recognized'],
    ['an hour that does not exist', "select '2025-01-02 24:00:00'::timestamp_ntz", 'not recognized'],
    ['a number that does not fit', 'select 12345::number(4,0)', '12345'],
    ['a text that is no truth', "select 'maybe'::boolean", 'Boolean'],
    ['a number in a text that is no truth', "select '2'::boolean", 'Boolean'],
    ['a result that is infinite', 'select exp(1000)', 'finite'],
    ['a root of a negative number', 'select sqrt(-1)', 'negative'],
    ['a scalar subquery of two rows', 'select (select x from (values (1), (2)) t (x))', 'More than one row'],
    ['a timestamp with an offset is not silently moved', "select '2025-01-02T03:04:05+02:00'::timestamp_ntz", 'offset'],
    ['a form of a date that is not in the subset', "select '01/02/2025'::date", 'not recognized'],
    ['TRY_CAST of a form that Snowflake may know', "select try_cast('01/02/2025' as date)", 'YYYY-MM-DD'],
    ['TRY_CAST of a number', 'select try_cast(5 as int)', 'no text'],
    ['a difference of timestamps', "select '2025-01-02'::timestamp_ntz - '2025-01-01'::timestamp_ntz", 'DATEDIFF'],
    [
      'a FLOAT with more digits than all ways of writing it share',
      'select (0.1::float + 0.2::float)::varchar',
      'FLOAT',
    ],
    ['a VARIANT as a text', "select parse_json('1.0')::varchar", 'VARIANT'],
    ['a path to a fraction as a text', `select parse_json('{"a": 1.50}'):a::varchar`, 'fraction'],
    ['a text beside a number', "select x = 1 from (values ('01')) t (x)", 'beside'],
    [
      'texts and numbers in a join',
      "select 1 from (values ('1.4')) a (x) join (values (1)) b (x) on a.x = b.x",
      'beside',
    ],
    ['a text with a fraction beside a number', "select x = '1.4' from (values (1)) t (x)", 'beside'],
    ['IN with a text with a fraction', "select x in ('1.4') from (values (1)) t (x)", 'beside'],
    ['COALESCE with a text with a fraction', "select coalesce(x, '2.5') from (values (1)) t (x)", 'mix'],
    ['a truth beside a number', 'select coalesce(x, 0) from (values (true)) t (x)', 'beside'],
    [
      'a date beside a text with a time',
      "select x = '2025-01-02 10:00:00' from (values ('2025-01-02'::date)) t (x)",
      'beside',
    ],
    ['a VARIANT as the text of a function', `select length(x) from (select parse_json('"a"') as x) t`, 'VARIANT'],
    ['a product of more than 12 digits', 'select 1.1234567 * 1.1234567', '12 digits'],
    ['PARSE_JSON of no JSON', "select parse_json('x')", 'JSON'],
  ])('%s', async (_, sql, message) => {
    await expect(execute(sql)).rejects.toThrow(message)
  })

  test.each([
    [
      'MERGE',
      'merge into TELCO_DB.W.M t using (values (1, 2), (1, 3)) s (id, v) on t.id = s.id when matched then update set v = s.v',
    ],
    [
      'MERGE that deletes',
      'merge into TELCO_DB.W.M t using (values (1, 2), (1, 3)) s (id, v) on t.id = s.id when matched then delete',
    ],
    ['UPDATE', 'update TELCO_DB.W.M t set v = s.v from (values (1, 2), (1, 3)) s (id, v) where t.id = s.id'],
  ])('%s with two rows for one', async (_, sql) => {
    await execute('create or replace table TELCO_DB.W.M as select 1 as id, 1 as v')
    await expect(execute(sql)).rejects.toThrow('several rows')
    expect((await execute('select v from TELCO_DB.W.M')).rows).toEqual([['1']])
  })
})

describe('refused by name, with file and line', () => {
  const { translate } = createTranslator()
  test.each(REFUSED)('%s', async (sql, word) => {
    const error = await translate(
      { sql: `-- a comment\n${sql}`, file: 'definitions/x.sqlx', line: 7 },
      'TELCO_DB.SF',
    ).then(
      made => made.sql,
      (thrown: unknown) => thrown,
    )
    expect(String((error as Error).message ?? error).toUpperCase()).toContain(word.toUpperCase())
    expect(error).toMatchObject({ place: { file: 'definitions/x.sqlx', line: expect.any(Number) } })
  })
})

test('the subset has at least 400 constructs', () => {
  expect(Object.values(SUBSET).flat().length).toBeGreaterThanOrEqual(400)
})

test('docs/sql-subset.md is this table (`npm test -- tests/conformance --update` writes it anew)', async () => {
  await expect(subsetPage()).toMatchFileSnapshot('../../docs/sql-subset.md')
})
