import { asText, timestampOf } from './casts.ts'
import { counted, type FunctionRule, type RewriteContext } from './context.ts'
import { asString, pair, results } from './mates.ts'
import { divisionRule, finiteCall, roundRule } from './numbers.ts'
import type { Json } from './parser.ts'
import { decimalType, MAX_SCALE } from './prelude.ts'
import { binary, call, cast, isObject, literalValue, number, text, word } from './tree.ts'

/** Answers as Snowflake does under its own name, with this many arguments. */
const same = (...counts: readonly number[]): FunctionRule => counted(counts, () => undefined)

/** Stands for a macro of the prelude. */
const macro = (name: string, ...counts: readonly number[]): FunctionRule => counted(counts, args => call(name, ...args))

/** A function of a text, its first argument or another; of nothing else that DuckDB would make a text of. */
const ofText = (name: string, count: number, at = 0): FunctionRule =>
  counted([count], args => call(name, ...args.map((arg, index) => (index === at ? asString(arg) : arg))))

/** LTRIM and RTRIM: of spaces alone, unless characters are given. */
const trimOf =
  (name: string): FunctionRule =>
  (args, context) =>
    (args.length === 1 ? ofText(`SF_${name}`, 1) : ofText(name, 2))(args, context)

const UNITS: Readonly<Record<string, string>> = {
  year: 'year',
  years: 'year',
  quarter: 'quarter',
  month: 'month',
  months: 'month',
  week: 'week',
  day: 'day',
  days: 'day',
  hour: 'hour',
  hours: 'hour',
  minute: 'minute',
  minutes: 'minute',
  second: 'second',
  seconds: 'second',
}

/** A date unit that both engines count alike. */
export function unit(value: string | undefined, { refuse }: RewriteContext): string {
  return UNITS[(value ?? '').toLowerCase()] ?? refuse(`date unit ${value}`)
}

/** The elements of an array, as rows. */
const flatten: FunctionRule = (args, { parent, refuse }) => {
  const [input] = args.map(arg => (isObject(arg) && isObject(arg.named_argument) ? arg.named_argument : {}))
  if (parent !== 'lateral') return refuse('FLATTEN without LATERAL')
  if (args.length !== 1 || word(input)?.toUpperCase() !== 'INPUT' || input?.value == null)
    return refuse('FLATTEN with other arguments than INPUT')
  return call('SF_FLATTEN', input.value)
}

/** A fraction is rounded half away from zero. */
function wholeNumber(count: Json): Json {
  const literal = isObject(count) && isObject(count.neg) ? count.neg.this : count
  return /^\d{1,9}$/.test(literalValue(literal) ?? '') ? count : call('SF_INT', count)
}

/** Adds whole units; the type of the result depends on the argument's in both engines, and differently: a cast decides it. */
const dateAdd: FunctionRule = ([part, count, date], context) => {
  const name = unit(word(part), context)
  if (context.parent !== 'cast') return context.refuse('DATEADD without a cast to DATE or TIMESTAMP_NTZ around it')
  if (count === undefined || date === undefined) return context.refuse('DATEADD with other than three arguments')
  const months: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 }
  const seconds: Readonly<Record<string, number>> = { week: 604_800, day: 86_400, hour: 3600, minute: 60, second: 1 }
  const times = (factor: number): Json => cast(binary('mul', wholeNumber(count), number(factor)), 'BIGINT')
  const from = timestampOf(date, context)
  const factor = months[name]
  return factor === undefined
    ? binary('add', from, call('TO_SECONDS', times(seconds[name] ?? 0)))
    : binary('add', from, call('TO_MONTHS', cast(times(factor), 'INT')))
}

const dateTrunc: FunctionRule = ([part, date], context) => {
  if (context.parent !== 'cast') return context.refuse('DATE_TRUNC without a cast to DATE or TIMESTAMP_NTZ around it')
  if (date === undefined) return context.refuse('DATE_TRUNC with one argument')
  return call('DATE_TRUNC', text(unit(word(part) ?? literalValue(part), context)), timestampOf(date, context))
}

const FORMATS: readonly (readonly [string, string])[] = [
  ['YYYY', '%Y'],
  ['HH24', '%H'],
  ['MON', '%b'],
  ['MM', '%m'],
  ['DD', '%d'],
  ['MI', '%M'],
  ['SS', '%S'],
  ['FF3', '%g'],
]

