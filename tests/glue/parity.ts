import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Contracts, Dataset } from '../../ingestion-lambda/contract.ts'
import { clean } from '../../pipeline/clean.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { stage } from '../../pipeline/stage.ts'
import { parquet, quoted, type Worker, withWorker } from '../../pipeline/worker.ts'
import { ANY_SHARE, contracts } from './cleaning.ts'
import type { Outcome, Spark } from './spark.ts'

/** How many rows were compared and found equal, by what they are. */
export type Compared = Readonly<Record<string, number>>

/** What a job must not do: fail. */
export function finished({ error, log }: Outcome): Outcome['log'] {
  assert.equal(error, undefined)
  return log
}

/** Delivers a file to a lake in a folder and ingests it; it must be accepted. */
export async function put(lake: string, dataset: Dataset, text: string, date: string): Promise<void> {
  const name = `${dataset === 'activity_logs' ? 'logs' : dataset}_${date.replaceAll('-', '')}.${contracts[dataset].format}`
  const path = join(lake, 'raw', dataset, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  const [outcome, ...others] = await ingest(lake, contracts, () => undefined)
  assert.deepEqual([outcome?.outcome, outcome?.code, others.length], ['accepted', undefined, 0])
}

/** Cleans and stages a lake of archived files with Spark. */
export async function runJobs(spark: Spark, lake: string, run: string): Promise<void> {
  const argv = ['--lake', lake, '--run', run, '--bad-share', String(ANY_SHARE)]
  finished(await spark.run('clean', argv, { compiled: true }))
  finished(await spark.run('stage', argv, { compiled: true }))
}

/** Cleans and stages a lake with DuckDB. */
export async function runLocally(lake: string, by: Contracts = contracts, options = { stage: true }): Promise<void> {
  await withWorker(async worker => {
    const shared = { lake, contracts: by, badShare: ANY_SHARE, tell: () => undefined }
    await clean(worker, shared)
    if (options.stage) await stage(worker, shared)
  })
}

/** Paths without the name of the run that wrote them. */
const plain = (path: string | null): string | null =>
  path?.replace(/[^/]*([0-9a-f]{16}(?:-again\d+)?\.parquet)$/, '$1') ?? null

/**
 * Compares all that two lakes have published of some days: manifests, and every row of every file by value and type. Throws
 * where anything differs.
 */
export async function compareLakes(
  one: string,
  other: string,
  has: (date: string) => boolean = () => true,
): Promise<Compared> {
  const cleaned = [one, other].map(lake => readManifest<Cleaned>(lake, 'clean').filter(({ date }) => has(date)))
  const entries = cleaned.map(files =>
    files.map(file => ({ ...file, goodPath: plain(file.goodPath), badPath: plain(file.badPath) })),
  )
  assert.deepEqual(sortedBy(entries[1], 'file'), sortedBy(entries[0], 'file'))
  const staged = [one, other].map(lake => readManifest<Staged>(lake, 'staging').filter(({ date }) => has(date)))
  // The bytes of Parquet are each writer's own.
  const shown = staged.map(files =>
    files.map(({ bytes: _, sha256: __, ...file }) => ({ ...file, path: plain(file.path) })),
  )
  assert.deepEqual(sortedBy(shown[1], 'path'), sortedBy(shown[0], 'path'))
  const compared: Record<string, number> = {}
  await withWorker(async worker => {
    for (const which of ['goodPath', 'badPath'] as const)
      for (const dataset of Object.keys(contracts)) {
        const paths = cleaned.map((files, at) =>
          sortedBy(files, 'file').flatMap(file =>
            file.dataset === dataset && file[which] !== null ? [join([one, other][at] ?? '', file[which])] : [],
          ),
        )
        compared[`${which === 'goodPath' ? 'good' : 'bad'} ${dataset}`] = await compareFiles(
          worker,
          paths[0] ?? [],
          paths[1] ?? [],
        )
      }
    for (const folder of new Set(staged.flat().map(file => file.folder))) {
      const paths = staged.map((files, at) =>
        sortedBy(files, 'path', plain).flatMap(file =>
          file.folder === folder ? [join([one, other][at] ?? '', 'staging', file.path)] : [],
        ),
      )
      compared[`staged ${folder}`] = await compareFiles(worker, paths[0] ?? [], paths[1] ?? [])
    }
  })
  return compared
}

function sortedBy<T extends object>(
  rows: readonly T[] | undefined,
  name: keyof T,
  by: (text: string) => string | null = text => text,
): readonly T[] {
  const key = (row: T): string => by(String(row[name])) ?? ''
  return [...(rows ?? [])].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Compares files pairwise by their columns' names, order and types, and all of them by their rows. */
async function compareFiles(worker: Worker, one: readonly string[], other: readonly string[]): Promise<number> {
  assert.equal(other.length, one.length)
  if (one.length === 0) return 0
  const typesOf = async (path: string) =>
    (await worker.all(`describe select * from ${parquet([path])}`)).map(row => `${row.column_name} ${row.column_type}`)
  for (const [at, path] of other.entries())
    assert.deepEqual([path, await typesOf(path)], [path, await typesOf(one[at] ?? '')])
  // Each file's rows count for themselves: `source_file` is one of the columns of all of them.
  const [left, right] = [`select * from ${parquet(one)}`, `select * from ${parquet(other)}`]
  const differing = await worker.all(
    `select 'DuckDB' as only_in, * from (${left} except all ${right}) union all select 'Spark', * from (${right} except all ${left}) order by all limit 8`,
  )
  assert.deepEqual(differing, [], `rows differ in ${quoted(other[0] ?? '')}`)
  const [counted] = await worker.all(`select count(*) as rows from (${left})`)
  return Number(counted?.rows)
}
