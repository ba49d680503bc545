import { loadContracts } from '../../pipeline/contracts.ts'
import { attachStatement } from '../../src/engines/duckdb/attach.ts'
import { encoded, hashNumber } from '../../src/plan/scd2/encoding.ts'
import { BEGINNING, HISTORY_COLUMNS } from '../../src/plan/scd2/names.ts'
import { createTranslator } from '../../src/transpile/translate.ts'
import { type Database, openDatabase } from '../helpers/duckdb.ts'
import { datasets, feedPath } from './feed.ts'
import { dayOf, dayOfSql, eventsSql, type FeedSize, sourceOf } from './rows.ts'
import { chunks, makeVersions, type WrittenDays } from './written.ts'

interface World {
  readonly root: string
  readonly size: FeedSize
}

// The publications of a day: its customers, its prices, its facts. Numbers rise over all datasets.
const publication = (n: string): Readonly<Record<'customers' | 'plans' | 'activity_logs', string>> => ({
  customers: `(3 * ${n} - 2)`,
  plans: `(3 * ${n} - 1)`,
  activity_logs: `(3 * ${n})`,
})
const owners = { customers: 'DW.DIM_CUSTOMER', plans: 'DW.PLAN_PRICE', activity_logs: 'DW.FACT_ACTIVITY' } as const

/**
 * Gives a warehouse that has loaded the first day the rows that it would have, had it loaded all of `days` one after the
 * other: the dimension by the expressions that the framework itself uses.
 */
export async function writeWarehouse(file: string, { root, size }: World, days: WrittenDays): Promise<void> {
  const database = await openDatabase()
  try {
    await database.run(attachStatement(file, 'TELCO_DB'))
    await makeVersions(database, size, days)
    await writeDimension(database, root, size)
    await writePlans(database, days.last)
    await writeFacts(database, size, days.last)
    await writeMemory(database, size, days)
  } finally {
    database.close()
  }
}

async function writeDimension(database: Database, root: string, size: FeedSize): Promise<void> {
  const { columns, key } = loadContracts(root).customers
  const upper = (which: typeof columns): readonly string[] => which.map(({ name }) => name.toUpperCase())
  const tracked = upper(columns.filter(column => column.tracked))
  const untracked = upper(columns.filter(column => !column.tracked && !key.includes(column.name)))
  const history: Readonly<Record<(typeof HISTORY_COLUMNS)[number][0], string>> = {
    EFFECTIVE_START_DATE: 'cast(v.start_day as timestamp_ntz)',
    EFFECTIVE_END_DATE: 'cast(v.end_day as timestamp_ntz)',
    END_KNOWN_FROM: publication('v.end_n').customers,
    IS_CURRENT: 'v.end_day is null',
    KNOWN_FROM: publication('v.start_n').customers,
    KNOWN_TO: 'null',
    JOIN_START_DATE: `iff(v.start_n = 1, ${BEGINNING}, cast(v.start_day as timestamp_ntz))`,
    TRACKED_HASH: 'v.value',
  }
  const identity = `length(v.customer_id) || ':' || v.customer_id || '|' || to_varchar(v.start_day, 'YYYY-MM-DD') || '|' || v.value`
  const names = ['CUSTOMER_ID', ...tracked, ...untracked]
  const sql = `insert into TELCO_DB.DW.DIM_CUSTOMER (${['CUSTOMER_SK', ...names, ...HISTORY_COLUMNS.map(([name]) => name)].join(', ')})
select ${hashNumber(identity)}, ${names.map(name => `v.${name}`).join(', ')}, ${HISTORY_COLUMNS.map(([name]) => history[name]).join(', ')}
from (select w.*, md5(${encoded('w', tracked)}) as value from MEMORY.MAIN.VERSION w) v`
  const translated = await createTranslator().translate({ sql, file: '' }, 'TELCO_DB.SF')
  const same = ['customer_sk', ...names, 'effective_start_date', 'join_start_date', 'tracked_hash', 'known_to'].join(
    ', ',
  )
  await database.run(`create table loaded as select ${same} from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1`)
  await database.run('delete from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1')
  await database.run(translated.sql)
  const [found = 0] = await database.numbers(
    `select count(*) from (select * from loaded intersect select ${same} from TELCO_DB.DW.DIM_CUSTOMER)`,
  )
  if (found !== size.customers)
    throw new Error(
      `of ${size.customers} versions that the first load made, ${found} were written alike: bench/daily/warehouse-history.ts must follow src/plan/scd2`,
    )
  await database.run('drop table loaded')
}