/** TO_CHAR and TO_VARCHAR: plain, or of a date with a format made of the parts that both engines write alike. */
const toText: FunctionRule = ([value, format], context) => {
  if (value === undefined) return context.refuse('TO_VARCHAR without an argument')
  if (format === undefined) return asText(value, context)
  let rest = literalValue(format) ?? context.refuse('TO_VARCHAR with a format that is no literal')
  let made = ''
  while (rest !== '') {
    // Letters in a row are one token: MMMM is no MM twice.
    const run = /^(?:HH24|FF3|([A-Za-z])\1+|MON|MI)(?![A-Za-z]*(?<=MON)TH)/i.exec(rest)?.[0] ?? ''
    const known = FORMATS.find(([token]) => token === run.toUpperCase())
    const plain = /^[-:/ .,_]|^"T"/.exec(rest)?.[0]
    if (known === undefined && plain === undefined)
      return context.refuse(`TO_VARCHAR with the format ${literalValue(format)}`)
    made += known?.[1] ?? plain?.replaceAll('"', '') ?? ''
    rest = rest.slice(known?.[0].length ?? plain?.length ?? 0)
  }
  return call('SF_FORMAT', value, text(made))
}

const toNumber: FunctionRule = ([value, precision, scale], context) =>
  value === undefined
    ? context.refuse('TO_NUMBER without an argument')
    : sizedNumber(value, literalValue(precision) ?? '38', literalValue(scale) ?? '0', context)

/** A NUMBER(p,s) out of a value. */
export function sizedNumber(value: Json, precision: string, scale: string, { refuse }: RewriteContext): Json {
  if (!/^\d+$/.test(precision) || !/^\d+$/.test(scale)) return refuse('TO_NUMBER with this format')
  if (Number(scale) > MAX_SCALE) return refuse(`TO_NUMBER with more than ${MAX_SCALE} digits after the point`)
  return cast(call('SF_NUMBER', value), decimalType(Number(scale), Number(precision)))
}

const nullIf: FunctionRule = ([left, right, ...more], context) => {
  if (left === undefined || right === undefined || more.length > 0) return context.refuse('this number of arguments')
  return call('NULLIF', ...pair(left, right, true, context))
}

/** The result beside the first value that is the same; NULL is the same as NULL. */
const decode: FunctionRule = ([value, ...rest], { refuse }) => {
  if (value === undefined || rest.length < 2) return refuse('DECODE without pairs')
  const made = results(rest.filter((_, index) => index % 2 === 1 || index === rest.length - 1))
  const result = ([search, , ...more]: readonly Json[], at = 0): Json => {
    const found = made[at] ?? { null: null }
    if (search === undefined || at * 2 + 1 >= rest.length) return found
    return call('SF_IFF', call('SF_EQUAL_NULL', value, search), found, result(more, at + 1))
  }
  return result(rest)
}

/** NULL in, NULL out, unlike DuckDB's function of that name. */
const concat: FunctionRule = ([first, ...rest], context) => {
  if (first === undefined) return context.refuse('CONCAT without arguments')
  return rest.reduce((left, right) => binary('concat', left, asText(right, context)), asText(first, context))
}

/** An expression of RE2, which both engines use; what an empty one matches is not documented. */
function pattern(value: Json, { refuse }: RewriteContext): Json {
  const literal = literalValue(value)
  if (literal === '') return refuse('an empty regular expression')
  return literal === undefined ? call('SF_PATTERN', value) : value
}

