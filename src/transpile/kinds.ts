import { asText, castRule, timestampOf, tryCastRule, variantPath } from './casts.ts'
import type { FunctionRule, KindRule, RewriteContext } from './context.ts'
import { FUNCTIONS, sizedNumber, unit } from './functions.ts'
import { merge, update } from './matches.ts'
import { asString, MATE_RULES, results } from './mates.ts'
import { ARITHMETIC_RULES, isNarrowed, narrowed, numberLiteral } from './numbers.ts'
import type { Json } from './parser.ts'
import { binary, call, cast, type Fields, isBlank, isObject, literalValue, number, text, word } from './tree.ts'

const functionRule: KindRule = ({ name, args }, context) => {
  const rule: FunctionRule | undefined = FUNCTIONS[String(name).toUpperCase()]
  if (rule === undefined) return context.refuse(`the function ${String(name).toUpperCase()}`)
  return rule(Array.isArray(args) ? args : [], context)
}

/** Boundaries between two dates, timestamps or texts of them. */
function dateDiff(part: string, from: Json, to: Json, context: RewriteContext): Json {
  const ends = [timestampOf(from, context), timestampOf(to, context)]
  return part === 'week' ? call('SF_WEEKS', ...ends) : call('SF_DATEDIFF', text(part), ...ends)
}

/** A number out of at most so many hexadecimal digits. */
function hexadecimal(value: Json, digits: number): Json {
  const piece = isObject(value) && isObject(value.substring) ? Number(literalValue(value.substring.length)) : Number.NaN
  return piece <= digits
    ? cast(binary('concat', text('0x'), value), 'BIGINT')
    : call('SF_HEXADECIMAL', value, number(digits))
}

const DATE_PARTS = ['year', 'quarter', 'month', 'day', 'hour', 'minute', 'second']

const oneArgument =
  (name: string): KindRule =>
  ({ this: value }, { refuse }) =>
    value === undefined ? refuse(`${name} without an argument`) : call(name, value)

const strPosition: KindRule = ({ this: value, substr, position }, { refuse }) => {
  if (value === undefined || substr === undefined) return refuse('POSITION with this number of arguments')
  if (position == null) return call('SF_POSITION', substr, asString(value))
  return /^[1-9]\d*$/.test(literalValue(position) ?? '') && literalValue(substr) !== ''
    ? call('SF_POSITION3', substr, asString(value), position)
    : refuse('POSITION with a start that is no literal from 1 on')
}

/** Functions that choose one of their arguments. */
const CHOICES: Readonly<Record<string, KindRule>> = {
  if_func: ({ condition, true_value, false_value }, { refuse }) =>
    condition === undefined || true_value === undefined || false_value == null
      ? refuse('IFF with other than three arguments')
      : call('SF_IFF', condition, ...results([true_value, false_value])),
  nvl: ({ this: value, expression }, { refuse }) =>
    value === undefined || expression === undefined
      ? refuse('NVL with one argument')
      : call('COALESCE', ...results([value, expression])),
  nvl2: ({ this: value, true_value, false_value }, { refuse }) =>
    value === undefined || true_value === undefined || false_value == null
      ? refuse('NVL2 with other than three arguments')
      : call('SF_NVL2', value, ...results([true_value, false_value])),
  greatest: ({ expressions }, context) => FUNCTIONS.GREATEST?.(Array.isArray(expressions) ? expressions : [], context),
  least: ({ expressions }, context) => FUNCTIONS.LEAST?.(Array.isArray(expressions) ? expressions : [], context),
}

/** VALUES without names has COLUMN1, COLUMN2 …; DuckDB has other names for them. */
const namedValues: KindRule = (fields, { parse, parent }) => {
  const values = parent === 'subquery' ? undefined : fields
  const rows = isObject(fields.this) && isObject(fields.this.values) ? fields.this.values : values
  if (rows === undefined || !isBlank(fields.column_aliases) || !Array.isArray(rows.expressions)) return undefined
  const [first] = rows.expressions
  const count = isObject(first) && Array.isArray(first.expressions) ? first.expressions.length : 0
  const names = Array.from({ length: count }, (_, index) => `COLUMN${index + 1}`)
  const made = parse(`select * from (values (1)) as VALUES_ROWS(${names.join(', ')})`)
  const from = isObject(made) && isObject(made.select) && isObject(made.select.from) ? made.select.from : {}
  const [relation] = Array.isArray(from.expressions) ? from.expressions : []
  const template = isObject(relation) && isObject(relation.subquery) ? relation.subquery : undefined
  if (template === undefined) return undefined
  return {
    subquery: { ...template, this: { values: { ...rows, alias: null } }, alias: fields.alias ?? template.alias },
  }
}

