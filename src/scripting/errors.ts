import { type ErrorPlace, UserError } from '../error.ts'

/** What Snowflake says of an error beside its text. */
export interface ErrorCodes {
  /** SQLCODE. */
  readonly code: number
  /** SQLSTATE. */
  readonly state: string
}

/** An error of a statement or an expression that the engine answers, and that a script may handle. Sessions throw it. */
export class StatementError extends UserError {
  override readonly name = 'StatementError'
  readonly codes: ErrorCodes

  constructor(message: string, options: ErrorCodes & ErrorPlace & { cause?: unknown }) {
    super(message, options)
    this.codes = { code: options.code, state: options.state }
  }
}

/** An exception of a script. Where no block handles it, it is what the call ends with. */
export class ScriptException extends UserError {
  override readonly name = 'ScriptException'
  /** `STATEMENT_ERROR`, `EXPRESSION_ERROR`, or a declared exception's name. */
  readonly exception: string
  readonly codes: ErrorCodes
  /** SQLERRM. */
  readonly text: string
  /** The declaration that was raised; undefined for the built-in exceptions. */
  readonly declared: unknown

  constructor(
    exception: string,
    text: string,
    options: ErrorCodes & ErrorPlace & { declared?: unknown; cause?: unknown },
  ) {
    super(`uncaught exception of type '${exception}': ${text}`, options)
    this.exception = exception
    this.codes = { code: options.code, state: options.state }
    this.text = text
    this.declared = options.declared
  }
}

/** Codes of errors that have no number in Snowflake's documentation. */
export const UNNUMBERED: ErrorCodes = { code: -1, state: 'P0000' }
