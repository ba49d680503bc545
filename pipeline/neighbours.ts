import { join } from 'node:path'
import { dayMap, NEIGHBOURS, type Neighbour, neighbourRows, noNeighbourRows } from '../glue/sql/stage.ts'
import type { Dataset } from '../ingestion-lambda/contract.ts'
import type { Cleaned, Fetch } from './lake.ts'
import { parquet, type Worker } from './worker.ts'

/** Loads what a dataset's rows are joined with when they are staged: only those snapshots that their days need. */
export async function loadNeighbour(
  worker: Worker,
  dataset: Dataset,
  cleaned: readonly Cleaned[],
  lake: string,
  fetch: Fetch,
): Promise<void> {
  const neighbour = NEIGHBOURS[dataset]
  if (neighbour === undefined) return
  const days = await distinctDays(worker, neighbour.days)
  const known = believed(cleaned, neighbour.dataset)
  const pairs = days.flatMap(day => {
    // The newest snapshot at or before the day, else the first there is.
    const found = known.findLast(snapshot => snapshot.date <= day) ?? known[0]
    return found === undefined ? [] : [[day, found] as const]
  })
  const { map } = neighbour
  const mapped = dayMap(
    neighbour,
    pairs.map(([day, { date }]) => [day, date]),
  )
  await worker.run(`create or replace temp table ${map.table} as ${mapped}`)
  await loadRows(worker, neighbour, [...new Set(pairs.map(([, snapshot]) => snapshot))], lake, fetch)
}

/** The file that each day is known by: its highest revision with a usable row. By day. */
function believed(cleaned: readonly Cleaned[], dataset: Dataset): readonly Cleaned[] {
  const days = new Map<string, Cleaned>()
  for (const file of cleaned) {
    if (file.dataset !== dataset || file.goodPath === null) continue
    const other = days.get(file.date)
    if (other === undefined || other.revision < file.revision) days.set(file.date, file)
  }
  return [...days.values()].sort((a, b) => (a.date < b.date ? -1 : 1))
}

async function distinctDays(worker: Worker, sql: string): Promise<readonly string[]> {
  return (await worker.all(`select cast(day as varchar) as day from (${sql}) where day is not null`)).map(row =>
    String(row.day),
  )
}

async function loadRows(
  worker: Worker,
  neighbour: Neighbour,
  snapshots: readonly Cleaned[],
  lake: string,
  fetch: Fetch,
): Promise<void> {
  const keys = snapshots.flatMap(file => (file.goodPath === null ? [] : [file.goodPath]))
  await fetch(keys)
  const files = keys.map(path => join(lake, path))
  const rows = files.length === 0 ? noNeighbourRows(neighbour) : neighbourRows(neighbour, parquet(files))
  await worker.run(`create or replace temp table ${neighbour.rows.table} as ${rows}`)
}
