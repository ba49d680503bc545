import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { literal, openDatabase } from '../helpers/duckdb.ts'

/** What a warehouse holds, as far as both sides have it. */
export interface Answer {
  readonly versions: number
  readonly current: number
  readonly facts: number
  /** Corrections of facts, which the script does not have. */
  readonly corrections: number
}

async function counts(file: string, sql: string): Promise<Answer> {
  const database = await openDatabase()
  try {
    await database.run(`attach ${literal(file)} as TELCO_DB (read_only)`)
    const [versions = 0, current = 0, facts = 0, corrections = 0] = await database.numbers(sql)
    return { versions, current, facts, corrections }
  } finally {
    database.close()
  }
}

/** Counts of our warehouse; the unknown member is no version of a customer. */
export function ourAnswer(warehouse: string): Promise<Answer> {
  return counts(
    join(warehouse, 'TELCO_DB.duckdb'),
    `select (select count(*) from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1 and known_to is null),
      (select count(*) from TELCO_DB.DW.DIM_CUSTOMER where is_current), (select count(*) from TELCO_DB.DW.FACT_ACTIVITY),
      (select count(*) from TELCO_DB.DW.ACTIVITY_ATTRIBUTION)`,
  )
}

export function referenceAnswer(folder: string): Promise<Answer> {
  return counts(
    join(folder, 'reference.duckdb'),
    `select (select count(*) from TELCO_DB.dim_customer),
      (select count(*) from TELCO_DB.dim_customer where effective_end_date is null), (select count(*) from TELCO_DB.fact_activity)`,
  )
}

interface RunOfProject {
  readonly actions: readonly {
    readonly target: { readonly name: string }
    readonly type: string
    readonly status: string
    readonly ms: number
  }[]
}

const lastRun = (project: string): RunOfProject =>
  JSON.parse(readFileSync(join(project, 'target', 'run.json'), 'utf8')) as RunOfProject

/** How many assertions the project's last run checked, and how many of them did not pass. */
export function assertionsOfLastRun(project: string): { readonly checked: number; readonly failed: number } {
  const assertions = lastRun(project).actions.filter(action => action.type === 'assertion')
  return { checked: assertions.length, failed: assertions.filter(action => action.status !== 'SUCCESSFUL').length }
}

/** Milliseconds of an action in the project's last run. */
export function millisecondsOfAction(project: string, name: string): number {
  return lastRun(project).actions.find(({ target }) => target.name === name)?.ms ?? Number.NaN
}
