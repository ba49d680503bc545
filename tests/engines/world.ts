import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openDatabase } from '../../src/engines/duckdb/driver.ts'
import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Engine, StepOutcome } from '../../src/engines/engine.ts'
import { UserError } from '../../src/error.ts'
import type { Statement, Step } from '../../src/plan/types.ts'
import { executeOn } from '../helpers/scratch.ts'
import { operation, t } from '../plan/fixtures.ts'

export const DATABASE = 'TELCO_DB'
export const STAGE = 'TELCO_DB.STAGING.LAKE'
/** The table that tests of COPY INTO load, and how they read Parquet. */
export const TARGET = t('T', 'STAGING')
export const PARQUET = 'file_format = (type = PARQUET) match_by_column_name = case_insensitive'
/** A signal that nobody aborts. */
export const never = new AbortController().signal

/** A warehouse in memory and a stage in a folder of its own. */
export interface World {
  readonly engine: Engine
  /** The folder that `STAGE` stands for. */
  readonly stage: string
  /** Puts a text file into the stage. */
  readonly put: (path: string, content: string) => void
  /** Puts a Parquet file of these rows into the stage; the query is DuckDB's own SQL. */
  readonly putParquet: (path: string, query: string) => Promise<void>
  /** Executes statements outside any step. */
  readonly setup: (...statements: readonly string[]) => Promise<void>
  readonly run: (load: readonly Statement[], over?: Partial<Step>) => Promise<StepOutcome>
  readonly rows: (sql: string) => Promise<readonly (readonly (string | null)[])[]>
  readonly close: () => Promise<void>
}

/** Makes the world with the schemas STAGING and DW. */
export async function openWorld(): Promise<World> {
  const root = temporaryFolder()
  const stage = join(root, 'lake')
  mkdirSync(stage)
  const engine = await openWarehouse(':memory:', { [STAGE]: stage })
  const setup = (...statements: readonly string[]): Promise<void> => executeOn(engine, statements, never)
  await setup('create schema TELCO_DB.STAGING', 'create schema TELCO_DB.DW')
  return {
    engine,
    stage,
    put: (path, content) => {
      mkdirSync(dirname(join(stage, path)), { recursive: true })
      writeFileSync(join(stage, path), content)
    },
    putParquet: async (path, query) => {
      mkdirSync(dirname(join(stage, path)), { recursive: true })
      await plainDuckDb(`copy (${query}) to '${join(stage, path)}' (format parquet)`)
    },
    setup,
    run: (load, over) => engine.run(step(load, over), never),
    rows: sql => read(engine, sql),
    close: async () => {
      await engine.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Opens a warehouse's folder with the one database of these tests. */
export function openWarehouse(path: string, stages: Readonly<Record<string, string>> = {}): Promise<Engine> {
  return openDuckDb({ path, databases: [DATABASE], stages, create: true })
}

/** A folder of its own, by its real path; whoever makes it removes it. */
export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'engines-')))
}

export async function read(engine: Engine, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  return (await engine.query({ sql, file: '' }, 10_000)).rows
}

/** Executes statements in a DuckDB that knows nothing of ours; returns the rows of the last, as text. */
export async function plainDuckDb(...statements: readonly string[]): Promise<readonly (readonly string[])[]> {
  const database = await openDatabase()
  const connection = await database.connect()
  try {
    let rows: readonly (readonly unknown[])[] = []
    for (const sql of statements) rows = (await connection.read(sql)).rows
    return rows.map(row => row.map(String))
  } finally {
    connection.close()
    database.close()
  }
}

/** A statement of `definitions/model.sqlx`, whose first line is line 10 of that file. */
export function statement(sql: string, kind: Statement['kind'] = 'execute'): Statement {
  return { kind, text: { sql, file: 'definitions/model.sqlx', line: 10 } }
}

export function step(load: readonly Statement[], over: Partial<Step> = {}): Step {
  const action = operation({ file: 'definitions/model.sqlx', line: 1 })
  return {
    action,
    target: t('T'),
    type: 'operations',
    dependencies: [],
    prepare: [],
    load,
    definitions: [],
    writes: [t('T')],
    ...over,
  }
}

/** The UserError that this ends in. Anything else, success too, fails the test. */
export async function userError(promise: Promise<unknown>): Promise<UserError> {
  const end = await promise.then(
    value => new Error(`this was expected to fail, and gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (end instanceof UserError) return end
  throw end
}
