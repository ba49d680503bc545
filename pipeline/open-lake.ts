import { join, resolve } from 'node:path'
import { folderStore } from '../ingestion-lambda/folder-store.ts'
import type { Effects } from '../src/effects.ts'
import { UserError } from '../src/error.ts'
import { ingest } from './ingest.ts'
import { archived, type Lake } from './lake.ts'
import { land } from './land.ts'

/** Where a lake is: a folder, or `s3://BUCKET`, whose objects are worked on in a folder of the project. */
export interface LakePlace {
  readonly projectDir: string
  readonly lake: string
}

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/

/** The bucket of an `s3://` address; undefined for a folder. */
export function bucketOf(lake: string): string | undefined {
  if (!lake.startsWith('s3:')) return undefined
  const name = BUCKET.exec(lake)?.[1]
  if (name !== undefined) return name
  throw new UserError(`${lake} is no address of a bucket`, {
    exitCode: 2,
    remedy: 'a lake in S3 is s3://BUCKET, whole',
  })
}

/** The folder in which the stages work on a lake. */
export function folderOf({ projectDir, lake }: LakePlace): string {
  const bucket = bucketOf(lake)
  return bucket === undefined ? resolve(lake) : join(projectDir, '.local', 's3', bucket)
}

/** Opens a lake. What S3 needs is loaded only for a bucket. */
export async function openLake(place: LakePlace, { env }: Pick<Effects, 'env'>): Promise<Lake> {
  const folder = folderOf(place)
  const bucket = bucketOf(place.lake)
  if (bucket !== undefined) {
    const [{ openS3Lake }, { openBucket }] = await Promise.all([import('./s3-lake.ts'), import('./s3-bucket.ts')])
    return openS3Lake(bucket, folder, openBucket(bucket, env))
  }
  return {
    folder,
    keys: folderStore(folder).list,
    land: async (source, date) => land(source, folder, date),
    ingest: (contracts, tell) => ingest(folder, contracts, tell),
    archived: async () => archived(folder),
    fetch: async () => undefined,
    publish: async () => undefined,
  }
}
