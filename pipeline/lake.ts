import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Contracts, DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import type { Outcome, Sidecar } from '../ingestion-lambda/route.ts'
import type { Landed } from './land.ts'

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

/** An archived file. */
export interface Archived {
  readonly dataset: Dataset
  readonly date: string
  readonly sha256: string
  /** Its key. */
  readonly file: string
  /** Its place, from 1, among the files of its dataset and day, in the order in which they were accepted. */
  readonly revision: number
}

/** A cleaned file, as `clean/manifest.json` lists it. Paths are keys of the lake; null where there are no such rows. */
export interface Cleaned extends Archived {
  readonly received: number
  readonly good: number
  readonly bad: number
  readonly goodPath: string | null
  readonly badPath: string | null
  readonly source: string
}

/** A staged file, as `staging/manifest.json` lists it. The path is below `staging/`. */
export interface Staged {
  readonly path: string
  readonly rows: number
  /** Of the file, for a load to compare. */
  readonly bytes: number
  readonly sha256: string
  readonly folder: string
  readonly date: string
  readonly sources: readonly StagedSource[]
}

/** What became of one archived file's rows: received = good + bad + duplicate + conflict. */
export interface StagedSource {
  readonly file: string
  readonly received: number
  readonly good: number
  readonly bad: number
  readonly duplicate: number
  readonly conflict: number
}

/** Names of objects below `archive/`, by dataset and day. */
export type ArchiveNames = Readonly<Record<Dataset, ReadonlyMap<string, readonly string[]>>>

/** Every archived file of a folder, by day and in the order of acceptance. A sidecar says that its file is whole. */
export function archived(lake: string): readonly Archived[] {
  const named = DATASETS.map(dataset => {
    const folder = join(lake, 'archive', dataset)
    return [dataset, new Map(list(folder).map(date => [date, list(join(folder, date))]))] as const
  })
  return archivedAmong(Object.fromEntries(named) as unknown as ArchiveNames, lake)
}

/** Every archived file among these names. The folder holds the sidecars at least of days that have several files. */
export function archivedAmong(names: ArchiveNames, lake: string): readonly Archived[] {
  return DATASETS.flatMap(dataset =>
    [...names[dataset]].flatMap(([date, namesOfDay]) => archivedOn(lake, dataset, date, namesOfDay)),
  ).sort((a, b) => compare(a.date, b.date) || compare(a.dataset, b.dataset) || a.revision - b.revision)
}

function archivedOn(lake: string, dataset: Dataset, date: string, names: readonly string[]): readonly Archived[] {
  const files = names.flatMap(name => {
    const sha256 = name.slice(0, -'.json'.length)
    const data = names.find(other => other.startsWith(`${sha256}.`) && other !== name)
    if (!name.endsWith('.json') || data === undefined) return []
    return [{ dataset, date, sha256, file: `archive/${dataset}/${date}/${data}` }]
  })
  // Most days have one file, whose sidecar need not be read.
  const placed = files.map(file => ({ file, accepted: files.length === 1 ? 1 : (sidecar(lake, file).accepted ?? 1) }))
  return placed
    .sort((a, b) => a.accepted - b.accepted || compare(a.file.sha256, b.file.sha256))
    .map(({ file }, at) => ({ ...file, revision: at + 1 }))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What the sidecar of an archived file says. */
export function sidecar(
  lake: string,
  { dataset, date, sha256 }: Pick<Archived, 'dataset' | 'date' | 'sha256'>,
): Sidecar {
  return JSON.parse(readFileSync(join(lake, sidecarKey({ dataset, date, sha256 })), 'utf8')) as Sidecar
}

/** The key of the sidecar of an archived file. */
export const sidecarKey = ({ dataset, date, sha256 }: Pick<Archived, 'dataset' | 'date' | 'sha256'>): string =>
  `archive/${dataset}/${date}/${sha256}.json`

/** Sees to it that the folder of a lake holds these keys. */
export type Fetch = (keys: readonly string[]) => Promise<void>

/** The stages that have a manifest. */
export const STAGES = ['clean', 'staging'] as const
export type Stage = (typeof STAGES)[number]
export const manifestKey = (stage: Stage): string => `${stage}/manifest.json`

/** Reads a manifest; a lake without one has no files of that stage. */
export function readManifest<T>(lake: string, stage: Stage): readonly T[] {
  const file = join(lake, manifestKey(stage))
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { files: T[] }).files : []
}

/** The cleaned files. One that was listed before there were revisions is its day's first. */
export function readCleaned(lake: string): readonly Cleaned[] {
  return readManifest<Cleaned>(lake, 'clean').map(file => ({ ...file, revision: file.revision ?? 1 }))
}

/** Keys of a lake that cleaned files have. */
export const cleanedKeys = (files: readonly Pick<Cleaned, 'goodPath' | 'badPath'>[]): readonly string[] =>
  files.flatMap(({ goodPath, badPath }) => [goodPath, badPath].filter(key => key !== null))

/** Keys of a lake that staged files have. */
export const stagedKeys = (files: readonly Pick<Staged, 'path'>[]): readonly string[] =>
  files.map(({ path }) => `staging/${path}`)

/** Replaces a manifest as a whole: readers see the old one or the new one. */
export function writeManifest<T>(lake: string, stage: Stage, files: readonly T[]): void {
  const file = join(lake, manifestKey(stage))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    `${file}.${process.pid}.draft`,
    `{"files": [\n${files.map(entry => JSON.stringify(entry)).join(',\n')}\n]}\n`,
  )
  renameSync(`${file}.${process.pid}.draft`, file)
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
