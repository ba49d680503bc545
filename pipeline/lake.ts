import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import type { Sidecar } from '../ingestion-lambda/route.ts'

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

/** Every archived file, by day and in the order of acceptance. A sidecar says that its file is whole. */
export function archived(lake: string): readonly Archived[] {
  return DATASETS.flatMap(dataset =>
    list(join(lake, 'archive', dataset)).flatMap(date => archivedOn(lake, dataset, date)),
  ).sort((a, b) => compare(a.date, b.date) || compare(a.dataset, b.dataset) || a.revision - b.revision)
}

function archivedOn(lake: string, dataset: Dataset, date: string): readonly Archived[] {
  const names = list(join(lake, 'archive', dataset, date))
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
  return JSON.parse(readFileSync(join(lake, 'archive', dataset, date, `${sha256}.json`), 'utf8')) as Sidecar
}

/** Reads a manifest; a lake without one has no files of that stage. */
export function readManifest<T>(lake: string, stage: 'clean' | 'staging'): readonly T[] {
  const file = join(lake, stage, 'manifest.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { files: T[] }).files : []
}

/** The cleaned files. One that was listed before there were revisions is its day's first. */
export function readCleaned(lake: string): readonly Cleaned[] {
  return readManifest<Cleaned>(lake, 'clean').map(file => ({ ...file, revision: file.revision ?? 1 }))
}

/** Replaces a manifest as a whole: readers see the old one or the new one. */
export function writeManifest<T>(lake: string, stage: 'clean' | 'staging', files: readonly T[]): void {
  const file = join(lake, stage, 'manifest.json')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(
    `${file}.${process.pid}.draft`,
    `{"files": [\n${files.map(entry => JSON.stringify(entry)).join(',\n')}\n]}\n`,
  )
  renameSync(`${file}.${process.pid}.draft`, file)
}

function list(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : []
}
