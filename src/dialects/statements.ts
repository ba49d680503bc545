import type { SqlText } from '../graph/types.ts'
import { segments } from './tokens.ts'

const DDL = new Set(['CREATE', 'ALTER', 'DROP', 'COMMENT', 'GRANT', 'REVOKE', 'UNDROP'])

/** Splits a text at the semicolons that end statements; empty ones are dropped and each keeps its own first line. */
export function splitStatements(text: SqlText): readonly SqlText[] {
  const ends: number[] = []
  for (const segment of segments(text.sql)) {
    if (segment.kind !== 'code') continue
    for (let at = segment.text.indexOf(';'); at >= 0; at = segment.text.indexOf(';', at + 1))
      ends.push(segment.offset + at)
  }
  let start = 0
  const pieces: SqlText[] = []
  for (const end of [...ends, text.sql.length]) {
    const piece = text.sql.slice(start, end)
    const leading = /^\s*/.exec(piece)?.[0] ?? ''
    if (firstKeyword(piece) !== '') {
      const line =
        text.line === undefined ? undefined : text.line + newlines(text.sql.slice(0, start)) + newlines(leading)
      pieces.push({ sql: piece.trim(), file: text.file, line })
    }
    start = end + 1
  }
  return pieces
}

/** The first word of a statement in upper case, comments skipped; '' where there is no code. */
export function firstKeyword(sql: string): string {
  for (const segment of segments(sql)) {
    if (segment.kind === 'comment') continue
    const word = /[A-Za-z_]\w*|\S/.exec(segment.text)?.[0]
    if (word !== undefined) return word.toUpperCase()
  }
  return ''
}

/** Whether a statement is DDL, which commits an open transaction in Snowflake. */
export function isDdl(sql: string): boolean {
  return DDL.has(firstKeyword(sql))
}

function newlines(text: string): number {
  return text.split('\n').length - 1
}

/** Whether a query's rows come in an order: ORDER BY stands outside all parentheses. */
export function isOrdered(sql: string): boolean {
  let code = segments(sql)
    .map(({ kind, text }) => (kind === 'code' ? text : ' '))
    .join('')
  for (let before = ''; before !== code; ) {
    before = code
    code = code.replaceAll(/\([^()]*\)/g, ' ')
  }
  return /\border\s+by\b/i.test(code)
}