const likeRule =
  (kind: string, name: string): KindRule =>
  (fields, { refuse }) =>
    fields.left === undefined || (literalValue(fields.right) ?? '\\').includes('\\')
      ? refuse(`${name} with a pattern that is no literal, or has a backslash`)
      : { [kind]: { ...fields, left: asString(fields.left) } }

const windowOnly: KindRule = (_, context) =>
  context.parent === 'window_function' ? undefined : context.refuse('a window function without OVER')

/** LISTAGG of values as Snowflake writes them; that of nothing is an empty text. */
const withinGroup: KindRule = (fields, context) => {
  const list = isObject(fields.this) && isObject(fields.this.list_agg) ? fields.this.list_agg : undefined
  if (list === undefined) return context.refuse('WITHIN GROUP on this aggregate')
  if (context.parent === 'window_function') return context.refuse('LISTAGG with OVER')
  const { this: value, separator } = list
  if (value === undefined || (separator != null && literalValue(separator) === undefined))
    return context.refuse('LISTAGG with a separator that is no literal')
  const made = (each: Json): Json => ({
    within_group: { ...fields, this: { list_agg: { ...list, this: each, separator: separator ?? text('') } } },
  })
  if (list.distinct !== true) return call('COALESCE', made(asText(value, context)), text(''))
  // Distinct values stay as they are, so that they can be put in order.
  const [first, ...more] = Array.isArray(fields.order_by) ? fields.order_by : []
  if (more.length > 0 || !isObject(first) || !isSame(first.this, value))
    return context.refuse('LISTAGG of DISTINCT values in the order of something else')
  return call('SF_LISTED', made(value), call('SF_TYPEOF', call('MAX', value)))
}

/** Whether two pieces of a statement are written alike, wherever they stand. */
function isSame(left: Json | undefined, right: Json): boolean {
  const bare = (value: Json | undefined): string =>
    JSON.stringify(value, (key, each: unknown) => (key === 'span' ? undefined : each)).toLowerCase()
  return bare(left) === bare(right)
}

/** Frames and orders that both engines read alike. */
const windowFunction: KindRule = (fields, context) => {
  const inner = isObject(fields.this) ? fields.this : {}
  const [kind = ''] = Object.keys(inner)
  const over = isObject(fields.over) ? fields.over : {}
  const isOrdered = Array.isArray(over.order_by) && over.order_by.length > 0
  const name = kind.toUpperCase()
  if (!WINDOWED.has(kind)) return context.refuse(`${name === 'LIST_AGG' ? 'LISTAGG' : name} with OVER`)
  if (ORDERED.has(kind) && !isOrdered) return context.refuse(`${name} over rows without ORDER BY`)
  const aggregate = isObject(inner[kind]) ? inner[kind] : {}
  if (isOrdered && (aggregate.distinct === true || kind === 'median'))
    return context.refuse(`${name} of DISTINCT values, or a MEDIAN, over ordered rows`)
  if (isObject(over.frame)) refuseFrame(over.frame, isOrdered, context)
  if (kind === 'count_if') return cast({ window_function: fields }, 'BIGINT')
  return isNarrowed(inner) ? narrowed({ window_function: fields }) : undefined
}

const ORDERED = new Set(['row_number', 'rank', 'dense_rank', 'lag', 'lead'])
const WINDOWED = new Set([...ORDERED, 'sum', 'count', 'min', 'max', 'count_if', 'median'])

