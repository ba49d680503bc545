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

/** One rule: its code, what it says, and the predicate that is true for a bad row, rendered for each engine. */
export interface RowRule {
  readonly code: RowCode
  readonly reason: string
  readonly duckdb: string
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The text with every string emptied, so that only structure and numbers are left. */
export const BLANKED = `regexp_replace(doc, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')`
/** Structure with its innermost parts taken out twice: what is left of a deep row is a run of openings. */
const HOLLOW =
  "regexp_replace(regexp_replace(blanked, '\\{[^\\[\\]{}]*\\}|\\[[^\\[\\]{}]*\\]', '', 'g'), '\\{[^\\[\\]{}]*\\}|\\[[^\\[\\]{}]*\\]', '', 'g')"

/** Rules on a row's text, before it is taken for JSON; DuckDB's own check is more generous than JSON is. */
const TEXT_RULES: readonly RowRule[] = [
  {
    code: 'TOO_DEEP',
    reason: 'nested deeper than 64 levels',
    duckdb: `regexp_matches(${HOLLOW}, '(?:[\\[{][^\\[\\]{}]*){63}')`,
  },
  {
    code: 'NON_FINITE_NUMBER',
    reason: 'a number that is not finite',
    duckdb: "regexp_matches(blanked, '(?i)\\b(nan|inf|infinity)\\b|[0-9][eE][+]?[0-9]{3,}')",
  },
  {
    code: 'NUMBER_TOO_LARGE',
    reason: 'a whole number of more than 18 digits',
    duckdb: "regexp_matches(blanked, '[0-9]{19,}')",
  },
  {
    code: 'BAD_JSON',
    reason: 'no JSON object',
    duckdb: `not (json_valid(doc) and regexp_matches(doc, '^\\s*\\{') and not regexp_matches(blanked, ',\\s*[}\\]]'))`,
  },
]

/** Rules on keys: JSON would silently keep one of two. */
const KEY_RULES: readonly RowRule[] = [
  {
    code: 'DUPLICATE_KEY_IN_ROW',
    reason: 'a key comes twice',
    duckdb:
      "len(json_keys(doc)) <> len(list_distinct(json_keys(doc))) or len(json_keys(doc, '$.payload')) <> len(list_distinct(json_keys(doc, '$.payload')))",
  },
]

/** A column's value as text. */
export const textOf = (column: ContractColumn): string => `json_extract_string(doc, '$."${column.name}"')`

const TIMESTAMP = '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:?\\d{2})?)?$'

/** Whether a text is no value of a type. */
const NOT_OF_TYPE: Readonly<Record<string, (column: ContractColumn, format: Contract['format']) => string>> = {
  VARCHAR: column => `json_type(doc, '$."${column.name}"') <> 'VARCHAR'`,
  DATE: column =>
    `(not regexp_full_match(${textOf(column)}, '\\d{4}-\\d{2}-\\d{2}') or try_cast(${textOf(column)} as date) is null)`,
  TIMESTAMP_NTZ: column =>
    `(not regexp_matches(${textOf(column)}, '${TIMESTAMP}') or try_cast(${textOf(column)} as timestamptz) is null)`,
  NUMBER: (column, format) =>
    format === 'csv'
      ? `(not regexp_full_match(${textOf(column)}, '-?\\d+(\\.\\d+)?') or try_cast(${textOf(column)} as ${column.type.replace('NUMBER', 'decimal')}) is null)`
      : `(json_type(doc, '$."${column.name}"') not in ('BIGINT', 'UBIGINT', 'DOUBLE') or try_cast(${textOf(column)} as ${column.type.replace('NUMBER', 'decimal')}) is null)`,
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

/** Every rule of a contract, in the order in which they are asked: the first that is true names the row's fault. */
export function rowRules(contract: Contract): {
  readonly text: readonly RowRule[]
  readonly values: readonly RowRule[]
} {
  return {
    text: TEXT_RULES,
    values: [...KEY_RULES, ...contract.columns.flatMap(column => columnRules(column, contract.format))],
  }
}
