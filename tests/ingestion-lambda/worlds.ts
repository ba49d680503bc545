import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Entry, entryKey, type RawVersion } from '../../ingestion-lambda/ledger.ts'
import type { Sidecar } from '../../ingestion-lambda/route.ts'
import { customer, event, good, ndjson, PLAN_HEADER } from '../ingestion/samples.ts'
import { type Bench, ingest, objects } from './bench.ts'
import { Crash, randomOf, troubledStore, type When } from './trouble.ts'

interface File {
  readonly key: string
  readonly content: Buffer | string
  /** What it must be rejected with. */
  readonly code?: string
}

const on = (plan: string): string => ndjson(customer(1, { plan_id: plan }))
const day = (number: number): string => `raw/customers/customers_2024050${number}.ndjson`

/** What may be delivered: few names and few contents, so that they meet. */
const FILES: readonly File[] = [
  ...['P1', 'P2', 'P3'].flatMap(plan => [2, 3].map(number => ({ key: day(number), content: on(plan) }))),
  { key: `${day(2)}.gz`, content: gzipSync(on('P1')) },
  { key: 'raw/activity_logs/logs_20240502.ndjson', content: ndjson(event(1)) },
  { key: 'raw/activity_logs/year=2024/month=05/day=02/logs_20240502.ndjson', content: ndjson(event(1)) },
  { key: 'raw/plans/plans_20240502.csv', content: good.plans },
  { key: day(2), content: '', code: 'EMPTY_FILE' },
  { key: day(2), content: on('P1').slice(0, -5), code: 'TRUNCATED' },
  { key: 'raw/plans/plans_20240502.csv', content: `${PLAN_HEADER}\n`, code: 'NO_ROWS' },
  { key: 'raw/plans/notes + 100%.txt', content: 'x', code: 'BAD_KEY' },
  { key: 'raw/../plans//x', content: good.plans, code: 'BAD_KEY' },
]

/** A delivery, and what must become of it. */
interface Delivery extends File {
  readonly raw: RawVersion
  /** Deleted before anybody could read it. */
  readonly isLost: boolean
}

const hashOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

/** A world of a seed: what is delivered, with 10 % lost. */
async function deliverAll(bench: Bench, random: () => number, withLosses: boolean): Promise<readonly Delivery[]> {
  const delivered: Delivery[] = []
  for (let left = 2 + Math.floor(random() * 5); left > 0; left -= 1) {
    const file = FILES[Math.floor(random() * FILES.length)] as File
    const raw = await bench.deliver(file.key, file.content)
    const isLost = random() < 0.1 && withLosses
    if (isLost) await bench.lose(raw)
    delivered.push({ ...file, raw, isLost })
  }
  return delivered
}

/** Ingests a version with a crash before or after a call; true where it crashed. */
async function crashing(raw: RawVersion, bench: Bench, alerts: Entry[], at: number, when: When): Promise<boolean> {
  const store = troubledStore(bench.store, (call, _, side) => {
    if (call === at && side === when) throw new Crash()
  })
  try {
    await ingest(raw, store, alerts)
    return false
  } catch (error) {
    if (error instanceof Crash) return true
    throw error
  }
}

/** A run of a world: what is there in the end, and how often it crashed. */
export interface Told {
  readonly objects: Readonly<Record<string, string>>
  readonly crashes: number
  readonly events: number
}

/** The events in their order; with `crashes`, each is taken up again at once after one or two crashes. */
async function inOrder(bench: Bench, seed: number, crashes: boolean): Promise<Told> {
  const delivered = await deliverAll(bench, randomOf(seed), true)
  const random = randomOf(seed + 1e9)
  const alerts: Entry[] = []
  let crashed = 0
  for (const { raw } of delivered) {
    for (let round = Math.floor(random() * 3); crashes && round > 0; round -= 1)
      if (await crashing(raw, bench, alerts, 1 + Math.floor(random() * 9), random() < 0.5 ? 'before' : 'after'))
        crashed += 1
    await ingest(raw, bench.store, alerts)
  }
  await holds(bench, delivered, alerts)
  return {
    objects: await objects(
      bench,
      delivered.map(({ raw }) => raw),
    ),
    crashes: crashed,
    events: delivered.length,
  }
}

