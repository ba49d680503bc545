import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { RawVersion } from '../ingestion-lambda/ledger.ts'
import { s3Client, s3Store } from '../ingestion-lambda/s3-store.ts'
import type { ObjectStore } from '../ingestion-lambda/store.ts'
import { UserError } from '../src/error.ts'

/** An object's text, and the ETag that a later write may be bound to. */
export interface Tagged {
  readonly text: string
  readonly etag: string
}

/** A bucket, as a lake needs it. What S3 refuses is thrown as S3 says it. */
export interface Bucket {
  readonly store: ObjectStore
  /** Every version below a prefix, by key, a key's oldest first. Marks of deletion are no versions. */
  readonly versions: (prefix: string) => Promise<readonly RawVersion[]>
  /** Brings an object to a path, as a whole; nothing is sent where the path holds its present state. */
  readonly download: (key: string, path: string) => Promise<void>
  readonly upload: (path: string, key: string) => Promise<void>
  /** Uploads a file that lies where `download` would bring it, so that it need not be brought. */
  readonly mirror: (path: string, key: string) => Promise<void>
  /** A small object; undefined where there is none. */
  readonly read: (key: string) => Promise<Tagged | undefined>
  /**
   * Writes an object if it is still in that state (undefined: if there is still none). Returns its new ETag, undefined where
   * it was not in that state.
   */
  readonly replace: (key: string, text: string, etag: string | undefined) => Promise<string | undefined>
}

/** Beside a file that came from the bucket or went to it: the state of the object at that time. */
const tagOf = (path: string): string => join(dirname(path), `.${basename(path)}.etag`)

/** A client by the environment: region and credentials as usual, and an endpoint of one's own by AWS_ENDPOINT_URL. */
function clientOf(env: NodeJS.ProcessEnv): S3Client {
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL
  // A server of one's own seldom has a name for each bucket.
  return s3Client(endpoint === undefined ? {} : { endpoint, forcePathStyle: true })
}

/** Opens a bucket; nothing is asked of it yet. */
export function openBucket(bucket: string, client: S3Client = clientOf(process.env)): Bucket {
  const upload = async (path: string, key: string): Promise<string> => {
    const params = { Bucket: bucket, Key: key, Body: createReadStream(path) }
    return (await new Upload({ client, params }).done()).ETag ?? ''
  }
  return {
    store: s3Store(client, bucket),
    versions: prefix => listVersions(client, bucket, prefix),
    download: (key, path) => download(client, bucket, key, path),
    upload: async (path, key) => void (await upload(path, key)),
    mirror: async (path, key) => writeFile(tagOf(path), await upload(path, key)),
    read: async key => {
      try {
        const { Body, ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        return { text: (await Body?.transformToString()) ?? '', etag: ETag }
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') return undefined
        throw error
      }
    },
    replace: async (key, text, etag) => {
      const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }
      try {
        const params = { Bucket: bucket, Key: key, Body: text, ...condition }
        return (await client.send(new PutObjectCommand(params))).ETag
      } catch (error) {
        // A conflict is another write at the same moment; a key that is gone is not as it was read.
        if (['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(nameOf(error))) return undefined
        throw error
      }
    },
  }
}

async function listVersions(client: S3Client, Bucket: string, Prefix: string): Promise<readonly RawVersion[]> {
  const found = new Map<string, RawVersion[]>()
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {}
  while (marker !== undefined) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket, Prefix, EncodingType: 'url', ...marker }),
    )
    for (const { Key = '', VersionId } of page.Versions ?? []) {
      if (VersionId === undefined || VersionId === 'null')
        throw new UserError(`s3://${Bucket} keeps no versions, so a file that replaces another could be lost`, {
          remedy: 'switch versioning on for the bucket, and deliver what is in raw/ again',
        })
      const key = decodeURIComponent(Key.replaceAll('+', ' '))
      // They come newest first. A sequencer is known from events only.
      found.set(key, [{ key, version: VersionId, sequencer: '' }, ...(found.get(key) ?? [])])
    }
    marker =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined
  }
  return [...found.values()].flat()
}

async function download(client: S3Client, bucket: string, key: string, path: string): Promise<void> {
  const known = await readFile(tagOf(path), 'utf8').catch(() => undefined)
  try {
    const condition = known === undefined ? {} : { IfNoneMatch: known }
    const { Body, ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...condition }))
    await mkdir(dirname(path), { recursive: true })
    await rm(tagOf(path), { force: true })
    await pipeline(Body as Readable, createWriteStream(`${path}.draft`))
    await rename(`${path}.draft`, path)
    await writeFile(tagOf(path), ETag)
  } catch (error) {
    // An answer without a body has no name for what it says.
    if (statusOf(error) !== 304) throw error
  }
}

const statusOf = (error: unknown): number | undefined =>
  (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

const REMEDIES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'check its name, and the endpoint that AWS_ENDPOINT_URL names',
  AccessDenied: 'the session needs to read and write this lake',
  CredentialsProviderError: 'log in: AWS_PROFILE, `aws sso login`, or the variables of a session',
  ExpiredToken: 'log in again',
  InvalidAccessKeyId: 'log in again, at the account that has the bucket',
}

/** What failed at a bucket, as people are told. */
export function toldOf(error: unknown, bucket: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error
  const place = { file: `s3://${bucket}`, cause: error }
  const remedy = REMEDIES[error.name]
  // Only what S3 or the way to it says has one of these; the rest is a defect of ours.
  if (remedy === undefined && !('$metadata' in error) && !('code' in error)) return error
  return new UserError(`S3 says ${error.name}: ${error.message}`, { ...place, remedy })
}
