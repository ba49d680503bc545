import type { Connection, ConnectionOptions, RowStatement, SnowflakeError } from 'snowflake-sdk'

/** The driver's options of one login. */
export type LoginOptions = ConnectionOptions

/** What Snowflake answered to one statement. Its rows are read once, and only as far as somebody reads. */
export interface Answer {
  /** Names as Snowflake gives them, in order. */
  readonly columns: readonly string[]
  /** Cells as text, NULL as null. Chunks are fetched while the rows are read, a few ahead. */
  readonly rows: (limit?: number) => AsyncIterable<readonly (string | null)[]>
}

/** One session. Texts are Snowflake's SQL, one statement each; errors are the driver's own. */
export interface DriverConnection {
  /**
   * Executes one statement.
   *
   * @param parameters of this statement alone, e.g. QUERY_TAG
   * @param onStart is told how to cancel the statement
   */
  readonly execute: (
    sql: string,
    parameters: Readonly<Record<string, string | number>>,
    onStart: (cancel: () => void) => void,
  ) => Promise<Answer>
  readonly isUp: () => boolean
  /** Ends the session; what it had not committed is rolled back. */
  readonly close: () => Promise<void>
}

export interface Driver {
  readonly connect: (options: LoginOptions) => Promise<DriverConnection>
}

/** What the driver's errors carry beside their message. */
export type DriverError = Omit<SnowflakeError, 'code'> & { readonly code?: number | string | undefined }

const TEXTS = ['String', 'Boolean', 'Number', 'Date', 'Buffer', 'JSON'] as const
const silent = (): void => undefined

/**
 * Loads the driver: half a second, so that nothing but a connection to Snowflake pays for it. Its log would go to standard
 * output and to a file in the working folder; it is turned off, since what it tells is told by our errors.
 */
export async function loadDriver(): Promise<Driver> {
  const { default: sdk } = await withoutVersionWarning(() => import('snowflake-sdk'))
  sdk.configure({
    logLevel: 'OFF',
    additionalLogToConsole: false,
    customLogger: { error: silent, warn: silent, info: silent, debug: silent, trace: silent },
  })
  // NULL would otherwise arrive as the text NULL, which a text may be as well.
  const settings = { representNullAsStringNull: false }
  return { connect: async options => wrap(await login(sdk.createConnection({ ...options, ...settings }))) }
}

/** A library of the driver's warns of versions of Node to come, in the middle of what a command shows. */
async function withoutVersionWarning<T>(load: () => Promise<T>): Promise<T> {
  const { emitWarning } = process
  process.emitWarning = ((warning: string | Error, type?: unknown, ...rest: unknown[]) => {
    if (type === 'NodeVersionSupportWarning' || /NodeVersionSupportWarning/.test(String(warning))) return
    Reflect.apply(emitWarning, process, [warning, type, ...rest])
  }) as typeof process.emitWarning
  try {
    return await load()
  } finally {
    process.emitWarning = emitWarning
  }
}

/** The driver tells some failures by its callback and others by its promise. */
function login(connection: Connection): Promise<Connection> {
  return new Promise((resolve, reject) => {
    connection.connectAsync(error => (error ? reject(error) : resolve(connection))).catch(reject)
  })
}

function wrap(connection: Connection): DriverConnection {
  return {
    execute: (sqlText, parameters, onStart) =>
      new Promise((resolve, reject) => {
        const statement = connection.execute({
          sqlText,
          parameters,
          streamResult: true,
          rowMode: 'array',
          fetchAsString: [...TEXTS],
          complete: (error, done) => (error ? reject(error) : resolve(answerOf(done))),
        })
        onStart(() => statement.cancel(silent))
      }),
    isUp: () => connection.isUp(),
    close: () => new Promise(resolve => connection.destroy(() => resolve())),
  }
}

function answerOf(statement: RowStatement): Answer {
  const columns = statement.getColumns() ?? []
  const booleans = columns.flatMap((column, index) => (column.isBoolean() ? [index] : []))
  return {
    columns: columns.map(column => column.getName()),
    rows: limit => readRows(statement, booleans, limit),
  }
}

async function* readRows(
  statement: RowStatement,
  booleans: readonly number[],
  limit: number | undefined,
): AsyncIterable<readonly (string | null)[]> {
  if (limit === 0) return
  const stream = statement.streamRows(limit === undefined ? {} : { start: 0, end: limit - 1 })
  for await (const row of stream) {
    const cells: (string | null)[] = (row as readonly unknown[]).map(cell =>
      cell === null || cell === undefined ? null : String(cell),
    )
    // The driver writes TRUE; every engine here writes a truth value as SQL's literal.
    for (const index of booleans) cells[index] = cells[index]?.toLowerCase() ?? null
    yield cells
  }
}
