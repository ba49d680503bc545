import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { executeOn } from '../helpers/scratch.ts'
import { never, openWarehouse, plainDuckDb, statement, step, temporaryFolder } from './world.ts'

const root = temporaryFolder()
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ROWS = 5000
const FILL = Array.from({ length: ROWS }, (_, at) => `(${at}, '${'x'.repeat(at % 3)}')`).join()
const MADE = [
  ['OF_COLUMNS', 'create or replace transient table TELCO_DB.DW.OF_COLUMNS (ID number(10,0) not null, "V ,(" varchar)'],
  [
    'OF_A_QUERY',
    'create transient table TELCO_DB.DW.OF_A_QUERY as select ID, V as "V ,(" from TELCO_DB.DW.OTHER where false',
  ],
  ['LASTING', 'create table TELCO_DB.DW.LASTING as select ID, V as "V ,(" from TELCO_DB.DW.OTHER where false'],
] as const

describe('a transient table', () => {
  test('is stored as it comes, however it is made, and has the columns that it was given', async () => {
    const folder = join(root, 'warehouse')
    mkdirSync(folder)
    const engine = await openWarehouse(folder)
    await executeOn(engine, [
      'create schema TELCO_DB.DW',
      'create table TELCO_DB.DW.OTHER (ID number(10,0), V varchar)',
    ])
    for (const [name, create] of MADE)
      await engine.run(step([statement(create), statement(`insert into TELCO_DB.DW.${name} values ${FILL}`)]), never)
    await engine.close()
    const attach = `attach '${join(folder, 'TELCO_DB.duckdb')}' as W (read_only)`
    const found = MADE.map(async ([name]) => [
      ...(await plainDuckDb(attach, `select name, type, "notnull" from pragma_table_info('W.DW.${name}')`)),
      ...(await plainDuckDb(attach, `select count(*), sum(ID), sum(length("V ,(")) from W.DW.${name}`)),
      ...(await plainDuckDb(
        attach,
        `select distinct compression = 'Uncompressed' from pragma_storage_info('W.DW.${name}') where segment_type <> 'VALIDITY'`,
      )),
    ])
    const values = [`${ROWS}`, `${(ROWS * (ROWS - 1)) / 2}`, `${ROWS - 1}`]
    expect(await Promise.all(found)).toEqual(
      [
        ['true', 'true'],
        ['false', 'true'],
        ['false', 'false'],
      ].map(([isRequired, isPlain]) => [
        ['ID', 'DECIMAL(10,0)', isRequired],
        ['V ,(', 'VARCHAR', 'false'],
        values,
        [isPlain],
      ]),
    )
  })

  test('that is there already keeps its rows', async () => {
    const engine = await openWarehouse(':memory:')
    await executeOn(engine, ['create schema TELCO_DB.DW', 'create table TELCO_DB.DW.T as select 1 as ID'])
    const again = 'create transient table if not exists TELCO_DB.DW.T (ID number)'
    const filled = 'create or replace transient table TELCO_DB.DW.F as select 7 as ID'
    await engine.run(step([statement(again), statement(filled)]), never)
    const rows = async (name: string) =>
      (await engine.query({ sql: `select * from TELCO_DB.DW.${name}`, file: '' }, 9)).rows
    expect([await rows('T'), await rows('F')]).toEqual([[['1']], [['7']]])
    await engine.close()
  })
})
