import { readExpression } from './expression.ts'
import { declare, type Jump, type ParseContext, readDeclared, within } from './parse-context.ts'
import { at, readNew } from './parse-sql.ts'
import type { Token } from './tokens.ts'
import type { Branch, Fragment, Statement } from './tree.ts'

/** Takes a condition, which Snowflake wants in parentheses, up to a word. */
function readCondition(context: ParseContext, ...ends: readonly string[]): Fragment {
  const { reader } = context
  if (!reader.isSign('(')) reader.fail('a condition stands in parentheses')
  return readExpression(context, ...ends)
}

function readBranch(context: ParseContext, condition: Fragment, ...ends: readonly string[]): Branch {
  context.reader.expectWord('THEN')
  return { condition, statements: readSome(within(context), ...ends) }
}

/** Takes statements, at least one. */
function readSome(context: ParseContext, ...ends: readonly string[]): readonly Statement[] {
  const found = context.statements(context, ...ends)
  if (found.length === 0) context.reader.fail('a statement was expected; NULL; is one that does nothing')
  return found
}

/** Takes IF … END IF. */
export function readIf(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.peek()
  const branches: Branch[] = []
  do {
    reader.next()
    branches.push(readBranch(context, readCondition(context, 'THEN'), 'ELSEIF', 'ELSE', 'END'))
  } while (reader.isWord('ELSEIF'))
  const otherwise = reader.takeWord('ELSE') ? readSome(within(context), 'END') : []
  reader.expectWord('END')
  reader.expectWord('IF')
  return { kind: 'if', branches, otherwise, ...at(first) }
}

/** Takes CASE … END CASE, simple or searched. */
export function readCase(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.next()
  const subject = reader.isWord('WHEN') ? undefined : readCondition(context, 'WHEN')
  const branches: Branch[] = []
  while (reader.takeWord('WHEN'))
    branches.push(readBranch(context, readExpression(context, 'THEN'), 'WHEN', 'ELSE', 'END'))
  if (branches.length === 0) reader.expectWord('WHEN')
  const otherwise = reader.takeWord('ELSE') ? readSome(within(context), 'END') : undefined
  reader.expectWord('END')
  reader.takeWord('CASE')
  return { kind: 'case', subject, branches, otherwise, ...at(first) }
}

/** Takes a loop's statements, its END and the label behind it. */
function readBody(
  context: ParseContext,
  until: string,
  ...closing: readonly string[]
): { readonly statements: readonly Statement[]; readonly end: () => string | undefined } {
  const { reader } = context
  const jumps: Jump[] = []
  const statements = readSome({ ...context, isInLoop: true, jumps }, until)
  const end = (): string | undefined => {
    reader.expectWord('END')
    reader.expectWord(...closing)
    const label = reader.isSign(';') ? undefined : reader.expectName('a label')
    // What jumps to no label of this loop is for one around it.
    context.jumps.push(...jumps.filter(jump => jump.label !== label))
    return label
  }
  return { statements, end }
}

/** Takes FOR … END FOR, over rows or over a counter. */
export function readFor(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.next()
  const { name, token } = readNew(context, 'the name of a variable')
  reader.expectWord('IN')
  const kind = reader.peek().kind
  const isRows = (kind === 'word' || kind === 'quoted') && reader.peek(1).word === 'DO'
  return isRows ? readForRows(context, first, name, token) : readForCount(context, first, name, token)
}

function readForRows(context: ParseContext, first: Token, name: string, token: Token): Statement {
  const { reader } = context
  const source = readDeclared(context, 'the cursor', 'cursor', 'resultset')
  reader.expectWord('DO')
  const inner = within(context)
  declare(inner, name, 'row', token)
  const { statements, end } = readBody(inner, 'END', 'FOR')
  return { kind: 'for-rows', name, source, statements, label: end(), ...at(first) }
}

function readForCount(context: ParseContext, first: Token, name: string, token: Token): Statement {
  const { reader } = context
  const isReverse = reader.takeWord('REVERSE')
  const from = readExpression(context, 'TO')
  reader.expectWord('TO')
  const to = readExpression(context, 'DO', 'LOOP')
  const word = reader.expectWord('DO', 'LOOP').word
  const inner = within(context)
  declare(inner, name, 'counter', token)
  const { statements, end } = readBody(inner, 'END', word === 'DO' ? 'FOR' : 'LOOP')
  return { kind: 'for-count', name, isReverse, from, to, statements, label: end(), ...at(first) }
}

/** Takes WHILE … END WHILE. */
export function readWhile(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.next()
  const condition = readCondition(context, 'DO', 'LOOP')
  const word = reader.expectWord('DO', 'LOOP').word
  const { statements, end } = readBody(within(context), 'END', word === 'DO' ? 'WHILE' : 'LOOP')
  return { kind: 'while', condition, statements, label: end(), ...at(first) }
}

/** Takes REPEAT … UNTIL … END REPEAT. */
export function readRepeat(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.next()
  const inner = within(context)
  const { statements, end } = readBody(inner, 'UNTIL', 'REPEAT')
  reader.expectWord('UNTIL')
  const until = readCondition(inner, 'END')
  return { kind: 'repeat', until, statements, label: end(), ...at(first) }
}

/** Takes LOOP … END LOOP. */
export function readLoop(context: ParseContext): Statement {
  const first = context.reader.next()
  const { statements, end } = readBody(within(context), 'END', 'LOOP')
  return { kind: 'loop', statements, label: end(), ...at(first) }
}

/** Takes BREAK or EXIT, CONTINUE or ITERATE. */
export function readJump(context: ParseContext): Statement {
  const { reader } = context
  const first = reader.next()
  if (!context.isInLoop) reader.fail(`${first.word} stands outside of a loop`, first)
  const token = reader.peek()
  const label = reader.isSign(';') ? undefined : reader.expectName('a label')
  if (label !== undefined) context.jumps.push({ label, token })
  return { kind: ['BREAK', 'EXIT'].includes(first.word) ? 'break' : 'continue', label, ...at(first) }
}
