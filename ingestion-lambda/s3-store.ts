import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { decodedKey } from './keys.ts'
import { GoneError, type ObjectStore } from './store.ts'

/** The size of a part of a copy, in bytes; S3 takes 10,000 of them, of up to 5 GiB each, all but the last at least 5 MiB. */
const PART_SIZE = 512 * 1024 ** 2
/** Parts that are copied at once. S3 does the work. */
const PARTS_AT_ONCE = 8

/** A client that backs off with jitter where S3 asks for it, and gives up before the queue would. */
export function s3Client(config: S3ClientConfig = {}): S3Client {
  return new S3Client({ maxAttempts: 5, retryMode: 'standard', ...config })
}

/** A bucket with versions as an object store. What S3 refuses or cannot do now is thrown as S3 says it. */
export function s3Store(client: S3Client, bucket: string, partSize = PART_SIZE): ObjectStore {
  const at = (key: string, version?: string) => ({ Bucket: bucket, Key: key, VersionId: version })
  const sizeOf = async (key: string, version?: string): Promise<number | undefined> => {
    try {
      return (await client.send(new HeadObjectCommand(at(key, version)))).ContentLength ?? 0
    } catch (error) {
      if (isNamed(error, 'NotFound', 'NoSuchKey', 'NoSuchVersion')) return undefined
      throw error
    }
  }
  const get = async (key: string, version?: string): Promise<Readable> => {
    const { Body } = await orGone(version, () => client.send(new GetObjectCommand(at(key, version))))
    return Body as Readable
  }
  const putIfAbsent = async (key: string, content: string): Promise<boolean> => {
    try {
      await client.send(new PutObjectCommand({ ...at(key), Body: content, IfNoneMatch: '*' }))
      return true
    } catch (error) {
      if (isNamed(error, 'PreconditionFailed')) return false
      throw error
    }
  }
  return {
    list: async prefix => {
      const keys: string[] = []
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key)
      return keys.sort()
    },
    open: (key, version) =>
      Readable.from(
        (async function* () {
          yield* await get(key, version)
        })(),
      ),
    exists: async key => (await sizeOf(key)) !== undefined,
    copyIfAbsent: async (from, to, version) => {
      if ((await sizeOf(to)) !== undefined) return false
      const size = await sizeOf(from, version)
      // The answer to a HEAD has no body that tells a missing object from a missing bucket; that to a GET has.
      if (size === undefined) (await get(from, version)).destroy()
      if (size === 0) return putIfAbsent(to, '')
      const source = `${encodeURIComponent(`${bucket}/${from}`)}${version === undefined ? '' : `?versionId=${encodeURIComponent(version)}`}`
      return orGone(version, () => copyInParts(client, { bucket, to, source, size: size ?? 0, partSize }))
    },
    putIfAbsent,
    put: async (key, content) => void (await client.send(new PutObjectCommand({ ...at(key), Body: content }))),
    remove: async (key, version) => void (await client.send(new DeleteObjectCommand(at(key, version)))),
  }
}

/** Every version below a prefix, by key, a key's oldest first; undefined names of versions are those of a bucket without. */
export async function listVersions(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): Promise<readonly { readonly key: string; readonly version: string | undefined }[]> {
  const found = new Map<string, { key: string; version: string | undefined }[]>()
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {}
  while (marker !== undefined) {
    const command = new ListObjectVersionsCommand({ Bucket, Prefix, EncodingType: 'url', ...marker })
    const page: ListObjectVersionsCommandOutput = await client.send(command)
    // S3 says so where it did as it was asked; servers that stand for it may not do it. The marker is a key too.
    const spelt = (text: string): string => (page.EncodingType === 'url' ? decodedKey(text) : text)
    for (const { Key = '', VersionId } of page.Versions ?? []) {
      const key = spelt(Key)
      const version = VersionId === 'null' ? undefined : VersionId
      // They come newest first.
      found.set(key, [{ key, version }, ...(found.get(key) ?? [])])
    }
    const { IsTruncated, NextKeyMarker = '', NextVersionIdMarker: VersionIdMarker } = page
    marker = IsTruncated === true ? { KeyMarker: spelt(NextKeyMarker), VersionIdMarker } : undefined
  }
  return [...found.values()].flat()
}

/** An object as it is now, with its ETag; undefined where it still has the ETag that is known. */
export async function getChanged(
  client: S3Client,
  bucket: string,
  key: string,
  known?: string,
): Promise<{ readonly body: Readable; readonly etag: string } | undefined> {
  const condition = known === undefined ? {} : { IfNoneMatch: known }
  try {
    const { Body, ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...condition }))
    return { body: Body as Readable, etag: ETag }
  } catch (error) {
    // An answer without a body has no name for what it says.
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 304) return undefined
    throw error
  }
}

/**
 * Writes an object if it is still in the state of that ETag (undefined: if there is still none). Returns the new ETag, undefined
 * where it was not in that state.
 */
export async function putUnchanged(
  client: S3Client,
  bucket: string,
  key: string,
  text: string,
  etag: string | undefined,
): Promise<string | undefined> {
  const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }
  try {
    const params = { Bucket: bucket, Key: key, Body: text, ...condition }
    return (await client.send(new PutObjectCommand(params))).ETag
  } catch (error) {
    // A conflict is another write at the same moment; a key that is gone is not as it was read.
    if (isNamed(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')) return undefined
    throw error
  }
}

const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name)

/** Only what S3 says of the object itself counts as gone. A bucket that is missing, or a refusal, is a failure like any other. */
async function orGone<T>(version: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (version !== undefined && isNamed(error, 'NoSuchKey', 'NoSuchVersion'))
      throw new GoneError('the version is gone', { cause: error })
    throw error
  }
}

interface PartedCopy {
  readonly bucket: string
  readonly to: string
  readonly source: string
  readonly size: number
  readonly partSize: number
}

/**
 * Copies an object unless the target exists; false where it did. In parts, also where there is one: the end of an upload takes
 * a condition at every S3, CopyObject's target does not, and the bucket refuses unconditional writes below `archive/`. A copy
 * that fails is taken back; one that a crash leaves, the bucket's lifecycle ends.
 */
async function copyInParts(client: S3Client, { bucket, to, source, size, partSize }: PartedCopy): Promise<boolean> {
  const target = { Bucket: bucket, Key: to }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target))
  const copyPart = async (number: number): Promise<CompletedPart> => {
    const from = (number - 1) * partSize
    const CopySourceRange = `bytes=${from}-${Math.min(from + partSize, size) - 1}`
    const input = { ...target, UploadId, PartNumber: number, CopySource: source, CopySourceRange }
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand(input))
    return { PartNumber: number, ETag: CopyPartResult?.ETag }
  }
  try {
    const parts: CompletedPart[] = []
    const count = Math.ceil(size / partSize)
    for (let first = 1; first <= count; first += PARTS_AT_ONCE) {
      const numbers = Array.from({ length: Math.min(PARTS_AT_ONCE, count - first + 1) }, (_, at) => first + at)
      parts.push(...(await Promise.all(numbers.map(copyPart))))
    }
    const MultipartUpload = { Parts: parts }
    await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: '*' }))
    return true
  } catch (error) {
    // What went wrong first is what is told.
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined)
    if (isNamed(error, 'PreconditionFailed')) return false
    throw error
  }
}
