import { counted, type FunctionRule, type KindRule, type RewriteContext } from './context.ts'
import { familyOf } from './families.ts'
import { refuseText } from './mates.ts'
import type { Json } from './parser.ts'
import { decimalType, MAX_SCALE, WHOLE_DIGITS } from './prelude.ts'
import { binary, call, cast, type Fields, isObject, literalValue, number, text } from './tree.ts'

const typeOf = (value: Json): Json => call('SF_TYPEOF', value)

/** A value of the type that SF_TYPES has under this key, which must be known when the statement is bound. */
const ofType = (value: Json, key: Json): Json =>
  call('CAST_TO_TYPE', value, call('STRUCT_EXTRACT', call('SF_TYPES'), key))

/**
 * A number in a type that DuckDB can mix with any other of ours. Its own types for products and sums fill all 38 digits,
 * and a UNION or CASE of such ones silently rounds what stands after the point.
 */
export const narrowed = (value: Json): Json => ofType(value, call('SF_KEY', typeOf(value)))

/** NUMBER division is exact, and has six digits after the point more than its numerator, at most 12. */
export function quotient(left: Json, right: Json, zero = 'error'): Json {
  const types = [typeOf(left), typeOf(right)]
  const parts = call('SF_QUOTIENT', left, right, text(zero))
  const part = call('STRUCT_EXTRACT', parts, call('SF_QUOTIENT_PART', ...types))
  return ofType(part, call('SF_QUOTIENT_KEY', ...types))
}

/** DIV0 and DIV0NULL. */
export const divisionRule =
  (zero: string): FunctionRule =>
  (args, context) => {
    const [left, right] = args
    return left === undefined || right === undefined || args.length !== 2
      ? context.refuse(`this number of arguments (${args.length})`)
      : quotient(left, right, zero)
  }

const inWindow = ({ parent }: RewriteContext): boolean => parent === 'window_function'

/** A sum of whole numbers is one; another's type is known when the statement is bound. */
function sum(fields: Fields): Json {
  return familyOf(fields.this) === 'whole' ? cast({ sum: fields }, decimalType(0)) : narrowed({ sum: fields })
}

/** AVG of numbers has six more digits than its argument, as a division has. */
const average: KindRule = ({ this: value, distinct }, context) => {
  if (distinct === true || inWindow(context) || value === undefined) return context.refuse('AVG with DISTINCT or OVER')
  const total = sum({ this: value, distinct: false, filter: null, order_by: [], name: 'sum', ignore_nulls: null })
  const rows: Json = { count: { this: value, star: false, distinct: false, filter: null, ignore_nulls: null } }
  return quotient(total, call('NULLIF', rows, number(0)))
}

/** MEDIAN of numbers has three more digits than its argument; DuckDB's would round the middle of two to the argument's. */
const median: KindRule = (fields, context) => {
  if (fields.this === undefined) return undefined
  const made: Json = { median: { ...fields, this: binary('mul', fields.this, number('1.000')) } }
  return inWindow(context) ? made : narrowed(made)
}

/** ROUND and TRUNC: a number of digits that is no literal would make a FLOAT. */
export const roundRule: FunctionRule = ([value, digits, ...more], { refuse }) => {
  if (value === undefined || more.length > 0) return refuse('this number of arguments')
  const literal = isObject(digits) && isObject(digits.neg) ? digits.neg.this : digits
  return digits === undefined || /^\d+$/.test(literalValue(literal) ?? '')
    ? undefined
    : refuse('ROUND or TRUNC with digits that are no literal')
}

/** A result that is infinite, or no number, is an error. */
const finite =
  (kind: string): KindRule =>
  fields =>
    call('SF_FINITE', { [kind]: fields })

/** The same for a function that the parser leaves unnamed. */
export const finiteCall = (name: string, count: number): FunctionRule =>
  counted([count], args => call('SF_FINITE', call(name, ...args)))

const whole =
  (name: string): KindRule =>
  ({ this: value, decimals, scale, to }, { refuse }) =>
    value === undefined || [decimals, scale, to].some(each => each != null)
      ? refuse('CEIL or FLOOR with digits')
      : call(name, value)

/** What is no timestamp: a number, or a result that was looked at already. */
const isArithmetic = (value: Json): boolean =>
  isObject(value) &&
  ('add' in value || 'sub' in value || (isObject(value.literal) && value.literal.literal_type === 'number'))

/** The subset's numbers: what DuckDB takes for a FLOAT, or has no room for, is refused. */
export function numberLiteral(value: string, { refuse, parent }: RewriteContext): Json | undefined {
  const [, digits = '', fraction = '', exponent] = /^(\d*)\.?(\d*)(e.*)?$/i.exec(value) ?? refuse(`the number ${value}`)
  const isCast = parent === 'cast' || parent === 'try_cast'
  if (exponent !== undefined && !isCast) return refuse(`the number ${value} with an exponent`)
  if (fraction.length > MAX_SCALE && !isCast)
    return refuse(`the number ${value} with more than ${MAX_SCALE} digits after the point`)
  if (digits.length <= 18) return undefined
  if (fraction !== '' || digits.length > WHOLE_DIGITS.unscaled) return refuse(`the number ${value}, which is too long`)
  return cast(number(value), decimalType(0))
}

function modulo(left: Json | undefined, right: Json | undefined, context: RewriteContext): Json | undefined {
  refuseText([left, right], context)
  return left === undefined || right === undefined ? undefined : call('SF_MOD', left, right)
}

/** Rules of arithmetic, by kind. */
export const ARITHMETIC_RULES: Readonly<Record<string, KindRule>> = {
  avg: average,
  median,
  sum: (fields, context) => (inWindow(context) ? undefined : sum(fields)),
  ceil: whole('SF_CEIL'),
  floor: whole('SF_FLOOR'),
  sqrt: finite('sqrt'),
  exp: finite('exp'),
  ln: finite('ln'),
  power: finite('power'),
  add: ({ left, right }, context) => {
    refuseText([left, right], context)
    return undefined
  },
  // A product of several is narrowed once.
  mul: (fields, context) => {
    refuseText([fields.left, fields.right], context)
    return context.parent === 'mul' ? undefined : narrowed({ mul: fields })
  },
  sub: ({ left, right }, context) => {
    refuseText([left, right], context)
    return left === undefined || right === undefined || isArithmetic(left) || isArithmetic(right)
      ? undefined
      : call('SF_SUB', left, right)
  },
  div: ({ left, right }) => (left === undefined || right === undefined ? undefined : quotient(left, right)),
  mod: ({ left, right }, context) => modulo(left, right, context),
  mod_func: ({ this: left, expression: right }, context) => modulo(left, right, context),
}

/** Aggregates whose results are narrowed over a window as they are without one. */
export function isNarrowed(aggregate: Fields): boolean {
  return 'sum' in aggregate || 'median' in aggregate
}
