import { literal, openDatabase } from '../helpers/duckdb.ts'
import { assertionsOfLastRun } from './answers.ts'
import { dayOf, type FeedSize } from './rows.ts'

/**
 * Throws where the day that was loaded last changed anything but what its feed changed: a version ended and one begun for
 * each customer that changed, its facts, one publication a dataset; no correction, and no assertion that did not pass.
 */
export async function expectOrderlyDay(
  file: string,
  { size, project }: { readonly size: FeedSize; readonly project: string },
  { day, without }: { readonly day: number; readonly without?: number | undefined },
): Promise<void> {
  const moment = `timestamp '${dayOf(day)}'`
  const changed = size.customers / size.changedOneOf
  const expected: readonly (readonly [what: string, sql: string, wanted: number])[] = [
    ['versions begun', `DW.DIM_CUSTOMER where effective_start_date = ${moment}`, changed],
    ['versions ended', `DW.DIM_CUSTOMER where effective_end_date = ${moment}`, changed],
    ['current versions', 'DW.DIM_CUSTOMER where is_current', size.customers],
    ['versions no longer believed', 'DW.DIM_CUSTOMER where known_to is not null', 0],
    ['earlier statements about versions', 'DW.DIM_CUSTOMER_HISTORY', 0],
    ['facts', 'DW.FACT_ACTIVITY', day * size.eventsPerDay],
    ['facts without a version', 'DW.FACT_ACTIVITY where customer_sk = -1', 0],
    ['corrections', 'DW.ACTIVITY_ATTRIBUTION', 0],
    ['prices', 'DW.PLAN_PRICE', 20 * day],
    ['publications', 'DATAFORM.LEDGER', 3 * day - (without === undefined ? 0 : 1)],
  ]
  const database = await openDatabase()
  try {
    await database.run(`attach ${literal(file)} as TELCO_DB (read_only)`)
    const sqls = expected.map(([, sql]) => `(select count(*) from TELCO_DB.${sql})`)
    const found = await database.numbers(`select ${sqls.join(', ')}`)
    const wrong = expected.flatMap(([what, , wanted], at) =>
      found[at] === wanted ? [] : [`${what}: ${found[at]} instead of ${wanted}`],
    )
    const { failed } = assertionsOfLastRun(project)
    if (failed > 0) wrong.push(`${failed} assertions did not pass`)
    if (wrong.length > 0)
      throw new Error(`${file} is not what ${day} days one after the other leave: ${wrong.join('; ')}`)
  } finally {
    database.close()
  }
}
