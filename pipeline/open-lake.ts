import { join, resolve } from 'node:path'
import type { Contracts } from '../ingestion-lambda/contract.ts'
import { folderStore } from '../ingestion-lambda/folder-store.ts'
import type { Outcome } from '../ingestion-lambda/route.ts'
import { UserError } from '../src/error.ts'
import { ingest } from './ingest.ts'
import { type Archived, archived, type Stage } from './lake.ts'
import { type Landed, land } from './land.ts'

/** Where a lake is: a folder, or `s3://BUCKET`, whose objects are worked on in a folder of the project. */
export interface LakePlace {
  readonly projectDir: string
  readonly lake: string
}

/** A lake that is open. What the stages do, they do in its folder; a bucket fetches from and publishes to S3 around them. */
export interface Lake {
  readonly folder: string
  /** Its keys that start with a prefix, sorted. */
  readonly keys: (prefix: string) => Promise<readonly string[]>
  /** Copies source files into `raw/`; returns their keys and what was left. */
  readonly land: (source: string, date: string | undefined) => Promise<Landed>
  /** Judges and routes all that is in `raw/`. */
  readonly ingest: (contracts: Contracts, tell: (outcome: Outcome) => void) => Promise<readonly Outcome[]>
  /** Every archived file, by day and in the order of acceptance. The folder need not hold them. */
  readonly archived: () => Promise<readonly Archived[]>
  /** Sees to it that the folder holds these keys as the lake has them now. */
  readonly fetch: (keys: readonly string[]) => Promise<void>
  /**
   * Makes these new files of a stage, and then the folder's manifest of it, the lake's.
   *
   * @throws UserError where somebody else has published since the lake was opened
   */
  readonly publish: (stage: Stage, keys: readonly string[]) => Promise<void>
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
export async function openLake(place: LakePlace): Promise<Lake> {
  const folder = folderOf(place)
  const bucket = bucketOf(place.lake)
  if (bucket !== undefined) return (await import('./s3-lake.ts')).openS3Lake(bucket, folder)
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
