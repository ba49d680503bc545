import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'

/** One connection. Texts are DuckDB's own SQL; errors are DuckDB's own. */
export interface Connection {
  /** Executes one statement; the number of rows it changed, 0 where it changes none. */
  readonly execute: (sql: string) => Promise<number>
  /** Reads at most `limit` rows as they are stored. */
  readonly read: (
    sql: string,
    limit?: number,
  ) => Promise<{ columns: readonly string[]; rows: readonly (readonly DuckDBValue[])[] }>
  /** Ends what this connection is doing. */
  readonly interrupt: () => void
  readonly close: () => void
}

/** An instance that all connections of this process share. */
export interface Database {
  readonly connect: () => Promise<Connection>
  readonly close: () => void
}

/** A cell as text: what a person or a comparison sees; null for NULL. */
export function cellText(value: DuckDBValue): string | null {
  return value === null || value === undefined ? null : String(value)
}

/**
 * Opens an instance without a database of its own: files are attached to it. Two instances on one file in one process
 * would corrupt it; the lock on a warehouse's folder is what prevents that.
 *
 * @param threads how many it takes; every core there is where it is left out
 */
export async function openDatabase(threads?: number): Promise<Database> {
  // A CommonJS package: bundled, it has nothing but its default export.
  const { DuckDBInstance } = (await import('@duckdb/node-api')).default
  const instance = await DuckDBInstance.create(':memory:', threads === undefined ? {} : { threads: String(threads) })
  return { connect: async () => wrap(await instance.connect()), close: () => instance.closeSync() }
}

function wrap(connection: DuckDBConnection): Connection {
  return {
    execute: async sql => (await connection.run(sql)).rowsChanged,
    read: async (sql, limit) => {
      const reader =
        limit === undefined ? await connection.runAndReadAll(sql) : await connection.streamAndReadUntil(sql, limit)
      return { columns: reader.columnNames(), rows: reader.getRows() }
    },
    interrupt: () => connection.interrupt(),
    close: () => connection.closeSync(),
  }
}
