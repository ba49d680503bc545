import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { pythonPath } from '../../scripts/python.mjs'
import { segments } from '../../src/dialects/tokens.ts'
import { root } from './sources.ts'

/** What sqlfluff finds wrong. `line` counts from 1 in the text of that name, also for what stands inside `$$`. */
export interface ParseError {
  readonly name: string
  readonly line: number
  readonly message: string
}

/** A text to parse: a whole file or the body of a procedure in it. */
interface Piece {
  readonly name: string
  readonly text: string
  /** The line of the file on which the piece begins. */
  readonly firstLine: number
}

/**
 * Parses texts as Snowflake SQL with sqlfluff, in one process for all of them, since its start is what takes long. To a parser
 * of files a body between `$$` is a string, so each is parsed once more as the block that it is.
 *
 * @returns in order of the names as they were given, and of the lines within each
 * @throws Error where Python or sqlfluff cannot be run
 */
export async function parseErrors(sqlByName: ReadonlyMap<string, string>): Promise<readonly ParseError[]> {
  const pieces = [...sqlByName].flatMap(([name, text]) => [{ name, text, firstLine: 1 }, ...bodies(name, text)])
  const found = await callSqlfluff(pieces.map(piece => piece.text))
  const errors = pieces.flatMap(({ name, firstLine }, index) =>
    (found[index] ?? []).map(({ line, message }) => ({
      name,
      line: firstLine + line - 1,
      // The line that the message names is one of the piece.
      message: message.replace(/^Line \d+, Position \d+: /, ''),
    })),
  )
  const order = [...sqlByName.keys()]
  return errors.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || a.line - b.line)
}

/** The blocks between `$$` that AS or EXECUTE IMMEDIATE brings in; other texts in dollars, as a comment's, are no code. */
function bodies(name: string, sql: string): readonly Piece[] {
  const found: Piece[] = []
  let before = ''
  for (const { kind, text, offset } of segments(sql)) {
    if (kind === 'comment') continue
    const isDollar = kind === 'string' && text.length >= 4 && text.startsWith('$$') && text.endsWith('$$')
    if (isDollar && /\b(AS|IMMEDIATE)\s*$/i.test(before))
      found.push({ name, text: text.slice(2, -2), firstLine: sql.slice(0, offset).split('\n').length })
    before = kind === 'code' ? before + text : ''
  }
  return found
}

/** What sqlfluff finds in each text. */
async function callSqlfluff(texts: readonly string[]): Promise<readonly (readonly Omit<ParseError, 'name'>[])[]> {
  const child = spawn(pythonPath(), [join(root, 'tests', 'helpers', 'parse_snowflake.py')], {
    env: { ...process.env, PYTHONUTF8: '1' },
  })
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  child.stdin.end(JSON.stringify(texts))
  const [status, output, words] = await Promise.all([ended, readAll(child.stdout), readAll(child.stderr)])
  if (status !== 0) throw new Error(`sqlfluff ended with ${status}:\n${words.slice(-3000)}`)
  return JSON.parse(output) as readonly (readonly Omit<ParseError, 'name'>[])[]
}
