import { segments } from '../dialects/tokens.ts'

/**
 * A statement without its clustering key, which changes no answer, and DuckDB has none. It goes before the text is parsed: the
 * parser knows no expressions in it. Lines stay where they are.
 */
export function withoutClustering(sql: string): string {
  // What is no code may look like a key or hold a parenthesis.
  const code = segments(sql)
    .map(({ kind, text }) => (kind === 'code' ? text : text.replace(/[^\n]/g, '_')))
    .join('')
  const found = /^[_\s]*create\b[^(]*\btable\b[\s\S]*?\bcluster\s+by\s*\(/i.exec(code)
  if (found === null) return sql
  const start = found[0].search(/\bcluster\s+by\s*\($/i)
  let end = found[0].length
  for (let open = 1; open > 0; end++) {
    if (end >= code.length) return sql
    if (code[end] === '(') open++
    else if (code[end] === ')') open--
  }
  return sql.slice(0, start) + sql.slice(start, end).replace(/[^\n]/g, ' ') + sql.slice(end)
}
