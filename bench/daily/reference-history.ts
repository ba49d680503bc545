import { literal, openDatabase } from '../helpers/duckdb.ts'
import { dayOfSql, eventsSql, type FeedSize } from './rows.ts'
import { chunks, makeVersions } from './written.ts'

/** Gives the yardstick's database, which has loaded the first day, the rows that all days up to `last` would have left. */
export async function writeReference(file: string, { size }: { readonly size: FeedSize }, last: number): Promise<void> {
  const database = await openDatabase()
  try {
    await database.run(`attach ${literal(file)} as REFERENCE`)
    await makeVersions(database, size, { last })
    await database.run('delete from REFERENCE.dim_customer')
    await database.run('delete from REFERENCE.fact_activity')
    await database.run(`insert into REFERENCE.dim_customer
      select md5(customer_id || start_day), customer_id, first_name, last_name, email, phone, gender, date_of_birth, address, state,
        country, registration_date, registration_channel, plan_id, status, start_day::timestamp, end_day::timestamp from version`)
    for (const [from, to] of chunks(last, size)) {
      await database.run(`insert into REFERENCE.fact_activity
        select e.event_id, e.customer_id, d.customer_sk, md5(d.plan_id), e.event_type, e.event_timestamp, e.device_type, e.network_type
        from (${eventsSql(from, to, size)}) e
        join REFERENCE.dim_customer d on d.customer_id = e.customer_id and ${dayOfSql('e.n')} >= d.effective_start_date
          and ${dayOfSql('e.n')} < coalesce(d.effective_end_date, timestamp '9999-12-31')
        order by e.n, e.i`)
    }
  } finally {
    database.close()
  }
}
