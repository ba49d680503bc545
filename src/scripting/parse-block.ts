import { readExpression } from './expression.ts'
import { declare, type ParseContext, within } from './parse-context.ts'
import { at, readCallInParentheses, readNew, readSource, readSourceInParentheses } from './parse-sql.ts'
import { type Token, unquoted } from './tokens.ts'
import type { Block, Declaration, Handler } from './tree.ts'
import { isTypeName, readType } from './types.ts'

/** Takes a block, from DECLARE or BEGIN to END. */
export function readBlock(outer: ParseContext): Block {
  const context = within(outer)
  const { reader } = context
  const first = reader.peek()
  const declarations: Declaration[] = []
  if (reader.takeWord('DECLARE')) {
    while (!reader.isWord('BEGIN')) {
      declarations.push(readDeclaration(context, false))
      reader.expectSign(';')
    }
  }
  reader.expectWord('BEGIN')
  const statements = context.statements(context, 'EXCEPTION', 'END')
  if (statements.length === 0) reader.fail('a block has at least one statement')
  const handlers = reader.takeWord('EXCEPTION') ? readHandlers(context) : []
  reader.expectWord('END')
  return { kind: 'block', declarations, statements, handlers, ...at(first) }
}

/** Takes a declaration without its semicolon; of LET, which must say a value, where `isLet`. */
export function readDeclaration(context: ParseContext, isLet: boolean): Declaration {
  const { reader } = context
  const { name, token } = readNew(context, 'a name')
  const kind = Object.hasOwn(DECLARATIONS, reader.peek().word) ? reader.peek().word : undefined
  if (kind !== undefined) {
    const word = reader.next()
    if (isLet && kind === 'EXCEPTION') reader.fail('an exception is declared in DECLARE', word)
    const made = DECLARATIONS[kind]?.(context, name, token, isLet) as Declaration
    declare(context, name, made.kind, token)
    return made
  }
  if (reader.isWord('PROCEDURE')) reader.refuse('a procedure within a block')
  const type = isTypeName(reader.peek().word) ? readType(reader) : undefined
  const isGiven = reader.takeSign(':=') || reader.takeWord('DEFAULT')
  if (!isGiven && (isLet || type === undefined))
    reader.fail(`${type === undefined ? 'a type or ' : ''}a value of ${token.text} was expected`)
  const value = isGiven ? (readCallInParentheses(context) ?? readExpression(context, ';')) : undefined
  declare(context, name, 'variable', token)
  return { kind: 'variable', name, type, value, ...at(token) }
}

type ReadDeclaration = (context: ParseContext, name: string, token: Token, isLet: boolean) => Declaration

const DECLARATIONS: Readonly<Record<string, ReadDeclaration>> = {
  CURSOR: (context, name, token) => {
    context.reader.expectWord('FOR')
    return { kind: 'cursor', name, source: readSource({ ...context, hasBinds: true }, ';'), ...at(token) }
  },
  RESULTSET: (context, name, token, isLet) => {
    const { reader } = context
    const isGiven = reader.takeSign(':=') || reader.takeWord('DEFAULT')
    if (!isGiven && isLet) reader.expectSign(':=')
    return { kind: 'resultset', name, source: isGiven ? readSourceInParentheses(context) : undefined, ...at(token) }
  },
  EXCEPTION: ({ reader }, name, token) => {
    const plain: Declaration = { kind: 'exception', name, code: -20000, message: '', ...at(token) }
    if (!reader.takeSign('(')) return plain
    const sign = reader.takeSign('-')
    const number = reader.next()
    const code = Number(`${sign ? '-' : ''}${number.text}`)
    if (!Number.isInteger(code) || code > -20000 || code < -20999)
      reader.fail('the number of an exception is from -20999 to -20000', number)
    const text = reader.takeSign(',') ? reader.next() : undefined
    if (text !== undefined && text.kind !== 'string' && text.kind !== 'dollar')
      reader.fail('the message of an exception is a text', text)
    reader.expectSign(')')
    return { ...plain, code, message: text === undefined ? '' : unquoted(text) }
  },
}

const BUILT_IN = new Set(['OTHER', 'STATEMENT_ERROR', 'EXPRESSION_ERROR'])

function readHandlers(context: ParseContext): readonly Handler[] {
  const { reader } = context
  const handlers: Handler[] = []
  while (reader.takeWord('WHEN')) {
    const names = [readException(context)]
    while (reader.takeWord('OR')) names.push(readException(context))
    if (names.length > 1 && names.includes('OTHER')) reader.fail('OTHER stands alone after WHEN')
    if (reader.isWord('CONTINUE')) reader.refuse('a CONTINUE handler')
    reader.takeWord('EXIT')
    reader.expectWord('THEN')
    const statements = context.statements(within(context, { isHandling: true }), 'WHEN', 'END')
    if (statements.length === 0) reader.fail('a handler has at least one statement')
    handlers.push({ names, statements })
  }
  if (handlers.length === 0) reader.expectWord('WHEN')
  return handlers
}

function readException({ reader, names }: ParseContext): string {
  const token = reader.peek()
  const name = reader.expectName('the name of an exception')
  if (names.find(name) !== 'exception' && !BUILT_IN.has(name))
    reader.fail(`the exception ${token.text} is not declared`, token)
  return name
}
