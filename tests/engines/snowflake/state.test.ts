import { afterEach, beforeEach, expect, test } from 'vitest'
import { plan } from '../../../src/plan/plan.ts'
import { OPTIONS, table as tableAction } from '../../plan/fixtures.ts'
import { never, userError } from '../world.ts'
import { type Account, openAccount } from './account.ts'
import { DONE, failure, table } from './wire-answers.ts'

let account: Account
beforeEach(async () => {
  account = await openAccount()
})
afterEach(() => account.close())

const CATALOGUE = `select s.schema_name, t.table_name, t.table_type, c.column_name, t.is_transient, t.clustering_key
from TELCO_DB.INFORMATION_SCHEMA.SCHEMATA s
left join TELCO_DB.INFORMATION_SCHEMA.TABLES t on t.table_schema = s.schema_name
left join TELCO_DB.INFORMATION_SCHEMA.COLUMNS c on c.table_schema = t.table_schema and c.table_name = t.table_name
where s.schema_name <> 'INFORMATION_SCHEMA'
order by s.schema_name, t.table_name, c.ordinal_position`
const DEFINITIONS = 'select relation, kind, hash from TELCO_DB.DATAFORM.DEFINITIONS'
const NAMES = ['SCHEMA_NAME', 'TABLE_NAME', 'TABLE_TYPE', 'COLUMN_NAME', 'IS_TRANSIENT', 'CLUSTERING_KEY']

const catalogue = (...rows: readonly (readonly (string | null)[])[]) =>
  account.server.on(CATALOGUE, table(NAMES, ...rows))

test('is one query of each database, with the definitions where there are some', async () => {
  catalogue(
    ['DATAFORM', 'DEFINITIONS', 'BASE TABLE', 'RELATION'],
    ['DW', 'ORDERS', 'BASE TABLE', 'ID', 'YES', 'LINEAR(ID)'],
    ['DW', 'ORDERS', 'BASE TABLE', 'quoted Name', 'YES', 'LINEAR(ID)'],
    ['DW', 'V', 'VIEW', 'ID'],
    ['DW', 'W', 'MATERIALIZED VIEW', 'ID'],
    ['EMPTY', null, null, null],
  )
  account.server.on(
    DEFINITIONS,
    table(
      ['RELATION', 'KIND', 'HASH'],
      ['TELCO_DB.DW.ORDERS', 'table', 'abc'],
      // Somebody has put a view where a table was.
      ['TELCO_DB.DW.V', 'table', 'def'],
      ['TELCO_DB.DW.DROPPED', 'table', 'ghi'],
    ),
  )
  const { relations, schemas } = await account.engine.state(['TELCO_DB'])
  expect(account.server.statements()).toEqual([CATALOGUE, DEFINITIONS])
  expect([...schemas]).toEqual(['TELCO_DB.DATAFORM', 'TELCO_DB.DW', 'TELCO_DB.EMPTY'])
  expect(relations.get('TELCO_DB.DW.ORDERS')).toEqual({
    target: { database: 'TELCO_DB', schema: 'DW', name: 'ORDERS' },
    kind: 'table',
    columns: ['ID', 'quoted Name'],
    definition: 'abc',
    storage: { isTransient: true, clusterBy: 'LINEAR(ID)' },
  })
  expect(relations.get('TELCO_DB.DW.V')).toEqual({
    target: { database: 'TELCO_DB', schema: 'DW', name: 'V' },
    kind: 'view',
    columns: ['ID'],
  })
  expect(relations.get('TELCO_DB.DW.W')?.kind).toBe('view')
  expect(relations.has('TELCO_DB.DW.DROPPED')).toBe(false)
})

test('of a new database asks for no definitions', async () => {
  catalogue(['PUBLIC', null, null, null])
  const { relations, schemas } = await account.engine.state(['TELCO_DB'])
  expect([relations.size, [...schemas]]).toEqual([0, ['TELCO_DB.PUBLIC']])
  expect(account.server.statements()).toEqual([CATALOGUE])
})

test('of a database that is not there says what to do', async () => {
  account.server.on(
    /INFORMATION_SCHEMA/,
    failure("Database 'NOPE' does not exist or not authorized.", '002003', '02000'),
  )
  const error = await userError(account.engine.state(['NOPE']))
  expect([error.message.split(' (')[0], error.remedy]).toEqual([
    "Database 'NOPE' does not exist or not authorized.",
    'create it, or grant the role its use',
  ])
})

test('what it found is not made again', async () => {
  catalogue(['DATAFORM', 'DEFINITIONS', 'BASE TABLE', 'RELATION'], ['DW', null, null, null])
  account.server.on(DEFINITIONS, table(['RELATION', 'KIND', 'HASH']))
  account.server.on(/^create/, DONE)
  const state = await account.engine.state(['TELCO_DB'])
  await account.engine.setup(plan([tableAction()], state, { ...OPTIONS, engine: 'snowflake' }), never)
  expect(account.server.statements()).toEqual([CATALOGUE, DEFINITIONS])
})
