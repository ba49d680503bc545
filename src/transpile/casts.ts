import type { KindRule, RewriteContext } from './context.ts'
import { familyOf } from './families.ts'
import type { Json } from './parser.ts'
import { call, cast, type Fields, isObject, literalValue, text } from './tree.ts'
import { exactDecimal, typeName } from './types.ts'

type CastRule = (value: Json, context: RewriteContext, type: string) => Json

const NUMBER = /^-?\d+(\.\d+)?$/
const DATE = /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/
const TIMESTAMP = /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?$/

/** DuckDB's own cast for literals that both engines read alike, and a macro for everything else. */
const own =
  (plain: RegExp, macro: (value: Json, context: RewriteContext, type: string) => Json): CastRule =>
  (value, context, type) =>
    isNull(value) || plain.test(literalValue(value) ?? '') ? cast(value, type) : macro(value, context, type)

const named =
  (name: string) =>
  (value: Json): Json =>
    call(name, value)

/** A timestamp out of a date, a timestamp or a text. */
export const timestampOf = (value: Json, context: RewriteContext): Json =>
  isDated(value) ? cast(value, 'DATETIME') : own(TIMESTAMP, named('SF_TIMESTAMP'))(value, context, 'DATETIME')

const toNumber = own(NUMBER, (value, _, type) => cast(call('SF_NUMBER', value), type))

const CASTS: Readonly<Record<string, CastRule>> = {
  DATETIME: timestampOf,
  DATE: (value, context, type) =>
    isDated(value) ? cast(value, type) : own(DATE, named('SF_DATE'))(value, context, type),
  BIGINT: (value, context, type) =>
    familyOf(value) === 'whole' ? cast(value, type) : own(/^-?\d{1,18}$/, named('SF_INT'))(value, context, type),
  DOUBLE: own(NUMBER, named('SF_FLOAT')),
  BOOLEAN: value => (isNull(value) ? cast(value, 'BOOLEAN') : call('SF_BOOLEAN', value)),
  VARCHAR: (value, context) => asText(value, context),
  JSON: value => (isNull(value) ? cast(value, 'JSON') : call('SF_VARIANT', value)),
}

const ATTEMPTS: Readonly<Record<string, string>> = {
  DATETIME: 'SF_TRY_TIMESTAMP',
  DATE: 'SF_TRY_DATE',
  DOUBLE: 'SF_TRY_FLOAT',
  BOOLEAN: 'SF_TRY_BOOLEAN',
}

/** CAST and `::`. */
export const castRule: KindRule = ({ this: value, to, format }, context) => {
  if (value === undefined) return context.refuse('CAST without a value')
  if (format != null) return context.refuse('CAST with a format')
  const type = typeName(to, context)
  return (CASTS[type] ?? toNumber)(value, context, type)
}

/** TRY_CAST of a text; of anything else it is an error in Snowflake, and here when it runs. */
export const tryCastRule: KindRule = ({ this: value, to, format }, context) => {
  if (value === undefined || format != null) return context.refuse('TRY_CAST with a format')
  if (isPath(value)) return context.refuse('TRY_CAST of a path into a VARIANT')
  const type = typeName(to, context)
  const attempt = ATTEMPTS[type]
  if (attempt !== undefined) return call(attempt, value)
  if (type !== 'BIGINT' && !type.startsWith('DECIMAL')) return context.refuse(`TRY_CAST to ${type}`)
  // What fits Snowflake's type but not ours is an error, and no NULL.
  const fits: Json = {
    try_cast: {
      ...(cast(call('SF_TRY_TEXT', value), exactDecimal(to) ?? 'DECIMAL(38, 0)') as { cast: Fields }).cast,
    },
  }
  return cast(fits, type)
}

/** A value as Snowflake writes it. */
export function asText(value: Json, { refuse }: RewriteContext): Json {
  if (isNull(value)) return cast(value, 'VARCHAR')
  if (isPath(value)) return call('SF_PATH_TEXT', ...pathArguments(value))
  if (isObject(value) && 'star' in value) return refuse('* as a text')
  const family = familyOf(value)
  if (family === 'text') return value
  // Written alike by both engines; a FLOAT, a timestamp or a VARIANT is not.
  if (family === 'whole' || family === 'decimal' || family === 'date' || family === 'boolean')
    return cast(value, 'VARCHAR')
  return call('SF_TEXT', value)
}

function isNull(value: Json): boolean {
  return isObject(value) && 'null' in value
}

/** Values that are dates or timestamps already. */
function isDated(value: Json): boolean {
  const family = familyOf(value)
  return (
    family === 'date' ||
    family === 'timestamp' ||
    (isObject(value) && 'add' in value) ||
    (isObject(value) && isObject(value.function) && value.function.name === 'DATE_TRUNC')
  )
}

function isPath(value: Json): boolean {
  return isObject(value) && isObject(value.function) && value.function.name === 'SF_PATH'
}

function pathArguments(value: Json): readonly Json[] {
  return isObject(value) && isObject(value.function) && Array.isArray(value.function.args) ? value.function.args : []
}

const PART = String.raw`[A-Za-z_][\w$]*`
const PATH = new RegExp(`^${PART}(\\.${PART}|\\[\\d+\\])*$`)

/** A cast, which decides what a path stands for, and functions that take a VARIANT. */
const PATH_PARENTS = new Set(['cast', 'try_cast', 'named_argument', 'IS_ARRAY'])

/** `v:a.b[0]`: a VARIANT, so a cast around it decides what it is; the cast then reads text without quotes. */
export const variantPath: KindRule = ({ this: value, expression, variant_extract }, context) => {
  const path = literalValue(expression)
  if (variant_extract === undefined || value === undefined || path === undefined)
    return context.refuse('a path into a VARIANT')
  if (!PATH_PARENTS.has(context.parent ?? '')) return context.refuse('a path into a VARIANT without a cast')
  // The parser's path does not say which parts were quoted.
  if (!PATH.test(path)) return context.refuse('a path into a VARIANT with a quoted name')
  const parts = path.match(new RegExp(`${PART}|\\[\\d+\\]`, 'g')) ?? []
  const quoted = parts.map(part => (part.startsWith('[') ? part : `."${part}"`))
  return call('SF_PATH', value, text(`$${quoted.join('')}`))
}
