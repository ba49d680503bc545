import { escapeRegExp, segments } from '../dialects/tokens.ts'
import type { SqlText } from '../graph/types.ts'

/** Words of a construct's description that are no part of the SQL. */
const PROSE = new Set([
  'THE',
  'FUNCTION',
  'TYPE',
  'WITH',
  'WITHOUT',
  'THIS',
  'AND',
  'FORMAT',
  'AROUND',
  'CAST',
  'OTHER',
  'THAN',
  'ONE',
  'ITS',
])

/** The source line of a refused construct, by the words in its name. */
export function constructLine(text: SqlText, construct: string): number | undefined {
  const words = construct
    .toUpperCase()
    .split(/[^A-Z0-9_]+/)
    .flatMap(word => [word, ...word.split('_')])
    .filter(word => word.length > 1 && !PROSE.has(word))
  return firstLine(text, words) ?? text.line
}

/**
 * The source line of an error that the engine found at a character of its own text: that token's line in the source. A token
 * that comes several times is told by its number, where the source has as many of it.
 */
export function sourceLine(text: SqlText, translated: string, offset: number): number | undefined {
  // DuckDB counts bytes; texts are compared by characters.
  const before = Buffer.from(translated).subarray(0, offset).toString()
  const token = /^[\w$]+/.exec(translated.slice(before.length))?.[0]
  if (token === undefined) return text.line
  const count = (sql: string): number => [...sql.matchAll(wordPattern(token))].length
  const places = [...text.sql.matchAll(wordPattern(token))].map(match => match.index)
  const at = count(translated) === places.length ? places[count(before)] : places[0]
  return at === undefined ? text.line : lineAt(text, at)
}

function wordPattern(word: string): RegExp {
  return new RegExp(`(?<![\\w$])${escapeRegExp(word)}(?![\\w$])`, 'gi')
}

function firstLine(text: SqlText, words: readonly string[]): number | undefined {
  for (const word of words) {
    for (const segment of segments(text.sql)) {
      const match = segment.kind === 'code' ? wordPattern(word).exec(segment.text) : null
      if (match !== null) return lineAt(text, segment.offset + match.index)
    }
  }
  return undefined
}

function lineAt(text: SqlText, offset: number): number | undefined {
  return text.line === undefined ? undefined : text.line + text.sql.slice(0, offset).split('\n').length - 1
}
