import type { Json } from './parser.ts'

export type Fields = { readonly [key: string]: Json | undefined }

export function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a field says nothing, as most do: absent, null, false or an empty list. */
export function isBlank(value: Json | undefined): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0)
}

/** A call of a function. */
export function call(name: string, ...args: readonly Json[]): Json {
  return {
    function: {
      name,
      args,
      distinct: false,
      trailing_comments: [],
      use_bracket_syntax: false,
      no_parens: false,
      quoted: false,
    },
  }
}

export const text = (value: string): Json => ({ literal: { literal_type: 'string', value } })
export const number = (value: string | number): Json => ({ literal: { literal_type: 'number', value: String(value) } })

/** A binary operator, e.g. `concat` for `||`. Both sides are put in parentheses. */
export function binary(kind: string, left: Json, right: Json): Json {
  const inner = (value: Json): Json => ({ paren: { this: value, trailing_comments: [] } })
  return {
    [kind]: { left: inner(left), right: inner(right), left_comments: [], operator_comments: [], trailing_comments: [] },
  }
}

/** A cast to a type that DuckDB and Snowflake call by one name. */
export function cast(value: Json, type: string): Json {
  return {
    cast: {
      this: value,
      to: { data_type: 'custom', name: type },
      trailing_comments: [],
      double_colon_syntax: false,
      format: null,
      default: null,
    },
  }
}

/** The value of a literal; undefined for anything else. */
export function literalValue(value: Json | undefined): string | undefined {
  if (!isObject(value) || !isObject(value.literal)) return undefined
  return typeof value.literal.value === 'string' ? value.literal.value : undefined
}

/** The word of an unquoted name: a column without a table, a keyword, a string. */
export function word(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined
  const name = isObject(value.column)
    ? value.column.name
    : isObject(value.var)
      ? value.var.this
      : (value.name ?? literalValue(value))
  if (typeof name === 'string') return name
  return isObject(name) && typeof name.name === 'string' ? name.name : undefined
}

/** The parts of a relation's name that are given, of database, schema and name. */
export function nameParts({ catalog, schema, name }: Fields): readonly string[] {
  return [catalog, schema, name].map(part => word(part) ?? '').filter(part => part !== '')
}
