import { UserError } from '../error.ts'
import { type Argument, activate, findProcedure } from './call.ts'
import type { CallState, Frame, Outcome } from './frame.ts'
import { execute } from './interpreter.ts'
import type { CallOptions, ExecutedStatement, ScriptResult, ScriptSession } from './session.ts'
import { rollbackLeft } from './transactions.ts'
import type { Block, Procedure } from './tree.ts'
import { BOOLEAN, type Typed, VARCHAR } from './types.ts'

export { ScriptException, StatementError, UNNUMBERED } from './errors.ts'
export { parseBlock, parseProcedures } from './parse.ts'
export type { CallOptions, ExecutedStatement, ScriptResult, ScriptSession } from './session.ts'
export type { Block, Procedure } from './tree.ts'
export { type DataType, INTEGER, type Typed } from './types.ts'

/** An argument as a program gives it. A Typed says its type itself. */
export type ArgumentValue = string | number | bigint | boolean | null | Typed

/** What a call gives back. */
export interface CallResult {
  /** What RETURN gave; undefined where it was a table. */
  readonly value: Typed | undefined
  readonly table: ScriptResult | undefined
  /** The statements of SQL that ended well, in order; expressions are none. */
  readonly statements: readonly ExecutedStatement[]
}

/**
 * Calls a procedure.
 *
 * @param name with its database and schema as far as they are needed, in any case: `TELCO_DB.DW.RUN_ALL`
 * @param args in the order of the parameters, or by their names
 * @throws ScriptException for an exception that the procedure does not handle, RefusedConstruct for what the session or this
 *   interpreter cannot do as Snowflake does, UserError for a procedure that there is not and for an abort; what the procedure had begun
 *   and not committed is rolled back
 */
export async function callProcedure(
  procedures: readonly Procedure[],
  name: string,
  args: readonly ArgumentValue[] | Readonly<Record<string, ArgumentValue>>,
  session: ScriptSession,
  options: CallOptions = {},
): Promise<CallResult> {
  const given = argumentsOf(args)
  const procedure = findProcedure(procedures, name.toUpperCase().split('.'), given)
  const frame = outermost(procedures, session, options, procedure.file)
  const outcome = await activate(procedure, given, frame, procedure.line)
  return resultOf(outcome, frame.state)
}

/** Executes an anonymous block. Throws as callProcedure does. */
export async function executeBlock(
  block: Block,
  file: string,
  session: ScriptSession,
  options: CallOptions & { readonly procedures?: readonly Procedure[] } = {},
): Promise<CallResult> {
  const procedure: Procedure = {
    name: ['anonymous block'],
    parameters: [],
    returns: { kind: 'table', columns: [] },
    isStrict: false,
    body: block,
    file,
    line: block.line,
  }
  const frame = outermost(options.procedures ?? [], session, options, file)
  try {
    const flow = await execute([procedure.body], frame)
    const outcome: Outcome =
      flow?.kind === 'return' ? flow.outcome : { kind: 'value', value: { type: VARCHAR, value: null } }
    if (await rollbackLeft(frame, frame.activation))
      throw new UserError('the block ended within its transaction, which was rolled back', { file, line: block.line })
    return resultOf(outcome, frame.state)
  } catch (error) {
    await rollbackLeft(frame, frame.activation)
    throw error
  }
}

function outermost(
  procedures: readonly Procedure[],
  session: ScriptSession,
  options: CallOptions,
  file: string,
): Frame {
  const state: CallState = {
    session,
    procedures,
    options,
    executed: [],
    transaction: undefined,
    rowCount: undefined,
    steps: 0,
    activations: 0,
  }
  const scope = { outer: undefined, entries: new Map() }
  return { state, scope, activation: 0, depth: 0, file, exception: undefined, binds: [], execute }
}

function resultOf(outcome: Outcome, { executed }: CallState): CallResult {
  return {
    value: outcome.kind === 'value' ? outcome.value : undefined,
    table: outcome.kind === 'table' ? outcome.table : undefined,
    statements: executed,
  }
}

function argumentsOf(args: readonly ArgumentValue[] | Readonly<Record<string, ArgumentValue>>): readonly Argument[] {
  if (isList(args)) return args.map(value => ({ value: typed(value) }))
  return Object.entries(args).map(([name, value]) => ({ name: name.toUpperCase(), value: typed(value) }))
}

function isList(
  args: readonly ArgumentValue[] | Readonly<Record<string, ArgumentValue>>,
): args is readonly ArgumentValue[] {
  return Array.isArray(args)
}

function typed(value: ArgumentValue): Typed {
  if (value !== null && typeof value === 'object') return value
  if (typeof value === 'boolean') return { type: BOOLEAN, value: String(value) }
  if (typeof value !== 'number' && typeof value !== 'bigint') return { type: VARCHAR, value }
  const text = String(value)
  const [, fraction = ''] = text.split('.')
  if (!/^-?\d+(\.\d+)?$/.test(text)) return { type: { name: 'FLOAT' }, value: text }
  return { type: { name: 'NUMBER', precision: 38, scale: fraction.length }, value: text }
}
