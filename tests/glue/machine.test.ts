import { cpSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { clean } from '../../pipeline/clean.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { land } from '../../pipeline/land.ts'
import { stage } from '../../pipeline/stage.ts'
import { parquet, withWorker } from '../../pipeline/worker.ts'
import { type Ended, type JobName, type Machine, openMachine } from '../infra/machine.ts'
import { type Servers, startServers } from '../ingestion-lambda/world.ts'
import { type BucketLake, openBucket } from './bucket.ts'
import { ANY_SHARE, contracts } from './cleaning.ts'
import { compareLakes, finished, runLocally } from './parity.ts'
import { type Spark, startSpark } from './spark.ts'

const [FIRST, SECOND] = ['2025-03-01', '2025-03-02']
const DAY = { date: SECOND, attempt: '1' }
const BACKFILL = { from: FIRST, to: FIRST }

let servers: Servers
/** Each job has a session of its own, as each run of it has in Glue; what job B asks of S3 can be held on its way. */
let sessions: Record<JobName, Spark>
let lakes: Readonly<Record<'first' | 'both' | 'mended', string>>
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

/** What DuckDB makes of the days one after the other: of the first, of the second too, and of the first again. */
async function undisturbed(): Promise<typeof lakes> {
  const made = { first: scratch(), both: scratch(), mended: scratch() }
  await add(FIRST, made.first)
  cpSync(made.first, made.both, { recursive: true })
  await add(SECOND, made.both)
  cpSync(made.both, made.mended, { recursive: true })
  const again = ({ date }: { readonly date: string }): boolean => date === FIRST
  const shared = { lake: made.mended, contracts, badShare: ANY_SHARE, again, only: again, tell: () => undefined }
  await withWorker(async worker => {
    await clean(worker, { ...shared, ...BACKFILL })
    await stage(worker, shared)
  })
  return made
}

/** A day's files as they come, or those of some datasets. The second day has no price list, which costs Spark time. */
function filesOf(day: string, which = day === FIRST ? /./ : /customers|logs/): string {
  const [feed, all, wanted] = [scratch(), scratch(), scratch()]
  generate({ out: feed, customers: 40, days: 2, start: FIRST, seed: 3, faults: 0.05 })
  land(feed, all)
  const ofDay = new RegExp(`(${which.source}).*_${day.replaceAll('-', '')}\\.`)
  cpSync(all, wanted, {
    recursive: true,
    filter: path => statSync(path).isDirectory() || ofDay.test(relative(all, path)),
  })
  return wanted
}

async function add(day: string, lake: string): Promise<void> {
  cpSync(filesOf(day), lake, { recursive: true })
  await ingest(lake, contracts, () => undefined)
  await runLocally(lake)
}

/** A bucket that holds a lake, and in which these files have then arrived. */
async function bucketOf(lake: string, arrived?: string): Promise<BucketLake> {
  const bucket = await openBucket(servers.moto)
  await bucket.upload(lake)
  if (arrived !== undefined) await bucket.deliver(arrived)
  return bucket
}

/** The deployed machine on a bucket. Its jobs are Spark's, and one that is stopped loses its session in the middle of its work. */
function machineOn(bucket: BucketLake, crash?: JobName, watch = (_: JobName, __: 1 | -1): void => undefined) {
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
        finished(await spark.run(name, asked, { crash: name === crash }))
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
  for (const dataset of ['customers', 'plans', 'activity_logs'])
    expect(compared[`staged ${dataset}`]).toBeGreaterThan(0)
  return folder
}

/** The rows that are staged of a day, by their folder. */
async function stagedRows(lake: string, day: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const files = readManifest<Staged>(lake, 'staging').filter(({ date }) => date === day)
  const rows: Record<string, readonly unknown[]> = {}
  await withWorker(async worker => {
    for (const folder of new Set(files.map(file => file.folder))) {
      const paths = files.filter(file => file.folder === folder).map(({ path }) => join(lake, 'staging', path))
      rows[folder] = await worker.all(`select cast(columns(*) as varchar) from ${parquet(paths)} order by all`)
    }
  })
  return rows
}

/** Names of files by the days that they are of. */
function namesOf(lake: string, day: string): readonly string[] {
  const cleaned = readManifest<Cleaned>(lake, 'clean').filter(({ date }) => date === day)
  const staged = readManifest<Staged>(lake, 'staging').filter(({ date }) => date === day)
  const paths = [...cleaned.flatMap(({ goodPath, badPath }) => [goodPath, badPath]), ...staged.map(({ path }) => path)]
  return paths.flatMap(path => path?.split('/').at(-1) ?? [])
}

const errorsOf = ({ alerts }: Machine): readonly string[] => alerts.map(({ Message }) => Message.error.Error)
const failuresOf = ({ events }: Ended): readonly string[] =>
  events.filter(({ type }) => type === 'StateFailed').map(({ state, error }) => `${state} ${error}`)
const isManifest = (key = ''): boolean => key.endsWith('manifest.json')

describe('the deployed machine, with jobs that Spark really runs', () => {
  it('F44 job A dies every time before its end: one alert, B never starts, what was published stays as it is', async () => {
    const bucket = await bucketOf(lakes.first, filesOf(SECOND, /customers/))
    const published = async () => [
      ...(await bucket.versions('staging/')),
      ...(await bucket.versions('clean/manifest.json')),
    ]
    const before = await published()
    const machine = await machineOn(bucket, 'clean')
    const ended = await machine.start(DAY, `day-${SECOND}-1`)
    expect(ended).toMatchObject({ status: 'FAILED', last: 'Failed' })
    expect(machine.runs).toEqual(['clean failed', 'clean failed', 'clean failed'])
    expect(errorsOf(machine)).toEqual(['States.TaskFailed'])
    expect(machine.alerts[0]?.Message.error.Cause).toContain('RuntimeError: crashed')
    expect(await published()).toEqual(before)
    // It had come as far as its manifest, and what has arrived waits for the next run.
    expect((await bucket.keys('clean/')).some(key => key.includes(`/d=${SECOND}/day-${SECOND}-1-`))).toBe(true)
    expect(await bucket.keys('arrivals/')).toHaveLength(1)
    bucket.close()
  }, 300_000)

  it('F47 a day and a backfill at once: one run of a job at a time, and all rows are as one after the other', async () => {
    const bucket = await bucketOf(lakes.first, filesOf(SECOND))
    const inside: Record<JobName, number> = { clean: 0, stage: 0 }
    const most: Record<JobName, number> = { clean: 0, stage: 0 }
    const machine = await machineOn(bucket, undefined, (name, step) => {
      inside[name] += step
      most[name] = Math.max(most[name], inside[name])
    })
    const both = await Promise.all([machine.start(DAY, `day-${SECOND}-1`), machine.start(BACKFILL, 'mend')])
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
    expect(namesOf(lake, FIRST).filter(name => !name.startsWith('mend-'))).toEqual([])
    expect(namesOf(lake, SECOND).filter(name => !name.startsWith(`day-${SECOND}-1-`))).toEqual([])
    bucket.close()
  }, 300_000)

  it('F50 a backfill does its days again, to the same rows, and leaves everything else as it is', async () => {
    const bucket = await bucketOf(lakes.both)
    const others = async () => (await bucket.versions('')).filter(([key]) => !isManifest(key))
    const before = await others()
    const machine = await machineOn(bucket)
    expect(await machine.start(BACKFILL, 'mend')).toMatchObject({ status: 'SUCCEEDED', last: 'Staged' })
    expect([machine.runs, machine.alerts]).toEqual([['clean well', 'stage well'], []])
    const lake = await publishes(bucket, lakes.mended)
    expect(namesOf(lake, FIRST).filter(name => !name.startsWith('mend-'))).toEqual([])
    for (const which of ['clean', 'staging'] as const) {
      const [was, is] = [lakes.both, lake].map(each => readManifest<Cleaned | Staged>(each, which))
      expect(is?.filter(({ date }) => date === SECOND)).toEqual(was?.filter(({ date }) => date === SECOND))
      expect(is).toHaveLength(was?.length ?? 0)
    }
    expect(await stagedRows(lake, FIRST)).toEqual(await stagedRows(lakes.both, FIRST))
    // It writes beside what is there.
    expect((await others()).filter(([key = '']) => !key.includes('mend'))).toEqual(before)
    bucket.close()
  }, 300_000)

  it('F45 job B takes too long: it is ended while it writes, one alert; the next execution gives every row', async () => {
    const bucket = await bucketOf(lakes.first, filesOf(SECOND))
    const before = await bucket.versions('staging/')
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const [machine, reached] = [await machineOn(bucket), holdNextFolder()]
    const started = machine.start(DAY, `day-${SECOND}-1`)
    try {
      await Promise.race([reached, started.then(ended => expect(ended).toBe('held'))])
      // Nobody waits for two hours: the newest of the time-outs as deployed is that of job B, and it is over now.
      const [over] = timers.mock.calls.filter(([, delay]) => delay === 7_500_000).at(-1) ?? []
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
    expect(after.filter(([key = '']) => !key.includes(`day-${SECOND}-1`))).toEqual(before)
    const left = after.flatMap(([key = '']) => (key.includes(`day-${SECOND}-1`) ? [key] : []))
    expect(left.filter(key => /^staging\/customers\/d=.*\.parquet$/.test(key))).toHaveLength(1)
    expect(
      left.filter(key => /^staging\/customers_unknown\/drafts\/.*\/_temporary\/.*\.parquet$/.test(key)),
    ).toHaveLength(1)
    expect(await bucket.text('staging/manifest.json')).not.toContain(`day-${SECOND}-1`)

    const next = await machineOn(bucket)
    expect((await next.start({ ...DAY, attempt: '2' }, `day-${SECOND}-2`)).status).toBe('SUCCEEDED')
    expect([next.runs, next.alerts]).toEqual([['clean well', 'stage well'], []])
    await publishes(bucket, lakes.both)
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
