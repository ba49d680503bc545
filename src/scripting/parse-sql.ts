import { readExpression, skipTo } from './expression.ts'
import { fragment } from './fragment.ts'
import { type ParseContext, readDeclared, readTargets } from './parse-context.ts'
import { nameOf, type Token } from './tokens.ts'
import type { CallStatement, ExecuteStatement, Fragment, Source, SqlStatement } from './tree.ts'

/** First words of what is no part of the scripting language: a session executes it, or refuses it. */
const SQL = new Set(
  `SELECT WITH INSERT UPDATE DELETE MERGE TRUNCATE COPY CREATE ALTER DROP UNDROP COMMENT GRANT REVOKE SHOW DESCRIBE DESC USE SET UNSET
EXPLAIN PUT GET LIST LS REMOVE RM VALUES`.split(/\s+/),
)

/** Whether SQL starts here. */
export function isSql({ reader }: ParseContext): boolean {
  return SQL.has(reader.peek().word) || reader.isSign('(')
}

/** Takes a statement of SQL up to a sign. Throws UserError for a variable that is not declared. */
export function readSql(context: ParseContext, end: string): SqlStatement {
  const { reader } = context
  const first = reader.peek()
  const start = reader.position()
  const into = ['SELECT', 'WITH'].includes(first.word) ? readInto(context, start, end) : undefined
  if (into !== undefined) return { kind: 'sql', ...into, ...at(first) }
  skipTo(context, [end])
  return { kind: 'sql', sql: fragment(start, reader.position(), context), into: [], ...at(first) }
}

/** `SELECT … INTO :a, :b FROM …`: the query without INTO, and the variables. */
function readInto(
  context: ParseContext,
  start: number,
  end: string,
): { readonly sql: Fragment; readonly into: readonly string[] } | undefined {
  const { reader } = context
  const found = intoAt(reader.tokens, start, end)
  if (found === undefined) return undefined
  while (reader.position() < found) reader.next()
  reader.expectWord('INTO')
  const into = readTargets(context, true)
  const after = reader.position()
  skipTo(context, [end])
  const before = fragment(start, found, context)
  if (after === reader.position()) return { sql: before, into }
  const rest = fragment(after, reader.position(), context)
  // The lines of what follows stay what they are.
  const gap = '\n'.repeat(rest.line - (reader.tokens[found - 1] as Token).line) || ' '
  return {
    sql: {
      ...before,
      parts: [...before.parts, { kind: 'text', text: gap }, ...rest.parts],
      text: `${before.text}${gap}${rest.text}`,
    },
    into,
  }
}

function intoAt(all: readonly Token[], start: number, end: string): number | undefined {
  let depth = 0
  for (let index = start; index < all.length; index += 1) {
    const { kind, text, word } = all[index] as Token
    if (kind === 'sign' && depth === 0 && text === end) return undefined
    if (kind === 'sign') depth += text === '(' ? 1 : text === ')' ? -1 : 0
    if (word === 'INTO' && depth === 0) return index
  }
  return undefined
}

/** Takes `CALL name(…)` with INTO. */
export function readCall(context: ParseContext): CallStatement {
  const { reader } = context
  const first = reader.expectWord('CALL')
  const procedure = readDotted(context)
  const args: CallStatement['args'][number][] = []
  reader.expectSign('(')
  if (!reader.takeSign(')')) {
    do args.push(readArgument(context))
    while (reader.takeSign(','))
    reader.expectSign(')')
  }
  return {
    kind: 'call',
    procedure,
    args,
    into: reader.takeWord('INTO') ? readTargets(context, true) : [],
    ...at(first),
  }
}

function readArgument(context: ParseContext): CallStatement['args'][number] {
  const { reader } = context
  if (reader.peek(1).text !== '=>') return { value: readExpression(context, ',', ')') }
  const name = reader.expectName('the name of an argument')
  reader.expectSign('=>')
  return { name, value: readExpression(context, ',', ')') }
}

/** Takes `a.b.c`. */
export function readDotted({ reader }: ParseContext): readonly string[] {
  const names = [reader.expectName('a name')]
  while (reader.takeSign('.')) names.push(reader.expectName('a name'))
  return names
}

/** Takes `EXECUTE IMMEDIATE text USING (…)`. */
export function readExecute(context: ParseContext, end: string): ExecuteStatement {
  const { reader } = context
  const first = reader.expectWord('EXECUTE')
  reader.expectWord('IMMEDIATE')
  if (reader.isWord('FROM')) reader.refuse('EXECUTE IMMEDIATE FROM')
  const text = readExpression(context, 'USING', end)
  return { kind: 'execute', text, using: readUsing(context), ...at(first) }
}

/** Takes `USING (a, b)`, where it is there. */
export function readUsing(context: ParseContext): readonly Fragment[] {
  const { reader } = context
  if (!reader.takeWord('USING')) return []
  const values: Fragment[] = []
  reader.expectSign('(')
  do values.push(readExpression(context, ',', ')'))
  while (reader.takeSign(','))
  reader.expectSign(')')
  return values
}

/** Takes what a result set or a cursor reads, up to a sign. */
export function readSource(context: ParseContext, end: string): Source {
  const { reader } = context
  if (reader.isWord('CALL')) return readCall(context)
  if (reader.isWord('EXECUTE')) return readExecute(context, end)
  if (reader.isWord('ASYNC')) reader.refuse('ASYNC')
  if (reader.isWord('TABLE') || isSql(context)) return readSql(context, end)
  return { kind: 'resultset', name: readDeclared(context, 'the result set', 'resultset') }
}

/** Takes a source in parentheses. */
export function readSourceInParentheses(context: ParseContext): Source {
  const { reader } = context
  if (reader.isWord('ASYNC')) reader.refuse('ASYNC')
  reader.expectSign('(')
  const source = readSource(context, ')')
  reader.expectSign(')')
  return source
}

/** `(CALL …)` where a value is expected. */
export function readCallInParentheses(context: ParseContext): CallStatement | undefined {
  const { reader } = context
  if (!reader.isSign('(') || reader.peek(1).word !== 'CALL') return undefined
  reader.next()
  const call = readCall(context)
  reader.expectSign(')')
  return call
}

/** Where a token stands. */
export function at({ line, column }: Token): { readonly line: number; readonly column: number } {
  return { line, column }
}

/** Takes a name that is new. */
export function readNew({ reader }: ParseContext, what: string): { readonly name: string; readonly token: Token } {
  const token = reader.peek()
  if (token.kind !== 'word' && token.kind !== 'quoted') reader.expectName(what)
  return { name: nameOf(reader.next()), token }
}
