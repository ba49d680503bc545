import { segments } from '../../dialects/tokens.ts'
import { UserError } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'

/** A COPY INTO taken apart: what chooses its files is ours to say, the rest stays as it is written. */
export interface CopyText {
  /** The table, as written. */
  readonly table: string
  /** `DATABASE.SCHEMA.STAGE`, as written. */
  readonly stage: string
  /** Below the stage; '' is the whole stage. */
  readonly path: string
  readonly pattern?: string | undefined
  readonly files?: readonly string[] | undefined
  readonly force: boolean
  /** All other options. */
  readonly options: string
}

// What stands for a character of a string, so that no option is found inside one.
const INSIDE = '\u0001'
const NAME = String.raw`(?:"(?:[^"]|"")*"|[\w$]+)`
const SOURCE = new RegExp(String.raw`^@(${NAME}(?:\.${NAME})*)(?:/([\s\S]*))?$`)

/**
 * Takes a COPY INTO a table from a stage apart.
 *
 * @throws UserError where it is none
 */
export function readCopy(text: SqlText): CopyText {
  const shape = shapeOf(text.sql)
  const head = /^\s*copy\s+into\s+(\S+)\s+from\s+(\u0001+|@\S*)/i.exec(shape) ?? refuse(text)
  const [whole, table = '', source = ''] = head
  const from = text.sql.slice(whole.length - source.length, whole.length)
  const [, stage = '', path = ''] = SOURCE.exec(source.startsWith(INSIDE) ? unquoted(from) : from) ?? refuse(text)
  const start = shape.indexOf(table, shape.search(/into/i) + 4)
  const rest = { sql: text.sql.slice(whole.length), shape: shape.slice(whole.length) }
  const pattern = /\bpattern\s*=\s*(\u0001+)/i.exec(rest.shape)
  const files = /\bfiles\s*=\s*\(([^)]*)\)/i.exec(rest.shape)
  const force = /\bforce\s*=\s*(true|false)\b/i.exec(rest.shape)
  const original = (match: RegExpExecArray): string => rest.sql.slice(match.index, match.index + match[0].length)
  return {
    table: text.sql.slice(start, start + table.length),
    stage,
    path,
    pattern: pattern === null ? undefined : strings(original(pattern))[0],
    files: files === null ? undefined : strings(original(files)),
    force: force?.[1]?.toLowerCase() === 'true',
    options: without(
      rest.sql,
      [pattern, files, force].filter(match => match !== null),
    ),
  }
}

function refuse(text: SqlText): never {
  throw new UserError('this is no COPY INTO a table from a stage', {
    file: text.file || undefined,
    line: text.line,
    remedy: 'write copy into DATABASE.SCHEMA.TABLE from @DATABASE.SCHEMA.STAGE/path/',
  })
}

/** The text with everything inside strings, names in quotes and comments made unreadable, of the same length. */
function shapeOf(sql: string): string {
  const fill = { code: '', string: INSIDE, quoted: 'q', comment: ' ' }
  return segments(sql)
    .map(({ kind, text }) => (kind === 'code' ? text : fill[kind].repeat(text.length)))
    .join('')
}

function strings(sql: string): readonly string[] {
  return segments(sql).flatMap(({ kind, text }) => (kind === 'string' ? [unquoted(text)] : []))
}

/** What a string literal stands for. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/''|\\([\s\S])/g, (_all, escaped: string | undefined) => escaped ?? "'")
}

function without(sql: string, matches: readonly RegExpExecArray[]): string {
  const last = [...matches].sort((a, b) => b.index - a.index)
  return last
    .reduce((left, { index, 0: found }) => left.slice(0, index) + left.slice(index + found.length), sql)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .join('\n')
}
