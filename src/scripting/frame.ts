import { setImmediate } from 'node:timers/promises'
import { RefusedConstruct, refuseAborted } from '../error.ts'
import { ScriptException, StatementError } from './errors.ts'
import type { CallOptions, ExecutedStatement, ScriptResult, ScriptSession } from './session.ts'
import type { Declaration, Procedure, Source, Statement } from './tree.ts'
import type { DataType, Typed, Value } from './types.ts'

/** What a name stands for while a script runs. */
export type Entry =
  | { readonly kind: 'variable'; readonly type: DataType; readonly value: Value }
  | { readonly kind: 'row'; readonly result: ScriptResult; readonly row: readonly Value[] }
  | { readonly kind: 'resultset'; readonly result: ScriptResult | undefined }
  | {
      readonly kind: 'cursor'
      readonly source: Source
      /** The names where it is declared: its query means those. */
      readonly scope: Scope
      /** What it was opened on and how many rows were fetched; undefined where it is closed. */
      readonly open: { readonly result: ScriptResult; readonly fetched: number } | undefined
    }
  | { readonly kind: 'exception'; readonly declaration: Declaration & { readonly kind: 'exception' } }

/** The names of a block, and of what is around it. */
export interface Scope {
  readonly outer: Scope | undefined
  readonly entries: Map<string, Entry>
}

/** What all of a call and of the calls within it share. */
export interface CallState {
  readonly session: ScriptSession
  readonly procedures: readonly Procedure[]
  readonly options: CallOptions
  readonly executed: ExecutedStatement[]
  /** The activation whose transaction is open. */
  transaction: number | undefined
  /** SQLROWCOUNT. */
  rowCount: number | undefined
  /** Steps so far, and calls so far. */
  steps: number
  activations: number
}

/** Where a script is. */
export interface Frame {
  readonly state: CallState
  readonly scope: Scope
  /** The procedure's activation: a transaction belongs to the one that has begun it. */
  readonly activation: number
  /** How many calls this one is within. */
  readonly depth: number
  readonly file: string
  /** The exception that is being handled. */
  readonly exception: ScriptException | undefined
  /** Values for `?`. */
  readonly binds: readonly Typed[]
  readonly execute: (statements: readonly Statement[], frame: Frame) => Promise<Flow>
}

/** What a procedure gives back. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: Typed }
  | { readonly kind: 'table'; readonly table: ScriptResult }

/** Where execution goes on; undefined at the next statement. */
export type Flow =
  | { readonly kind: 'break' | 'continue'; readonly label: string | undefined }
  | { readonly kind: 'return'; readonly outcome: Outcome }
  | undefined

/** A frame with names of its own. */
export function inner(frame: Frame, changes: Partial<Frame> = {}): Frame {
  return { ...frame, scope: { outer: frame.scope, entries: new Map() }, ...changes }
}

/** What a name stands for; undefined where its declaration was not executed. */
export function find(scope: Scope | undefined, name: string): Entry | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    const entry = at.entries.get(name)
    if (entry !== undefined) return entry
  }
  return undefined
}

/** Puts something else in the place of what a name stands for. */
export function replace(scope: Scope, name: string, entry: Entry): void {
  let at: Scope | undefined = scope
  while (at !== undefined && !at.entries.has(name)) at = at.outer
  ;(at ?? scope).entries.set(name, entry)
}

/** Ends the call where its signal is aborted. Lets timers run in a script that never waits. */
export async function step({ state }: Frame): Promise<void> {
  state.steps += 1
  if (state.steps % 200 === 0) await setImmediate()
  refuseAborted(state.options.signal)
}

/**
 * Executes something whose errors a script may handle.
 *
 * @throws ScriptException in place of a StatementError
 */
export async function raising<T>(
  exception: 'STATEMENT_ERROR' | 'EXPRESSION_ERROR',
  { state, file }: Frame,
  line: number,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    // What ends because of an abort is nothing to handle.
    refuseAborted(state.options.signal)
    if (error instanceof RefusedConstruct && error.place.line === undefined)
      throw new RefusedConstruct(error.construct, { file, line })
    if (!(error instanceof StatementError)) throw error
    const place = { file, line: error.place.line ?? line, cause: error }
    throw new ScriptException(exception, error.message, { ...error.codes, ...place })
  }
}
