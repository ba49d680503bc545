import { firstKeyword } from '../../dialects/statements.ts'
import { segments } from '../../dialects/tokens.ts'
import { RefusedConstruct, refuseAborted, UserError } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'
import {
  type DataType,
  INTEGER,
  type ScriptResult,
  type ScriptSession,
  StatementError,
  UNNUMBERED,
} from '../../scripting/index.ts'
import type { CopyInto } from '../../transpile/copy-into.ts'
import type { Translator } from '../../transpile/translate.ts'
import { type Connection, cellText } from './driver.ts'
import { engineError } from './errors.ts'

export interface SessionOptions {
  /** No one else uses it while the session lives. */
  readonly connection: Connection
  /**
   * Evaluates expressions without a table where an error has ended the transaction of `connection`, which DuckDB then uses for nothing but
   * ROLLBACK: a handler looks at the error before it rolls back.
   */
  readonly aside?: Connection | undefined
  readonly translator: Translator
  /** Loads files of a stage and returns the rows loaded; undefined where the session has no stages. */
  readonly copy?: ((copy: CopyInto, text: SqlText) => Promise<number>) | undefined
  /** The schema of the macros, e.g. `TELCO_DB.SF`. */
  readonly macros: string
  /** Ends what is running when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** Whether a transaction is open; `lost` where an error has ended it and it waits for ROLLBACK. */
type Transaction = 'none' | 'open' | 'lost'

const QUERIES = new Set(['SELECT', 'WITH', 'VALUES', '('])
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  INSERT: ['number of rows inserted'],
  DELETE: ['number of rows deleted'],
  UPDATE: ['number of rows updated', 'number of multi-joined rows updated'],
  MERGE: [],
}

/**
 * A session for scripts on an embedded database. Errors that Snowflake gives too are StatementErrors with Snowflake's numbers; what DuckDB
 * cannot do and Snowflake can is a UserError, which no script handles.
 */
export function createDuckDbSession(options: SessionOptions): ScriptSession {
  const { connection, aside, translator, macros, signal } = options
  let transaction: Transaction = 'none'
  const interruptible = async <T>(used: Connection, run: () => Promise<T>): Promise<T> => {
    const onAbort = (): void => used.interrupt()
    // It may have aborted while the statement was translated.
    refuseAborted(signal)
    signal?.addEventListener('abort', onAbort)
    try {
      return await run()
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }
  const execute = async (text: SqlText): Promise<ScriptResult> => {
    const { sql, copy } = await translator.translate(text, macros)
    const place = { file: text.file || undefined, line: text.line }
    if (copy !== undefined) return interruptible(connection, () => loaded(copy, text, options))
    const used = transaction === 'lost' && isConstant(text.sql) ? aside : connection
    if (used === undefined || (transaction === 'lost' && used === connection))
      throw new RefusedConstruct('going on in a transaction after an error, without ROLLBACK first,', place)
    return interruptible(used, () => answer(used, text, sql)).catch(async error => {
      if (transaction === 'open' && (await isLost(connection))) transaction = 'lost'
      throw error
    })
  }
  const control = (sql: 'begin' | 'commit' | 'rollback', next: Transaction) => async (): Promise<void> => {
    if (sql === 'commit' && transaction === 'lost')
      throw new RefusedConstruct('COMMIT of a transaction after an error', {})
    // A COMMIT that failed has ended the transaction as well.
    if (sql === 'rollback' && transaction === 'none') return
    try {
      await connection.execute(sql)
      transaction = next
    } catch (error) {
      if (sql !== 'begin') transaction = 'none'
      throw snowflakeError(engineError(error, { sql, file: '' }, sql))
    }
  }
  return {
    run: execute,
    begin: control('begin', 'open'),
    commit: control('commit', 'none'),
    rollback: control('rollback', 'none'),
  }
}

/** COPY INTO. What is wrong with its files is an error that Snowflake gives too. */
async function loaded(copy: CopyInto, text: SqlText, { copy: load }: SessionOptions): Promise<ScriptResult> {
  const place = { file: text.file || undefined, line: text.line }
  if (load === undefined) throw new UserError('this session has no stages: COPY INTO is not possible in it', place)
  try {
    const rows = await load(copy, text)
    return { columns: [{ name: 'rows_loaded', type: INTEGER }], rows: [[String(rows)]], rowCount: rows }
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof RefusedConstruct) throw error
    throw snowflakeError(new UserError(error.message, { ...place, ...error.place, cause: error.cause }))
  }
}

