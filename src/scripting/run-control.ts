import { ScriptException } from './errors.ts'
import { convert, evaluate, holds, statementError } from './evaluate.ts'
import { type Entry, type Flow, type Frame, find, inner, replace, step } from './frame.ts'
import { literal } from './literals.ts'
import type { ScriptResult } from './session.ts'
import { runSource } from './sources.ts'
import type { Branch, Fragment, Statement } from './tree.ts'
import { INTEGER, type Typed } from './types.ts'

type Of<K extends Statement['kind']> = Extract<Statement, { readonly kind: K }>

/** Executes an IF. */
export async function runIf({ branches, otherwise }: Of<'if'>, frame: Frame): Promise<Flow> {
  for (const { condition, statements } of branches)
    if (await holds(condition, frame)) return frame.execute(statements, inner(frame))
  return frame.execute(otherwise, inner(frame))
}

/** Executes a CASE. Throws ScriptException where nothing matches and there is no ELSE. */
export async function runCase(statement: Of<'case'>, frame: Frame): Promise<Flow> {
  const { subject, branches, otherwise, line } = statement
  const value = subject === undefined ? undefined : literal(await evaluate(subject, frame))
  const matches = (branch: Branch): Promise<boolean> =>
    holds(value === undefined ? branch.condition : equals(value, branch.condition), frame)
  for (const branch of branches) if (await matches(branch)) return frame.execute(branch.statements, inner(frame))
  if (otherwise !== undefined) return frame.execute(otherwise, inner(frame))
  throw statementError('CASE_NOT_FOUND: no branch of the CASE matches, and it has no ELSE', frame, line)
}

function equals(value: string, other: Fragment): Fragment {
  const [before, after] = [`(${value}) = (`, ')']
  return { ...other, parts: [{ kind: 'text', text: before }, ...other.parts, { kind: 'text', text: after }] }
}

/** Executes a loop's statements once; `leave` where the loop ends, with where execution goes on. */
async function once(
  { statements, label }: { readonly statements: readonly Statement[]; readonly label: string | undefined },
  frame: Frame,
): Promise<{ readonly leave: boolean; readonly flow: Flow }> {
  await step(frame)
  const flow = await frame.execute(statements, frame)
  if (flow === undefined) return { leave: false, flow }
  if (flow.kind === 'return' || (flow.label !== undefined && flow.label !== label)) return { leave: true, flow }
  return { leave: flow.kind === 'break', flow: undefined }
}

/** Executes WHILE. */
export async function runWhile(loop: Of<'while'>, frame: Frame): Promise<Flow> {
  while (await holds(loop.condition, frame)) {
    const { leave, flow } = await once(loop, inner(frame))
    if (leave) return flow
  }
  return undefined
}

/** Executes REPEAT, whose condition knows what its statements declare. */
export async function runRepeat(loop: Of<'repeat'>, frame: Frame): Promise<Flow> {
  for (;;) {
    const body = inner(frame)
    const { leave, flow } = await once(loop, body)
    if (leave) return flow
    if (await holds(loop.until, body)) return undefined
  }
}

/** Executes LOOP. */
export async function runLoop(loop: Of<'loop'>, frame: Frame): Promise<Flow> {
  for (;;) {
    const { leave, flow } = await once(loop, inner(frame))
    if (leave) return flow
  }
}

/** Executes FOR over a counter. Its bounds are read once. */
export async function runForCount(loop: Of<'for-count'>, frame: Frame): Promise<Flow> {
  const from = await bound(loop.from, frame)
  const to = await bound(loop.to, frame)
  for (let index = 0n; index <= to - from; index += 1n) {
    const body = inner(frame)
    const value = String(loop.isReverse ? to - index : from + index)
    body.scope.entries.set(loop.name, { kind: 'variable', type: INTEGER, value })
    const { leave, flow } = await once(loop, body)
    if (leave) return flow
  }
  return undefined
}

