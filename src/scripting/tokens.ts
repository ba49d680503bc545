import { UserError } from '../error.ts'

/** A piece of a script that is no space and no comment. */
export interface Token {
  /** `dollar` is a text between `$$`, `parameter` a `$1` or a `$name`, `end` stands behind the last token. */
  readonly kind: 'word' | 'quoted' | 'string' | 'dollar' | 'number' | 'parameter' | 'sign' | 'end'
  readonly text: string
  /** A word in upper case; '' for everything else. */
  readonly word: string
  /** Characters before the token and before what follows it. */
  readonly start: number
  readonly end: number
  /** Line of the file, from 1. */
  readonly line: number
  /** Character of the line, from 1. */
  readonly column: number
}

/** A text with the place it stands at. */
export interface Source {
  readonly text: string
  readonly file: string
  /** The line of `file` that the first line of `text` stands on. */
  readonly line: number
}

const TOKEN =
  /(?<space>\s+|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^'\\]|''|\\[\s\S])*')|(?<dollar>\$\$[\s\S]*?\$\$)|(?<quoted>"(?:[^"]|"")*")|(?<parameter>\$\w+)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<sign>:=|::|=>|->|\|\||<=|>=|<>|!=|[^'"\s])/y

const KINDS = ['space', 'word', 'sign', 'number', 'string', 'quoted', 'dollar', 'parameter'] as const

const OPEN: readonly (readonly [string, string])[] = [
  ["'", 'a text'],
  ['"', 'a quoted name'],
  ['/*', 'a comment'],
  ['$$', 'a text'],
]

/**
 * Splits a script into tokens; the last one is of the kind `end`.
 *
 * @throws UserError where a text, a name or a comment does not end
 */
export function tokens({ text, file, line: first }: Source): readonly Token[] {
  const found: Token[] = []
  const pattern = new RegExp(TOKEN)
  let [line, lineStart, at] = [first, 0, 0]
  const token = (kind: Token['kind'], piece: string): Token => {
    const word = kind === 'word' ? piece.toUpperCase() : ''
    return { kind, text: piece, word, start: at, end: at + piece.length, line, column: at - lineStart + 1 }
  }
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    const open = OPEN.find(([mark]) => text.startsWith(mark, at))
    const kind = KINDS.find(each => match?.groups?.[each] !== undefined)
    const piece = kind === undefined ? undefined : match?.groups?.[kind]
    // A mark that was taken for signs opens something that does not end.
    if (kind === undefined || piece === undefined || (open !== undefined && (kind === 'sign' || kind === 'parameter')))
      throw new UserError(`${open?.[1] ?? 'what starts'} here does not end`, { file, line })
    if (kind !== 'space') found.push(token(kind, piece))
    const breaks = piece.split('\n').length - 1
    if (breaks > 0) lineStart = at + piece.lastIndexOf('\n') + 1
    line += breaks
    at += piece.length
  }
  return [...found, token('end', '')]
}

/** What a text in quotes or between `$$` says: escapes are undone. */
export function unquoted(token: Token): string {
  if (token.kind === 'dollar') return token.text.slice(2, -2)
  return token.text.slice(1, -1).replaceAll(/''|\\([\s\S])/g, (_, escaped: string | undefined) => {
    return escaped === undefined ? "'" : (ESCAPES[escaped] ?? escaped)
  })
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' }

/** A name as Snowflake compares it: without quotes in upper case, in quotes as it is. */
export function nameOf(token: Token): string {
  return token.kind === 'quoted' ? token.text.slice(1, -1).replaceAll('""', '"') : token.text.toUpperCase()
}
