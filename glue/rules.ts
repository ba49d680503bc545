import type { Contract, ContractColumn } from '../ingestion-lambda/contract.ts'
import { type EngineSql, inBoth } from './sql/engine.ts'

/** Why a row is quarantined. */
export type RowCode =
  | 'COLUMN_COUNT'
  | 'TOO_DEEP'
  | 'NON_FINITE_NUMBER'
  | 'NUMBER_TOO_LARGE'
  | 'BAD_JSON'
  | 'DUPLICATE_KEY_IN_ROW'
  | 'MISSING_REQUIRED'
  | 'BAD_TYPE'
  | 'PATTERN'
  | 'NOT_ACCEPTED'
  | 'TOO_FAR_AHEAD'

/** One rule: its code, what it says, and the predicate that is true for a bad row, rendered for each engine. */
export interface RowRule {
  readonly code: RowCode
  readonly reason: string
  readonly duckdb: string
  readonly spark: string
}

/** The text with every string emptied, so that only structure and numbers are left. For DuckDB. */
export const BLANKED = `regexp_replace(doc, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')`
/** A row's brackets alone; for its depth one kind is as good as the other. */
const BRACKETS = "translate(regexp_replace(blanked, '[^\\[\\]{}]+', '', 'g'), '{}', '[]')"
/** How deep a row may be nested. */
export const LEVELS = 64
/** Brackets without their innermost pairs, 64 times over: of a row that is not too deep nothing is left. */
const DEEPER = Array.from({ length: LEVELS }).reduce<string>(text => `replace(${text}, '[]', '')`, BRACKETS)

/**
 * Numbers that would be rounded: more than 18 digits, and numbers with a point or an exponent (these are kept as doubles)
 * that are whole, or nearly, and beyond 2^53. Long fractions are no such numbers.
 */
const ROUNDED = [
  '[0-9]{19,}',
  '[0-9]{16,}[eE]',
  '(?:[0-9]{17,}|9[0-9]{15})\\.',
  '[0-9]+\\.[0-9]{15,}[eE]\\+?0*(?:1[5-9]|[2-9][0-9])',
].join('|')

/** What is looked for in a row's text with its strings emptied: the same in RE2 and in Python. */
export const PATTERNS = {
  nonFinite: '(?i)\\b(nan|inf|infinity)\\b|[0-9][eE][+]?[0-9]{3,}',
  tooLarge: `[^0-9.](?:${ROUNDED})`,
} as const

/**
 * Rules on a row's text, before it is taken for JSON. DuckDB's own check is more generous than JSON is; what is left to
 * NON_FINITE_NUMBER and NUMBER_TOO_LARGE passes it, so that these two are only said of rows that can be read. For Spark, the
 * function that reads the document judges its text by the same patterns: `parsed.flaw` is the code.
 */
const TEXT_RULES: readonly RowRule[] = [
  {
    code: 'TOO_DEEP',
    reason: `nested deeper than ${LEVELS} levels`,
    // Few rows have so many brackets at all, and only those are looked at closely.
    duckdb: `case when regexp_matches(blanked, '(?:[\\[{][^\\[{]*){${LEVELS + 1}}') then regexp_matches(${DEEPER}, '\\[\\]|\\[{${LEVELS + 1}}') else false end`,
    spark: "parsed.flaw = 'TOO_DEEP'",
  },
  {
    code: 'BAD_JSON',
    reason: 'no JSON object',
    duckdb: `not (json_valid(doc) and regexp_matches(doc, '^\\s*\\{') and not regexp_matches(blanked, ',\\s*[}\\]]'))`,
    spark: "parsed.flaw = 'BAD_JSON'",
  },
  {
    code: 'NON_FINITE_NUMBER',
    reason: 'a number that is not finite',
    duckdb: `regexp_matches(blanked, '${PATTERNS.nonFinite}')`,
    spark: "parsed.flaw = 'NON_FINITE_NUMBER'",
  },
  {
    code: 'NUMBER_TOO_LARGE',
    reason: 'a number with more digits than are kept exactly',
    duckdb: `regexp_matches(blanked, '${PATTERNS.tooLarge}')`,
    spark: "parsed.flaw = 'NUMBER_TOO_LARGE'",
  },
]

/** Codes of rows whose values must not be asked for: functions on JSON would fail, or not end, for these. */
export const UNREADABLE: readonly RowCode[] = ['COLUMN_COUNT', 'TOO_DEEP', 'BAD_JSON', 'NON_FINITE_NUMBER']

/** Rules on keys: JSON would silently keep one of two. `$..*` is everything inside, at any depth. */
const KEY_RULES: readonly RowRule[] = [
  {
    code: 'DUPLICATE_KEY_IN_ROW',
    reason: 'a key comes twice',
    duckdb:
      "len(list_filter(list_concat([cast(doc as json)], json_extract(doc, '$..*')), lambda part: len(json_keys(part)) <> len(list_distinct(json_keys(part))))) > 0",
    spark: 'parsed.has_twice',
  },
]

