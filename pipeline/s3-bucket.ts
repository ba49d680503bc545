import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { Upload } from '@aws-sdk/lib-storage'
import type { RawVersion } from '../ingestion-lambda/ledger.ts'
import { getChanged, listVersions, putUnchanged, s3Client, s3Store } from '../ingestion-lambda/s3-store.ts'
import type { ObjectStore } from '../ingestion-lambda/store.ts'
import { UserError } from '../src/error.ts'

/** A bucket, as a lake needs it. What S3 refuses is thrown as S3 says it. */
export interface Bucket {
  readonly store: ObjectStore
  /** Every version below a prefix, by key, a key's oldest first. Throws a UserError where the bucket keeps none. */
  readonly versions: (prefix: string) => Promise<readonly RawVersion[]>
  /** Brings an object to a path, as a whole; nothing is sent where the path holds its present state. */
  readonly download: (key: string, path: string) => Promise<void>
  readonly upload: (path: string, key: string) => Promise<void>
  /** Uploads a file that lies where `download` would bring it, so that it need not be brought. */
  readonly mirror: (path: string, key: string) => Promise<void>
  /** A small object, and the ETag that a later write may be bound to; undefined where there is none. */
  readonly read: (key: string) => Promise<{ readonly text: string; readonly etag: string } | undefined>
  /** Writes an object if it is still in that state (undefined: if there is still none). Returns its new ETag, else undefined. */
  readonly replace: (key: string, text: string, etag: string | undefined) => Promise<string | undefined>
}

/** Beside a file that came from the bucket or went to it: the ETag of the object at that time. */
const tagOf = (path: string): string => join(dirname(path), `.${basename(path)}.etag`)

/**
 * Opens a bucket; nothing is asked of it yet. Region, credentials and the endpoint are those of the environment.
 *
 * @param env where it names an endpoint of one's own
 */
export function openBucket(bucket: string, env: Readonly<Record<string, string | undefined>>): Bucket {
  // A server of one's own seldom has a name for each bucket.
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined
  const client = s3Client({ forcePathStyle })
  const upload = async (path: string, key: string): Promise<string> => {
    const params = { Bucket: bucket, Key: key, Body: createReadStream(path) }
    return (await new Upload({ client, params }).done()).ETag ?? ''
  }
  return {
    store: s3Store(client, bucket),
    versions: async prefix =>
      (await listVersions(client, bucket, prefix)).map(({ key, version }) => {
        // A sequencer is known from events only.
        if (version !== undefined) return { key, version, sequencer: '' }
        throw new UserError('this bucket keeps no versions, so a file that replaces another could be lost', {
          file: `s3://${bucket}`,
          remedy: 'switch versioning on for it, and deliver what is in raw/ again',
        })
      }),
    download: async (key, path) => {
      const changed = await getChanged(client, bucket, key, await readFile(tagOf(path), 'utf8').catch(() => undefined))
      if (changed === undefined) return
      await mkdir(dirname(path), { recursive: true })
      await rm(tagOf(path), { force: true })
      await pipeline(changed.body, createWriteStream(`${path}.draft`))
      await rename(`${path}.draft`, path)
      await writeFile(tagOf(path), changed.etag)
    },
    upload: async (path, key) => void (await upload(path, key)),
    mirror: async (path, key) => writeFile(tagOf(path), await upload(path, key)),
    read: async key => {
      const found = await getChanged(client, bucket, key).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined
        throw error
      })
      return found === undefined ? undefined : { text: await text(found.body), etag: found.etag }
    },
    replace: (key, text, etag) => putUnchanged(client, bucket, key, text, etag),
  }
}