async function bound(fragment: Fragment, frame: Frame): Promise<bigint> {
  const { value } = await convert(await evaluate(fragment, frame), INTEGER, frame, fragment.line)
  if (value === null) throw statementError('a bound of FOR is NULL', frame, fragment.line)
  return BigInt(value)
}

/** Executes FOR over the rows of a cursor or a result set. */
export async function runForRows(loop: Of<'for-rows'>, frame: Frame): Promise<Flow> {
  const { result, fetched } = await rowsOf(loop, frame)
  for (const row of result.rows.slice(fetched)) {
    const body = inner(frame)
    body.scope.entries.set(loop.name, { kind: 'row', result, row })
    const { leave, flow } = await once(loop, body)
    if (leave) return flow
  }
  return undefined
}

/** A cursor that is not open is opened for the loop alone; an open one goes on where it is. */
async function rowsOf({ source, line }: Of<'for-rows'>, frame: Frame): Promise<NonNullable<Cursor['open']>> {
  const entry = find(frame.scope, source)
  if (entry?.kind === 'cursor') return entry.open ?? { result: await read(entry, frame, []), fetched: 0 }
  if (entry?.kind === 'resultset' && entry.result !== undefined) return { result: entry.result, fetched: 0 }
  throw statementError(`the result set ${source} has no query yet`, frame, line)
}

type Cursor = Extract<Entry, { readonly kind: 'cursor' }>

function read({ source, scope }: Cursor, frame: Frame, binds: readonly Typed[]): Promise<ScriptResult> {
  return runSource(source, { ...frame, scope, binds })
}

function cursorOf(name: string, frame: Frame, line: number): Cursor {
  const entry = find(frame.scope, name)
  if (entry?.kind === 'cursor') return entry
  throw statementError(`the cursor ${name} is not declared yet`, frame, line)
}

/** Executes OPEN. */
export async function runOpen({ cursor, using, line }: Of<'open'>, frame: Frame): Promise<void> {
  const entry = cursorOf(cursor, frame, line)
  if (entry.open !== undefined) throw statementError(`the cursor ${cursor} is open already`, frame, line)
  const binds: Typed[] = []
  for (const each of using) binds.push(await evaluate(each, frame))
  const result = await read(entry, frame, binds)
  replace(frame.scope, cursor, { ...entry, open: { result, fetched: 0 } })
}

/** Executes FETCH; behind the last row the variables are NULL. */
export async function runFetch(
  { cursor, into, line }: Of<'fetch'>,
  frame: Frame,
): Promise<readonly (readonly [string, Typed])[]> {
  const entry = cursorOf(cursor, frame, line)
  if (entry.open === undefined) throw statementError(`the cursor ${cursor} is not open`, frame, line)
  const { result, fetched } = entry.open
  if (result.columns.length !== into.length)
    throw statementError(`FETCH of ${result.columns.length} columns has ${into.length} variables`, frame, line)
  const row = result.rows[fetched]
  replace(frame.scope, cursor, { ...entry, open: { result, fetched: fetched + 1 } })
  return into.map((name, index) => [
    name,
    { type: result.columns[index]?.type ?? INTEGER, value: row?.[index] ?? null },
  ])
}

/** Executes CLOSE. */
export function runClose({ cursor, line }: Of<'close'>, frame: Frame): void {
  const entry = cursorOf(cursor, frame, line)
  if (entry.open === undefined) throw statementError(`the cursor ${cursor} is not open`, frame, line)
  replace(frame.scope, cursor, { ...entry, open: undefined })
}

/** Raises a declared exception, or again the one at hand. */
export function raise({ name, line }: Of<'raise'>, frame: Frame): never {
  const entry = name === undefined ? undefined : find(frame.scope, name)
  if (entry?.kind === 'exception') {
    const { declaration } = entry
    const codes = { code: declaration.code, state: 'P0001', file: frame.file, line }
    throw new ScriptException(declaration.name, declaration.message, { ...codes, declared: declaration })
  }
  throw frame.exception ?? statementError(`the exception ${name} is not declared yet`, frame, line)
}
