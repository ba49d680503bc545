import type { Contract, ContractColumn } from '../ingestion-lambda/contract.ts'

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
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The text with every string emptied, so that only structure and numbers are left. */
export const BLANKED = `regexp_replace(doc, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')`
/** A row's brackets alone; for its depth one kind is as good as the other. */
const BRACKETS = "translate(regexp_replace(blanked, '[^\\[\\]{}]+', '', 'g'), '{}', '[]')"
const LEVELS = 64
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

/**
 * Rules on a row's text, before it is taken for JSON. DuckDB's own check is more generous than JSON is; what is left to
 * NON_FINITE_NUMBER and NUMBER_TOO_LARGE passes it, so that these two are only said of rows that can be read.
 */
const TEXT_RULES: readonly RowRule[] = [
  {
    code: 'TOO_DEEP',
    reason: `nested deeper than ${LEVELS} levels`,
    // Few rows have so many brackets at all, and only those are looked at closely.
    duckdb: `case when regexp_matches(blanked, '(?:[\\[{][^\\[{]*){${LEVELS + 1}}') then regexp_matches(${DEEPER}, '\\[\\]|\\[{${LEVELS + 1}}') else false end`,
  },
  {
    code: 'BAD_JSON',
    reason: 'no JSON object',
    duckdb: `not (json_valid(doc) and regexp_matches(doc, '^\\s*\\{') and not regexp_matches(blanked, ',\\s*[}\\]]'))`,
  },
  {
    code: 'NON_FINITE_NUMBER',
    reason: 'a number that is not finite',
    duckdb: "regexp_matches(blanked, '(?i)\\b(nan|inf|infinity)\\b|[0-9][eE][+]?[0-9]{3,}')",
  },
  {
    code: 'NUMBER_TOO_LARGE',
    reason: 'a number with more digits than are kept exactly',
    duckdb: `regexp_matches(blanked, '[^0-9.](?:${ROUNDED})')`,
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
  },
]

/** A column's value as text. */
export const textOf = (column: ContractColumn): string => `json_extract_string(doc, '$."${column.name}"')`

const TIMESTAMP = '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:?\\d{2})?)?$'

/** Whether a text is no value of a type. */
const NOT_OF_TYPE: Readonly<Record<string, (column: ContractColumn, format: Contract['format']) => string>> = {
  // A NUL ends texts in places, such as nfc_normalize. JSON can only hold it as an escape, which is quickly looked for.
  VARCHAR: column =>
    `(json_type(doc, '$."${column.name}"') <> 'VARCHAR' or (contains(doc, '\\u0000') and contains(${textOf(column)}, chr(0))))`,
  DATE: column =>
    `(not regexp_full_match(${textOf(column)}, '\\d{4}-\\d{2}-\\d{2}') or try_cast(${textOf(column)} as date) is null)`,
  TIMESTAMP_NTZ: column =>
    `(not regexp_matches(${textOf(column)}, '${TIMESTAMP}') or try_cast(${textOf(column)} as timestamptz) is null)`,
  NUMBER: (column, format) => {
    const value = textOf(column)
    const isNumber =
      format === 'csv'
        ? `regexp_full_match(${value}, '-?\\d+(\\.\\d+)?')`
        : `json_type(doc, '$."${column.name}"') in ('BIGINT', 'UBIGINT', 'DOUBLE')`
    // One with more decimals than the type has would be rounded: another number than was delivered.
    const fits = `coalesce(try_cast(${value} as ${column.type.replace('NUMBER', 'decimal')}) = try_cast(${value} as decimal(38,12)), false)`
    return `not (${isNumber} and ${fits})`
  },
  BOOLEAN: column =>
    `${textOf(column)} not in (${[...(column.true_values ?? ['true']), ...(column.false_values ?? ['false'])].map(quoted).join(', ')})`,
}

function columnRules(column: ContractColumn, format: Contract['format']): readonly RowRule[] {
  const value = textOf(column)
  const type = column.type.split('(')[0] ?? ''
  const rules: RowRule[] = []
  if (column.required === true)
    rules.push({ code: 'MISSING_REQUIRED', reason: `${column.name} is missing`, duckdb: `${value} is null` })
  const wrong = NOT_OF_TYPE[type]?.(column, format)
  if (wrong !== undefined)
    rules.push({
      code: 'BAD_TYPE',
      reason: `${column.name} is no ${column.type}`,
      duckdb: `${value} is not null and ${wrong}`,
    })
  if (column.pattern !== undefined) {
    rules.push({
      code: 'PATTERN',
      reason: `${column.name} does not look as it must`,
      duckdb: `not regexp_matches(${value}, ${quoted(column.pattern)})`,
    })
  }
  if (column.accepted !== undefined) {
    rules.push({
      code: 'NOT_ACCEPTED',
      reason: `${column.name} is none of the accepted values`,
      duckdb: `${value} not in (${column.accepted.map(quoted).join(', ')})`,
    })
  }
  return rules
}

/** A row of the day after its file's may come of a clock or of midnight; one of a later day is somebody's mistake. */
function dayRules({ date_from_rows, max_days_ahead, columns }: Contract): readonly RowRule[] {
  const column = columns.find(({ name }) => name === date_from_rows)
  if (column === undefined || max_days_ahead === undefined) return []
  const utc = `cast(try_cast(${textOf(column)} as timestamptz) at time zone 'UTC' as timestamp)`
  return [
    {
      code: 'TOO_FAR_AHEAD',
      reason: `${column.name} is more than ${max_days_ahead} day(s) after the day of its file`,
      duckdb: `${utc} >= cast(day as timestamp) + to_days(${max_days_ahead + 1})`,
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