/** The events in any order, some of them twice; what crashes comes again at any later time. */
async function outOfOrder(bench: Bench, seed: number): Promise<Told> {
  const random = randomOf(seed)
  const delivered = await deliverAll(bench, random, true)
  const queue = delivered.flatMap(({ raw }) => (random() < 0.4 ? [raw, raw] : [raw]))
  const alerts: Entry[] = []
  let [crashed, events] = [0, 0]
  while (queue.length > 0) {
    const [raw] = queue.splice(Math.floor(random() * queue.length), 1)
    if (raw === undefined) break
    events += 1
    const hasCrashed =
      random() < 0.4 &&
      (await crashing(raw, bench, alerts, 1 + Math.floor(random() * 9), random() < 0.5 ? 'before' : 'after'))
    if (hasCrashed) queue.push(raw)
    else await ingest(raw, bench.store, alerts)
    if (hasCrashed) crashed += 1
  }
  await holds(bench, delivered, alerts)
  return {
    objects: await objects(
      bench,
      delivered.map(({ raw }) => raw),
    ),
    crashes: crashed,
    events,
  }
}

/** Runs the world of a seed: half of them in order with crashes, against an undisturbed run; half in any order. */
export async function runWorld(seed: number, bench: () => Promise<Bench>): Promise<Told> {
  if (seed % 2 === 0) return outOfOrder(await bench(), seed)
  const whole = await inOrder(await bench(), seed, false)
  const told = await inOrder(await bench(), seed, true)
  assert.deepEqual(told.objects, whole.objects)
  return told
}

/** What holds of every world, whatever happened in it: computed from what was delivered, without the code under test. */
async function holds(bench: Bench, delivered: readonly Delivery[], alerts: readonly Entry[]): Promise<void> {
  const versions = await bench.versions()
  const found = new Map(versions.map(([key, , content]) => [key, content]))
  const json = <T>(key: string): T => JSON.parse(found.get(key) ?? 'null') as T
  const keysOf = (folder: string): readonly string[] => [...found.keys()].filter(key => key.startsWith(folder))
  assert.deepEqual(keysOf('raw/'), [], 'nothing waits')
  assert.deepEqual(
    [...keysOf('ledger/')].sort(),
    delivered.map(({ raw }) => entryKey(raw)).sort(),
    'one entry a version',
  )
  // Nothing is written over, whatever comes again, but the reason of a rejection.
  const written = versions.map(([key]) => key).filter(key => !key.endsWith('.reason.json'))
  assert.equal(new Set(written).size, written.length, 'one version of each object')
  const winners = new Map<string, number>()
  for (const { raw, isLost, code, content, key } of delivered) {
    const entry = json<Entry>(entryKey(raw))
    assert.equal(entry.key, key)
    assert.equal(entry.version, raw.version)
    const told = alerts.filter(({ version }) => version === raw.version)
    if (isLost || code !== undefined) {
      assert.equal('code' in entry && entry.code, isLost ? 'VANISHED' : code)
      assert.ok(told.length > 0, 'an alert')
    } else {
      assert.match(entry.outcome, /^(accepted|duplicate)$/)
      assert.equal(told.length, 0, 'no alert')
    }
    if (!('to' in entry)) continue
    assert.equal(entry.sha256, hashOf(content))
    assert.equal(found.get(entry.to), Buffer.from(content).toString('latin1'), 'the content, as it was')
    if (code === undefined) winners.set(entry.to, (winners.get(entry.to) ?? 0) + (entry.outcome === 'accepted' ? 1 : 0))
    if (entry.outcome !== 'accepted') continue
    const sidecar = json<Sidecar>(entry.to.replace(/\.(ndjson|csv)(\.gz)?$/, '.json'))
    assert.deepEqual([sidecar.source, sidecar.version, sidecar.sequencer], [key, raw.version, raw.sequencer])
  }
  assert.ok(
    [...winners.values()].every(count => count === 1),
    'one delivery of each content is the accepted one',
  )
  assert.equal(
    keysOf('archive/').length,
    2 * winners.size,
    'each archived file has its record, and nothing else is there',
  )
  assert.deepEqual(
    [...keysOf('arrivals/')].sort(),
    [...winners.keys()].map(key => key.replace('archive/', 'arrivals/')).sort(),
    'each archived file has its mark',
  )
  const places = new Map<string, number[]>()
  for (const key of keysOf('archive/').filter(each => each.endsWith('.json'))) {
    const folder = key.slice(0, key.lastIndexOf('/'))
    places.set(folder, [...(places.get(folder) ?? []), json<Sidecar>(key).accepted ?? 0])
  }
  for (const taken of places.values())
    assert.deepEqual(
      taken.sort((a, b) => a - b),
      taken.map((_, at) => at + 1),
      'places without gaps',
    )
}
