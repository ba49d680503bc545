import type { SqlText } from '../graph/types.ts'
import type { DataType, Value } from './types.ts'

/** What a statement answers. */
export interface ScriptResult {
  readonly columns: readonly { readonly name: string; readonly type: DataType }[]
  readonly rows: readonly (readonly Value[])[]
  /** Rows that DML changed; undefined for every other statement. */
  readonly rowCount: number | undefined
}

/** What executes the SQL of scripts. */
export interface ScriptSession {
  /**
   * Executes one statement of Snowflake's SQL, in which all variables are literals.
   *
   * @throws StatementError for what a script may handle; every other error ends the call
   */
  readonly run: (sql: SqlText) => Promise<ScriptResult>
  readonly begin: () => Promise<void>
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
}

/** A statement that a call has executed. */
export interface ExecutedStatement {
  /** With its variables put in. */
  readonly sql: string
  readonly file: string
  readonly line: number
  readonly rowCount: number | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Told of each statement when it has ended well. */
  readonly onStatement?: ((statement: ExecutedStatement) => void) | undefined
  /**
   * What CURRENT_TIMESTAMP, SYSDATE, CURRENT_DATE and their kin say in scripts, as UTC and without a zone. Without it they are left to
   * the session.
   */
  readonly now?: (() => Date) | undefined
}
