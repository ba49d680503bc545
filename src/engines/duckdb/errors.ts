import { type ErrorPlace, UserError } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'
import { sourceLine } from '../../transpile/places.ts'
import { TransientError } from '../errors.ts'

interface DuckDbMessage {
  readonly exception_type?: string
  readonly exception_message?: string
  readonly position?: string
}

/** DuckDB's error with the place in the project that the statement comes from. */
export function engineError(error: unknown, text: SqlText, executed: string, action?: string): UserError {
  if (error instanceof UserError) return error
  // A defect of ours is no answer of DuckDB's: it keeps its stack.
  if (error instanceof Error && error.constructor !== Error) throw error
  const raw = error instanceof Error ? error.message : String(error)
  const told = parse(raw)
  const message = firstSentence(told.exception_message ?? raw)
  const line = told.position === undefined ? text.line : sourceLine(text, executed, Number(told.position))
  const place = { file: text.file || undefined, line: text.file === '' ? undefined : line, action, cause: error }
  if (/conflict/i.test(raw) && /transaction/i.test(told.exception_type ?? raw))
    return new TransientError(message, place)
  return new UserError(message, place)
}

function parse(message: string): DuckDbMessage {
  try {
    return JSON.parse(message.replace(/^[^{]*/, '')) as DuckDbMessage
  } catch {
    return {}
  }
}

/** What happened, without DuckDB's advice on options that nobody can set here; of a CSV file, with its path. */
function firstSentence(message: string): string {
  const said = message.split(/\n\n|\nLINE |\nPossible fixes:|\nThe search space /)[0] ?? message
  const file = /^ {2}file = (.+)$/m.exec(message)?.[1]
  return `${file === undefined ? '' : `${file}: `}${said.replaceAll('\n', ' ').trim()}`
}

/** The disk is full, for DuckDB's files or for what it puts aside; under a limit on the size of files too. */
const FULL = /could not write [^"]*file "[^"]*": (no space left|file too large|disk quota)|'max_temp_directory_size'/i
/** A checksum that does not match. A file that ends too soon is told by its name. */
const DAMAGED = /corrupt (database|wal) file/i

/**
 * Makes what happened to a warehouse's own files out of an error that it was the cause of. Every other error stays what it
 * is, and DuckDB's own become UserErrors.
 *
 * @param files the databases' files
 */
export function warehouseError(error: unknown, files: readonly string[]): UserError {
  const cause = error instanceof UserError ? error.cause : error
  const raw = cause instanceof Error ? cause.message : ''
  const told = parse(raw).exception_message ?? raw
  const place = error instanceof UserError ? error.place : {}
  if (FULL.test(told)) {
    return new UserError(`the disk is full: ${firstSentence(told)}`, {
      ...place,
      remedy: 'free some space on the disk and run again; the warehouse is as the last committed action left it',
      cause,
    })
  }
  const named = files.find(file => told.includes(file))
  if (DAMAGED.test(told) || (named !== undefined && /could not read/i.test(told)))
    return damaged(named ?? files.join(' or '), told, { ...place, cause })
  return engineError(error, { sql: '', file: '' }, '')
}

/** A warehouse's file that has lost something. */
export function damaged(file: string, how: string, place: ErrorPlace & { cause?: unknown } = {}): UserError {
  return new UserError(`${file} cannot be read as a DuckDB database: ${firstSentence(how)}`, {
    ...place,
    remedy:
      'move the file, and the .wal beside it, away; then run again to build the warehouse anew from the lake, or put a copy of both back',
  })
}

/** What to say where a warehouse's file cannot be opened. */
export function cannotOpen(file: string, error: unknown): UserError {
  const told = parse(error instanceof Error ? error.message : String(error)).exception_message ?? String(error)
  if (/(conflicting|could not set) lock/i.test(told)) {
    return new UserError(`${file} is in use: ${firstSentence(told)}`, {
      remedy: 'close the program that has it open, and run again',
      cause: error,
    })
  }
  return damaged(file, told, { cause: error })
}
