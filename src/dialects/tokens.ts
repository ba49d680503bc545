/** A stretch of SQL: `code`, or something whose inside is not code. `text` joined over all segments is the input. */
export interface Segment {
  readonly kind: 'code' | 'string' | 'quoted' | 'comment'
  readonly text: string
  /** Characters before the segment. */
  readonly offset: number
}

// Strings with doubled quotes or backslash escapes, $$ bodies, quoted identifiers, and both kinds of comment.
const OPAQUE =
  /(?<string>'(?:[^'\\]|''|\\[\s\S])*'?|\$\$[\s\S]*?(?:\$\$|$))|(?<quoted>"(?:[^"]|"")*"?)|(?<comment>--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/g

/** Splits Snowflake SQL into code and what only looks like code. Never fails: an unterminated string runs to the end. */
export function segments(sql: string): readonly Segment[] {
  const found: Segment[] = []
  let end = 0
  for (const match of sql.matchAll(OPAQUE)) {
    if (match.index > end) found.push({ kind: 'code', text: sql.slice(end, match.index), offset: end })
    const kind =
      match.groups?.string !== undefined ? 'string' : match.groups?.quoted !== undefined ? 'quoted' : 'comment'
    found.push({ kind, text: match[0], offset: match.index })
    end = match.index + match[0].length
  }
  if (end < sql.length) found.push({ kind: 'code', text: sql.slice(end), offset: end })
  return found
}

/** A text as a piece of a regular expression that stands for itself. */
export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
