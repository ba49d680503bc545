import { mkdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, PARQUET, STAGE, statement, TARGET, userError, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  rmSync(world.stage, { recursive: true, force: true })
  mkdirSync(world.stage)
  await world.setup('create or replace table TELCO_DB.STAGING.T (ID number(10,0), NAME varchar)')
})

const history = () => world.rows('select FILE, CONSUMED from TELCO_DB.DATAFORM.LOAD_HISTORY')

/** Loads the table T; `rest` comes after FROM. */
const load = async (rest: string): Promise<number | undefined> => {
  const copy = statement(`copy into TELCO_DB.STAGING.T\nfrom ${rest}`, 'copy')
  return (await world.run([copy], { target: TARGET, writes: [TARGET] })).rows
}

describe('what is refused is named', () => {
  test.each([
    ['a format option of CSV', `file_format = (type = CSV ESCAPE = '\\\\')`, 'ESCAPE'],
    [
      'a format option of PARQUET',
      'file_format = (type = PARQUET BINARY_AS_TEXT = FALSE) match_by_column_name = case_insensitive',
      'BINARY_AS_TEXT',
    ],
    ['a format option of JSON', 'file_format = (type = JSON STRIP_NULL_VALUES = TRUE)', 'STRIP_NULL_VALUES'],
    ['a format', 'file_format = (type = AVRO)', 'AVRO'],
    ['ON_ERROR', `${PARQUET} on_error = continue`, 'ON_ERROR'],
    ['PURGE', `${PARQUET} purge = true`, 'PURGE'],
    ['names with their case', 'file_format = (type = PARQUET) match_by_column_name = case_sensitive', 'CASE_SENSITIVE'],
    ['a compression', 'file_format = (type = CSV COMPRESSION = LZO)', 'LZO'],
    ['a header without names', 'file_format = (type = CSV PARSE_HEADER = TRUE)', 'PARSE_HEADER'],
    [
      'names without a header',
      'file_format = (type = CSV SKIP_HEADER = 1) match_by_column_name = case_insensitive',
      'PARSE_HEADER',
    ],
    ['Parquet by position', 'file_format = (type = PARQUET)', 'MATCH_BY_COLUMN_NAME'],
  ])('%s', async (_, options, name) => {
    world.put('a.csv', '1,a\n')
    const error = await userError(load(`@${STAGE}\n${options}`))
    expect(error.message).toContain(name)
    expect(error.place.file).toBe('definitions/model.sqlx')
    expect(error.place.line).toBeGreaterThanOrEqual(10)
    expect(await history()).toEqual([])
  })
})
