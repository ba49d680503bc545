import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { s3Client } from '../../ingestion-lambda/s3-store.ts'
import { backfill } from '../../pipeline/backfill.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { folderOf, openLake } from '../../pipeline/open-lake.ts'
import { reconcile } from '../../pipeline/reconcile.ts'
import { replay } from '../../pipeline/replay.ts'
import { status } from '../../pipeline/status.ts'
import { VERBS } from '../../pipeline/verbs.ts'
import { main } from '../../src/commands/program.ts'
import { type Moto, startMoto, useAws } from '../ingestion-lambda/moto.ts'
import { customer, type Delivery, event, type Line, openLine, plan } from './line.ts'

let moto: Moto
let client: ReturnType<typeof s3Client>

beforeAll(async () => {
  moto = await startMoto()
  client = s3Client({ ...moto.config, forcePathStyle: true })
  return useAws(moto.endpoint)
})
afterAll(async () => {
  client.destroy()
  await moto.stop()
})

let buckets = 0
async function bucket(versioning: 'Enabled' | 'none' = 'Enabled'): Promise<`s3://${string}`> {
  const Bucket = `lake-${process.pid}-${++buckets}`
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))
  if (versioning === 'Enabled')
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: versioning } }))
  return `s3://${Bucket}`
}

const put = (lake: string, Key: string, Body: string) =>
  client.send(new PutObjectCommand({ Bucket: lake.slice(5), Key, Body }))
const get = async (lake: string, Key: string): Promise<string> =>
  (await (await client.send(new GetObjectCommand({ Bucket: lake.slice(5), Key }))).Body?.transformToString()) ?? ''

/** Delivers to a folder's `raw/`, and lands the same in the bucket. */
async function deliver(here: Line, there: Line, day: string, delivery: Delivery): Promise<void> {
  here.deliver(day, delivery)
  await (await openLake(there.places, there.effects)).land(join(here.places.lake, 'raw'), undefined)
}

/** Every row, but for the moments at which things were done. */
async function rows(line: Line): Promise<unknown> {
  const dumped = Object.entries(await line.dump())
  const isTime = (name: string): boolean => /(loaded|held)_at$|^modified$/.test(name)
  return dumped.map(([name, all]) => [
    name,
    all.map(row => Object.fromEntries(Object.entries(row).filter(([column]) => !isTime(column)))),
  ])
}

const DAYS: readonly [readonly [string, Delivery], readonly [string, Delivery]] = [
  [
    '2025-01-01',
    {
      plans: [plan('P1'), plan('P2')],
      customers: [customer('C1', { plan_id: 'P1' }), customer('C2', { plan_id: 'P1' }), 'no row'],
      events: [event('E1', 'C1', '2025-01-01T10:00:00Z')],
    },
  ],
  [
    '2025-01-02',
    {
      customers: [customer('C1', { plan_id: 'P2' }), customer('C2', { plan_id: 'P1' })],
      events: [event('E2', 'C1', '2025-01-02T10:00:00Z'), event('E3', 'C2', '2025-01-02T11:00:00Z')],
    },
  ],
]

