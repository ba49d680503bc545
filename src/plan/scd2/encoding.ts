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

/** Whether any of these columns differs between two relations; NULL equals NULL. */
export function differs(one: string, other: string, columns: readonly string[]): string {
  return columns.length === 0
    ? 'false'
    : `(${columns.map(name => `not equal_null(${one}.${name}, ${other}.${name})`).join(' or ')})`
}

/** The first 15 hexadecimal digits of an MD5 as a number: fits BIGINT, and is the same in every engine. */
export function hashNumber(text: string, from = 1): string {
  return `to_number(substr(md5(${text}), ${from}, 15), 'XXXXXXXXXXXXXXX')`
}

/** The hash of a set of rows by their hashes (MD5, hexadecimal), whatever their order. */
export function rowsHash(column: string): string {
  const half = (from: number): string => `sum(to_number(substr(${column}, ${from}, 15), 'XXXXXXXXXXXXXXX'))`
  return `md5(count(*) || '/' || ${half(1)} || '/' || ${half(16)})`
}
