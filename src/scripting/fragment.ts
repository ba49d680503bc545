import { EXCEPTION_GLOBALS, isGlobal, type Names } from './names.ts'
import type { Reader } from './reader.ts'
import { nameOf, type Token, unquoted } from './tokens.ts'
import type { Fragment, Part, Reference } from './tree.ts'

/** What a fragment is read with. */
export interface FragmentContext {
  readonly reader: Reader
  readonly names: Names
  /** Whether `?` and `:1` have values: in a cursor's query and in what EXECUTE IMMEDIATE executes. */
  readonly hasBinds: boolean
  /** Whether an exception is being handled here. */
  readonly isHandling: boolean
}

/** Something at a token that is replaced; `next` is the index after it. */
interface Found {
  readonly part: Part
  readonly next: number
}

/** Says what stands at a token; undefined where it stays as it is. */
export type Find = (all: readonly Token[], index: number, context: FragmentContext) => Found | undefined

const CLOCK = new Set(['CURRENT_TIMESTAMP', 'SYSDATE', 'CURRENT_DATE', 'LOCALTIMESTAMP', 'GETDATE', 'SYSTIMESTAMP'])

/**
 * Makes a fragment of the tokens from `start` to before `end`.
 *
 * @param find what is replaced there beside what every fragment has
 * @throws UserError where it names what is not declared
 */
export function fragment(start: number, end: number, context: FragmentContext, find?: Find): Fragment {
  const { reader } = context
  const all = reader.tokens
  const first = all[start] as Token
  if (end <= start) reader.fail(`an expression was expected and ${first.text || 'nothing'} was found`, first)
  const last = all[end - 1] as Token
  const { text } = reader.source
  const parts: Part[] = []
  let [at, binds] = [first.start, 0]
  const isDefinition = defines(all, start, end)
  for (let index = start; index < end; ) {
    const token = all[index] as Token
    const found = find?.(all, index, context) ?? common(all, index, context, binds)
    if (found === undefined || (found.part.kind === 'clock' && isDefinition)) {
      index += 1
      continue
    }
    if (token.start > at) parts.push({ kind: 'text', text: text.slice(at, token.start) })
    parts.push(found.part)
    if (token.text === '?') binds += 1
    at = (all[found.next - 1] as Token).end
    index = found.next
  }
  if (last.end > at) parts.push({ kind: 'text', text: text.slice(at, last.end) })
  return { parts, text: text.slice(first.start, last.end), line: first.line, column: first.column }
}

/** Whether a statement defines something that reads the clock later: a default of a column, a view. */
function defines(all: readonly Token[], start: number, end: number): boolean {
  const words = all.slice(start, end).map(({ word }) => word)
  if (words[0] !== 'CREATE') return words[0] === 'ALTER'
  const as = words.findIndex((word, index) => word === 'AS' && /^(SELECT|WITH|)$/.test(words[index + 1] ?? ''))
  return as < 0 || words.slice(0, as).some(word => word === 'VIEW' || word === 'DEFAULT' || word === 'TASK')
}

/** What is replaced in expressions and in statements alike. */
function common(all: readonly Token[], index: number, context: FragmentContext, binds: number): Found | undefined {
  const token = all[index] as Token
  if (token.text === '?' && token.kind === 'sign') {
    if (!context.hasBinds) context.reader.fail('a ? has a value only in a cursor and in EXECUTE IMMEDIATE', token)
    return { part: { kind: 'bind', index: binds }, next: index + 1 }
  }
  if (token.word === 'IDENTIFIER' || token.word === 'TABLE') return identifier(all, index, context)
  if (CLOCK.has(token.word) && all[index - 1]?.text !== '.') return clock(all, index)
  return isBind(all, index) ? bound(all, index, context) : undefined
}

/** Whether a colon starts a variable: not a path into a VARIANT, which stands right behind a value. */
function isBind(all: readonly Token[], index: number): boolean {
  const [before, colon, name] = [all[index - 1], all[index], all[index + 1]]
  if (colon?.text !== ':' || name === undefined || name.start !== colon.end) return false
  if (!['word', 'quoted', 'number'].includes(name.kind)) return false
  const isValue = before?.kind === 'word' || before?.kind === 'quoted' || /^[)\]]$/.test(before?.text ?? '')
  return !(isValue && before?.end === colon.start)
}

function bound(all: readonly Token[], index: number, context: FragmentContext): Found {
  const name = all[index + 1] as Token
  if (name.kind === 'number') {
    if (!context.hasBinds || !/^[1-9]\d*$/.test(name.text)) context.reader.fail(`:${name.text} has no value here`, name)
    return { part: { kind: 'bind', index: Number(name.text) - 1 }, next: index + 2 }
  }
  const { reference, next } = referenceAt(all, index + 1, context)
  return { part: { kind: 'value', ...reference }, next }
}

/**
 * The variable that is named at a token, with its field where it is a row.
 *
 * @throws UserError where there is none, or where it has no value that could stand there
 */
export function referenceAt(
  all: readonly Token[],
  index: number,
  { reader, names, isHandling }: FragmentContext,
): { readonly reference: Reference; readonly next: number } {
  const token = all[index] as Token
  const name = nameOf(token)
  const kind = names.find(name)
  if (kind === 'row') {
    const [dot, field] = [all[index + 1], all[index + 2]]
    if (dot?.text !== '.' || field === undefined || !['word', 'quoted'].includes(field.kind))
      return reader.fail(`${token.text} is a row: name one of its fields`, token)
    return { reference: { name, field: nameOf(field) }, next: index + 3 }
  }
  if (kind === undefined && EXCEPTION_GLOBALS.has(name) && !isHandling)
    reader.fail(`${name} describes an exception, and none is handled here`, token)
  if (kind === undefined && !isGlobal(name)) reader.fail(`the variable ${token.text} is not declared`, token)
  if (kind === 'cursor' || kind === 'resultset' || kind === 'exception')
    reader.fail(
      `${token.text} is ${kind === 'resultset' ? 'a result set' : `a ${kind}`.replace('a e', 'an e')} and has no value`,
      token,
    )
  return { reference: { name }, next: index + 1 }
}

/** `IDENTIFIER(:name)`, `IDENTIFIER('name')`, and `TABLE(:name)` as a table's name. */
function identifier(all: readonly Token[], index: number, context: FragmentContext): Found | undefined {
  const [word, open, value, after] = [all[index], all[index + 1], all[index + 2], all[index + 3]]
  if (open?.text !== '(' || value === undefined) return undefined
  if (value.kind === 'string' && word?.word === 'IDENTIFIER' && after?.text === ')')
    return { part: { kind: 'text', text: unquoted(value) }, next: index + 4 }
  if (value.text === ':' && isBind(all, index + 2)) {
    const { reference, next } = referenceAt(all, index + 3, context)
    if (all[next]?.text === ')') return { part: { kind: 'name', ...reference }, next: next + 1 }
  }
  return word?.word === 'IDENTIFIER' ? context.reader.refuse('IDENTIFIER of an expression', word) : undefined
}

function clock(all: readonly Token[], index: number): Found {
  const token = all[index] as Token
  const isCall = all[index + 1]?.text === '(' && all[index + 2]?.text === ')'
  return {
    part: { kind: 'clock', of: token.word, text: isCall ? `${token.text}()` : token.text },
    next: index + (isCall ? 3 : 1),
  }
}
