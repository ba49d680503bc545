import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { type Entry, entryKey, ingestVersion, type RawVersion } from '../../ingestion-lambda/ledger.ts'
import { s3Store } from '../../ingestion-lambda/s3-store.ts'
import type { ObjectStore } from '../../ingestion-lambda/store.ts'
import { contracts } from '../ingestion/samples.ts'
import { memoryBucket } from './memory-store.ts'

/** A bucket to deliver to and to look into. */
export interface Bench {
  readonly store: ObjectStore
  /** Puts a file; its sequencer grows. */
  readonly deliver: (key: string, content: Buffer | string) => Promise<RawVersion>
  /** Deletes a version behind everybody's back. */
  readonly lose: (raw: RawVersion) => Promise<void>
  /** Every version of every object: `key version` and the content, the versions in the order of their writing. */
  readonly versions: () => Promise<readonly (readonly [key: string, version: string, content: string])[]>
}

const numbered = (): (() => string) => {
  let count = 0
  return () => (++count).toString(16).padStart(16, '0')
}

export function memoryBench(): Bench {
  const bucket = memoryBucket()
  const next = numbered()
  return {
    store: bucket.store,
    deliver: async (key, content) => ({ key, version: bucket.write(key, Buffer.from(content)), sequencer: next() }),
    lose: ({ key, version }) => bucket.store.remove(key, version),
    versions: async () => bucket.versions(),
  }
}

let buckets = 0

export async function s3Bench(client: S3Client): Promise<Bench & { readonly bucket: string }> {
  const Bucket = `lake-${process.pid}-${++buckets}`
  const next = numbered()
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  return {
    bucket: Bucket,
    store: s3Store(client, Bucket),
    deliver: async (key, content) => {
      const { VersionId = '' } = await client.send(
        new PutObjectCommand({ Bucket, Key: key, Body: Buffer.from(content) }),
      )
      return { key, version: VersionId, sequencer: next() }
    },
    lose: async ({ key, version }) =>
      void (await client.send(new DeleteObjectCommand({ Bucket, Key: key, VersionId: version }))),
    versions: async () => {
      // Neither server encodes its keys here, whatever it is asked.
      const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
      const found: [string, string, string][] = []
      for (const { Key: key = '', VersionId = '' } of Versions) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key, VersionId }))
        found.push([key, VersionId, Buffer.from((await Body?.transformToByteArray()) ?? []).toString('latin1')])
      }
      return found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    },
  }
}

/** The content of every key, its newest version's. Versions are told by the number of their delivery, as their names are random. */
export async function objects(
  bench: Bench,
  delivered: readonly RawVersion[],
): Promise<Readonly<Record<string, string>>> {
  const names = delivered.map(({ version }, at) => [version, `version-${at + 1}`] as const)
  const entries = new Map(delivered.map((raw, at) => [entryKey(raw), `ledger/version-${at + 1}`]))
  const plain = (text: string): string => names.reduce((each, [from, to]) => each.replaceAll(from, to), text)
  return Object.fromEntries(
    (await bench.versions()).map(([key, , content]) => [
      entries.get(key) ?? key,
      key.startsWith('raw/') ? content : plain(content),
    ]),
  )
}

/** Ingests a version as the function does. Alerts are collected. */
export function ingest(raw: RawVersion, store: ObjectStore, alerts: Entry[] = []): Promise<Entry> {
  return ingestVersion(raw, { store, contracts, alert: entry => alerts.push(entry), log: () => undefined })
}
