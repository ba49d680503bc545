import { createNames } from './names.ts'
import { readBlock } from './parse-block.ts'
import type { ParseContext } from './parse-context.ts'
import { readProcedure, startsProcedure } from './parse-procedure.ts'
import { readStatement, readStatements } from './parse-statements.ts'
import { createReader, type Reader } from './reader.ts'
import type { Source } from './tokens.ts'
import type { Block, Procedure, Statement } from './tree.ts'

/** A context in which nothing is declared. */
function contextOf(reader: Reader, hasBinds: boolean): ParseContext {
  return {
    reader,
    names: createNames(),
    hasBinds,
    isHandling: false,
    returns: undefined,
    isInLoop: false,
    jumps: [],
    statements: readStatements,
  }
}

/**
 * The procedures that a text creates: CREATE PROCEDURE statements with semicolons between them.
 *
 * @param file the text's path, for errors
 * @throws UserError for what is malformed and for anything else than a procedure, RefusedConstruct for what is not supported;
 *   both with file and line
 */
export function parseProcedures(text: string, file: string): readonly Procedure[] {
  const reader = createReader({ text, file, line: 1 })
  const found: Procedure[] = []
  while (reader.peek().kind !== 'end') {
    if (reader.takeSign(';')) continue
    if (!startsProcedure(reader)) reader.fail('CREATE PROCEDURE was expected')
    found.push(readProcedure(contextOf(reader, false)))
    if (reader.peek().kind !== 'end') reader.expectSign(';')
  }
  return found
}

/** An anonymous block. Throws as parseProcedures does. */
export function parseBlock(text: string, file: string): Block {
  const context = contextOf(createReader({ text, file, line: 1 }), false)
  const block = readBlock(context)
  ended(context)
  return block
}

/** What EXECUTE IMMEDIATE executes: one statement, or a block. Nothing of the script around it can be named in it. */
export function parseImmediate(source: Source): Statement {
  // A statement's semicolon may be left out there, and the reader of statements wants it.
  const text = /;\s*$/.test(source.text) ? source.text : `${source.text}\n;`
  const context = contextOf(createReader({ ...source, text }), true)
  const first = context.reader.peek().word
  if (
    !['DECLARE', 'BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'CALL', 'EXECUTE'].includes(first) &&
    !isStatementOfSql(context)
  )
    context.reader.fail('EXECUTE IMMEDIATE executes a statement of SQL or a block')
  const statement = readStatement(context)
  ended(context)
  return statement
}

function isStatementOfSql({ reader }: ParseContext): boolean {
  return !['LET', 'IF', 'CASE', 'FOR', 'WHILE', 'REPEAT', 'LOOP', 'RETURN', 'RAISE', 'NULL'].includes(
    reader.peek().word,
  )
}

function ended({ reader, jumps }: ParseContext): void {
  while (reader.takeSign(';'));
  if (reader.peek().kind !== 'end') reader.fail('one statement was expected here, and another follows')
  for (const { label, token } of jumps) reader.fail(`no loop around here has the label ${label}`, token)
}
