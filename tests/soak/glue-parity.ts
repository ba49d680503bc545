import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DATASETS } from '../../ingestion-lambda/contract.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { land } from '../../pipeline/land.ts'
import { contracts } from '../glue/cleaning.ts'
import { hostileFile } from '../glue/hostile.ts'
import { compareLakes, put, runJobs, runLocally } from '../glue/parity.ts'
import { type Spark, startSpark } from '../glue/spark.ts'
import { type Counts, runSoak } from '../helpers/soak.ts'
import { root } from '../helpers/sources.ts'
import { sampleFolder } from '../history/sample-feed.ts'

const ROWS = 2000

/**
 * Two days of hostile files, and with the first seed the published sample where it is there, cleaned and staged by Spark and
 * by DuckDB; throws where a row differs.
 */
async function check(spark: Spark, seed: number): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'glue-soak-'))
  const [local, other] = [join(folder, 'local'), join(folder, 'spark')]
  const sample = seed === 1 ? sampleFolder(root) : undefined
  try {
    if (sample !== undefined) {
      land(sample, local, '2025-01-01')
      await ingest(local, contracts, () => undefined)
    }
    for (const [at, day] of ['2026-02-01', '2026-02-02'].entries())
      for (const [which, dataset] of DATASETS.entries())
        await put(local, dataset, hostileFile(dataset, day, ROWS / 2, 6 * seed + 3 * at + which), day)
    cpSync(join(local, 'archive'), join(other, 'archive'), { recursive: true })
    await runLocally(local)
    await runJobs(spark, other, 'soak')
    return await compareLakes(local, other)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `npm run soak -- glue-parity`: fuzzed rows are the same, good and bad, from PySpark and from DuckDB. */
export async function run(argv: readonly string[]): Promise<number> {
  const spark = await startSpark()
  try {
    return await runSoak({ name: 'glue-parity', count: 100, check: seed => check(spark, seed) }, argv)
  } finally {
    await spark.stop()
  }
}
