import type { KindRule, RewriteContext } from './context.ts'
import { type Family, familyOf } from './families.ts'
import type { Json } from './parser.ts'
import { call, cast, type Fields, isObject, literalValue } from './tree.ts'

/**
 * Values of several types beside each other. DuckDB makes them one type by casting a text to the other's, with a loss: '1.4'
 * beside a whole number is 1. Types that are plain from how they are written are refused; others are checked when a
 * statement is bound, by macros that leave the value as it is.
 */

/** A number in a text that is no whole one, and a text with a time: a cast to another type loses something of these. */
const FRACTION = /^\s*[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?e[+-]?\d+)\s*$/i
const TIME = /^\s*\d{4}-\d\d?-\d\d?[T ]/

type Kind = 'text' | 'number' | 'other' | 'null' | undefined

function kindOf(value: Json | undefined): Kind {
  // A query is written once: the checks repeat what they check.
  if (isObject(value) && ('subquery' in value || 'select' in value)) return 'other'
  const family: Family | undefined = familyOf(value)
  if (family === 'whole' || family === 'decimal' || family === 'number') return 'number'
  return family === undefined || family === 'text' || family === 'null' ? family : 'other'
}

/** A value of unknown type that must not be a number, or a day, beside this text. */
function besideText(value: Json, text: Json): Json {
  const literal = literalValue(text)
  if (literal === undefined || FRACTION.test(literal)) return call('SF_NO_NUMBER', value)
  return TIME.test(literal) ? call('SF_NO_DATE', value) : value
}

/** Two values that are compared; `isEqual` where DuckDB would compare a text with a number. */
export function pair(left: Json, right: Json, isEqual: boolean, { refuse }: RewriteContext): readonly [Json, Json] {
  const [one, two] = [kindOf(left), kindOf(right)]
  if ((one === 'text' && two === 'number') || (one === 'number' && two === 'text'))
    return refuse('a comparison of a text with a number')
  if (one === undefined && two === 'text') return [besideText(left, right), right]
  if (one === 'text' && two === undefined) return [left, besideText(right, left)]
  if (!isEqual || one === 'other' || two === 'other' || one === 'null' || two === 'null') return [left, right]
  if (one === undefined && two === 'number') return [call('SF_NO_TEXT', left), right]
  if (one === 'number' && two === undefined) return [left, call('SF_NO_TEXT', right)]
  return one === undefined && two === undefined
    ? [left, call('SF_MATE', right, call('SF_TYPEOF', left))]
    : [left, right]
}

const comparison =
  (kind: string, isEqual: boolean): KindRule =>
  (fields, context) => {
    const { left, right } = fields
    // In a list, it is what a MERGE sets.
    if (left === undefined || right === undefined || context.parent === 'tuple') return undefined
    const [one, two] = pair(left, right, isEqual, context)
    return { [kind]: { ...fields, left: one, right: two } }
  }

const between: KindRule = (fields, context) => {
  const { this: value, low, high } = fields
  if (value === undefined || low === undefined || high === undefined) return undefined
  const [one] = pair(value, low, false, context)
  const [two] = pair(one, high, false, context)
  return { between: { ...fields, this: two } }
}

/** Values of a list stand beside one value, which is checked once for all of them. */
const inList: KindRule = (fields, context) => {
  const { this: value, expressions } = fields
  if (value === undefined || !Array.isArray(expressions)) return undefined
  const made = expressions.reduce<{ value: Json; list: Json[] }>(
    (so, each: Json) => {
      const [one, two] = pair(value, each, true, context)
      return { value: one === value ? so.value : one, list: [...so.list, two] }
    },
    { value, list: [] },
  )
  return { in: { ...fields, this: made.value, expressions: made.list } }
}

/** CASE of a value, and what any CASE results in. */
const caseOf: KindRule = (fields, context) => {
  const whens = (Array.isArray(fields.whens) ? fields.whens : []).map(when => (Array.isArray(when) ? when : []))
  const found = results([...whens.map(when => when[1] ?? null), ...(fields.else_ == null ? [] : [fields.else_])])
  const { operand } = fields
  const compared = whens.map(([value = null]) =>
    operand == null ? ([null, value] as const) : pair(operand, value, true, context),
  )
  const checked = compared.find(([one]) => operand != null && one !== operand)?.[0] ?? operand ?? null
  return {
    case: {
      ...fields,
      operand: checked,
      whens: whens.map((_, index) => [compared[index]?.[1] ?? null, found[index] ?? null]),
      else_: fields.else_ == null ? null : (found.at(-1) ?? null),
    },
  }
}

/** Values that become one result. A truth beside a number would become one, and a fraction in a text be rounded. */
export function results(values: readonly Json[]): readonly Json[] {
  const unknown = values.filter(value => kindOf(value) === undefined)
  const isNumber = values.some(value => kindOf(value) === 'number')
  const isFraction = (value: Json): boolean => kindOf(value) === 'text' && FRACTION.test(literalValue(value) ?? '')
  return values.map(value => {
    if (kindOf(value) === undefined) return isNumber ? call('SF_NO_BOOLEAN', value) : value
    if (!isFraction(value)) return value
    // The check is where the text is: another value of a CASE may never be computed.
    if (isNumber) return call('SF_NO_TEXT', cast(value, 'VARCHAR'))
    return unknown.reduce((text, other) => call('SF_MATE', text, call('SF_TYPEOF', other)), value)
  })
}

/** A text for a function of texts: DuckDB would take a VARIANT's JSON for it. */
export function asString(value: Json): Json {
  return kindOf(value) === undefined ? call('SF_STRING', value) : value
}

const stringOf =
  (kind: string): KindRule =>
  fields =>
    fields.this === undefined ? undefined : { [kind]: { ...fields, this: asString(fields.this) } }

/** An operand of arithmetic: a literal text beside a number would be rounded to its type. */
export function refuseText(values: readonly (Json | undefined)[], { refuse }: RewriteContext): void {
  if (values.some(value => kindOf(value) === 'text')) refuse('arithmetic with a text: cast it')
}

/** A value without the check around it. */
export function unchecked(value: Json | undefined): Json | undefined {
  const fields: Fields = isObject(value) && isObject(value.function) ? value.function : {}
  return /^SF_(MATE|NO_\w+)$/.test(String(fields.name)) && Array.isArray(fields.args) ? fields.args[0] : value
}

export const MATE_RULES: Readonly<Record<string, KindRule>> = {
  ...Object.fromEntries(
    ['eq', 'neq', 'null_safe_eq', 'null_safe_neq'].map(kind => [kind, comparison(kind, true)] as const),
  ),
  ...Object.fromEntries(['lt', 'lte', 'gt', 'gte'].map(kind => [kind, comparison(kind, false)] as const)),
  between,
  in: inList,
  case: caseOf,
  coalesce: fields => ({
    coalesce: { ...fields, expressions: results(Array.isArray(fields.expressions) ? fields.expressions : []) },
  }),
  ...Object.fromEntries(['upper', 'lower', 'length'].map(kind => [kind, stringOf(kind)] as const)),
}
