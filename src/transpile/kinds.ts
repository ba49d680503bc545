import { FUNCTIONS, type FunctionRule, type RewriteContext, unit } from './functions.ts'
import type { Json } from './parser.ts'
import { call, cast, type Fields, isObject, literalValue, text, word } from './tree.ts'

/** Rewrites a node of one kind; undefined leaves it as it is. */
export type KindRule = (fields: Fields, context: RewriteContext) => Json | undefined

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
  NUMBER: 'DECIMAL(38, 0)',
  DECIMAL: 'DECIMAL(38, 0)',
  VARIANT: 'JSON',
  JSON: 'JSON',
}

/** DuckDB's type for a type node of the tree. */
export function typeName(type: Json | undefined, { refuse }: Pick<RewriteContext, 'refuse'>): string {
  if (!isObject(type)) return refuse('a type')
  const name = String(type.data_type === 'custom' ? type.name : type.data_type).toUpperCase()
  const sized = /^(?:NUMBER|DECIMAL|NUMERIC)\s*\((\d+)(?:,\s*(\d+))?\)$/.exec(name)
  if (sized !== null) return `DECIMAL(${sized[1]}, ${sized[2] ?? 0})`
  if (name === 'DECIMAL' && type.precision != null) return `DECIMAL(${type.precision}, ${type.scale ?? 0})`
  if (name === 'VAR_CHAR' || name === 'VARCHAR')
    return type.length == null ? 'VARCHAR' : refuse(`VARCHAR(${type.length}), which truncates in Snowflake`)
  return TYPES[name.replaceAll('BIG_INT', 'BIGINT').replaceAll('SMALL_INT', 'SMALLINT')] ?? refuse(`the type ${name}`)
}

const castRule =
  (attempt: boolean): KindRule =>
  (fields, context) => {
    const { this: value, to } = fields
    if (value === undefined) return context.refuse('CAST without a value')
    if (fields.format != null) return context.refuse('CAST with a format')
    const type = typeName(to, context)
    if (attempt) return { try_cast: { ...fields, to: { data_type: 'custom', name: type } } } as Json
    const rule = CASTS[type]
    return rule === undefined ? cast(value, type) : rule(value, context)
  }

/** Casts that need more than DuckDB's own. */
const CASTS: Readonly<Record<string, (value: Json, context: RewriteContext) => Json>> = {
  DATETIME: (value, { macro }) => (isTyped(value) ? cast(value, 'DATETIME') : call(macro('SF_TIMESTAMP'), value)),
  BIGINT: (value, { macro }) => (isNull(value) ? cast(value, 'BIGINT') : call(macro('SF_INT'), value)),
  BOOLEAN: (value, { macro }) => (isNull(value) ? cast(value, 'BOOLEAN') : call(macro('SF_BOOLEAN'), value)),
  JSON: value => (isNull(value) ? cast(value, 'JSON') : call('TO_JSON', value)),
}

function isNull(value: Json): boolean {
  return isObject(value) && 'null' in value
}

/** Values that are timestamps already, or literals that say no offset. */
function isTyped(value: Json): boolean {
  const literal = literalValue(value)
  if (literal !== undefined) return !/(Z|[+-]\d\d:?\d\d)$/.test(literal)
  return (
    isNull(value) ||
    (isObject(value) && 'add' in value) ||
    (isObject(value) && isObject(value.function) && value.function.name === 'DATE_TRUNC')
  )
}

const functionRule: KindRule = ({ name, args }, context) => {
  const rule: FunctionRule | undefined = FUNCTIONS[String(name).toUpperCase()]
  if (rule === undefined) return context.refuse(`the function ${String(name).toUpperCase()}`)
  return rule(Array.isArray(args) ? args : [], context)
}

/** `v:a.b[0]`: a VARIANT, so a cast around it decides what it is; the cast then reads text without quotes. */
const variantPath: KindRule = ({ this: value, expression, variant_extract }, context) => {
  const path = literalValue(expression)
  if (variant_extract === undefined || value === undefined || path === undefined)
    return context.refuse('a path into a VARIANT')
  if (context.parent !== 'cast' && context.parent !== 'try_cast')
    return context.refuse('a path into a VARIANT without a cast')
  const parts = path.match(/[A-Za-z_][\w$]*|"[^"]*"|\[\d+\]/g) ?? []
  const quoted = parts.map(part => (part.startsWith('[') ? part : `."${part.replaceAll('"', '')}"`))
  return call(context.macro('SF_PATH'), value, text(`$${quoted.join('')}`))
}

const windowOnly: KindRule = (_, context) =>
  context.parent === 'window_function' ? undefined : context.refuse('a window function without OVER')

/** AVG of numbers has six more digits than its argument, as a division has. */
const average: KindRule = ({ this: value, distinct }, context) => {
  if (distinct === true || context.parent === 'window_function' || value === undefined)
    return context.refuse('AVG with DISTINCT or OVER')
  const total = {
    sum: { this: value, distinct: false, filter: null, order_by: [], name: 'sum', ignore_nulls: null },
  } as unknown as Json
  const rows = {
    count: { this: value, star: false, distinct: false, filter: null, ignore_nulls: null },
  } as unknown as Json
  return call(context.macro('SF_DIV'), total, call('NULLIF', rows, { literal: { literal_type: 'number', value: '0' } }))
}

