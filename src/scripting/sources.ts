import { UserError } from '../error.ts'
import { type Argument, activateNested, findProcedure, outcomeResult } from './call.ts'
import { convert, evaluate, render, statementError } from './evaluate.ts'
import { type Frame, find, raising, replace, step } from './frame.ts'
import { parseImmediate } from './parse.ts'
import type { ScriptResult } from './session.ts'
import { beforeStatement } from './transactions.ts'
import type { CallStatement, ExecuteStatement, Source, SqlStatement } from './tree.ts'
import type { Typed } from './types.ts'

/** Executes a statement of SQL; of SELECT … INTO it sets the variables. */
export async function runSql(statement: SqlStatement, frame: Frame): Promise<ScriptResult> {
  const { state, file } = frame
  const { line } = statement
  const sql = render(statement.sql, frame)
  await beforeStatement(sql, frame, line)
  const result = await raising('STATEMENT_ERROR', frame, line, () => state.session.run({ sql, file, line }))
  state.rowCount = result.rowCount
  const executed = { sql, file, line, rowCount: result.rowCount }
  state.executed.push(executed)
  state.options.onStatement?.(executed)
  if (statement.into.length > 0) await setFromOneRow(statement.into, result, frame, line)
  return result
}

async function setFromOneRow(
  into: readonly string[],
  { columns, rows }: ScriptResult,
  frame: Frame,
  line: number,
): Promise<void> {
  const [row] = rows
  if (rows.length !== 1 || row === undefined)
    throw statementError(`A SELECT INTO statement expects exactly 1 returned row, but got ${rows.length}.`, frame, line)
  if (columns.length !== into.length)
    throw statementError(
      `A SELECT INTO statement of ${columns.length} columns has ${into.length} variables.`,
      frame,
      line,
    )
  for (const [index, name] of into.entries()) {
    const column = columns[index]
    if (column !== undefined) await assign(name, { type: column.type, value: row[index] ?? null }, frame, line)
  }
}

/** Gives a variable a value, in the variable's type. */
export async function assign(name: string, value: Typed, frame: Frame, line: number): Promise<void> {
  const known = find(frame.scope, name)
  const converted = known?.kind === 'variable' ? await convert(value, known.type, frame, line) : value
  replace(frame.scope, name, { kind: 'variable', ...converted })
}

/** Calls a procedure; with INTO the variable gets what it returns. */
export async function runCall(statement: CallStatement, frame: Frame): Promise<ScriptResult> {
  const { line, into } = statement
  const args: Argument[] = []
  for (const { name, value } of statement.args) args.push({ name, value: await evaluate(value, frame) })
  const procedure = found(() => findProcedure(frame.state.procedures, statement.procedure, args), frame, line)
  const outcome = await activateNested(procedure, args, frame, line)
  const result = outcomeResult(outcome, procedure.name.at(-1) ?? '')
  if (into.length > 0) await setFromOneRow(into, result, frame, line)
  return result
}

function found<T>(look: () => T, { file }: Frame, line: number): T {
  try {
    return look()
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, { file, line, cause: error }) : error
  }
}

/** Executes a text. Nothing of the script around it is known in it but the values for its `?`. */
export async function runExecute(statement: ExecuteStatement, frame: Frame): Promise<ScriptResult> {
  const { line } = statement
  const { value } = await evaluate(statement.text, frame)
  if (value === null) throw statementError('EXECUTE IMMEDIATE of NULL', frame, line)
  const binds: Typed[] = []
  for (const each of statement.using) binds.push(await evaluate(each, frame))
  const inside: Frame = { ...frame, scope: { outer: undefined, entries: new Map() }, binds, exception: undefined }
  const parsed = parseImmediate({ text: value, file: frame.file, line })
  if (parsed.kind === 'sql' || parsed.kind === 'call' || parsed.kind === 'execute') return runSource(parsed, inside)
  const flow = await frame.execute([parsed], inside)
  if (flow?.kind !== 'return') return { columns: [], rows: [], rowCount: frame.state.rowCount }
  return outcomeResult(flow.outcome, 'anonymous block')
}

/** Executes what a result set or a cursor reads. */
export async function runSource(source: Source, frame: Frame): Promise<ScriptResult> {
  if (source.kind === 'sql') return runSql(source, frame)
  if (source.kind === 'call') return runCall(source, frame)
  if (source.kind === 'execute') return runExecute(source, frame)
  const entry = find(frame.scope, source.name)
  if (entry?.kind === 'resultset' && entry.result !== undefined) return entry.result
  throw new UserError(`the result set ${source.name} has no query yet`, { file: frame.file })
}

/** The value of an expression, or of a call. */
export async function valueFrom(value: CallStatement | SqlStatement['sql'], frame: Frame): Promise<Typed> {
  if ('parts' in value) return evaluate(value, frame)
  await step(frame)
  const { columns, rows } = await runCall(value, frame)
  const [column] = columns
  if (columns.length !== 1 || rows.length !== 1 || column === undefined)
    throw new UserError('this call returns a table and no value', { file: frame.file, line: value.line })
  return { type: column.type, value: rows[0]?.[0] ?? null }
}