async function writePlans(database: Database, last: number): Promise<void> {
  await database.run(`insert into TELCO_DB.DW.PLAN_PRICE (plan_id, business_date, monthly_price)
    select plan_id, ${dayOfSql('n')}, monthly_price from TELCO_DB.DW.PLAN_PRICE, (select range::int n from range(2, ${last} + 1)) order by n`)
  await database.run(`update TELCO_DB.DW.DIM_PLAN set as_of_date = date '${dayOf(last)}' where plan_sk <> -1`)
}

async function writeFacts(database: Database, size: FeedSize, last: number): Promise<void> {
  await database.run('delete from TELCO_DB.DW.FACT_ACTIVITY')
  for (const [from, to] of chunks(last, size)) {
    await database.run(`insert into TELCO_DB.DW.FACT_ACTIVITY (event_id, customer_sk, customer_id, plan_sk, plan_id, monthly_price,
        event_type, event_timestamp, device_type, ip_address, network_type, payload, business_date, source_file, row_hash, known_from, event_key)
      select e.event_id, c.customer_sk, e.customer_id, p.plan_sk, c.plan_id, p.monthly_price,
        e.event_type, e.event_timestamp, e.device_type, e.ip_address, e.network_type, e.payload::json, ${dayOfSql('e.n')},
        'activity_logs/' || ${dayOfSql('e.n')}, e.row_hash, ${publication('e.n').activity_logs}, cast('0x' || md5(e.event_id)[1:15] as bigint)
      from (${eventsSql(from, to, size)}) e
      join TELCO_DB.DW.DIM_CUSTOMER c on c.customer_id = e.customer_id and e.event_timestamp >= c.join_start_date
        and e.event_timestamp < coalesce(c.effective_end_date, timestamp '9999-12-31')
      join TELCO_DB.DW.DIM_PLAN p on p.plan_id = c.plan_id
      order by e.n, e.i`)
  }
}

/** What the warehouse remembers of the days: which files it copied, what it published, how far corrections are. */
async function writeMemory(database: Database, size: FeedSize, { last, without }: WrittenDays): Promise<void> {
  const system = 'TELCO_DB.DATAFORM'
  await database.run(`delete from ${system}.LEDGER`)
  const rows = { customers: size.customers, plans: 20, activity_logs: size.eventsPerDay }
  for (const dataset of datasets) {
    const numbers = Array.from({ length: last }, (_, at) => at + 1).filter(
      n => dataset !== 'customers' || n !== without,
    )
    const published = numbers.map(n => {
      const number = publication(String(n))[dataset]
      return `('${owners[dataset]}', date '${dayOf(n)}', md5('${sourceOf(dataset, n)}'), ${number}, ${number}, ${rows[dataset]}, true, '${sourceOf(dataset, n)}', timestamp '${dayOf(n + 1)}')`
    })
    await database.run(
      `insert into ${system}.LEDGER (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, source, loaded_at) values ${published.join(', ')}`,
    )
    const relation = `TELCO_DB.STAGING.STG_${dataset === 'activity_logs' ? 'ACTIVITY' : dataset.toUpperCase()}`
    const copied = numbers
      .filter(n => n > 1)
      .map(
        n => `('${relation}', '${feedPath(dataset, n)}', 1, '${dayOf(n + 1)}', 0, timestamp '${dayOf(n + 1)}', true)`,
      )
    if (copied.length > 0) await database.run(`insert into ${system}.LOAD_HISTORY values ${copied.join(', ')}`)
  }
  await database.run(
    `update ${system}.WATERMARKS set point = (select max(publication) from ${system}.LEDGER where dataset = '${owners.customers}')`,
  )
}
