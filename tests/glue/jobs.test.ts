import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATASETS } from '../../ingestion-lambda/contract.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { land } from '../../pipeline/land.ts'
import { root } from '../helpers/sources.ts'
import { sampleFolder } from '../history/sample-feed.ts'
import { type Moto, startMoto } from '../ingestion-lambda/moto.ts'
import { openBucket } from './bucket.ts'
import { contracts, customer } from './cleaning.ts'
import { hostileFile } from './hostile.ts'
import { compareLakes, finished, put, runJobs, runLocally } from './parity.ts'
import { type Outcome, type Spark, startSpark } from './spark.ts'

let spark: Spark
let moto: Moto
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glue-jobs-'))
  moto = await startMoto()
  spark = await startSpark(moto)
}, 300_000)
afterAll(async () => {
  await spark?.stop()
  await moto?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const sample = sampleFolder(root)
const FUZZED = 2100
/** Days of the parts of one archive, which is cleaned and staged as a whole. */
const DAYS = { sample: '2025-01-01', feed: '2025-06-28', fuzz: '2026-02-01' }
const isFuzz = (date: string): boolean => date >= '2026'
const isFeed = (date: string): boolean => date >= '2025-06' && date < '2026'
const isSample = (date: string): boolean => date < '2025-06'

/** The published sample without most of its files of events, each of which costs Spark a second: the soak takes them all. */
function firstDays(sample: string, to: string): string {
  cpSync(sample, to, { recursive: true, filter: path => !/logs_(?!2025010[1-7])/.test(path) })
  return to
}

describe('PySpark and DuckDB give the same rows, good and bad, for the same reasons', () => {
  let lakes: readonly [string, string]
  beforeAll(async () => {
    lakes = [join(folder, 'local'), join(folder, 'spark')]
    const [local] = lakes
    const feed = join(folder, 'feed')
    generate({ out: feed, customers: 200, days: 2, start: DAYS.feed, seed: 5, faults: 0.1 })
    land(feed, local)
    if (sample !== undefined) land(firstDays(sample, join(folder, 'sample')), local, DAYS.sample)
    await ingest(local, contracts, () => undefined)
    for (const [at, dataset] of DATASETS.entries())
      await put(local, dataset, hostileFile(dataset, DAYS.fuzz, FUZZED, 20250101 + at), DAYS.fuzz)
    cpSync(join(local, 'archive'), join(lakes[1], 'archive'), { recursive: true })
    await runLocally(local)
    await runJobs(spark, lakes[1], 'parity')
  }, 900_000)

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

  it.skipIf(sample === undefined)(
    '[published sample] of the published sample with its first week of events',
    async () => {
      const compared = await compareLakes(...lakes, isSample)
      for (const dataset of DATASETS) expect(compared[`good ${dataset}`]).toBeGreaterThan(0)
    },
  )
})

/** The files that a job's log tells of. */
const filesOf = (log: Outcome['log']): readonly unknown[] =>
  log.filter(({ event }) => event === 'file').map(({ source, file }) => source ?? file)

describe('the jobs on S3', () => {
  it('F43 F48: a run that dies publishes nothing, the same run again does, by marks, what DuckDB would; then nothing is left', async () => {
    const [feed, raw, local, other] = ['s3-feed', 's3-raw', 's3-local', 's3-other'].map(name => join(folder, name)) as [
      string,
      string,
      string,
      string,
    ]
    generate({ out: feed, customers: 40, days: 1, start: '2025-03-01', seed: 9, faults: 0 })
    land(feed, raw)
    cpSync(raw, local, { recursive: true })
    await ingest(local, contracts, () => undefined)
    await runLocally(local)
    const bucket = await openBucket(moto)
    const argv = [
      '--lake',
      bucket.place,
      '--run',
      'day-1',
      '--endpoint',
      moto.endpoint,
      '--JOB_NAME',
      'telco-clean',
      '--job-bookmark-option',
      'job-bookmark-disable',
    ]
    try {
      await bucket.deliver(raw)
      expect(await bucket.keys('arrivals/')).toHaveLength(3)
      expect((await spark.run('clean', argv, { crash: true })).error).toBe('RuntimeError: crashed')
      expect(await bucket.keys('clean/manifest.json')).toEqual([])
      expect(await bucket.keys('arrivals/')).toHaveLength(3)
      expect(finished(await spark.run('stage', argv)).at(-2)).toMatchObject({ event: 'staged', files: 0 })
      expect(filesOf(finished(await spark.run('clean', argv)))).toHaveLength(3)
      expect(await bucket.keys('arrivals/')).toEqual([])
      finished(await spark.run('stage', argv))
      await bucket.download(other, 'clean/', 'staging/')
      await compareLakes(local, other)
      // What a run has left beside its files is gone.
      const keys = [...(await bucket.keys('clean/')), ...(await bucket.keys('staging/'))]
      expect(keys.filter(key => !/manifest\.json$|\/d=[-0-9]+\/day-1-[0-9a-f]{16}\.parquet$/.test(key))).toEqual([])
      expect(await metrics(moto)).toEqual({ RowsReceived: received(other), RowsBad: 0 })
      // Nothing new has come.
      const before = await bucket.text('clean/manifest.json')
      const again = [...argv.slice(0, 3), 'day-2', ...argv.slice(4)]
      expect(filesOf(finished(await spark.run('clean', again)))).toEqual([])
      expect(filesOf(finished(await spark.run('stage', again)))).toEqual([])
      expect(await bucket.text('clean/manifest.json')).toBe(before)
    } finally {
      bucket.close()
    }
  }, 900_000)
})

const received = (lake: string): number =>
  readManifest<Cleaned>(lake, 'clean').reduce((sum, file) => sum + file.received, 0)

/** What was put as metrics, summed, as CloudWatch has it. */
async function metrics({ endpoint }: Moto): Promise<Readonly<Record<string, number>>> {
  const day = 86_400_000
  const sums: Record<string, number> = {}
  for (const name of ['RowsReceived', 'RowsBad']) {
    const query = new URLSearchParams({
      Action: 'GetMetricStatistics',
      Version: '2010-08-01',
      Namespace: 'TelcoCustomer360',
      MetricName: name,
      StartTime: new Date(Date.now() - day).toISOString(),
      EndTime: new Date(Date.now() + day).toISOString(),
      Period: '86400',
      'Statistics.member.1': 'Sum',
    })
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20250101/eu-west-1/monitoring/aws4_request, SignedHeaders=host, Signature=x'
    const answer = await fetch(endpoint, { method: 'POST', body: query, headers: { authorization } })
    sums[name] = [...(await answer.text()).matchAll(/<Sum>([\d.]+)<\/Sum>/g)].reduce(
      (sum, [, text]) => sum + Number(text),
      0,
    )
  }
  return sums
}

describe('the jobs', () => {
  it('F53: a file with more bad rows than the threshold fails the run by name, and nothing of it is published', async () => {
    const lake = join(folder, 'threshold')
    const rows = ['a', 'b', 'c'].map(id => JSON.stringify(customer(id)))
    const secret = JSON.stringify(customer('d', { first_name: 'secret', status: 'gone' }))
    await put(lake, 'customers', `${[...rows, secret].join('\n')}\n`, '2025-01-01')
    const argv = ['--lake', lake, '--run', 'r', '--bad-share']
    const { error = '' } = await spark.run('clean', [...argv, '0.24'])
    expect(error).toMatch(
      /^JobError: 1 of 4 rows of raw\/customers\/customers_20250101.ndjson are bad, more than 24 %; nothing of it was published \(archive\/customers\/2025-01-01\/[0-9a-f]{64}\.ndjson\); ask its owner/,
    )
    expect(readManifest(lake, 'clean')).toEqual([])
    expect(filesOf(finished(await spark.run('clean', [...argv, '0.25'])))).toEqual([
      'raw/customers/customers_20250101.ndjson',
    ])
    // F35: neither the jobs nor Spark have said what was in the row.
    expect(`${error}${spark.words()}`).not.toContain('secret')
  }, 600_000)

  it('F49 F50: a backfill writes the named days again under other names and leaves the others; the same run again changes nothing', async () => {
    const lake = join(folder, 'threshold')
    await put(lake, 'customers', `${JSON.stringify(customer('e'))}\n`, '2025-01-02')
    const argv = ['--lake', lake, '--bad-share', '1', '--run']
    finished(await spark.run('clean', [...argv, 'r']))
    // F48: what a run has written that dies before its manifest is nobody's, and the same run again writes the same.
    expect((await spark.run('stage', [...argv, 'r'], { crash: true })).error).toBe('RuntimeError: crashed')
    expect(readManifest(lake, 'staging')).toEqual([])
    finished(await spark.run('stage', [...argv, 'r']))
    const pathsOf = () => [
      ...readManifest<Cleaned>(lake, 'clean').map(({ goodPath }) => goodPath?.replace(/[0-9a-f]{16}/, 'H')),
      ...readManifest<Staged>(lake, 'staging').map(({ path }) => path.replace(/[0-9a-f]{16}/, 'H')),
    ]
    expect(pathsOf()).toEqual([
      'clean/customers/d=2025-01-01/r-H.parquet',
      'clean/customers/d=2025-01-02/r-H.parquet',
      'customers/d=2025-01-01/r-H.parquet',
      'customers/d=2025-01-02/r-H.parquet',
      'customers_unknown/d=2025-01-01/r-H.parquet',
    ])
    const again = [...argv, 'fix', '--mode', 'backfill', '--from', '2025-01-01', '--to', '2025-01-01']
    for (const job of ['clean', 'stage'] as const) finished(await spark.run(job, again))
    const expected = [
      'clean/customers/d=2025-01-01/fix-H.parquet',
      'clean/customers/d=2025-01-02/r-H.parquet',
      'customers/d=2025-01-02/r-H.parquet',
      'customers/d=2025-01-01/fix-H-again1.parquet',
      'customers_unknown/d=2025-01-01/fix-H-again1.parquet',
    ]
    expect(pathsOf()).toEqual(expected)
    for (const job of ['clean', 'stage'] as const) expect(filesOf(finished(await spark.run(job, again)))).toEqual([])
    expect(pathsOf()).toEqual(expected)
  }, 600_000)

  it('takes cleaned files of earlier contracts as DuckDB does: columns that were missing, and of another type', async () => {
    const [local, other] = [join(folder, 'evolved'), join(folder, 'evolved-spark')]
    const { plans } = contracts
    const earlier = plans.columns
      .filter(({ name }) => name !== 'validity_days')
      .map(column => (column.name === 'voice_minutes' ? { ...column, type: 'VARCHAR' } : column))
    const days = ['2025-01-01', '2025-01-02'] as const
    const header = plans.columns.map(({ name }) => name).join()
    await put(local, 'plans', `${header}\nP1,A,1.50,2.25,100,50,Y,30,Basic\n`, days[0])
    await runLocally(local, { ...contracts, plans: { ...plans, columns: earlier } }, { stage: false })
    await put(local, 'plans', `${header}\nP1,A,1.50,2.25,200,50,N,30,Basic\n`, days[1])
    await runLocally(local, contracts, { stage: false })
    cpSync(local, other, { recursive: true })
    await runLocally(local)
    finished(await spark.run('stage', ['--lake', other, '--run', 'r']))
    expect(await compareLakes(local, other)).toMatchObject({ 'staged plans': 2 })
  }, 600_000)
})