/** Replaces every match. `\\1` to `\\9` stand for groups, which the expression must have. */
const regexpReplace: FunctionRule = ([value, expression, replacement, ...more], context) => {
  if (value === undefined || expression === undefined || replacement === undefined || more.length > 0)
    return context.refuse('this number of arguments')
  const by = literalValue(replacement) ?? context.refuse('REGEXP_REPLACE with a replacement that is no literal')
  const groups = (literalValue(expression) ?? '').replaceAll(/\\.|\(\?/g, '').split('(').length - 1
  const references = [...by.matchAll(/\\(.?)/g)].map(([, digit]) => Number(digit ?? ''))
  if (references.some(each => !(each >= 1 && each <= groups)))
    return context.refuse('REGEXP_REPLACE with a backslash that stands for no group of the expression')
  return call('SF_REGEXP_REPLACE', asString(value), pattern(expression, context), replacement)
}

/** Functions by name, as the parser leaves them unnamed in its tree. A name that is not here is refused. */
export const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  MD5: ofText('MD5', 1),
  MD5_HEX: ofText('MD5', 1),
  ROUND: roundRule,
  SIGN: same(1),
  POWER: finiteCall('POWER', 2),
  POW: finiteCall('POWER', 2),
  LTRIM: trimOf('LTRIM'),
  RTRIM: trimOf('RTRIM'),
  LEFT: ofText('SF_LEFT', 2),
  RIGHT: ofText('SF_RIGHT', 2),
  REPLACE: ofText('REPLACE', 3),
  SPLIT_PART: ofText('SF_SPLIT_PART', 3),
  NULLIF: nullIf,
  GREATEST: (args, context) => macro(`SF_GREATEST${args.length}`, 2, 3, 4, 5)(results(args), context),
  LEAST: (args, context) => macro(`SF_LEAST${args.length}`, 2, 3, 4, 5)(results(args), context),
  EQUAL_NULL: macro('SF_EQUAL_NULL', 2),
  ZEROIFNULL: ([value], { refuse }) =>
    value === undefined ? refuse('ZEROIFNULL without an argument') : call('COALESCE', ...results([value, number(0)])),
  DECODE: decode,
  TRUNC: roundRule,
  MONTHNAME: macro('SF_MONTHNAME', 1),
  DAYNAME: macro('SF_DAYNAME', 1),
  CONCAT: concat,
  CONCAT_WS: ([separator, ...rest], context) =>
    separator === undefined
      ? context.refuse('CONCAT_WS without arguments')
      : call('SF_CONCAT_WS', separator, call('LIST_VALUE', ...rest.map(value => asText(value, context)))),
  REGEXP_LIKE: ofText('SF_REGEXP_LIKE', 2),
  RLIKE: ofText('SF_REGEXP_LIKE', 2),
  REGEXP_COUNT: ([value, expression, ...more], context) =>
    value === undefined || expression === undefined || more.length > 0
      ? context.refuse('this number of arguments')
      : call('SF_REGEXP_COUNT', asString(value), pattern(expression, context)),
  REGEXP_REPLACE: regexpReplace,
  DIV0: divisionRule('zero'),
  DIV0NULL: divisionRule('null'),
  CHARINDEX: ofText('SF_CHARINDEX', 2, 1),
  STARTSWITH: ofText('SF_STARTSWITH', 2),
  ENDSWITH: ofText('SF_ENDSWITH', 2),
  CONTAINS: ofText('SF_CONTAINS', 2),
  SYSDATE: () => call('SF_UTC_NOW'),
  UUID_STRING: counted([0], () => cast(call('UUID'), 'VARCHAR')),
  FLATTEN: flatten,
  IS_ARRAY: macro('SF_IS_ARRAY', 1),
  DATEADD: dateAdd,
  TIMESTAMPADD: dateAdd,
  DATE_TRUNC: dateTrunc,
  TO_VARCHAR: toText,
  TO_CHAR: toText,
  TO_NUMBER: toNumber,
  TO_DECIMAL: toNumber,
  TO_NUMERIC: toNumber,
  TO_DATE: ([value, format], context) =>
    value === undefined || format !== undefined ? context.refuse('TO_DATE with a format') : call('SF_DATE', value),
  TO_TIMESTAMP_NTZ: macro('SF_TIMESTAMP', 1),
  TO_BOOLEAN: macro('SF_BOOLEAN', 1),
  TRY_TO_NUMBER: macro('SF_TRY_NUMBER', 1),
  ADD_MONTHS: macro('SF_ADD_MONTHS', 2),
  ASCII: ofText('ASCII', 1),
  REVERSE: ofText('SF_REVERSE', 1),
  REPEAT: ofText('REPEAT', 2),
  LPAD: ofText('SF_LPAD', 3),
  RPAD: ofText('SF_RPAD', 3),
  TRANSLATE: ofText('TRANSLATE', 3),
  LN: finiteCall('LN', 1),
  EXP: finiteCall('EXP', 1),
}
