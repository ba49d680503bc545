import { UserError } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'
import { sourceLine } from '../../transpile/places.ts'

/** A write that met another's: worth another try. */
export class TransientError extends UserError {
  override readonly name = 'TransientError'
}

/** Whether trying again may help. */
export function isTransient(error: unknown): boolean {
  return error instanceof TransientError
}

interface DuckDbMessage {
  readonly exception_type?: string
  readonly exception_message?: string
  readonly position?: string
}

/** DuckDB's error with the place in the project that the statement comes from. */
export function engineError(error: unknown, text: SqlText, executed: string, action?: string): UserError {
  if (error instanceof UserError) return error
  const raw = error instanceof Error ? error.message : String(error)
  const told = parse(raw)
  const message = firstSentence(told.exception_message ?? raw)
  const line = told.position === undefined ? text.line : sourceLine(text, executed, Number(told.position))
  const place = { file: text.file || undefined, line: text.file === '' ? undefined : line, action, cause: error }
  if (/conflict/i.test(raw) && /transaction/i.test(told.exception_type ?? raw))
    return new TransientError(message, place)
  return new UserError(message, { ...place, remedy: remedyFor(raw) })
}

function parse(message: string): DuckDbMessage {
  try {
    return JSON.parse(message.replace(/^[^{]*/, '')) as DuckDbMessage
  } catch {
    return {}
  }
}

function firstSentence(message: string): string {
  return message.split('\n\n')[0]?.split('\nLINE ')[0]?.replaceAll('\n', ' ').trim() ?? message
}

function remedyFor(raw: string): string | undefined {
  if (/No space left|disk is full|could not write/i.test(raw)) {
    return 'free some space on the disk and run again; the warehouse is as the last committed action left it'
  }
  return undefined
}

/** What to say where a warehouse's file cannot be opened. */
export function cannotOpen(file: string, error: unknown): UserError {
  const told = parse(error instanceof Error ? error.message : String(error)).exception_message ?? String(error)
  if (/lock/i.test(told)) {
    return new UserError(`${file} is in use: ${firstSentence(told)}`, {
      remedy: 'close the program that has it open, and run again',
      cause: error,
    })
  }
  return new UserError(`${file} cannot be read as a DuckDB database: ${firstSentence(told)}`, {
    remedy: 'move the file away and run again to build the warehouse anew from the lake, or put a copy of it back',
    cause: error,
  })
}
