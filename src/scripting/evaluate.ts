import { literal as quotedText } from '../dialects/snowflake.ts'
import { RefusedConstruct, UserError } from '../error.ts'
import { ScriptException, UNNUMBERED } from './errors.ts'
import { type Frame, find, raising } from './frame.ts'
import { literal, plainLiteral, sameIn } from './literals.ts'
import type { Fragment, Part, Reference } from './tree.ts'
import { BOOLEAN, type DataType, INTEGER, type Typed, typeText, VARCHAR } from './types.ts'

/** The value of an expression. Throws ScriptException, of the kind EXPRESSION_ERROR. */
export async function evaluate(fragment: Fragment, frame: Frame): Promise<Typed> {
  const [only] = fragment.parts
  if (fragment.parts.length === 1 && only?.kind === 'value') return variableValue(only, frame, fragment.line)
  const sql = render(fragment, frame)
  const plain = fragment.parts.every(({ kind }) => kind === 'text') ? plainLiteral(sql) : undefined
  return plain ?? select(sql, frame, fragment.line)
}

/** The value of an expression without variables. */
async function select(sql: string, frame: Frame, line: number): Promise<Typed> {
  const { columns, rows } = await raising('EXPRESSION_ERROR', frame, line, () =>
    frame.state.session.run({ sql: `select ${sql}`, file: frame.file, line }),
  )
  const [column] = columns
  if (columns.length !== 1 || rows.length !== 1 || column === undefined)
    throw new UserError('this is no expression with one value', { file: frame.file, line })
  return { type: column.type, value: rows[0]?.[0] ?? null }
}

/** Whether a condition holds; NULL does not. */
export async function holds(fragment: Fragment, frame: Frame): Promise<boolean> {
  return (await convert(await evaluate(fragment, frame), BOOLEAN, frame, fragment.line)).value === 'true'
}

/** A value in another type, as Snowflake converts it. Throws ScriptException where it cannot be. */
export async function convert(value: Typed, type: DataType, frame: Frame, line: number): Promise<Typed> {
  const same = sameIn(value, type)
  if (same !== undefined) return same
  const isText = type.name === 'VARCHAR' && value.type.name === 'VARCHAR'
  const text = placed(frame, line, () => literal(value))
  const converted = isText ? value.value : (await select(`(${text})::${typeText(type)}`, frame, line)).value
  // A cast would cut the text, and an assignment may not.
  if (type.length !== undefined && [...(converted ?? '')].length > type.length) {
    const place = { file: frame.file, line }
    throw new RefusedConstruct(`a text of more than ${type.length} characters in a VARCHAR(${type.length})`, place)
  }
  return { type, value: converted }
}

/** SQL with its variables put in. */
export function render(fragment: Fragment, frame: Frame): string {
  return fragment.parts.map(part => RENDERERS[part.kind](part as never, frame, fragment.line)).join('')
}

type Renderers = { readonly [K in Part['kind']]: (part: Part & { kind: K }, frame: Frame, line: number) => string }

const RENDERERS: Renderers = {
  text: ({ text }) => text,
  value: (part, frame, line) => placed(frame, line, () => literal(variableValue(part, frame, line))),
  name: (part, frame, line) => identifier(variableValue(part, frame, line), frame, line),
  bind: ({ index }, frame, line) => {
    const value = frame.binds[index]
    if (value === undefined) throw statementError(`Bind variable ${index + 1} not set.`, frame, line)
    return placed(frame, line, () => literal(value))
  },
  clock: ({ of, text }, { state }) => {
    const now = state.options.now?.()
    if (now === undefined) return text
    const [date = '', time = ''] = now.toISOString().replace('Z', '').split('T')
    return of === 'CURRENT_DATE' ? `${quotedText(date)}::date` : `${quotedText(`${date} ${time}`)}::timestamp_ntz`
  },
}

function placed(frame: Frame, line: number, write: () => string): string {
  try {
    return write()
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.message, { file: frame.file, line }) : error
  }
}

const NAME = /^(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")){0,2}$/

/** A text as the name of an object: nothing but a name gets into a statement. */
function identifier({ value }: Typed, frame: Frame, line: number): string {
  if (value !== null && NAME.test(value)) return value
  throw statementError(`Invalid identifier ${value ?? 'NULL'}`, frame, line)
}

/** An exception of the kind STATEMENT_ERROR. */
export function statementError(text: string, { file }: Frame, line: number): ScriptException {
  return new ScriptException('STATEMENT_ERROR', text, { ...UNNUMBERED, file, line })
}

/** The value of a variable. */
export function variableValue({ name, field }: Reference, frame: Frame, line: number): Typed {
  const entry = find(frame.scope, name)
  if (entry?.kind === 'variable') return { type: entry.type, value: entry.value }
  if (entry?.kind === 'row') {
    const index = entry.result.columns.findIndex(column => column.name.toUpperCase() === field?.toUpperCase())
    const column = entry.result.columns[index]
    if (column === undefined) throw new UserError(`the row ${name} has no column ${field}`, { file: frame.file, line })
    return { type: column.type, value: entry.row[index] ?? null }
  }
  // A variable whose declaration was not reached is NULL.
  return (Object.hasOwn(GLOBALS, name) ? GLOBALS[name]?.(frame) : undefined) ?? { type: VARCHAR, value: null }
}

const truth = (value: boolean | undefined): Typed => ({
  type: BOOLEAN,
  value: value === undefined ? null : String(value),
})

const GLOBALS: Readonly<Record<string, (frame: Frame) => Typed>> = {
  SQLROWCOUNT: ({ state }) => ({ type: INTEGER, value: state.rowCount === undefined ? null : String(state.rowCount) }),
  SQLFOUND: ({ state }) => truth(state.rowCount === undefined ? undefined : state.rowCount > 0),
  SQLNOTFOUND: ({ state }) => truth(state.rowCount === undefined ? undefined : state.rowCount === 0),
  SQLID: ({ state }) => ({ type: VARCHAR, value: `statement-${state.executed.length}` }),
  SQLCODE: ({ exception }) => ({ type: INTEGER, value: exception === undefined ? null : String(exception.codes.code) }),
  SQLERRM: ({ exception }) => ({ type: VARCHAR, value: exception?.text ?? null }),
  SQLSTATE: ({ exception }) => ({ type: VARCHAR, value: exception?.codes.state ?? null }),
}