function refuseFrame({ kind, start, end }: Fields, isOrdered: boolean, { refuse }: RewriteContext): void {
  if (!isOrdered) refuse('a window frame without ORDER BY')
  const isCounted = [start, end].some(side => isObject(side))
  if (kind !== 'Rows' && (kind !== 'Range' || isCounted)) refuse(`a window frame of ${String(kind).toUpperCase()}`)
}

/** A default that DuckDB casts to the column's type must not lose anything by it. */
const neighbour: KindRule = (fields, context) => {
  if (context.parent !== 'window_function') return context.refuse('a window function without OVER')
  const given = fields.default
  const literal = isObject(given) && isObject(given.neg) ? given.neg.this : given
  const isPlain =
    isObject(literal) && (('literal' in literal && !(literalValue(literal) ?? '').includes('.')) || 'null' in literal)
  return given == null || isPlain
    ? undefined
    : context.refuse('LAG or LEAD with a default that is no whole number or text')
}

/** A database's own list of columns: DuckDB has one for all that are attached. Names are what both engines tell alike. */
const tableRule: KindRule = ({ when, name, schema, catalog, alias }, { refuse, parse }) => {
  if (when != null) return refuse('AT or BEFORE: time travel')
  if (nameIn(schema) !== 'INFORMATION_SCHEMA') return undefined
  const [database, relation] = [nameIn(catalog), nameIn(name)]
  if (relation !== 'COLUMNS' || database === undefined) return refuse(`INFORMATION_SCHEMA.${relation}`)
  const made = parse(`select * from (
  select table_catalog, table_schema, table_name, column_name from information_schema.columns
  where upper(table_catalog) = '${database.replaceAll("'", "''")}'
) as COLUMNS`)
  const from = isObject(made) && isObject(made.select) && isObject(made.select.from) ? made.select.from : {}
  const [found] = Array.isArray(from.expressions) ? from.expressions : []
  if (!isObject(found) || !isObject(found.subquery)) return undefined
  return { subquery: { ...found.subquery, alias: alias ?? found.subquery.alias } }
}

/** What a name says, in upper case. */
function nameIn(identifier: Json | undefined): string | undefined {
  return isObject(identifier) && typeof identifier.name === 'string' ? identifier.name.toUpperCase() : undefined
}

const LITERALS = new Set(['string', 'date', 'timestamp'])
const DATE = /^\d{4}-\d\d-\d\d$/