describe('a lake in S3', () => {
  it('gives what a folder gives: new days, nothing new, days again, the ledger of rows, and the proof', async () => {
    const here = openLine()
    const there = openLine({ lake: await bucket() })
    for (const [day, delivery] of DAYS) {
      await deliver(here, there, day, delivery)
      for (const line of [here, there]) {
        const result = await line.run()
        expect([result.run.exitCode, result.isWaiting]).toEqual([0, false])
      }
      // Another machine, or the same with its cache gone.
      rmSync(folderOf(there.places), { recursive: true })
    }
    expect(await rows(there)).toEqual(await rows(here))
    expect((await there.run()).isWaiting).toBe(true)
    const options = { badShare: 0.5, quiet: true, from: '2025-01-01', to: '2025-01-02' }
    for (const line of [here, there]) await backfill({ ...line.places, ...options }, line.effects)
    expect(await rows(there)).toEqual(await rows(here))
    const [mine, theirs] = await Promise.all([here, there].map(line => reconcile(line.places, line.effects)))
    expect(theirs?.every(({ addsUp }) => addsUp)).toBe(true)
    expect(theirs).toEqual(mine)
    const now = (): Date => new Date('2025-01-04T00:00:00Z')
    expect(await status(there.places, { ...there.effects, now })).toEqual(
      await status(here.places, { ...here.effects, now }),
    )
    const { relations } = await replay({ ...there.places, ...options }, there.effects)
    expect(relations.filter(({ hash, replayedHash }) => hash !== replayedHash)).toEqual([])
  }, 300_000)

  it('takes the versions of a key in their order, each as a revision of its day', async () => {
    const lake = await bucket()
    const line = openLine({ lake })
    const plans = (price: number): string => {
      const row = plan('P1', { monthly_price: price })
      return `${Object.keys(row).join()}\n${Object.values(row).join()}\n`
    }
    for (const price of [10, 30, 20]) await put(lake, 'raw/plans/plans_20250101.csv', plans(price))
    const files = await (await openLake(line.places, line.effects)).ingest(
      loadContracts(line.places.projectDir),
      () => undefined,
    )
    expect(files.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted'])
    const found = await (await openLake(line.places, line.effects)).archived()
    expect(found.map(({ revision }) => revision)).toEqual([1, 2, 3])
    const contents = await Promise.all(found.map(({ file }) => get(lake, file)))
    expect(contents).toEqual([10, 30, 20].map(plans))
    expect(await (await openLake(line.places, line.effects)).keys('raw/')).toEqual([])
  })

  it('loads what another has staged, and says nothing of waiting', async () => {
    const lake = await bucket()
    const [one, other] = [openLine({ lake }), openLine({ lake })]
    await deliver(openLine(), one, ...DAYS[0])
    await one.run()
    expect((await other.run()).isWaiting).toBe(false)
    expect(await rows(other)).toEqual(await rows(one))
    expect((await other.run()).isWaiting).toBe(true)
  }, 180_000)

  it('is not published over what somebody else has published meanwhile; the next call takes what is left', async () => {
    const lake = await bucket()
    const line = openLine({ lake })
    await deliver(openLine(), line, ...DAYS[0])
    const late = await openLake(line.places, line.effects)
    await line.run()
    const before = await get(lake, 'clean/manifest.json')
    await expect(late.publish('clean', [])).rejects.toThrow('another run has published')
    expect(await get(lake, 'clean/manifest.json')).toBe(before)
    expect((await line.run()).isWaiting).toBe(true)
  }, 180_000)

  it('takes nothing of its folder for the bucket’s that is not: lost, written by a run that died, or another’s since', async () => {
    const place = await bucket()
    const line = openLine({ lake: place })
    const key = 'staging/plans/d=2025-01-01/a.parquet'
    const path = join(folderOf(line.places), key)
    const lake = await openLake(line.places, line.effects)
    await put(place, key, 'first')
    const fetched = async (): Promise<string> => {
      await lake.fetch([key])
      return readFileSync(path, 'utf8')
    }
    expect(await fetched()).toBe('first')
    writeFileSync(path, 'other')
    expect(await fetched()).toBe('first')
    rmSync(path)
    expect(await fetched()).toBe('first')
    await put(place, key, 'second')
    expect(await fetched()).toBe('second')
  })

  it.each([
    ['s3://nobody-has-this', 1, ['NoSuchBucket', 's3://nobody-has-this', 'AWS_ENDPOINT_URL']],
    ['s3://', 2, ['s3://BUCKET']],
    ['s3://bucket/prefix', 2, ['s3://BUCKET']],
    ['s3:/bucket', 2, ['s3://BUCKET']],
  ])('%s is told apart', async (lake, code, words) => {
    const line = openLine()
    const exit = await main('customer360', '', VERBS, ['status', '--lake', lake], line.effects)
    expect([exit, words.filter(word => !line.printed().includes(word))]).toEqual([code, []])
    expect(line.printed('stdout')).toBe('')
  })

  it('must keep versions: a file could be lost else', async () => {
    const lake = await bucket('none')
    await put(lake, 'raw/plans/plans_20250101.csv', 'x')
    const line = openLine()
    expect(await main('customer360', '', VERBS, ['ingest', '--lake', lake], line.effects)).toBe(1)
    expect(line.printed()).toContain('switch versioning on')
    expect(await get(lake, 'raw/plans/plans_20250101.csv')).toBe('x')
  })
})
