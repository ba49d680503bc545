import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DATASETS } from '../ingestion-lambda/contract.ts'
import { clean } from '../pipeline/clean.ts'
import { loadContracts } from '../pipeline/contracts.ts'
import { generate } from '../pipeline/feed/generate.ts'
import { ingest } from '../pipeline/ingest.ts'
import { manifestKey, STAGES } from '../pipeline/lake.ts'
import { land } from '../pipeline/land.ts'
import { stage } from '../pipeline/stage.ts'
import { withWorker } from '../pipeline/worker.ts'
import { findRoot } from './helpers/root.ts'
import { prepareSpark, type Spark } from './helpers/spark.ts'
import { machine, median, milliseconds, print, progress } from './helpers/timing.ts'

const HISTORIES = [1, 59, 365] as const
const CUSTOMERS = 1000
const REPETITIONS = { local: 5, spark: 3 }
/** At most so much longer after a year than after a day, and at least so many times faster than Spark. */
const BARS = { growth: 1.15, spark: 15 }

const contracts = loadContracts(findRoot())

/** Cleans and stages what is new in a lake; the milliseconds of both, with the opening of DuckDB. */
async function timeLocal(lake: string): Promise<number> {
  const shared = { lake, contracts, badShare: 1, tell: () => undefined }
  const began = performance.now()
  await withWorker(async worker => {
    await clean(worker, shared)
    await stage(worker, shared)
  })
  return performance.now() - began
}

/** Copies the archive of some days of one lake to another. */
function copyDays(from: string, to: string, isWanted: (date: string) => boolean): void {
  for (const dataset of DATASETS) {
    const folder = join('archive', dataset)
    for (const date of readdirSync(join(from, folder)).filter(isWanted))
      cpSync(join(from, folder, date), join(to, folder, date), { recursive: true })
  }
}

/** A lake of so many days, with one more that is only archived; `reset` makes that one new again. */
interface Morning {
  readonly days: number
  readonly lake: string
  readonly reset: () => void
}

async function mornings(home: string): Promise<readonly Morning[]> {
  const whole = join(home, 'whole')
  const last = Math.max(...HISTORIES) + 1
  progress(`making a feed of ${last} days`)
  const feed = join(home, 'feed')
  generate({ out: feed, customers: CUSTOMERS, days: last, start: '2024-01-01', seed: 1, faults: 0 })
  land(feed, whole)
  await ingest(whole, contracts, () => undefined)
  const dates = readdirSync(join(whole, 'archive', 'customers')).sort()
  const made: Morning[] = []
  for (const days of HISTORIES) {
    progress(`a lake of ${days} day${days === 1 ? '' : 's'}`)
    const lake = join(home, `after-${days}`)
    // The new day is always the same one, after so many days before it: days of a feed differ in size.
    const before = new Set(dates.slice(-1 - days, -1))
    copyDays(whole, lake, date => before.has(date))
    await timeLocal(lake)
    copyDays(whole, lake, date => date === dates.at(-1))
    const manifests = STAGES.map(
      name => [join(lake, manifestKey(name)), readFileSync(join(lake, manifestKey(name)))] as const,
    )
    const reset = (): void => {
      for (const [file, content] of manifests) writeFileSync(file, content)
    }
    made.push({ days, lake, reset })
  }
  return made
}

/** Milliseconds of one more day, by the days before it: the median of several, taken by turns. */
async function timeDays(
  all: readonly Morning[],
  repetitions: number,
  time: (lake: string) => number | Promise<number>,
): Promise<ReadonlyMap<number, number>> {
  const figures = new Map<number, number[]>(all.map(({ days }) => [days, []]))
  for (let at = 0; at < repetitions; at += 1)
    for (const { days, lake, reset } of all) {
      reset()
      figures.get(days)?.push(await time(lake))
    }
  return new Map([...figures].map(([days, times]) => [days, median(times)]))
}

/** Prints what one more day takes; whether it is flat. */
function tellDays(who: string, days: ReadonlyMap<number, number>): boolean {
  for (const [before, ms] of days) print(`${who}: one more day after ${before}: ${milliseconds(ms)}`)
  const growth = (days.get(365) ?? Number.NaN) / (days.get(1) ?? Number.NaN)
  print(`${who}: after 365 days over after 1: ${growth.toFixed(2)} (at most ${BARS.growth})`)
  return growth <= BARS.growth
}

/** The published sample where it lies beside the project, else 59 days that are made. Returns an archive with nothing cleaned. */
async function sampleLake(home: string): Promise<string> {
  const lake = join(home, 'sample')
  const published = join(findRoot(), '..', 'shared', 'data', 'telco_sample')
  const feed = join(home, 'sample-feed')
  if (!existsSync(published))
    generate({ out: feed, customers: CUSTOMERS, days: 59, start: '2025-01-01', seed: 2, faults: 0 })
  land(existsSync(published) ? published : feed, lake, existsSync(published) ? '2025-01-01' : undefined)
  await ingest(lake, contracts, () => undefined)
  return lake
}

/** Whether the whole sample is so many times faster than Spark's two jobs as processes, from nothing to staging. */
async function compareSample(home: string, spark: Spark): Promise<boolean> {
  const lake = await sampleLake(home)
  const times = { ours: [] as number[], spark: [] as number[] }
  const empty = join(home, 'empty')
  mkdirSync(empty)
  const start = spark.time(empty)
  const afresh = (): void => {
    for (const name of STAGES) rmSync(join(lake, name), { recursive: true, force: true })
  }
  for (let at = 0; at < REPETITIONS.spark; at += 1) {
    afresh()
    times.ours.push(await timeLocal(lake))
    afresh()
    times.spark.push(spark.time(lake))
  }
  const [ours, theirs] = [median(times.ours), median(times.spark)]
  print(
    `the whole sample: ours ${milliseconds(ours)}, PySpark on local[2] ${milliseconds(theirs)}, of which ${milliseconds(start)} with nothing to do`,
  )
  print(
    `PySpark over ours: ${(theirs / ours).toFixed(1)} (at least ${BARS.spark}); without its start ${((theirs - start) / ours).toFixed(1)}`,
  )
  return theirs / ours >= BARS.spark
}

const USAGE = `usage: npm run bench -- lake [--ours]
  --ours  without PySpark, which takes most of the time
`

/**
 * What cleaning and staging of one more day costs after 1, 59 and 365 days, here and on PySpark, and what the whole sample
 * costs on both. Ends with 1 where a bar is missed.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { ours: { type: 'boolean' }, help: { type: 'boolean' } } })
  if (values.help === true) {
    print(USAGE)
    return 0
  }
  const home = mkdtempSync(join(tmpdir(), 'bench-lake-'))
  try {
    const all = await mornings(home)
    const theirs = values.ours === true ? '' : ` and of ${REPETITIONS.spark} on PySpark`
    print(`${CUSTOMERS} customers, medians of ${REPETITIONS.local} here${theirs} (${machine()})`)
    const isFlat = tellDays('ours', await timeDays(all, REPETITIONS.local, timeLocal))
    if (values.ours === true) return isFlat ? 0 : 1
    const spark = await prepareSpark(join(home, 'glue'))
    const isSparkFlat = tellDays('PySpark', await timeDays(all, REPETITIONS.spark, spark.time))
    const isFaster = await compareSample(home, spark)
    return isFlat && isSparkFlat && isFaster ? 0 : 1
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
