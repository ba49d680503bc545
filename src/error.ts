/** Where something went wrong: as much of it as is known. Lines count from 1. */
export interface ErrorPlace {
  readonly file?: string | undefined
  readonly line?: number | undefined
  /** An action's name (`DW.FACT_ACTIVITY`), a file of the lake, a setting. */
  readonly action?: string | undefined
}

/**
 * What is shown to people: what happened, where, and what to do about it. The message is one sentence without the place;
 * `describeError` puts the parts together. Anything else that is thrown is a defect of ours and keeps its stack.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError'
  readonly place: ErrorPlace
  /** What to do, as an instruction; undefined where the message says it already. */
  readonly remedy: string | undefined
  /** The process's exit code: 1 failed, 2 wrong usage (docs: exit codes). */
  readonly exitCode: number

  constructor(message: string, options: ErrorPlace & { remedy?: string; cause?: unknown; exitCode?: number } = {}) {
    super(message, { cause: options.cause })
    this.place = { file: options.file, line: options.line, action: options.action }
    this.remedy = options.remedy
    this.exitCode = options.exitCode ?? 1
  }
}

/** A SQL construct outside the verified subset of the local engine: the action is REFUSED and its descendants skipped. */
export class RefusedConstruct extends UserError {
  override readonly name = 'RefusedConstruct'
  /** The construct's name as in the subset table, e.g. `MATCH_RECOGNIZE`. */
  readonly construct: string

  constructor(construct: string, place: ErrorPlace) {
    super(`${construct} is outside the SQL that the local engine answers as Snowflake does`, {
      ...place,
      remedy: `rewrite it with a construct of docs/sql-subset.md, or mark the action engines: ["snowflake"]`,
    })
    this.construct = construct
  }
}

/** What an abort ends with. */
export function interrupted(signal: AbortSignal | undefined): UserError {
  return new UserError('interrupted', { cause: signal?.reason })
}

/** Everything that an engine or a script throws is a UserError, what an abort ends too. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted(signal)
}

/** Several errors at once, as a compile finds them. */
export class UserErrors extends Error {
  override readonly name = 'UserErrors'
  readonly errors: readonly UserError[]

  constructor(errors: readonly UserError[]) {
    super(errors.map(describeError).join('\n'))
    this.errors = errors
  }
}

/** `file:line (action): message` and, on a second line, the remedy. Parts that are unknown are left out. */
export function describeError(error: UserError): string {
  const { file, line, action } = error.place
  const at = file === undefined ? '' : line === undefined ? file : `${file}:${line}`
  const where = [at, action === undefined ? '' : at === '' ? action : `(${action})`]
    .filter(part => part !== '')
    .join(' ')
  const first = where === '' ? error.message : `${where}: ${error.message}`
  return error.remedy === undefined ? first : `${first}\n  = help: ${error.remedy}`
}
