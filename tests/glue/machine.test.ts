import { cpSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DATASETS } from '../../ingestion-lambda/contract.ts'
import { clean } from '../../pipeline/clean.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { land } from '../../pipeline/land.ts'
import { stage } from '../../pipeline/stage.ts'
import { withWorker } from '../../pipeline/worker.ts'
import { type Ended, type JobName, type Machine, openMachine } from '../infra/machine.ts'
import { type Servers, startServers } from '../ingestion-lambda/world.ts'
import { type BucketLake, openBucket } from './bucket.ts'
import { ANY_SHARE, contracts } from './cleaning.ts'
import { compareLakes, finished, runLocally } from './parity.ts'
import { type Spark, startSpark } from './spark.ts'

const [FIRST, SECOND, THIRD] = ['2025-03-01', '2025-03-02', '2025-03-03']
const DAY = { date: THIRD, attempt: '1' }
const NAME = `day-${THIRD}-1`
const BACKFILL = { from: SECOND, to: SECOND }

let servers: Servers
/** Each job has a session of its own, as each run of it has in Glue; what job B asks of S3 can be held on its way. */
let sessions: Record<JobName, Spark>
let lakes: Lakes
const scratch = (): string => mkdtempSync(join(tmpdir(), 'machine-'))

beforeAll(async () => {
  servers = await startServers()
  const held = { ...servers.moto, endpoint: servers.proxy.endpoint }
  const [one, other] = await Promise.all([startSpark(servers.moto), startSpark(held)])
  sessions = { clean: one, stage: other }
  lakes = await undisturbed()
}, 300_000)
afterAll(async () => {
  for (const spark of new Set(Object.values(sessions ?? {}))) await spark.stop()
  await servers?.stop()
})

/** What DuckDB makes of the days one after the other. */
interface Lakes {
  /** The first two days. */
  readonly two: string
  /** They, and the third as far as it is cleaned. */
  readonly cleaned: string
  readonly three: string
  /** All three, and the second one again. */
  readonly mended: string
}

async function undisturbed(): Promise<Lakes> {
  const made = { two: scratch(), cleaned: scratch(), three: scratch(), mended: scratch() }
  const add = async (day: string, lake: string, options = { stage: true }): Promise<void> => {
    cpSync(filesOf(day), lake, { recursive: true })
    await ingest(lake, contracts, () => undefined)
    await runLocally(lake, contracts, options)
  }
  await add(FIRST, made.two)
  await add(SECOND, made.two)
  cpSync(made.two, made.cleaned, { recursive: true })
  await add(THIRD, made.cleaned, { stage: false })
  cpSync(made.cleaned, made.three, { recursive: true })
  await runLocally(made.three)
  cpSync(made.three, made.mended, { recursive: true })
  const again = ({ date }: { readonly date: string }): boolean => date === SECOND
  const shared = { lake: made.mended, contracts, badShare: ANY_SHARE, again, only: again, tell: () => undefined }
  await withWorker(async worker => {
    await clean(worker, { ...shared, ...BACKFILL })
    await stage(worker, shared)
  })
  return made
}

/** A day's files as they come. Only the first day has a price list: each costs Spark its time. */
function filesOf(day: string): string {
  const which = day === FIRST ? '' : '(customers|logs).*'
  const [feed, all, wanted] = [scratch(), scratch(), scratch()]
  generate({ out: feed, customers: 40, days: 3, start: FIRST, seed: 3, faults: 0.05 })
  land(feed, all)
  const ofDay = new RegExp(`${which}_${day.replaceAll('-', '')}\\.`)
  cpSync(all, wanted, {
    recursive: true,
    filter: path => statSync(path).isDirectory() || ofDay.test(relative(all, path)),
  })
  return wanted
}

/** A bucket that holds a lake, and in which these files have then arrived. */
async function bucketOf(lake: string, arrived?: string): Promise<BucketLake> {
  const bucket = await openBucket(servers.moto)
  await bucket.upload(lake)
  if (arrived !== undefined) await bucket.deliver(arrived)
  return bucket
}

/** The deployed machine on a bucket. Its jobs are Spark's, and one that is stopped loses its session in the middle of its work. */
function machineOn(bucket: BucketLake, watch = (_: JobName, __: 1 | -1): void => undefined) {
  return openMachine({
    turn: 5000,
    job: async (name, argv, stop) => {
      const spark = sessions[name]
      const endpoint = name === 'stage' ? servers.proxy.endpoint : servers.moto.endpoint
      const stopped = (): void => {
        sessions = { clean: sessions.clean, stage: sessions.clean }
        spark.kill()
      }
      stop.addEventListener('abort', stopped)
      watch(name, 1)
      try {
        const asked = ['--lake', bucket.place, '--endpoint', endpoint, ...argv]
        finished(await spark.run(name, asked))
      } finally {
        watch(name, -1)
        stop.removeEventListener('abort', stopped)
      }
    },
  })
}

/** All that a bucket has published is what another lake has, but for the names of runs. Returns it as a folder. */
async function publishes(bucket: BucketLake, lake: string): Promise<string> {
  const folder = scratch()
  await bucket.download(folder, 'clean/', 'staging/')
  const compared = await compareLakes(lake, folder)
  for (const dataset of DATASETS) expect(compared[`staged ${dataset}`]).toBeGreaterThan(0)
  return folder
}

