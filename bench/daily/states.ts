import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attachStatement } from '../../src/engines/duckdb/attach.ts'
import { openDatabase } from '../helpers/duckdb.ts'
import { projectParts } from '../helpers/project.ts'
import { progress, timeNode } from '../helpers/timing.ts'
import { type FeedFile, feedPath, manifestOf } from './feed.ts'
import { expectOrderlyDay } from './orderly.ts'
import { writeReference } from './reference-history.ts'
import { dayOf, type FeedSize } from './rows.ts'
import { writeWarehouse } from './warehouse-history.ts'

/** Where everything of this measurement lies, and what it runs. */
export interface Bench {
  readonly root: string
  readonly size: FeedSize
  /** Whether histories are written into the databases; they are loaded a day at a time otherwise. */
  readonly isWritten: boolean
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

/** What has come to the lake. */
export interface Morning {
  /** The newest day. */
  readonly day: number
  /** The day whose customers have not come. */
  readonly without?: number | undefined
  /** Whether the feed's revised snapshot has come. */
  readonly isRevised?: boolean
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

/** Makes the lake what it is on that morning: later files may be there, and the manifest does not list them. */
export function showMorning(bench: Bench, { day, without, isRevised = false }: Morning): void {
  const files = bench.files.filter(
    file =>
      file.day <= day && !(file.dataset === 'customers' && file.day === without) && (isRevised || !file.isRevision),
  )
  writeFileSync(join(bench.feed, 'staging', 'manifest.json'), manifestOf(files))
}

/** The command line of the yardstick for a day. */
export function referenceCommand(bench: Bench, script: string, database: string, day: number): readonly string[] {
  const file = (dataset: string): string => join(bench.feed, 'staging', feedPath(dataset, day))
  const inputs = ['--customers', file('customers'), '--plans', file('plans'), '--activity', file('activity_logs')]
  return [script, database, '--date', dayOf(day), ...inputs]
}

/** Builds a folder under a temporary name, so that an interrupted preparation is not taken for a finished one. */
async function once(folder: string, build: (partial: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder
  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  await build(partial)
  renameSync(partial, folder)
  return folder
}

/** The first commit after much was written would checkpoint it, within what is measured. */
async function compact(file: string): Promise<void> {
  const database = await openDatabase()
  await database.run(attachStatement(file, 'TELCO_DB'))
  await database.run('force checkpoint TELCO_DB')
  database.close()
}

/**
 * A warehouse that has seen `days` days, perhaps but for the customers of one. The last two came by themselves, as every day
 * does, and leave the files as a day leaves them; where the days between them and the first were written, that the last
 * changes just what it should tells that they are in order.
 */
export function prepareWarehouse(bench: Bench, days: number, without?: number): Promise<string> {
  const folder = join(bench.states, `ours-${days}${without === undefined ? '' : `-without-${without}`}`)
  return once(folder, async partial => {
    const load = (day: number): void => {
      showMorning(bench, { day, without })
      const { ms } = timeNode(loadCommand(bench, partial, undefined), bench.root)
      progress(`warehouse of ${days} days: day ${day} loaded (${(ms / 1000).toFixed(1)} s)`)
    }
    const file = join(partial, 'TELCO_DB.duckdb')
    if (!bench.isWritten) {
      for (let day = daysPerLoad; day < days - 1; day += daysPerLoad) load(day)
    } else {
      load(1)
      await writeWarehouse(file, bench, { last: days - 2, without })
      await compact(file)
    }
    load(days - 1)
    load(days)
    await expectOrderlyDay(file, bench, { day: days, without })
    if (bench.isWritten) await compact(file)
  })
}

/** The yardstick's database after `days` days: made by its own script a day at a time, or prepared as the warehouse is. */
export function prepareReference(bench: Bench, script: string, days: number): Promise<string> {
  const folder = join(bench.states, `reference-${days}`)
  return once(folder, async partial => {
    const file = join(partial, 'reference.duckdb')
    const load = (day: number): void => {
      timeNode(referenceCommand(bench, script, file, day), bench.root)
      if (day % 60 === 0) progress(`reference of ${days} days: day ${day} loaded`)
    }
    load(1)
    if (bench.isWritten) await writeReference(file, bench, days - 2)
    else for (let day = 2; day < days - 1; day += 1) load(day)
    load(days - 1)
    load(days)
    if (bench.isWritten) await compact(file)
  })
}
