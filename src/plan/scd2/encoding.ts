import { literal } from '../../dialects/snowflake.ts'

/**
 * One text for the values of these columns of `alias`: names and lengths are in it, so that neighbours cannot run into each
 * other; a NULL is left out, so that a new column without values changes nothing, while '' is not. It starts with a mark, as
 * the empty text stands for absence. Equal texts mean equal values, in every engine, for VARCHAR, NUMBER and DATE columns.
 */
export function encoded(alias: string, columns: readonly string[]): string {
  const parts = columns.map(name => {
    const value = `cast(${alias}.${name} as varchar)`
    return `iff(${alias}.${name} is null, '', ${literal(`${name}=`)} || length(${value}) || ':' || ${value} || ';')`
  })
  return ["'|'", ...parts].join(' || ')
}

/** The first 15 hexadecimal digits of an MD5 as a number: fits BIGINT, and is the same in every engine. */
export function hashNumber(text: string, from = 1): string {
  return `to_number(substr(md5(${text}), ${from}, 15), 'XXXXXXXXXXXXXXX')`
}

/** The hash of a set of rows that have a column `row_hash` (MD5, hexadecimal), whatever their order. */
export const ROWS_HASH = `md5(count(*) || '/' || sum(to_number(substr(row_hash, 1, 15), 'XXXXXXXXXXXXXXX')) || '/' || sum(to_number(substr(row_hash, 16, 15), 'XXXXXXXXXXXXXXX')))`
