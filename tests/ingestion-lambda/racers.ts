import assert from 'node:assert/strict'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Entry, RawVersion } from '../../ingestion-lambda/ledger.ts'
import { customer, ndjson, PLAN_HEADER } from '../ingestion/samples.ts'
import { type Bench, ingest, memoryBench, s3Bench } from './bench.ts'
import { randomOf } from './trouble.ts'

const RACERS = 16

/** The bench with each call begun a few turns of the event loop later, as many as chance says. */
function jittered(bench: Bench, random: () => number): Bench['store'] {
  const late =
    <A extends readonly unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1)
        await new Promise(resolve => setImmediate(resolve))
      return work(...given)
    }
  const { store } = bench
  return {
    ...store,
    list: late(store.list),
    exists: late(store.exists),
    copyIfAbsent: late(store.copyIfAbsent),
    putIfAbsent: late(store.putIfAbsent),
    put: late(store.put),
    remove: late(store.remove),
  }
}

/** Sixteen handlers at once on one version: good or bad by the seed's chance, on S3 or in memory. Counts what they told. */
export async function race(
  seed: number,
  client?: S3Client,
): Promise<{ readonly accepted: number; readonly rejected: number }> {
  const random = randomOf(seed)
  const bench = client === undefined ? memoryBench() : await s3Bench(client)
  const isGood = random() < 0.7
  const raw: RawVersion = isGood
    ? await bench.deliver('raw/customers/customers_20240502.ndjson', ndjson(customer(seed)))
    : await bench.deliver('raw/plans/plans_20240502.csv', PLAN_HEADER)
  const alerts: Entry[] = []
  const store = jittered(bench, random)
  const told = await Promise.all(Array.from({ length: RACERS }, () => ingest(raw, store, alerts)))
  for (const entry of told) assert.deepEqual(entry, told[0], 'all say the same')
  const [first] = told
  assert.equal(first?.outcome, isGood ? 'accepted' : 'rejected')
  const keys = new Set((await bench.versions()).map(([key]) => key))
  assert.equal(keys.size, isGood ? 4 : 3, 'one object, what is said of it, one entry, and the mark of an archived one')
  assert.ok(first !== undefined && 'to' in first && keys.has(first.to), 'nothing is lost')
  assert.equal(alerts.length > 0, !isGood)
  // Whoever comes second finds what the first has written, and writes nothing: but the reason of a rejection, which is the same.
  const versions = (await bench.versions()).map(([key]) => key).filter(key => !key.endsWith('.reason.json'))
  assert.deepEqual(
    versions,
    [...keys].filter(key => !key.endsWith('.reason.json')),
    'one version of each object',
  )
  return isGood ? { accepted: 1, rejected: 0 } : { accepted: 0, rejected: 1 }
}
