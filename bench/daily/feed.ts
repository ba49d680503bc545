import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, literal, openDatabase } from '../helpers/duckdb.ts'
import { activitySql, customersSql, dayOf, type FeedSize, feedTables, plansSql, revisedSql, sourceOf } from './rows.ts'

export const datasets = ['customers', 'plans', 'activity_logs'] as const

/** A file of the feed, as the manifest lists it. */
export interface FeedFile {
  /** Path below staging/, e.g. `customers/d=2025-01-01/feed.parquet`. */
  readonly path: string
  readonly dataset: (typeof datasets)[number]
  readonly day: number
  readonly rows: number
  /** The file of a day that came before. */
  readonly isRevision: boolean
  /** What lies on the disk; a day that was loaded long ago does not. */
  readonly bytes?: number
  readonly sha256?: string
}

/** The days of a feed. */
export interface FeedDays {
  readonly last: number
  /** Those whose files are needed. */
  readonly made: readonly number[]
  /** The one that comes once more, with other customers. */
  readonly revised: number
}

/** Path below staging/ of a day's file. */
export const feedPath = (dataset: string, n: number, name = 'feed'): string =>
  `${dataset}/d=${dayOf(n)}/${name}.parquet`

const rowsOf = (dataset: FeedFile['dataset'], size: FeedSize): number =>
  ({ customers: size.customers, plans: 20, activity_logs: size.eventsPerDay })[dataset]

async function writeFile(
  database: Database,
  staging: string,
  path: string,
  sql: string,
): Promise<Pick<FeedFile, 'bytes' | 'sha256'>> {
  const file = join(staging, path)
  mkdirSync(join(file, '..'), { recursive: true })
  await database.run(`copy (${sql}) to ${literal(file)} (format parquet, compression zstd)`)
  const content = readFileSync(file)
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}

/**
 * Makes the staging area of a lake: for each day a full snapshot of customers, the plans and the day's events, as the
 * pipeline's staging step leaves them. A feed that is complete already is used as it is. Returns its files, also those that
 * were not made.
 */
export async function makeFeed(
  folder: string,
  size: FeedSize,
  days: FeedDays,
  progress: (text: string) => void,
): Promise<readonly FeedFile[]> {
  const complete = join(folder, 'complete')
  if (!existsSync(complete)) {
    const partial = `${folder}.partial`
    rmSync(partial, { recursive: true, force: true })
    const files = await writeFeed(join(partial, 'staging'), size, days, progress)
    writeFileSync(join(partial, 'complete'), JSON.stringify(files))
    rmSync(folder, { recursive: true, force: true })
    renameSync(partial, folder)
  }
  return JSON.parse(readFileSync(complete, 'utf8')) as readonly FeedFile[]
}

async function writeFeed(
  staging: string,
  size: FeedSize,
  days: FeedDays,
  progress: (text: string) => void,
): Promise<readonly FeedFile[]> {
  const database = await openDatabase()
  try {
    for (const sql of feedTables(size, days.last)) await database.run(sql)
    const files: FeedFile[] = []
    for (let n = 1; n <= days.last; n += 1) {
      const sqls = [customersSql(n, size), plansSql(n), activitySql(n, size)]
      for (const [at, dataset] of datasets.entries()) {
        const path = feedPath(dataset, n)
        const made = days.made.includes(n) ? await writeFile(database, staging, path, sqls[at] ?? '') : {}
        files.push({ path, dataset, day: n, rows: rowsOf(dataset, size), isRevision: false, ...made })
      }
      if (days.made.includes(n) && (n % 60 === 0 || size.customers > 100_000))
        progress(`feed: day ${n} of ${days.last}`)
    }
    const path = feedPath('customers', days.revised, 'revised')
    const made = await writeFile(database, staging, path, revisedSql(days.revised, size))
    files.push({ path, dataset: 'customers', day: days.revised, rows: size.customers, isRevision: true, ...made })
    return files
  } finally {
    database.close()
  }
}

/** A manifest that lists these files. */
export function manifestOf(files: readonly FeedFile[]): string {
  return JSON.stringify({
    files: files.map(({ path, dataset, day, rows, bytes, sha256 }) => ({
      ...{ path, rows, bytes, sha256, folder: dataset, date: dayOf(day) },
      sources: [{ file: sourceOf(dataset, day), received: rows, good: rows, bad: 0, duplicate: 0, conflict: 0 }],
    })),
  })
}
