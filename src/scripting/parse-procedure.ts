import { readExpression } from './expression.ts'
import { createNames } from './names.ts'
import { readBlock } from './parse-block.ts'
import type { ParseContext } from './parse-context.ts'
import { readDotted, readNew } from './parse-sql.ts'
import { createReader, type Reader } from './reader.ts'
import { type Token, unquoted } from './tokens.ts'
import type { Block, Parameter, Procedure, ReturnedColumn } from './tree.ts'
import { readType } from './types.ts'

/** Whether CREATE [OR REPLACE] PROCEDURE stands here. */
export function startsProcedure(reader: Reader): boolean {
  if (!reader.isWord('CREATE')) return false
  const words = [1, 2, 3, 4].map(ahead => reader.peek(ahead).word)
  if (words.slice(0, 2).join(' ') === 'OR REPLACE') words.splice(0, 2)
  if (['SECURE', 'TEMP', 'TEMPORARY'].includes(words[0] ?? '')) words.shift()
  return words[0] === 'PROCEDURE'
}

/** Takes a CREATE PROCEDURE statement without its semicolon. */
export function readProcedure(context: ParseContext): Procedure {
  const { reader } = context
  const first = reader.expectWord('CREATE')
  if (reader.takeWord('OR')) reader.expectWord('REPLACE')
  if (reader.isWord('TEMP', 'TEMPORARY')) reader.refuse('a temporary procedure')
  reader.takeWord('SECURE')
  reader.expectWord('PROCEDURE')
  if (reader.isWord('IF')) reader.refuse('CREATE PROCEDURE IF NOT EXISTS')
  const name = readDotted(context)
  const parameters = readParameters(context)
  if (reader.takeWord('COPY')) reader.expectWord('GRANTS')
  const returns = readReturns(context)
  const isStrict = readOptions(reader)
  const inner: ParseContext = { ...context, names: createNames(), returns: returns.kind, jumps: [] }
  for (const parameter of parameters) inner.names.declare(parameter.name, 'variable')
  const body = readBody(inner)
  return { name, parameters, returns, isStrict, body, file: reader.source.file, line: first.line }
}

function readParameters(context: ParseContext): readonly Parameter[] {
  const { reader } = context
  const found: Parameter[] = []
  reader.expectSign('(')
  if (reader.takeSign(')')) return found
  do {
    const { name, token } = readNew(context, 'the name of an argument')
    if (reader.isWord('OUT', 'INOUT')) reader.refuse(`an ${reader.peek().word} argument`)
    reader.takeWord('IN')
    const type = readType(reader)
    const isGiven = reader.takeWord('DEFAULT') || reader.takeSign('=>')
    if (found.some(parameter => parameter.name === name)) reader.fail(`the argument ${name} is declared twice`, token)
    if (!isGiven && found.at(-1)?.default !== undefined)
      reader.fail(`the argument ${name} follows one with a default and needs one too`, token)
    found.push({ name, type, default: isGiven ? readExpression(context, ',', ')') : undefined })
  } while (reader.takeSign(','))
  reader.expectSign(')')
  return found
}

function readReturns(context: ParseContext): Procedure['returns'] {
  const { reader } = context
  reader.expectWord('RETURNS')
  if (!reader.takeWord('TABLE')) {
    const type = readType(reader)
    const isNotNull = reader.takeWord('NOT')
    if (isNotNull) reader.expectWord('NULL')
    return { kind: 'value', type, isNotNull }
  }
  const columns: ReturnedColumn[] = []
  reader.expectSign('(')
  if (!reader.takeSign(')')) {
    do columns.push({ name: reader.expectName('the name of a column'), type: readType(reader) })
    while (reader.takeSign(','))
    reader.expectSign(')')
  }
  return { kind: 'table', columns }
}

/** Takes what stands between RETURNS and AS; whether the procedure is strict. */
function readOptions(reader: Reader): boolean {
  let [isStrict, language] = [false, '']
  while (!reader.takeWord('AS')) {
    const token = reader.next()
    if (token.word === 'LANGUAGE') language = reader.next().word
    else if (token.word === 'STRICT') isStrict = true
    else if (Object.hasOwn(OPTIONS, token.word)) isStrict = OPTIONS[token.word]?.(reader, token) ?? isStrict
    else reader.fail(`AS was expected and ${token.text || 'the end'} was found`, token)
  }
  if (language !== '' && language !== 'SQL') reader.refuse(`a procedure in ${language}`)
  return isStrict
}

const words =
  (...expected: readonly string[]) =>
  (reader: Reader): void => {
    for (const word of expected) reader.expectWord(word)
  }

const OPTIONS: Readonly<Record<string, (reader: Reader, token: Token) => boolean | undefined>> = {
  CALLED: reader => void words('ON', 'NULL', 'INPUT')(reader),
  RETURNS: reader => {
    words('NULL', 'ON', 'NULL', 'INPUT')(reader)
    return true
  },
  NOT: reader => void words('NULL')(reader),
  VOLATILE: () => undefined,
  IMMUTABLE: () => undefined,
  COPY: reader => void words('GRANTS')(reader),
  COMMENT: reader => {
    reader.expectSign('=')
    if (!['string', 'dollar'].includes(reader.next().kind)) reader.fail('the comment is a text')
    return undefined
  },
  EXECUTE: reader => {
    reader.expectWord('AS')
    // Rights are not told apart here: both run as the one who owns the warehouse.
    reader.expectWord('CALLER', 'OWNER', 'RESTRICTED')
    reader.takeWord('CALLER')
    return undefined
  },
}

/** Takes the body: a text in quotes or between `$$`, or a block as it is. */
function readBody(context: ParseContext): Block {
  const { reader } = context
  const token = reader.peek()
  if (token.kind !== 'string' && token.kind !== 'dollar') return checked(context)
  reader.next()
  const inner = {
    ...context,
    reader: createReader({ text: unquoted(token), file: reader.source.file, line: token.line }),
  }
  const body = checked(inner)
  inner.reader.takeSign(';')
  if (inner.reader.peek().kind !== 'end') inner.reader.fail('nothing may follow the block of a procedure')
  return body
}

function checked(context: ParseContext): Block {
  const body = readBlock(context)
  for (const { label, token } of context.jumps) context.reader.fail(`no loop around here has the label ${label}`, token)
  return body
}
