import type { RewriteContext } from './context.ts'
import type { Json } from './parser.ts'
import { decimalType, MAX_SCALE } from './prelude.ts'
import { isObject } from './tree.ts'

/** Types by the name that Snowflake gives them, and what DuckDB stores them as. */
const TYPES: Readonly<Record<string, string>> = {
  INT: 'BIGINT',
  INTEGER: 'BIGINT',
  BIGINT: 'BIGINT',
  SMALLINT: 'BIGINT',
  FLOAT: 'DOUBLE',
  DOUBLE: 'DOUBLE',
  TEXT: 'VARCHAR',
  STRING: 'VARCHAR',
  VARCHAR: 'VARCHAR',
  DATE: 'DATE',
  BOOLEAN: 'BOOLEAN',
  TIMESTAMPNTZ: 'DATETIME',
  TIMESTAMP_NTZ: 'DATETIME',
  DATETIME: 'DATETIME',
  NUMBER: decimalType(0),
  DECIMAL: decimalType(0),
  VARIANT: 'JSON',
  JSON: 'JSON',
}

/** A type's own precision and scale, where it has them. */
function numeric(type: Json, name: string): { readonly precision: number; readonly scale: number } | undefined {
  const sized = /^(?:NUMBER|DECIMAL|NUMERIC)\s*\((\d+)(?:,\s*(\d+))?\)$/.exec(name)
  if (sized !== null) return { precision: Number(sized[1]), scale: Number(sized[2] ?? 0) }
  if (name !== 'DECIMAL' || !isObject(type) || type.precision == null) return undefined
  return { precision: Number(type.precision), scale: Number(type.scale ?? 0) }
}

/** DuckDB's type for a type node of the tree. */
export function typeName(type: Json | undefined, { refuse }: Pick<RewriteContext, 'refuse'>): string {
  if (!isObject(type)) return refuse('a type')
  const name = String(type.data_type === 'custom' ? type.name : type.data_type).toUpperCase()
  const number = numeric(type, name)
  if (number !== undefined) {
    return number.scale > MAX_SCALE
      ? refuse(`NUMBER(${number.precision},${number.scale}), of more than ${MAX_SCALE} digits after the point`)
      : decimalType(number.scale, number.precision)
  }
  if (name === 'VAR_CHAR' || name === 'VARCHAR')
    return type.length == null ? 'VARCHAR' : refuse(`VARCHAR(${type.length}), which truncates in Snowflake`)
  return TYPES[name.replaceAll('BIG_INT', 'BIGINT').replaceAll('SMALL_INT', 'SMALLINT')] ?? refuse(`the type ${name}`)
}

/** NUMBER(p,s) as it was written, for what must be NULL where a number does not fit it; undefined for other types. */
export function exactDecimal(type: Json | undefined): string | undefined {
  if (!isObject(type)) return undefined
  const name = String(type.data_type === 'custom' ? type.name : type.data_type).toUpperCase()
  const number = numeric(type, name)
  return number === undefined ? undefined : `DECIMAL(${number.precision}, ${number.scale})`
}
