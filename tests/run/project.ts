import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openDatabase } from '../../src/engines/duckdb/driver.ts'
import type { ActionResult, RunResult } from '../../src/report/results.ts'
import { root } from '../helpers/sources.ts'

/** An empty folder. */
export const scratchFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'run-')))

export const SETTINGS = {
  warehouse: 'snowflake',
  defaultDatabase: 'DEMO',
  defaultSchema: 'DW',
  assertionSchema: 'CHECKS',
}

/** Writes a project into a new folder; a `dataform.json` is added unless one is given. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder()
  for (const [file, text] of Object.entries({ 'dataform.json': JSON.stringify(SETTINGS), ...files })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** How a process ended. `status` is null where a signal ended it. */
export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  /** Everything on stdout so far. */
  readonly printed: () => string
  /** Resolves when stdout holds the text; rejects where the process ends before. */
  readonly says: (text: string) => Promise<void>
  readonly ended: Promise<Ended>
}

/** Starts a command of `bin/` in a process group of its own, so that a kill leaves nothing of it behind. */
export function start(
  bin: 'dataform' | 'customer360',
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(process.execPath, [join(root, 'bin', `${bin}.mjs`), ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((settle, reject) => {
    child.on('error', reject)
    child.on('close', status => settle({ status, stdout, stderr }))
  })
  const says = (text: string): Promise<void> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        if (stdout.includes(text)) settle()
      }
      child.stdout.on('data', look)
      child.on('close', () => reject(new Error(`ended without saying ${text}:\n${stdout}${stderr}`)))
      look()
    })
  return { child, printed: () => stdout, says, ended }
}

/** Ends a process that `start` began, and what it began itself, without giving it a chance to tidy up. */
export function killHard({ child }: Started): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
}

/** `dataform …` to its end. */
export function dataform(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start('dataform', cwd, args, env).ended
}

/** `dataform …` that must end with 0; fails with all it printed otherwise. */
export async function dataformWell(cwd: string, args: readonly string[]): Promise<Ended> {
  const ended = await dataform(cwd, args)
  if (ended.status !== 0)
    throw new Error(`exit ${ended.status} of dataform ${args.join(' ')}\n${ended.stdout}${ended.stderr}`)
  return ended
}

/** What the last run of a project left in `target/run.json`. */
export function lastRun(folder: string): RunResult {
  return JSON.parse(readFileSync(join(folder, 'target', 'run.json'), 'utf8')) as RunResult
}

/** The result of one action by its name. */
export function resultOf(run: RunResult, name: string): ActionResult {
  const found = run.actions.find(action => action.target.name === name)
  if (found === undefined)
    throw new Error(`${name} is not among ${run.actions.map(each => each.target.name).join(', ')}`)
  return found
}

/** Statuses by name. */
export function statuses(run: RunResult): Readonly<Record<string, string>> {
  return Object.fromEntries(run.actions.map(action => [action.target.name, action.status]))
}

/** Every row of every relation of a warehouse's database, as a plain DuckDB that attaches the file reads them. */
export async function contents(
  warehouse: string,
  database: string,
  schemas: readonly string[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const instance = await openDatabase()
  const connection = await instance.connect()
  try {
    await connection.execute("set timezone = 'UTC'")
    await connection.execute(`attach '${join(warehouse, `${database}.duckdb`)}' as ${database} (read_only)`)
    const { rows: relations } = await connection.read(
      `select table_schema, table_name from information_schema.tables
       where table_catalog = '${database}' and table_schema in (${schemas.map(name => `'${name}'`).join(', ')}) order by all`,
    )
    const all: Record<string, readonly string[]> = {}
    for (const [schema, name] of relations) {
      const { rows } = await connection.read(`select * from ${database}.${schema}.${name} order by all`)
      all[`${schema}.${name}`] = rows.map(row => row.map(String).join(' | '))
    }
    return all
  } finally {
    connection.close()
    instance.close()
  }
}
