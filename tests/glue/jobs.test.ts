import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATASETS, type Dataset } from '../../ingestion-lambda/contract.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { land } from '../../pipeline/land.ts'
import { root } from '../helpers/sources.ts'
import { sampleFolder } from '../history/sample-feed.ts'
import { contracts } from './cleaning.ts'
import { hostileFile } from './hostile.ts'
import { compareLakes, runJobs, runLocally } from './parity.ts'
import { type Spark, startSpark } from './spark.ts'

let spark: Spark
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glue-jobs-'))
  spark = await startSpark()
}, 120_000)
afterAll(async () => {
  await spark?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const sample = sampleFolder(root)
const FUZZED = 2100
/** Days of the parts of one archive, which is cleaned and staged as a whole. */
const DAYS = { sample: '2025-01-01', feed: '2025-06-28', fuzz: '2026-02-01' }
const isFuzz = (date: string): boolean => date >= '2026'
const isFeed = (date: string): boolean => date >= '2025-06' && date < '2026'
const isSample = (date: string): boolean => date < '2025-06'

/** Delivers a file; it must be accepted. */
async function put(lake: string, dataset: Dataset, text: string, date: string): Promise<void> {
  const name = `${dataset === 'activity_logs' ? 'logs' : dataset}_${date.replaceAll('-', '')}.${contracts[dataset].format}`
  const path = join(lake, 'raw', dataset, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  expect(await ingest(lake, contracts, () => undefined)).toMatchObject([{ outcome: 'accepted' }])
}

describe('PySpark and DuckDB give the same rows, good and bad, for the same reasons', () => {
  let lakes: readonly [string, string]
  beforeAll(async () => {
    lakes = [join(folder, 'local'), join(folder, 'spark')]
    const [local] = lakes
    const feed = join(folder, 'feed')
    generate({ out: feed, customers: 120, days: 6, start: DAYS.feed, seed: 5, faults: 0.1 })
    land(feed, local)
    if (sample !== undefined) land(sample, local, DAYS.sample)
    await ingest(local, contracts, () => undefined)
    for (const [at, dataset] of DATASETS.entries())
      await put(local, dataset, hostileFile(dataset, DAYS.fuzz, FUZZED, 20250101 + at), DAYS.fuzz)
    cpSync(join(local, 'archive'), join(lakes[1], 'archive'), { recursive: true })
    await runLocally(local)
    await runJobs(spark, lakes[1], 'parity')
  }, 400_000)

  it('of a generated feed with faults', async () => {
    const compared = await compareLakes(...lakes, isFeed)
    expect(Object.values(compared).filter(rows => rows > 0).length).toBeGreaterThanOrEqual(8)
  })

  it('of two thousand fuzzed rows of each dataset', async () => {
    const compared = await compareLakes(...lakes, isFuzz)
    for (const dataset of DATASETS) {
      const [good = 0, bad = 0] = [compared[`good ${dataset}`], compared[`bad ${dataset}`]]
      expect(good + bad).toBeGreaterThanOrEqual(2000)
      expect(Math.min(good, bad)).toBeGreaterThan(500)
    }
  })

  it.skipIf(sample === undefined)('[published sample] of the published sample', async () => {
    const compared = await compareLakes(...lakes, isSample)
    for (const dataset of DATASETS) expect(compared[`good ${dataset}`]).toBeGreaterThan(0)
  })
})
