import { type Connection, openDatabase } from '../src/engines/duckdb/driver.ts'

/** A DuckDB in memory that cleans and stages. */
export interface Worker {
  /** Executes statements one after the other. */
  readonly run: (...statements: readonly string[]) => Promise<void>
  /** Rows as objects; whole numbers as numbers. */
  readonly all: (sql: string) => Promise<readonly Readonly<Record<string, string | number | null>>[]>
  readonly close: () => void
}

/** Opens a worker; `use` is its life. */
export async function withWorker<T>(use: (worker: Worker) => Promise<T>): Promise<T> {
  const database = await openDatabase()
  const connection = await database.connect()
  await connection.execute("set global timezone = 'UTC'")
  const worker: Worker = {
    run: async (...statements) => {
      for (const sql of statements) await connection.execute(sql)
    },
    all: sql => rows(connection, sql),
    close: () => connection.close(),
  }
  try {
    return await use(worker)
  } finally {
    worker.close()
    database.close()
  }
}

async function rows(
  connection: Connection,
  sql: string,
): Promise<readonly Readonly<Record<string, string | number | null>>[]> {
  const { columns, rows } = await connection.read(sql)
  const cell = (value: unknown): string | number | null =>
    value === null ? null : typeof value === 'bigint' || typeof value === 'number' ? Number(value) : String(value)
  return rows.map(row => Object.fromEntries(columns.map((name, at) => [name, cell(row[at])])))
}

/** A text literal of DuckDB's SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Parquet files as a source; a file may lack columns that another has. */
export const parquet = (files: readonly string[]): string =>
  `read_parquet([${files.map(quoted).join(', ')}], union_by_name = true, hive_partitioning = false)`

/** Writes a query's rows as a Parquet file. */
export const toParquet = (query: string, file: string): string =>
  `copy (${query}) to ${quoted(file)} (format parquet, compression zstd)`
