import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Contracts, DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import { type Entry, ingestVersion } from '../ingestion-lambda/ledger.ts'
import type { Outcome } from '../ingestion-lambda/route.ts'
import { UserError } from '../src/error.ts'
import { atAws } from './aws-error.ts'
import { type Archived, type ArchiveNames, archivedAmong, type Lake, manifestKey, STAGES, type Stage } from './lake.ts'
import { filesToLand } from './land.ts'
import type { Bucket } from './s3-bucket.ts'

/** Objects that are sent at once. */
const AT_ONCE = 8

/**
 * A bucket as a lake. Its folder is a cache that may be deleted: what a stage needs is fetched into it, and what a stage made is
 * published from it, manifests last and only over what was read. Files are ingested by version, with the ledger of the function
 * in the cloud, so that both may work on one bucket.
 *
 * @throws UserError where S3 refuses
 */
export async function openS3Lake(name: string, folder: string, bucket: Bucket): Promise<Lake> {
  const asked = <T>(work: () => Promise<T>): Promise<T> => atAws(`s3://${name}`, work)
  const tags = await asked(() => fetchManifests(bucket, folder))
  const send = (keys: readonly string[], work: (key: string) => Promise<void>): Promise<void> => {
    return asked(async () => {
      for (let at = 0; at < keys.length; at += AT_ONCE) await Promise.all(keys.slice(at, at + AT_ONCE).map(work))
    })
  }
  const fetch = async (keys: readonly string[]): Promise<void> => {
    // What is archived never changes.
    const wanted = keys.filter(key => !(key.startsWith('archive/') && existsSync(join(folder, key))))
    await send(wanted, key => bucket.download(key, join(folder, key)))
  }
  return {
    folder,
    keys: prefix => asked(() => bucket.store.list(prefix)),
    land: async (source, date) => {
      const { files, ignored } = filesToLand(source, date)
      const paths = new Map(files.map(({ key, path }) => [key, path]))
      const keys = [...paths.keys()]
      await send(keys, key => bucket.upload(paths.get(key) ?? '', key))
      return { keys, ignored }
    },
    ingest: (contracts, tell) => asked(() => ingestVersions(bucket, contracts, tell)),
    archived: () => asked(() => listArchive(bucket, folder, fetch)),
    fetch,
    publish: async (stage, keys) => {
      await send(keys, key => bucket.mirror(join(folder, key), key))
      const key = manifestKey(stage)
      const tag = await asked(() => bucket.replace(key, readFileSync(join(folder, key), 'utf8'), tags.get(stage)))
      if (tag === undefined)
        throw new UserError('another run has published to this lake meanwhile; what this one made is not listed', {
          file: `s3://${name}/${key}`,
          remedy: 'call again when the other has ended: it takes what is left',
        })
      tags.set(stage, tag)
    },
  }
}

/** Replaces the folder's manifests by the bucket's; returns their ETags. */
async function fetchManifests(bucket: Bucket, folder: string): Promise<Map<Stage, string | undefined>> {
  const tags = new Map<Stage, string | undefined>()
  for (const stage of STAGES) {
    const key = manifestKey(stage)
    const found = await bucket.read(key)
    const path = join(folder, key)
    mkdirSync(dirname(path), { recursive: true })
    if (found === undefined) rmSync(path, { force: true })
    else writeFileSync(path, found.text)
    tags.set(stage, found?.etag)
  }
  return tags
}

/** Everything below `raw/`, a key's oldest version first, as the function in the cloud takes it. */
async function ingestVersions(
  { store, versions }: Bucket,
  contracts: Contracts,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const raw of await versions('raw/')) {
    const entry: Entry = await ingestVersion(raw, { store, contracts, alert: () => undefined, log: () => undefined })
    // Another took it away before it could be read, and tells of it.
    if (entry.outcome === 'vanished') continue
    tell(entry)
    outcomes.push(entry)
  }
  return outcomes
}

async function listArchive(
  bucket: Bucket,
  folder: string,
  fetch: (keys: readonly string[]) => Promise<void>,
): Promise<readonly Archived[]> {
  const names = Object.fromEntries(DATASETS.map(dataset => [dataset, new Map<string, string[]>()])) as Record<
    Dataset,
    Map<string, string[]>
  >
  for (const key of await bucket.store.list('archive/')) {
    const [, dataset, date, name, ...more] = key.split('/')
    const days = names[dataset as Dataset]
    if (days === undefined || date === undefined || name === undefined || more.length > 0) continue
    days.set(date, [...(days.get(date) ?? []), name])
  }
  await fetch(sidecarsToCompare(names))
  return archivedAmong(names, folder)
}

/** The sidecars of days with several files, which say in what order these were accepted. */
function sidecarsToCompare(names: ArchiveNames): readonly string[] {
  return DATASETS.flatMap(dataset =>
    [...names[dataset]].flatMap(([date, namesOfDay]) => {
      const sidecars = namesOfDay.filter(name => name.endsWith('.json'))
      return sidecars.length < 2 ? [] : sidecars.map(name => `archive/${dataset}/${date}/${name}`)
    }),
  )
}
