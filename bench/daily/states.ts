import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectParts } from '../helpers/project.ts'
import { progress, timeNode } from '../helpers/timing.ts'
import { dayOf, type FeedFile, manifestUpTo } from './feed.ts'

/** Where everything of this measurement lies, and what it runs. */
export interface Bench {
  readonly root: string
  /** The feed, with its `staging/` and the list of its files. */
  readonly feed: string
  readonly files: readonly FeedFile[]
  /** Prepared warehouses, kept from one call to the next. */
  readonly states: string
  /** A copy of the flagship's project, with caches and artefacts of its own. */
  readonly project: string
  /** The yardstick's script; undefined where it was not found. */
  readonly reference: string | undefined
}

// One run of the framework takes many days; this many keep the staging table of a laptop's warehouse at a sensible size.
const daysPerLoad = 60

/** A hash of what the prepared warehouses depend on: the built tool, the project and the feed's size. */
export function stateKey(root: string, size: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(size))
  const visit = (path: string): void => {
    if (path.endsWith('.map')) return
    hash.update(path.slice(root.length)).update(readFileSync(path))
  }
  for (const part of ['dist', ...projectParts]) {
    const path = join(root, part)
    const below = part.includes('.') ? [] : readdirSync(path, { recursive: true, withFileTypes: true })
    if (part.includes('.')) visit(path)
    const names = below.filter(entry => entry.isFile() && entry.name !== '.stamp')
    for (const file of names.map(entry => join(entry.parentPath, entry.name)).sort()) visit(file)
  }
  return hash.digest('hex').slice(0, 12)
}

/** The command line of a load into the warehouse; `tags` undefined runs the whole project. */
export function loadCommand(bench: Bench, warehouse: string, tags: string | undefined): readonly string[] {
  const credentials = join(bench.project, '.df-credentials.json')
  const stages = { 'TELCO_DB.STAGING.LAKE': join(bench.feed, 'staging') }
  writeFileSync(credentials, JSON.stringify({ type: 'duckdb', path: warehouse, stages }), { mode: 0o600 })
  const selection = tags === undefined ? [] : ['--tags', tags]
  return [join(bench.root, 'bin', 'dataform.mjs'), 'run', bench.project, '--credentials', credentials, ...selection]
}

/**
 * Makes the lake what it is on the morning after a day: later files are there, and the manifest does not list them.
 *
 * @param without a day that has not come yet
 */
export function showDaysUpTo(bench: Bench, day: number, without?: number): void {
  const staging = join(bench.feed, 'staging')
  const missing = without === undefined ? '' : dayOf(without)
  const files = bench.files.filter(file => file.date !== missing)
  writeFileSync(join(staging, 'manifest.json'), manifestUpTo(files, dayOf(day), staging))
}

/** The command line of the yardstick for a day. */
export function referenceCommand(bench: Bench, script: string, database: string, day: number): readonly string[] {
  const glob = (folder: string): string => join(bench.feed, 'staging', folder, `d=${dayOf(day)}`, '*.parquet')
  const inputs = ['--customers', glob('customers'), '--plans', glob('plans'), '--activity', glob('activity_logs')]
  return [script, database, '--date', dayOf(day), ...inputs]
}

/** Builds a folder under a temporary name, so that an interrupted preparation is not taken for a finished one. */
function once(folder: string, build: (partial: string) => void): void {
  if (existsSync(folder)) return
  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  build(partial)
  renameSync(partial, folder)
}

/** A warehouse that has seen `days` days, perhaps but for one; the last came by itself, as every day does. */
export function prepareWarehouse(bench: Bench, days: number, without?: number): string {
  const folder = join(bench.states, `ours-${days}${without === undefined ? '' : `-without-${without}`}`)
  once(folder, partial => {
    const stops: number[] = []
    for (let day = daysPerLoad; day < days - 1; day += daysPerLoad) stops.push(day)
    for (const day of [...stops, days - 1, days]) {
      showDaysUpTo(bench, day, without)
      const { ms } = timeNode(loadCommand(bench, partial, undefined), bench.root)
      progress(`warehouse of ${days} days: day ${day} loaded (${(ms / 1000).toFixed(1)} s)`)
    }
  })
  return folder
}

/** The yardstick's database after `days` days, made by its own script, a day at a time. */
export function prepareReference(bench: Bench, script: string, days: number): string {
  const folder = join(bench.states, `reference-${days}`)
  once(folder, partial => {
    for (let day = 1; day <= days; day += 1) {
      timeNode(referenceCommand(bench, script, join(partial, 'reference.duckdb'), day), bench.root)
      if (day % 60 === 0) progress(`reference of ${days} days: day ${day} loaded`)
    }
  })
  return folder
}
