import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { s3Client } from '../../ingestion-lambda/s3-store.ts'
import { readText } from '../../ingestion-lambda/store.ts'
import { ingest, s3Bench } from '../ingestion-lambda/bench.ts'
import type { Moto } from '../ingestion-lambda/moto.ts'

/** A lake in a bucket, filled as the ingestion function fills it. */
export interface BucketLake {
  readonly place: string
  /** Delivers the files that lie below `raw/` of a folder and ingests them. */
  readonly deliver: (folder: string) => Promise<void>
  readonly keys: (prefix: string) => Promise<readonly string[]>
  readonly text: (key: string) => Promise<string>
  readonly put: (key: string, text: string) => Promise<void>
  /** Puts all that lies in a folder. */
  readonly upload: (folder: string) => Promise<void>
  /** Every version of every object below a prefix, as `key version`, and every deletion. Hadoop's folders are none. */
  readonly versions: (prefix: string) => Promise<readonly string[]>
  /** Copies what lies below some prefixes into a folder. */
  readonly download: (folder: string, ...prefixes: readonly string[]) => Promise<void>
  readonly close: () => void
}

function pathsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => join(each.parentPath, each.name))
    .sort()
}

export async function openBucket({ config }: Moto): Promise<BucketLake> {
  const client = s3Client(config)
  const { bucket, store, deliver } = await s3Bench(client)
  return {
    place: `s3://${bucket}`,
    deliver: async folder => {
      for (const path of pathsBelow(join(folder, 'raw')))
        await ingest(await deliver(path.slice(folder.length + 1), readFileSync(path)), store)
    },
    keys: prefix => store.list(prefix),
    text: key => readText(store, key),
    put: (key, text) => store.put(key, text),
    upload: async folder => {
      for (const path of pathsBelow(folder)) await deliver(path.slice(folder.length + 1), readFileSync(path))
    },
    versions: async Prefix => {
      const found = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix }))
      assert.notEqual(found.IsTruncated, true)
      return [...(found.Versions ?? []), ...(found.DeleteMarkers ?? [])]
        .filter(({ Key }) => Key?.endsWith('/') === false)
        .map(({ Key, VersionId }) => `${Key} ${VersionId}`)
        .sort()
    },
    download: async (folder, ...prefixes) => {
      for (const prefix of prefixes)
        for (const key of await store.list(prefix)) {
          // What Hadoop puts where a folder would be.
          if (key.endsWith('/')) continue
          const chunks: Buffer[] = []
          for await (const chunk of store.open(key) as AsyncIterable<Buffer>) chunks.push(chunk)
          mkdirSync(dirname(join(folder, key)), { recursive: true })
          writeFileSync(join(folder, key), Buffer.concat(chunks))
        }
    },
    close: () => client.destroy(),
  }
}