/** Kinds that are rewritten, or allowed only in some places. */
export const KINDS: Readonly<Record<string, KindRule>> = {
  function: functionRule,
  ...ARITHMETIC_RULES,
  ...MATE_RULES,
  subquery: (fields, context) =>
    fields.lateral === true
      ? context.refuse('LATERAL of something else than FLATTEN')
      : isObject(fields.this) && 'values' in fields.this
        ? namedValues(fields, { ...context, parent: undefined })
        : undefined,
  values: (fields, context) => (context.parent === 'select' ? namedValues(fields, context) : undefined),
  merge,
  update,
  ...CHOICES,
  ...Object.fromEntries(DATE_PARTS.map(part => [part, oneArgument(`SF_${part.toUpperCase()}`)])),
  day_of_week: oneArgument('SF_DAYOFWEEK'),
  last_day: ({ this: value, unit: part }, { refuse }) =>
    value === undefined || part != null
      ? refuse('LAST_DAY of something else than a month')
      : call('SF_LAST_DAY', value),
  extract: ({ this: value, field }, { refuse }) =>
    value !== undefined && DATE_PARTS.includes(String(field).toLowerCase())
      ? call(`SF_${String(field).toUpperCase()}`, value)
      : refuse(`EXTRACT of ${String(field)}`),
  str_position: strPosition,
  contains: ({ this: value, expression }) =>
    value === undefined || expression === undefined ? undefined : call('SF_CONTAINS', asString(value), expression),
  count: ({ this: value, star }, { refuse }) =>
    value == null && star !== true ? refuse('COUNT without an argument') : undefined,
  count_if: (fields, context) =>
    context.parent === 'window_function' ? undefined : cast({ count_if: fields }, 'BIGINT'),
  annotated: ({ this: value }) => value,
  cast: castRule,
  try_cast: tryCastRule,
  j_s_o_n_extract: variantPath,
  concat: ({ left, right, ...rest }, context) =>
    left === undefined || right === undefined
      ? undefined
      : { concat: { ...rest, left: asText(left, context), right: asText(right, context) } },
  trim: ({ this: value, position, characters }, { refuse }) => {
    if (value === undefined || position !== 'Both') return refuse('TRIM of one side')
    return characters == null ? call('SF_TRIM', asString(value)) : call('SF_TRIM2', asString(value), characters)
  },
  substring: (fields, { refuse }) => {
    const { this: value, start, length } = fields
    if (value === undefined || start === undefined) return refuse('SUBSTR with one argument')
    const isPlain = [start, length].every(each => each == null || /^[1-9]\d*$/.test(literalValue(each) ?? ''))
    const of = asString(value)
    if (isPlain) return { substring: { ...fields, this: of } }
    return length == null ? call('SF_SUBSTR', of, start) : call('SF_SUBSTR3', of, start, length)
  },
  to_number: ({ this: value, format, precision, scale, safe }, context) => {
    if (safe != null && value !== undefined && format == null && precision == null) return call('SF_TRY_NUMBER', value)
    if (safe != null) return context.refuse('TRY_TO_NUMBER with a format or precision')
    if (value === undefined) return context.refuse('TO_NUMBER without an argument')
    const hex = literalValue(format ?? undefined)
    if (hex !== undefined && /^X{1,15}$/.test(hex)) return hexadecimal(value, hex.length)
    if (format != null && hex !== undefined && !/^\d+$/.test(hex))
      return context.refuse(`TO_NUMBER with the format ${hex}`)
    const digits = hex ?? literalValue(precision ?? undefined) ?? '38'
    const after = literalValue((hex === undefined ? scale : precision) ?? undefined) ?? literalValue(scale ?? undefined)
    return sizedNumber(value, digits, after ?? '0', context)
  },
  date_diff: ({ this: to, expression: from, unit: part }, context) =>
    to === undefined || from === undefined ? undefined : dateDiff(unit(String(part), context), from, to, context),
  starts_with: ({ this: value, expression }) =>
    value === undefined || expression === undefined ? undefined : call('SF_STARTSWITH', asString(value), expression),
  ends_with: ({ this: value, expression }) =>
    value === undefined || expression === undefined ? undefined : call('SF_ENDSWITH', asString(value), expression),
  parse_json: ({ this: value }) => (value === undefined ? undefined : call('SF_JSON', value)),
  within_group: withinGroup,
  list_agg: (_, context) =>
    context.parent === 'within_group' || context.parent === 'window_function'
      ? undefined
      : context.refuse('LISTAGG without WITHIN GROUP'),
  row_number: windowOnly,
  rank: windowOnly,
  dense_rank: windowOnly,
  lag: neighbour,
  lead: neighbour,
  window_function: windowFunction,
  like: likeRule('like', 'LIKE'),
  i_like: likeRule('i_like', 'ILIKE'),
  lateral: ({ this: rows }, { refuse }) =>
    isObject(rows) && isObject(rows.function) && rows.function.name === 'SF_FLATTEN'
      ? undefined
      : refuse('LATERAL of something else than FLATTEN'),
  table: tableRule,
  literal: ({ literal_type: type, value }, context) => {
    const { refuse } = context
    if (type === 'dollar_string') return text(String(value))
    if (type === 'number') return numberLiteral(String(value), context)
    if (!LITERALS.has(String(type))) return refuse(`a literal of the kind ${String(type)}`)
    if (type === 'date' && !DATE.test(String(value))) return refuse(`DATE literal '${String(value)}'`)
    return type === 'timestamp' && /(Z|[+-]\d\d:?\d\d)$/.test(String(value))
      ? refuse('TIMESTAMP literal with an offset')
      : undefined
  },
  add_months: ({ this: value, expression }) =>
    value === undefined || expression === undefined ? undefined : call('SF_ADD_MONTHS', value, expression),
  column: ({ name }, { refuse }) => (/^\$\d/.test(word(name) ?? '') ? refuse('a column by its number') : undefined),
}
