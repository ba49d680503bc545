import { UserError } from '../error.ts'
import { ScriptException } from './errors.ts'
import { convert, evaluate, statementError } from './evaluate.ts'
import type { Entry, Frame, Outcome } from './frame.ts'
import type { ScriptResult } from './session.ts'
import { rollbackLeft } from './transactions.ts'
import type { Procedure } from './tree.ts'
import { type Typed, VARCHAR } from './types.ts'

/** An argument of a call. */
export interface Argument {
  readonly name?: string | undefined
  readonly value: Typed
}

/** Deeper calls than these are taken for calls without end. */
const MOST_CALLS = 64

const INCOMPLETE =
  'Stored procedure execution error: Scoped transaction started in stored procedure is incomplete and it was rolled back.'

/**
 * The procedure that a name and arguments mean. A name without its database or schema means the one that ends so.
 *
 * @throws UserError where none or several are meant
 */
export function findProcedure(
  procedures: readonly Procedure[],
  name: readonly string[],
  args: readonly Argument[],
): Procedure {
  const named = procedures.filter(each => {
    const parts = Math.min(name.length, each.name.length)
    return each.name.slice(-parts).join('\0') === name.slice(-parts).join('\0')
  })
  const shown = name.join('.')
  if (named.length === 0) {
    const others = procedures.map(each => each.name.join('.')).join(', ')
    throw new UserError(`the procedure ${shown} does not exist`, {
      remedy: others === '' ? 'none is known here' : `these are known: ${others}`,
    })
  }
  const fitting = named.filter(({ parameters }) => {
    const given = new Set(args.map((arg, index) => arg.name ?? parameters[index]?.name))
    const needed = parameters.filter(parameter => parameter.default === undefined)
    const known = [...given].every(each => parameters.some(parameter => parameter.name === each))
    return known && given.size === args.length && needed.every(parameter => given.has(parameter.name))
  })
  const [procedure] = fitting
  if (procedure === undefined) throw new UserError(`the procedure ${shown} takes no such arguments`)
  if (fitting.length > 1) throw new UserError(`${shown} may be any of ${fitting.length} procedures`)
  return procedure
}

/**
 * Calls a procedure. What it began and did not end is rolled back.
 *
 * @param line the CALL's, in the frame's file
 * @throws ScriptException where no block of it handles an exception
 */
export async function activate(
  procedure: Procedure,
  args: readonly Argument[],
  frame: Frame,
  line: number,
): Promise<Outcome> {
  const { state } = frame
  if (frame.depth >= MOST_CALLS)
    throw new UserError(`calls are nested deeper than ${MOST_CALLS}`, { file: frame.file, line })
  const entries = await argumentEntries(procedure, args, frame, line)
  if (procedure.isStrict && [...entries.values()].some(entry => entry.kind === 'variable' && entry.value === null))
    return { kind: 'value', value: { type: VARCHAR, value: null } }
  state.activations += 1
  const activation = state.activations
  const scope = { outer: undefined, entries }
  const { file } = procedure
  const inside: Frame = { ...frame, scope, activation, file, depth: frame.depth + 1, exception: undefined, binds: [] }
  state.rowCount = undefined
  try {
    const flow = await frame.execute([procedure.body], inside)
    const outcome = await returned(procedure, flow?.kind === 'return' ? flow.outcome : undefined, inside)
    if (await rollbackLeft(frame, activation)) throw statementError(INCOMPLETE, inside, procedure.line)
    return outcome
  } catch (error) {
    await rollbackLeft(frame, activation)
    throw error
  } finally {
    state.rowCount = undefined
  }
}

/** Calls a procedure from a script: what it does not handle is an error of the statement. */
export async function activateNested(
  procedure: Procedure,
  args: readonly Argument[],
  frame: Frame,
  line: number,
): Promise<Outcome> {
  try {
    return await activate(procedure, args, frame, line)
  } catch (error) {
    if (!(error instanceof ScriptException)) throw error
    const text = `Uncaught exception of type '${error.exception}' on line ${error.place.line} : ${error.text}`
    throw new ScriptException('STATEMENT_ERROR', text, { ...error.codes, file: frame.file, line, cause: error })
  }
}

async function argumentEntries(
  { parameters, file }: Procedure,
  args: readonly Argument[],
  frame: Frame,
  line: number,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for (const [index, parameter] of parameters.entries()) {
    const given = args.find(arg => arg.name === parameter.name) ?? args[index]
    const isGiven = given !== undefined && (given.name ?? parameter.name) === parameter.name
    const nowhere: Frame = { ...frame, scope: { outer: undefined, entries: new Map() }, file }
    const value = isGiven
      ? given.value
      : parameter.default === undefined
        ? { type: parameter.type, value: null }
        : await evaluate(parameter.default, nowhere)
    entries.set(parameter.name, { kind: 'variable', ...(await convert(value, parameter.type, frame, line)) })
  }
  return entries
}

/** What a procedure returns, as it says it does. */
async function returned({ returns, line }: Procedure, outcome: Outcome | undefined, frame: Frame): Promise<Outcome> {
  if (returns.kind === 'value') {
    const value = outcome?.kind === 'value' ? outcome.value : { type: VARCHAR, value: null }
    const converted = await convert(value, returns.type, frame, line)
    if (returns.isNotNull && converted.value === null)
      throw statementError('the procedure RETURNS … NOT NULL and returned NULL', frame, line)
    return { kind: 'value', value: converted }
  }
  if (outcome?.kind !== 'table') throw statementError('the procedure RETURNS TABLE and returned none', frame, line)
  const { columns } = outcome.table
  const [given, declared] = [columns.map(({ type }) => type.name), returns.columns.map(({ type }) => type.name)]
  if (declared.length > 0 && given.join() !== declared.join())
    throw statementError(
      `the procedure RETURNS TABLE (${declared.join(', ')}) and returned (${given.join(', ')})`,
      frame,
      line,
    )
  return outcome
}

/** A procedure's value as CALL shows it: one row of one column. */
export function outcomeResult(outcome: Outcome, name: string): ScriptResult {
  if (outcome.kind === 'table') return outcome.table
  const { type, value } = outcome.value
  return { columns: [{ name, type }], rows: [[value]], rowCount: undefined }
}
