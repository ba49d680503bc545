import { segments } from '../dialects/tokens.ts'
import { type Fields, isObject } from './tree.ts'

const STORAGE = ' USING COMPRESSION UNCOMPRESSED'

/** Whether a statement makes a transient table of declared columns, as those are that a COPY fills. */
export function isTransientTable(statement: Fields): boolean {
  const create = statement.create_table
  if (!isObject(create) || create.table_modifier !== 'TRANSIENT') return false
  const has = (list: unknown): boolean => Array.isArray(list) && list.length > 0
  return has(create.columns) && !has(create.constraints)
}

/**
 * Keeps each column as it comes. A transient table is written anew by every load and read a few times: finding the best
 * compression for it takes longer than all of that.
 *
 * @param sql DuckDB's `CREATE TABLE name (columns)`
 */
export function uncompressed(sql: string): string {
  let depth = 0
  const column = (found: string): string => {
    if (found === '(') depth += 1
    const ends = depth === 1 && found !== '('
    if (found === ')') depth -= 1
    return ends ? `${STORAGE}${found}` : found
  }
  return segments(sql)
    .map(({ kind, text }) => (kind === 'code' ? text.replaceAll(/[(),]/g, column) : text))
    .join('')
}