/** DuckDB ends a transaction with an error of execution, and commits nothing of it afterwards. */
async function isLost(connection: Connection): Promise<boolean> {
  return connection.execute('select 1').then(
    () => false,
    () => true,
  )
}

/** Whether a query reads no table. */
function isConstant(sql: string): boolean {
  const code = segments(sql).filter(({ kind }) => kind === 'code')
  return firstKeyword(sql) === 'SELECT' && !code.some(({ text }) => /\bfrom\b/i.test(text))
}

async function answer(connection: Connection, text: SqlText, sql: string): Promise<ScriptResult> {
  const keyword = firstKeyword(text.sql)
  try {
    if (QUERIES.has(keyword)) return await read(connection, sql)
    const count = await connection.execute(sql)
    if (!Object.hasOwn(CHANGES, keyword)) return { columns: [], rows: [], rowCount: undefined }
    const columns = (CHANGES[keyword] ?? []).map(name => ({ name, type: INTEGER }))
    const rows = columns.length === 0 ? [] : [columns.map((_, index) => String(index === 0 ? count : 0))]
    return { columns, rows, rowCount: count }
  } catch (error) {
    throw snowflakeError(engineError(error, text, sql))
  }
}

async function read(connection: Connection, sql: string): Promise<ScriptResult> {
  const described = await connection.read(`describe ${sql}`)
  const columns = described.rows.map(([name, type]) => ({
    // As Snowflake gives unquoted names.
    name: String(name).toUpperCase(),
    type: dataType(String(type)),
  }))
  const { rows } = await connection.read(sql)
  return { columns, rows: rows.map(row => row.map(cellText)), rowCount: undefined }
}

const TYPES: Readonly<Record<string, string>> = {
  DOUBLE: 'FLOAT',
  FLOAT: 'FLOAT',
  VARCHAR: 'VARCHAR',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMP_NTZ',
  JSON: 'VARIANT',
}

/** Snowflake's name of a type of DuckDB's; one that it has no name for keeps its own. */
function dataType(type: string): DataType {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)
  if (decimal !== null) return { name: 'NUMBER', precision: Number(decimal[1]), scale: Number(decimal[2]) }
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return INTEGER
  return { name: TYPES[type] ?? type }
}

interface Numbered {
  readonly pattern: RegExp
  readonly code: number
  readonly state: string
}

/** Errors with the numbers that Snowflake documents for them, or shows. */
const NUMBERED: readonly Numbered[] = [
  { pattern: /already exists/i, code: 2002, state: '42710' },
  { pattern: /does not exist/i, code: 2003, state: '42S02' },
  { pattern: /column .* not found/i, code: 904, state: '42000' },
  { pattern: /columns but \d+ values/i, code: 2020, state: '21S01' },
  { pattern: /not null constraint/i, code: 100072, state: '22000' },
  { pattern: /division by zero/i, code: 100051, state: '22012' },
  { pattern: /more than one row/i, code: 90150, state: '22000' },
  { pattern: /several rows/i, code: 100090, state: '42P18' },
  { pattern: /^boolean value/i, code: 100037, state: '22018' },
  { pattern: /^(date|timestamp)\b|invalid (date|timestamp)/i, code: 100040, state: '22007' },
  { pattern: /out of range|could not cast value .* to decimal/i, code: 100039, state: '22003' },
  { pattern: /not recognized|could not convert|conversion/i, code: 100038, state: '22018' },
]

/** What DuckDB cannot do, and Snowflake can. */
const ONLY_HERE = /multiple (attached )?databases|single attached database|not implemented|interrupted|out of memory/i

function snowflakeError(error: UserError): UserError {
  if (ONLY_HERE.test(error.message)) return error
  const known = NUMBERED.find(({ pattern }) => pattern.test(error.message))
  const { code, state } = known ?? UNNUMBERED
  return new StatementError(error.message, { ...error.place, code, state, cause: error.cause })
}