/** A time of the day, and an offset from UTC as people have them. What ingestion takes for a time is one here too. */
const TIMESTAMP =
  '^\\d{4}-\\d{2}-\\d{2}([T ]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?(Z|[+-](0\\d|1[0-5]):?[0-5]\\d)?)?$'

/** A column's time in UTC. Neither engine takes an offset behind a time without seconds, so these are put in. */
export const utcOf = (column: ContractColumn, sql: EngineSql): string =>
  sql.utc(sql.replace(sql.text(column), '^(.{13}:[0-9]{2})(Z|[+-]|$)', '\\1:00\\2'))

/** Years that every engine and warehouse spells with four digits. */
const isYear = (value: string): string => `year(${value}) between 1 and 9999`

/** Whether a text is no value of a type. */
const NOT_OF_TYPE: Readonly<
  Record<string, (column: ContractColumn, format: Contract['format'], sql: EngineSql) => string>
> = {
  VARCHAR: (column, _, sql) => `(not (${sql.isString(column)}) or (${sql.hasNul(column)}))`,
  DATE: (column, _, sql) => {
    const day = `try_cast(${sql.text(column)} as date)`
    return `(not ${sql.matches(sql.text(column), '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')} or ${day} is null or not ${isYear(day)})`
  },
  TIMESTAMP_NTZ: (column, _, sql) => {
    const time = utcOf(column, sql)
    return `(not ${sql.matches(sql.text(column), TIMESTAMP)} or ${time} is null or not ${isYear(time)})`
  },
  NUMBER: (column, format, sql) => {
    const [precision = 0, scale = 0] = column.type.match(/\d+/g)?.map(Number) ?? []
    const digits = precision - scale
    // One with more decimals than the type has would be rounded: another number than was delivered. Zeros are none.
    const whole = digits === 0 ? '0+' : `(0+|0*[1-9][0-9]{0,${digits - 1}})`
    const pattern = `^-?${whole}(\\.${scale === 0 ? '0+' : `[0-9]{1,${scale}}0*`})?$`
    const isNumber = format === 'csv' ? 'true' : sql.isNumber(column)
    return `not (${isNumber} and ${sql.matches(sql.text(column), pattern)})`
  },
  BOOLEAN: (column, _, sql) =>
    `${sql.text(column)} not in (${[...(column.true_values ?? ['true']), ...(column.false_values ?? ['false'])].map(sql.quoted).join(', ')})`,
}

function columnRules(column: ContractColumn, format: Contract['format']): readonly RowRule[] {
  const type = column.type.split('(')[0] ?? ''
  const rules: RowRule[] = []
  const add = (code: RowCode, reason: string, isBad: (value: string, sql: EngineSql) => string): void =>
    void rules.push({ code, reason, ...inBoth(sql => isBad(sql.text(column), sql)) })
  const { name, pattern, accepted } = column
  if (column.required === true) add('MISSING_REQUIRED', `${name} is missing`, value => `${value} is null`)
  const wrong = NOT_OF_TYPE[type]
  if (wrong !== undefined)
    add(
      'BAD_TYPE',
      `${name} is no ${column.type}`,
      (value, sql) => `${value} is not null and ${wrong(column, format, sql)}`,
    )
  if (pattern !== undefined)
    add('PATTERN', `${name} does not look as it must`, (value, sql) => `not ${sql.matches(value, pattern)}`)
  if (accepted !== undefined)
    add(
      'NOT_ACCEPTED',
      `${name} is none of the accepted values`,
      (value, sql) => `${value} not in (${accepted.map(sql.quoted).join(', ')})`,
    )
  return rules
}

/** A row of the day after its file's may come of a clock or of midnight; one of a later day is somebody's mistake. */
function dayRules({ date_from_rows, max_days_ahead, columns }: Contract): readonly RowRule[] {
  const column = columns.find(({ name }) => name === date_from_rows)
  if (column === undefined || max_days_ahead === undefined) return []
  return [
    {
      code: 'TOO_FAR_AHEAD',
      reason: `${column.name} is more than ${max_days_ahead} day(s) after the day of its file`,
      ...inBoth(sql => `${utcOf(column, sql)} >= ${sql.daysAfter('day', max_days_ahead + 1)}`),
    },
  ]
}

/** Every rule of a contract, in the order in which they are asked: the first that is true names the row's fault. */
export function rowRules(contract: Contract): {
  readonly text: readonly RowRule[]
  readonly values: readonly RowRule[]
} {
  return {
    text: TEXT_RULES,
    values: [
      ...KEY_RULES,
      ...contract.columns.flatMap(column => columnRules(column, contract.format)),
      ...dayRules(contract),
    ],
  }
}
