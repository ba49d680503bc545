import { readExpression } from './expression.ts'
import { readBlock, readDeclaration } from './parse-block.ts'
import { type ParseContext, readDeclared, readTargets } from './parse-context.ts'
import { readCase, readFor, readIf, readJump, readLoop, readRepeat, readWhile } from './parse-control.ts'
import {
  at,
  isSql,
  readCall,
  readCallInParentheses,
  readExecute,
  readSourceInParentheses,
  readSql,
  readUsing,
} from './parse-sql.ts'
import { shown } from './reader.ts'
import { nameOf } from './tokens.ts'
import type { Statement } from './tree.ts'

/**
 * Takes statements up to a word that ends them, each with its semicolon.
 *
 * @throws UserError and RefusedConstruct with the line
 */
export function readStatements(context: ParseContext, ...ends: readonly string[]): readonly Statement[] {
  const found: Statement[] = []
  const { reader } = context
  while (!reader.isWord(...ends)) {
    if (reader.peek().kind === 'end') reader.fail(`${ends.join(' or ')} is missing at the end`)
    found.push(readStatement(context))
    reader.expectSign(';')
  }
  return found
}

/** Takes one statement without its semicolon. */
export function readStatement(context: ParseContext): Statement {
  const { reader } = context
  const token = reader.peek()
  if (reader.peek(1).text === ':=' && (token.kind === 'word' || token.kind === 'quoted')) return readAssignment(context)
  const read = Object.hasOwn(STATEMENTS, token.word) ? STATEMENTS[token.word] : undefined
  if (read !== undefined) return read(context)
  if (isSql(context)) return readSql(context, ';')
  return reader.fail(`no statement starts with ${shown(token)}`, token)
}

function readAssignment(context: ParseContext): Statement {
  const { reader, names } = context
  const token = reader.next()
  const name = nameOf(token)
  const kind = names.find(name)
  reader.expectSign(':=')
  if (kind === 'resultset')
    return { kind: 'assign-result', name, source: readSourceInParentheses(context), ...at(token) }
  if (kind === undefined) reader.fail(`the variable ${token.text} is not declared`, token)
  if (kind === 'counter') reader.fail(`the counter ${token.text} of a loop is not to be changed`, token)
  if (kind !== 'variable') reader.fail(`${token.text} is a ${kind} and takes no value`, token)
  return { kind: 'assign', name, value: readCallInParentheses(context) ?? readExpression(context, ';'), ...at(token) }
}

function readReturn(context: ParseContext): Statement {
  const { reader, returns } = context
  const token = reader.next()
  if (reader.isWord('TABLE') && reader.peek(1).text === '(') {
    if (returns === 'value') reader.fail('RETURN TABLE stands in a procedure that RETURNS TABLE', token)
    reader.next()
    if (reader.peek(1).word === 'RESULTSET_FROM_CURSOR') reader.refuse('RESULTSET_FROM_CURSOR', reader.peek(1))
    return { kind: 'return-table', source: readSourceInParentheses(context), ...at(token) }
  }
  if (returns === 'table') reader.fail('a procedure that RETURNS TABLE has RETURN TABLE(…)', token)
  return { kind: 'return', value: readCallInParentheses(context) ?? readExpression(context, ';'), ...at(token) }
}

function readRaise(context: ParseContext): Statement {
  const { reader } = context
  const token = reader.next()
  if (!reader.isSign(';'))
    return { kind: 'raise', name: readDeclared(context, 'the exception', 'exception'), ...at(token) }
  if (!context.isHandling) reader.fail('RAISE without a name stands in a handler', token)
  return { kind: 'raise', name: undefined, ...at(token) }
}

function readFetch(context: ParseContext): Statement {
  const { reader } = context
  const token = reader.next()
  const cursor = readDeclared(context, 'the cursor', 'cursor')
  reader.expectWord('INTO')
  return { kind: 'fetch', cursor, into: readTargets(context, false), ...at(token) }
}

type Read = (context: ParseContext) => Statement

const transaction =
  (action: 'begin' | 'commit' | 'rollback'): Read =>
  ({ reader }) => {
    const token = reader.next()
    if (action === 'begin') reader.expectWord('TRANSACTION', 'WORK')
    else if (!reader.takeWord('WORK') && reader.isWord('TRANSACTION'))
      reader.fail(`${token.word}; or ${token.word} WORK; ends a transaction`)
    if (reader.isWord('NAME')) reader.refuse('the name of a transaction')
    return { kind: 'transaction', action, ...at(token) }
  }

const refused =
  (construct: string): Read =>
  ({ reader }) =>
    reader.refuse(construct)

/** BEGIN is a block, and a transaction where a word says so. */
const begin: Read = context => {
  const { reader } = context
  if (['TRANSACTION', 'WORK', 'NAME'].includes(reader.peek(1).word)) return transaction('begin')(context)
  if (reader.peek(1).text === ';') reader.fail('within a script a transaction starts with BEGIN TRANSACTION')
  return readBlock(context)
}

const STATEMENTS: Readonly<Record<string, Read>> = {
  DECLARE: readBlock,
  BEGIN: begin,
  START: transaction('begin'),
  COMMIT: transaction('commit'),
  ROLLBACK: transaction('rollback'),
  IF: readIf,
  CASE: readCase,
  FOR: readFor,
  WHILE: readWhile,
  REPEAT: readRepeat,
  LOOP: readLoop,
  BREAK: readJump,
  EXIT: readJump,
  CONTINUE: readJump,
  ITERATE: readJump,
  RETURN: readReturn,
  RAISE: readRaise,
  FETCH: readFetch,
  CALL: readCall,
  EXECUTE: context => readExecute(context, ';'),
  AWAIT: refused('AWAIT'),
  CANCEL: refused('CANCEL'),
  ASYNC: refused('ASYNC'),
  LET: context => {
    const token = context.reader.next()
    return { kind: 'let', declaration: readDeclaration(context, true), ...at(token) }
  },
  NULL: ({ reader }) => ({ kind: 'null', ...at(reader.next()) }),
  OPEN: context => {
    const token = context.reader.next()
    const cursor = readDeclared(context, 'the cursor', 'cursor')
    return { kind: 'open', cursor, using: readUsing(context), ...at(token) }
  },
  CLOSE: context => {
    const token = context.reader.next()
    return { kind: 'close', cursor: readDeclared(context, 'the cursor', 'cursor'), ...at(token) }
  },
}
