import type { Worker } from '../../pipeline/worker.ts'
import { relation } from '../../src/dialects/snowflake.ts'
import { createDays, findDays } from '../../src/plan/scd2/days.ts'
import { scd2Names } from '../../src/plan/scd2/names.ts'
import { createSchema, createSystemTables } from '../../src/plan/system.ts'
import type { Statement } from '../../src/plan/types.ts'
import { openScratch } from '../helpers/scratch.ts'
import { scd2, t } from '../plan/fixtures.ts'
import { contracts } from './cleaning.ts'

const columns = contracts.customers.columns.map(({ name }) => name)
const tracked = contracts.customers.columns.filter(column => column.tracked === true).map(({ name }) => name)

/** The history of customers, as the project defines it. */
const history = scd2({
  query: { sql: `select ${columns.join(', ')}, business_date from TELCO_DB.STAGING.S`, file: '' },
  scd2: {
    key: 'customer_id',
    businessDate: 'business_date',
    tracked,
    untracked: columns.filter(name => name !== 'customer_id' && !tracked.includes(name)),
    openStart: true,
    unknownMember: {},
    surrogateKey: 'customer_sk',
    unknownKeys: t('U', 'STAGING'),
    maxVanishedShare: 1,
  },
})

/**
 * The content hash of each day of staged customers, by the statements with which the history tells whether it has seen a day.
 * The sources are DuckDB's SQL.
 */
export async function contentHashes(worker: Worker, staged: string, unknown: string): Promise<readonly unknown[]> {
  const engine = await openScratch(['TELCO_DB'])
  const signal = new AbortController().signal
  const setup = async (...statements: readonly (string | Statement)[]): Promise<void> => {
    const all = statements.map(each =>
      typeof each === 'string' ? ({ kind: 'execute', text: { sql: each, file: '' } } as const) : each,
    )
    await engine.setup({ engine: 'duckdb', setup: all, steps: [], confirmations: [] }, signal)
  }
  const fill = async (table: string, names: readonly string[], source: string): Promise<void> => {
    await setup(
      `create table TELCO_DB.STAGING.${table} (${names.map(name => `${name} varchar`).join(', ')}, business_date date)`,
    )
    const rows = await worker.all(
      `select ${[...names, 'business_date'].map(name => `${name}::varchar as ${name}`).join(', ')} from ${source}`,
    )
    const values = rows.map(row => `(${Object.values(row).map(literal).join(', ')})`)
    if (values.length > 0) await setup(`insert into TELCO_DB.STAGING.${table} values ${values.join(', ')}`)
  }
  try {
    await setup(
      createSchema('TELCO_DB', 'STAGING'),
      createSchema('TELCO_DB', 'DATAFORM'),
      ...createSystemTables(history.target).values(),
    )
    await fill('S', columns, staged)
    await fill('U', ['customer_id'], unknown)
    const names = scd2Names(history)
    await setup(createDays(names), ...findDays(names, history.query))
    const sql = `select business_date, content_hash, row_count from ${relation(names.days)} order by business_date`
    return (await engine.query({ sql, file: '' }, 10_000)).rows
  } finally {
    await engine.close()
  }
}

const literal = (value: unknown): string => (value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`)
