import { existsSync, realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { refuseAborted, UserError } from '../../error.ts'
import { type SqlText, type Target, targetName } from '../../graph/types.ts'
import type { Statement, Step, WarehouseState } from '../../plan/types.ts'
import { createTranslator, type Translation } from '../../transpile/translate.ts'
import type { Engine, Rows, StepOutcome } from '../engine.ts'
import { heed } from '../messages.ts'
import { attachDatabase } from './attach.ts'
import { interpret } from './call.ts'
import { type CopyContext, executeCopy } from './copy.ts'
import { type Connection, cellText, type Database, openDatabase } from './driver.ts'
import { engineError, warehouseError } from './errors.ts'
import { lockWarehouse } from './lock.ts'
import { hardening, MACROS, quotedName, quotedText, readState, recordDefinitions, SYSTEM } from './system.ts'
import { storedAsItComes } from './transient.ts'

export interface DuckDbOptions {
  /** The warehouse's folder, one file a database; `:memory:` is a scratch warehouse that nothing else can see. */
  readonly path: string
  readonly databases: readonly string[]
  /** `DATABASE.SCHEMA.STAGE` to a folder. */
  readonly stages: Readonly<Record<string, string>>
  /** Where translations are remembered. */
  readonly cacheFile?: string | undefined
  /** False reads a warehouse that may not exist, and writes nothing. */
  readonly create: boolean
  /** How many threads it takes; every core there is where it is left out. */
  readonly threads?: number | undefined
}

/** How long an instance without files waits for its process to end. */
const GRACE_MS = 1000

const NO_STATE: WarehouseState = { relations: new Map(), schemas: new Set() }

/**
 * Opens an embedded warehouse: locks its folder, attaches a file for each database, and shuts everything else of the file
 * system out.
 *
 * @throws UserError where it is in use, cannot be read or cannot be written
 */
export async function openDuckDb(options: DuckDbOptions): Promise<Engine> {
  const translator = createTranslator({ cacheFile: options.cacheFile })
  const isScratch = options.path === ':memory:'
  if (
    !isScratch &&
    !options.create &&
    !options.databases.every(name => existsSync(join(options.path, `${name}.duckdb`)))
  ) {
    return emptyEngine(translator, options)
  }
  const unlock = isScratch ? () => undefined : lockWarehouse(options.path)
  let database: Database | undefined
  try {
    database = await openDatabase(options.threads)
    const connection = await database.connect()
    const files = await attach(connection, options, isScratch)
    return warehouse({ database, main: connection, files, options, translator, unlock })
  } catch (error) {
    database?.close()
    unlock()
    throw error
  }
}

/** Attaches the databases; returns their files. */
async function attach(connection: Connection, options: DuckDbOptions, isScratch: boolean): Promise<readonly string[]> {
  const folder = isScratch ? undefined : realpathSync(options.path)
  const readable = [
    ...Object.values(options.stages)
      .filter(existsSync)
      .map(path => realpathSync(path)),
    ...(folder === undefined ? [] : [folder]),
  ]
  const temporary = folder === undefined ? undefined : join(folder, '.tmp')
  for (const sql of hardening(readable, temporary)) await connection.execute(sql)
  const files = options.databases.map(name => (folder === undefined ? ':memory:' : join(folder, `${name}.duckdb`)))
  for (const [index, file] of files.entries()) {
    await attachDatabase(connection, file, options.databases[index] ?? '').catch(error => {
      throw warehouseError(error, files)
    })
  }
  return files
}

interface Warehouse {
  readonly database: Database
  readonly main: Connection
  readonly files: readonly string[]
  readonly options: DuckDbOptions
  readonly translator: ReturnType<typeof createTranslator>
  readonly unlock: () => void
}

function warehouse({ database, main, files, options, translator, unlock }: Warehouse): Engine {
  const idle: Connection[] = [main]
  /** Lends a connection: opening one costs more than most statements. */
  const lend = async <T>(use: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = idle.pop() ?? (await database.connect())
    try {
      return await use(connection)
    } catch (error) {
      throw warehouseError(error, files)
    } finally {
      idle.push(connection)
    }
  }
  const manifests: StepContext['manifests'] = new Map()
  const translate = (text: SqlText, target?: Target): Promise<Translation> =>
    translator.translate(text, macrosOf(options, target))
  return {
    name: 'duckdb',
    concurrency: Math.min(3, Math.max(2, availableParallelism())),
    state: databases => lend(connection => readState(connection, databases)),
    translate: async statement => (await translate(statement.text)).sql,
    setup: (plan, signal) =>
      lend(async connection => {
        for (const { text } of plan.setup) {
          refuseAborted(signal)
          const { sql } = await translate(text)
          await connection.execute(sql).catch(error => Promise.reject(engineError(error, text, sql)))
        }
      }),
    run: (step, signal) =>
      lend(connection => runStep(step, signal, { connection, stages: options.stages, manifests, translate })),
    confirm: copies => lend(connection => confirmCopies(connection, copies)),
    call: (call, signal) =>
      lend(connection =>
        lend(aside =>
          interpret(call, signal, { connection, aside, stages: options.stages, translator, macros: macrosOf(options) }),
        ),
      ),
    query: (text, limit, signal) => lend(connection => query(connection, text, limit, translate, signal)),
    close: async () => {
      const released = Promise.all(options.databases.map(name => release(main, name)))
      translator.flush()
      const isReleased = (await released).every(Boolean)
      for (const connection of idle) connection.close()
      // Giving its memory back takes an instance longer than a process takes to end, so a process that ends now is spared it.
      if (isReleased) setTimeout(database.close, GRACE_MS).unref()
      else database.close()
      unlock()
    },
  }
}

/**
 * Brings the log into the database's file and lets go of the file, on a thread of DuckDB's: closing would do it on this one.
 * Where the log cannot be brought in it stays, and the next opening reads it. False where the file is still held.
 */
async function release(connection: Connection, database: string): Promise<boolean> {
  await connection.execute(`checkpoint ${quotedName(database)}`).catch(() => undefined)
  return connection.execute(`detach ${quotedName(database)}`).then(
    () => true,
    () => false,
  )
}

/** The schema of the macros that a statement calls: a view can only use those of its own database. */
function macrosOf({ databases }: DuckDbOptions, target?: Target): string {
  return `${target?.database ?? databases[0] ?? 'memory'}.${MACROS}`
}

interface StepContext {
  readonly connection: Connection
  readonly stages: DuckDbOptions['stages']
  readonly manifests: CopyContext['manifests']
  readonly translate: (text: SqlText, target?: Target) => Promise<Translation>
}

/** Executes a step's statements in one transaction. */
async function runStep(step: Step, signal: AbortSignal, context: StepContext): Promise<StepOutcome> {
  const { connection } = context
  refuseTwoFiles(step)
  const statements = [...step.prepare, ...step.load]
  // Everything is translated before anything is executed: a refused construct must find nothing begun.
  const translated: (readonly [Statement, Translation])[] = []
  for (const statement of statements) translated.push([statement, await context.translate(statement.text, step.target)])
  const executed: string[] = []
  const notices: string[] = []
  const onAbort = (): void => connection.interrupt()
  refuseAborted(signal)
  signal.addEventListener('abort', onAbort)
  try {
    await connection.execute('begin')
    let rows: number | undefined
    for (const [statement, translation] of translated) {
      refuseAborted(signal)
      const count = await execute(statement, translation, step, context, { executed, notices })
      if (count !== undefined) rows = (rows ?? 0) + count
    }
    if (step.prepare.length > 0) for (const sql of recordDefinitions(step)) await connection.execute(sql)
    await connection.execute('commit')
    return { rows, executed, notices }
  } catch (error) {
    await connection.execute('rollback').catch(() => undefined)
    if (signal.aborted) throw new UserError('interrupted, and rolled back', { cause: signal.reason })
    const { file, line } = step.action
    throw engineError(error, { sql: '', file, line }, '', targetName(step.target))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Executes one statement; returns its count where the statement's kind has one. */
async function execute(
  statement: Statement,
  { sql, copy, transient }: Translation,
  step: Step,
  { connection, stages, manifests }: StepContext,
  { executed, notices }: { readonly executed: string[]; readonly notices: string[] },
): Promise<number | undefined> {
  const action = targetName(step.target)
  const fail = (error: unknown, text: string): never => {
    throw engineError(error, statement.text, text, action)
  }
  const run = (text: string): Promise<number> => {
    executed.push(text)
    return connection.execute(text).catch(error => fail(error, text))
  }
  if (copy !== undefined) {
    const rows = await executeCopy(copy, statement, { connection, stages, manifests, execute: run })
    return statement.kind === 'copy' ? rows : undefined
  }
  if (statement.kind === 'execute') {
    await run(sql)
    const again = transient === undefined ? undefined : await storedAsItComes(transient, connection)
    if (again !== undefined) await run(again)
    return undefined
  }
  if (statement.kind === 'write') return run(sql)
  executed.push(sql)
  const { rows } = await connection.read(sql).catch(error => fail(error, sql))
  const messages = rows.map(row => cellText(row[0] ?? null) ?? '')
  return heed(statement.kind, messages, step, notices)
}

/** DuckDB commits to one file at a time. */
function refuseTwoFiles(step: Step): void {
  const databases = new Set(step.writes.map(target => target.database.toUpperCase()))
  if (databases.size < 2) return
  throw new UserError(`one transaction over two databases (${[...databases].join(', ')}) is not possible on DuckDB`, {
    file: step.action.file,
    line: step.action.line,
    action: step.target.name,
    remedy: 'split the action into one for each database',
  })
}

async function confirmCopies(connection: Connection, copies: readonly Target[]): Promise<void> {
  for (const database of new Set(copies.map(copy => copy.database))) {
    const relations = copies
      .filter(copy => copy.database === database)
      .map(({ schema, name }) => quotedText(`${database}.${schema}.${name}`.toUpperCase()))
    await connection.execute(
      `update ${quotedName(database)}.${SYSTEM}.LOAD_HISTORY set consumed = true where relation in (${relations.join(', ')}) and not consumed`,
    )
  }
}

async function query(
  connection: Connection,
  text: SqlText,
  limit: number,
  translate: StepContext['translate'],
  signal?: AbortSignal,
): Promise<Rows> {
  const { sql } = await translate(text)
  const onAbort = (): void => connection.interrupt()
  refuseAborted(signal)
  signal?.addEventListener('abort', onAbort)
  try {
    const { columns, rows } = await connection.read(sql, limit + 1)
    // As Snowflake gives unquoted names.
    const names = columns.map(name => name.toUpperCase())
    return { columns: names, rows: rows.slice(0, limit).map(row => row.map(cellText)), truncated: rows.length > limit }
  } catch (error) {
    refuseAborted(signal)
    throw engineError(error, text, sql)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** What there is before a warehouse is made: nothing to read, and only texts to translate. */
function emptyEngine(translator: Warehouse['translator'], options: DuckDbOptions): Engine {
  const absent = (): never => {
    throw new UserError('this warehouse does not exist yet', { remedy: 'run `dataform run` first' })
  }
  return {
    name: 'duckdb',
    concurrency: 1,
    state: async () => NO_STATE,
    translate: async ({ text }) => (await translator.translate(text, macrosOf(options))).sql,
    setup: absent,
    run: absent,
    confirm: absent,
    call: absent,
    query: absent,
    close: async () => translator.flush(),
  }
}