/** LISTAGG of nothing is an empty text. */
const withinGroup: KindRule = (fields, context) => {
  const inner = fields.this
  if (!isObject(inner) || !isObject(inner.list_agg)) return context.refuse('WITHIN GROUP on this aggregate')
  if (context.parent === 'coalesce') return undefined
  return { coalesce: { expressions: [{ within_group: fields }, text('')], trailing_comments: [] } } as unknown as Json
}

const LITERALS = new Set(['string', 'number', 'date', 'timestamp'])

/** Kinds that are rewritten, or allowed only in some places. */
export const KINDS: Readonly<Record<string, KindRule>> = {
  function: functionRule,
  cast: castRule(false),
  try_cast: castRule(true),
  j_s_o_n_extract: variantPath,
  div: ({ left, right }, { macro }) =>
    left === undefined || right === undefined ? undefined : call(macro('SF_DIV'), left, right),
  mod: ({ left, right }, { macro }) =>
    left === undefined || right === undefined ? undefined : call(macro('SF_MOD'), left, right),
  mod_func: ({ this: left, expression: right }, { macro }) =>
    left === undefined || right === undefined ? undefined : call(macro('SF_MOD'), left, right),
  substring: ({ this: value, start, length }, { macro, refuse }) => {
    if (value === undefined || start === undefined) return refuse('SUBSTR with one argument')
    return length == null ? call(macro('SF_SUBSTR'), value, start) : call(macro('SF_SUBSTR3'), value, start, length)
  },
  to_number: ({ this: value, format, precision, scale, safe }, context) => {
    if (safe != null && value !== undefined && format == null && precision == null)
      return call(context.macro('SF_TRY_NUMBER'), value)
    if (safe != null) return context.refuse('TRY_TO_NUMBER with a format or precision')
    if (value === undefined) return context.refuse('TO_NUMBER without an argument')
    const hex = literalValue(format ?? undefined)
    if (hex !== undefined && /^X{1,15}$/.test(hex)) return call(context.macro('SF_HEX'), value)
    if (format != null && hex !== undefined && !/^\d+$/.test(hex))
      return context.refuse(`TO_NUMBER with the format ${hex}`)
    const digits = hex ?? literalValue(precision ?? undefined) ?? '38'
    return cast(
      value,
      `DECIMAL(${digits}, ${literalValue((hex === undefined ? scale : precision) ?? undefined) ?? literalValue(scale ?? undefined) ?? '0'})`,
    )
  },
  date_diff: ({ this: to, expression: from, unit: part }, context) =>
    to === undefined || from === undefined
      ? undefined
      : call(context.macro('SF_DATEDIFF'), text(unit(String(part), context)), from, to),
  starts_with: ({ this: value, expression }, { macro }) =>
    value === undefined || expression === undefined ? undefined : call(macro('SF_STARTSWITH'), value, expression),
  ends_with: ({ this: value, expression }, { macro }) =>
    value === undefined || expression === undefined ? undefined : call(macro('SF_ENDSWITH'), value, expression),
  parse_json: ({ this: value }, { macro }) => (value === undefined ? undefined : call(macro('SF_JSON'), value)),
  extract: ({ field }, { refuse }) =>
    ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'QUARTER'].includes(String(field).toUpperCase())
      ? undefined
      : refuse(`EXTRACT of ${String(field)}`),
  avg: average,
  within_group: withinGroup,
  list_agg: (_, context) =>
    context.parent === 'within_group' ? undefined : context.refuse('LISTAGG without WITHIN GROUP'),
  row_number: windowOnly,
  rank: windowOnly,
  dense_rank: windowOnly,
  lag: windowOnly,
  lead: windowOnly,
  like: ({ right }, { refuse }) =>
    (literalValue(right) ?? '\\').includes('\\')
      ? refuse('LIKE with a pattern that is no literal, or has a backslash')
      : undefined,
  i_like: ({ right }, { refuse }) =>
    (literalValue(right) ?? '\\').includes('\\')
      ? refuse('ILIKE with a pattern that is no literal, or has a backslash')
      : undefined,
  table: ({ when }, { refuse }) => (when == null ? undefined : refuse('AT or BEFORE: time travel')),
  literal: ({ literal_type: type, value }, { refuse }) => {
    if (!LITERALS.has(String(type))) return refuse(`a literal of the kind ${String(type)}`)
    return type === 'timestamp' && /(Z|[+-]\d\d:?\d\d)$/.test(String(value))
      ? refuse('TIMESTAMP literal with an offset')
      : undefined
  },
  add_months: ({ this: value, expression }, { macro }) =>
    value === undefined || expression === undefined ? undefined : call(macro('SF_ADD_MONTHS'), value, expression),
  column: ({ name }, { refuse }) => (/^\$\d/.test(word(name) ?? '') ? refuse('a column by its number') : undefined),
}
