import type { Json } from './parser.ts'
import { binary, call, cast, literalValue, number, text, word } from './tree.ts'

/** What a rewrite may use: `macro` names one of ours, `refuse` ends the translation with a construct's name. */
export interface RewriteContext {
  readonly macro: (name: string) => string
  readonly refuse: (construct: string) => never
  /** The kind of the node right above, e.g. `cast`. */
  readonly parent: string | undefined
}

export type FunctionRule = (args: readonly Json[], context: RewriteContext) => Json | undefined

/** Answers as Snowflake does under its own name, with this many arguments. */
const same =
  (...counts: readonly number[]): FunctionRule =>
  (args, { refuse }) =>
    counts.includes(args.length) ? undefined : refuse(`this number of arguments (${args.length})`)

/** Stands for a macro of the prelude. */
const macro =
  (name: string, ...counts: readonly number[]): FunctionRule =>
  (args, context) =>
    counts.includes(args.length)
      ? call(context.macro(name), ...args)
      : context.refuse(`this number of arguments (${args.length})`)

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

/** Adds whole units; the type of the result depends on the argument's in both engines, and differently: a cast decides it. */
const dateAdd: FunctionRule = ([part, count, date], context) => {
  const name = unit(word(part), context)
  if (context.parent !== 'cast') return context.refuse('DATEADD without a cast to DATE or TIMESTAMP_NTZ around it')
  if (count === undefined || date === undefined) return context.refuse('DATEADD with other than three arguments')
  const months: Readonly<Record<string, number>> = { year: 12, quarter: 3, month: 1 }
  const seconds: Readonly<Record<string, number>> = { week: 604_800, day: 86_400, hour: 3600, minute: 60, second: 1 }
  const times = (factor: number): Json => cast(binary('mul', cast(count, 'BIGINT'), number(factor)), 'BIGINT')
  const from = cast(date, 'DATETIME')
  const factor = months[name]
  return factor === undefined
    ? binary('add', from, call('TO_SECONDS', times(seconds[name] ?? 0)))
    : binary('add', from, call('TO_MONTHS', cast(times(factor), 'INT')))
}

const dateTrunc: FunctionRule = ([part, date], context) => {
  if (context.parent !== 'cast') return context.refuse('DATE_TRUNC without a cast to DATE or TIMESTAMP_NTZ around it')
  if (date === undefined) return context.refuse('DATE_TRUNC with one argument')
  return call('DATE_TRUNC', text(unit(word(part) ?? literalValue(part), context)), cast(date, 'DATETIME'))
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
  if (format === undefined) return cast(value, 'VARCHAR')
  let rest = literalValue(format) ?? context.refuse('TO_VARCHAR with a format that is no literal')
  let made = ''
  while (rest !== '') {
    const known = FORMATS.find(([token]) => rest.toUpperCase().startsWith(token))
    const plain = /^[-:/ .,_]|^"T"/.exec(rest)?.[0]
    if (known === undefined && plain === undefined)
      return context.refuse(`TO_VARCHAR with the format ${literalValue(format)}`)
    made += known?.[1] ?? plain?.replaceAll('"', '') ?? ''
    rest = rest.slice(known?.[0].length ?? plain?.length ?? 0)
  }
  return call(context.macro('SF_FORMAT'), value, text(made))
}

const toNumber: FunctionRule = ([value, precision, scale], context) => {
  const [p, s] = [literalValue(precision) ?? '38', literalValue(scale) ?? '0']
  if (value === undefined || !/^\d+$/.test(p + s)) return context.refuse('TO_NUMBER with this format')
  return cast(value, `DECIMAL(${p}, ${s})`)
}

/** NULL in, NULL out, unlike DuckDB's function of that name. */
const concat: FunctionRule = ([first, ...rest], { refuse }) => {
  if (first === undefined) return refuse('CONCAT without arguments')
  return rest.reduce((left, right) => binary('concat', left, right), cast(first, 'VARCHAR'))
}

/** Functions by name, as the parser leaves them unnamed in its tree. A name that is not here is refused. */
export const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  MD5: same(1),
  MD5_HEX: ([value], context) =>
    value === undefined ? context.refuse('MD5_HEX without an argument') : call('MD5', value),
  ROUND: same(1, 2),
  SIGN: same(1),
  POWER: same(2),
  POW: same(2),
  LTRIM: same(1, 2),
  RTRIM: same(1, 2),
  LEFT: macro('SF_LEFT', 2),
  RIGHT: macro('SF_RIGHT', 2),
  REPLACE: same(3),
  SPLIT_PART: same(3),
  NULLIF: same(2),
  GREATEST: same(2, 3, 4, 5),
  LEAST: same(2, 3, 4, 5),
  EQUAL_NULL: same(2),
  ZEROIFNULL: same(1),
  DECODE: same(3, 4, 5, 6, 7, 8),
  TRUNC: same(1, 2),
  MONTHNAME: same(1),
  DAYNAME: same(1),
  LAST_DAY: same(1),
  CONCAT: concat,
  CONCAT_WS: ([separator, ...rest], context) =>
    separator === undefined
      ? context.refuse('CONCAT_WS without arguments')
      : call(context.macro('SF_CONCAT_WS'), separator, call('LIST_VALUE', ...rest)),
  REGEXP_LIKE: macro('SF_REGEXP_LIKE', 2),
  RLIKE: macro('SF_REGEXP_LIKE', 2),
  REGEXP_COUNT: macro('SF_REGEXP_COUNT', 2),
  REGEXP_REPLACE: same(3),
  DIV0: macro('SF_DIV0', 2),
  DIV0NULL: macro('SF_DIV0NULL', 2),
  CHARINDEX: macro('SF_CHARINDEX', 2),
  STARTSWITH: macro('SF_STARTSWITH', 2),
  ENDSWITH: macro('SF_ENDSWITH', 2),
  CONTAINS: same(2),
  SYSDATE: (_, context) => call(context.macro('SF_UTC_NOW')),
  DATEADD: dateAdd,
  TIMESTAMPADD: dateAdd,
  DATE_TRUNC: dateTrunc,
  TO_VARCHAR: toText,
  TO_CHAR: toText,
  TO_NUMBER: toNumber,
  TO_DECIMAL: toNumber,
  TO_NUMERIC: toNumber,
  TO_DATE: ([value, format], context) =>
    value === undefined || format !== undefined
      ? context.refuse('TO_DATE with a format')
      : call(context.macro('SF_DATE'), value),
  TO_TIMESTAMP_NTZ: macro('SF_TIMESTAMP', 1),
  TO_BOOLEAN: macro('SF_BOOLEAN', 1),
  TRY_TO_NUMBER: macro('SF_TRY_NUMBER', 1),
  ADD_MONTHS: macro('SF_ADD_MONTHS', 2),
  ASCII: same(1),
  REVERSE: same(1),
  REPEAT: same(2),
  LPAD: same(3),
  RPAD: same(3),
  TRANSLATE: same(3),
  LN: same(1),
  EXP: same(1),
}
