import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
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

/** Beside a file that came from the bucket or went to it: the object's ETag, and what the file was then. */
const tagOf = (path: string): string => join(dirname(path), `.${basename(path)}.etag`)

async function remember(path: string, etag: string): Promise<void> {
  const { size, mtimeMs } = await stat(path)
  await writeFile(tagOf(path), JSON.stringify({ etag, size, mtimeMs }))
}

/** The ETag of the object that a file is a copy of; undefined where it is none, or somebody has written it since. */
async function remembered(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path)
    const tag = JSON.parse(await readFile(tagOf(path), 'utf8')) as { etag: string; size: number; mtimeMs: number }
    return tag.size === size && tag.mtimeMs === mtimeMs ? tag.etag : undefined
  } catch {
    return undefined
  }
}

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
      const changed = await getChanged(client, bucket, key, await remembered(path))
      if (changed === undefined) return
      await mkdir(dirname(path), { recursive: true })
      await pipeline(changed.body, createWriteStream(`${path}.draft`))
      await rename(`${path}.draft`, path)
      await remember(path, changed.etag)
    },
    upload: async (path, key) => void (await upload(path, key)),
    mirror: async (path, key) => remember(path, await upload(path, key)),
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
