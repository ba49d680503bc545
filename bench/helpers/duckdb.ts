import { DuckDBInstance } from '@duckdb/node-api'

/** A DuckDB of the measurement's own: makes feeds and reads what the measured programs left. */
export interface Database {
  run(sql: string): Promise<void>
  /** The first row, each cell as a number. */
  numbers(sql: string): Promise<readonly number[]>
  /** All rows, each cell as DuckDB writes it; NULL is null. */
  texts(sql: string): Promise<readonly (readonly (string | null)[])[]>
  close(): void
}

/** Opens an empty database in memory with times in UTC. */
export async function openDatabase(): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  return {
    run: async sql => void (await connection.run(sql)),
    numbers: async sql => ((await connection.runAndReadAll(sql)).getRows()[0] ?? []).map(Number),
    texts: async sql =>
      (await connection.runAndReadAll(sql))
        .getRows()
        .map(row => row.map(cell => (cell === null ? null : String(cell)))),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** A string as a SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
