import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engines/engine.ts'
import { createTranslator } from '../../src/transpile/translate.ts'
import { openScratch } from '../helpers/scratch.ts'
import { subsetPage } from './page.ts'
import { REFUSED, SUBSET } from './subset.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openScratch(['TELCO_DB'])
})
afterAll(() => engine.close())

const plain = (cell: string | null): string | null =>
  cell !== null && /^-?\d+\.\d+$/.test(cell) ? cell.replace(/\.?0+$/, '') : cell

describe.each(Object.entries(SUBSET))('%s', (_, constructs) => {
  test.each(constructs.map(construct => [construct.name, construct] as const))('%s', async (_, { sql, answer }) => {
    const query = /^(select|with)\b/.test(sql) ? sql : `select ${sql}`
    const { rows } = await engine.query({ sql: query, file: 'x.sqlx', line: 1 }, 100)
    const expected = typeof answer === 'object' && answer !== null ? answer : [[answer]]
    expect(rows.map(row => row.map(plain))).toEqual(
      expected.map(row => row.map(cell => (sql.includes('varchar') ? cell : plain(cell)))).map(row => row.map(plain)),
    )
  })
})

describe('errors that Snowflake gives', () => {
  test.each([
    ['division by zero', 'select 1 / 0', 'Division by zero'],
    ['MOD by zero', 'select mod(1, 0)', 'Division by zero'],
    ['a text that is no number', "select 'abc'::int", 'abc'],
    ['a text that is no date', "select '2025-13-01'::date", '2025-13-01'],
    ['a number that does not fit', 'select 12345::number(4,0)', '12345'],
    ['a text that is no truth', "select 'maybe'::boolean", 'Boolean'],
    ['a timestamp with an offset is not silently moved', "select '2025-01-02T03:04:05+02:00'::timestamp_ntz", 'offset'],
  ])('%s', async (_, sql, message) => {
    await expect(engine.query({ sql, file: 'x.sqlx', line: 1 }, 1)).rejects.toThrow(message)
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

test('the subset has at least 100 constructs', () => {
  expect(Object.values(SUBSET).flat().length).toBeGreaterThanOrEqual(100)
})

test('docs/sql-subset.md is this table (`npm test -- tests/conformance --update` writes it anew)', async () => {
  await expect(subsetPage()).toMatchFileSnapshot('../../docs/sql-subset.md')
})