/** What both manifests list of a day. */
const entriesOf = (lake: string, day: string): readonly [readonly Cleaned[], readonly Staged[]] => [
  readManifest<Cleaned>(lake, 'clean').filter(({ date }) => date === day),
  readManifest<Staged>(lake, 'staging').filter(({ date }) => date === day),
]

/** The runs that wrote what is listed of a day. */
function runsOf(lake: string, day: string): readonly string[] {
  const [cleaned, staged] = entriesOf(lake, day)
  const paths = [...cleaned.flatMap(({ goodPath, badPath }) => [goodPath, badPath]), ...staged.map(({ path }) => path)]
  const runs = paths.flatMap(path => path?.replace(/.*\/|-[0-9a-f]{16}(-again\d+)?\.parquet$/g, '') ?? [])
  return [...new Set(runs)]
}

const errorsOf = ({ alerts }: Machine): readonly string[] => alerts.map(({ Message }) => Message.error.Error)
const failuresOf = ({ events }: Ended): readonly string[] =>
  events.filter(({ type }) => type === 'StateFailed').map(({ state, error }) => `${state} ${error}`)

// A job that fails once, and one that always fails, are in line.test.ts, which has the same machine.
describe('the deployed machine, with jobs that Spark really runs', () => {
  it('F47 a day and a backfill at once: one run of a job at a time, and all rows are as one after the other', async () => {
    const bucket = await bucketOf(lakes.two, filesOf(THIRD))
    const inside: Record<JobName, number> = { clean: 0, stage: 0 }
    const most: Record<JobName, number> = { clean: 0, stage: 0 }
    const machine = await machineOn(bucket, (name, step) => {
      inside[name] += step
      most[name] = Math.max(most[name], inside[name])
    })
    const both = await Promise.all([machine.start(DAY, NAME), machine.start(BACKFILL, 'mend')])
    expect(both.map(({ status, last }) => [status, last])).toEqual([
      ['SUCCEEDED', 'Staged'],
      ['SUCCEEDED', 'Staged'],
    ])
    expect(most).toEqual({ clean: 1, stage: 1 })
    // One was refused while the other's job ran, and nothing else went wrong.
    const refused = both.flatMap(failuresOf)
    expect(refused).toContain('Clean Glue.ConcurrentRunsExceededException')
    expect(refused.filter(failure => !failure.endsWith(' Glue.ConcurrentRunsExceededException'))).toEqual([])
    expect([...machine.runs].sort()).toEqual(['clean well', 'clean well', 'stage well', 'stage well'])
    expect(machine.alerts).toEqual([])
    const lake = await publishes(bucket, lakes.mended)
    expect(runsOf(lake, SECOND)).toEqual(['mend'])
    expect(runsOf(lake, THIRD)).toEqual([NAME])
    expect(entriesOf(lake, FIRST)).toEqual(entriesOf(lakes.two, FIRST))
    bucket.close()
  }, 300_000)

  it('F45 job B takes too long: it is ended while it writes, one alert; the next execution gives every row', async () => {
    const bucket = await bucketOf(lakes.cleaned)
    const before = await bucket.versions('staging/')
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const [machine, reached] = [await machineOn(bucket), holdNextFolder()]
    const started = machine.start(DAY, NAME)
    try {
      await Promise.race([reached, started.then(ended => expect(ended).toBe('held'))])
      // Nobody waits for two hours: the newest of the time-outs as deployed is that of job B, and it is over now.
      const [over] = timers.mock.calls.filter(([, delay]) => delay === 7_200_000).at(-1) ?? []
      ;(over as () => void)()
      expect(await started).toMatchObject({ status: 'FAILED', last: 'Failed' })
    } finally {
      timers.mockRestore()
      servers.proxy.refuse = () => undefined
    }
    await vi.waitFor(() => expect(machine.runs).toEqual(['clean well', 'stage stopped']), 60_000)
    expect(errorsOf(machine)).toEqual(['States.Timeout'])
    // What it wrote has its name, and is beside what is published: a folder that was whole, and one that was not.
    const after = await bucket.versions('staging/')
    expect(after.filter(key => !key.includes(NAME))).toEqual(before)
    const left = (await bucket.keys('staging/')).filter(key => key.includes(NAME))
    expect(left.filter(key => /^staging\/customers\/d=.*\.parquet$/.test(key))).toHaveLength(1)
    expect(
      left.filter(key => /^staging\/customers_unknown\/drafts\/.*\/_temporary\/.*\.parquet$/.test(key)),
    ).toHaveLength(1)
    expect(await bucket.text('staging/manifest.json')).not.toContain(NAME)

    const next = await machineOn(bucket)
    expect((await next.start({ ...DAY, attempt: '2' }, `day-${THIRD}-2`)).status).toBe('SUCCEEDED')
    expect([next.runs, next.alerts]).toEqual([['clean well', 'stage well'], []])
    await publishes(bucket, lakes.three)
    bucket.close()
  }, 300_000)
})

/** Job B's requests go on until its first folder has its names; then Spark waits for ever with the first file of the next. */
function holdNextFolder(): Promise<void> {
  return new Promise(resolve => {
    let isNamed = false
    servers.proxy.refuse = ({ method, url = '', headers }) => {
      if (method !== 'PUT' || headers['x-amz-copy-source'] === undefined) return undefined
      if (!url.includes('/drafts/')) isNamed = true
      if (!isNamed || !url.includes('/drafts/')) return undefined
      resolve()
      return 'hold'
    }
  })
}
