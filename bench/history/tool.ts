import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Database, literal, openDatabase } from '../helpers/duckdb.ts'
import type { Version } from './right.ts'
import type { Delivery, Scenario } from './scenarios.ts'

/** What a tool made of a scenario. */
export interface Outcome {
  /** The column of the printed table. */
  readonly tool: string
  readonly versions: readonly Version[]
  /** What the tool said to deliveries that it did not take, by their index. */
  readonly refused: ReadonlyMap<number, string>
  /** Whether the tool's own tests, audits or assertions passed after every delivery. */
  readonly green: boolean
}

/** A tool that keeps history; one run of it may fill several columns of the table. */
export interface Tool {
  readonly columns: readonly string[]
  /** Takes the deliveries one by one, a process each, in an empty folder of its own. `files` are theirs, in order. */
  run(scenario: Scenario, files: readonly string[], folder: string): Promise<readonly Outcome[]>
}

/** Writes the files of a project, below its folder. */
export function writeProject(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

async function writeDelivery(database: Database, { day, rows }: Delivery, file: string): Promise<void> {
  const csv = `${file}.csv`
  writeFileSync(
    csv,
    ['k,v,updated_at', ...rows.map(({ key, value, since }) => [key, value, since].join(','))].join('\n'),
  )
  const select = `select k, v, date '${day}' as business_date, updated_at
    from read_csv(${literal(csv)}, header = true, columns = {k: 'varchar', v: 'varchar', updated_at: 'timestamp'})`
  await database.run(`copy (${select}) to ${literal(file)} (format parquet)`)
  rmSync(csv)
}

/** Writes a Parquet file for each delivery: `k, v, business_date DATE, updated_at TIMESTAMP`. Returns their paths. */
export async function writeDeliveries(deliveries: readonly Delivery[], folder: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true })
  const database = await openDatabase()
  try {
    const files = deliveries.map((_, index) => join(folder, `delivery-${index + 1}.parquet`))
    for (const [index, file] of files.entries()) {
      const delivery = deliveries[index]
      if (delivery !== undefined) await writeDelivery(database, delivery, file)
    }
    return files
  } finally {
    database.close()
  }
}

/** Reads versions from a database that a tool left: `query` selects key, value, start and end from what it calls `DB.`. */
export async function readVersions(file: string, database: string, query: string): Promise<readonly Version[]> {
  const reader = await openDatabase()
  try {
    await reader.run(`attach ${literal(file)} as ${database} (read_only)`)
    const rows = await reader.texts(
      `select k, v, strftime(s, '%Y-%m-%d'), strftime(e, '%Y-%m-%d') from (${query}) t(k, v, s, e) order by all`,
    )
    return rows.map(([key, value, start, end]) => ({
      key: key ?? '',
      value: value ?? '',
      start: start ?? '',
      end: end ?? null,
    }))
  } finally {
    reader.close()
  }
}
