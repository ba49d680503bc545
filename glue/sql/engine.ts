import type { Contract, ContractColumn } from '../../ingestion-lambda/contract.ts'

/**
 * What DuckDB and Spark say differently. All are expressions of SQL over a row's document; a value is an expression too.
 * Everything else in `glue/` is written once and rendered by one of these.
 */
export interface EngineSql {
  readonly engine: 'duckdb' | 'spark'
  readonly quoted: (text: string) => string
  readonly name: (identifier: string) => string
  /** A column's value as text, NULL where there is none. */
  readonly text: (column: ContractColumn) => string
  /** The same in Unicode's normal form C. */
  readonly normal: (column: ContractColumn) => string
  /** A column's value as the text of JSON, in one spelling. */
  readonly json: (column: ContractColumn) => string
  /** Whether the value is, in JSON, a string. */
  readonly isString: (column: ContractColumn) => string
  readonly isNumber: (column: ContractColumn) => string
  /** Whether a column's text has the character NUL, which ends texts in places. */
  readonly hasNul: (column: ContractColumn) => string
  /** Whether a regular expression, in the common part of RE2's and Java's language, is found in a value. */
  readonly matches: (value: string, pattern: string) => string
  /** What the first group of a pattern takes; '' where it is not found. */
  readonly extract: (value: string, pattern: string) => string
  /** Replaces the first place of a pattern; groups are `\1`. */
  readonly replace: (value: string, pattern: string, by: string) => string
  /** A time that its text says with an offset from UTC or without one, as UTC without a zone; NULL for no time. */
  readonly utc: (value: string) => string
  /** A day and a whole number of days after it, as a time. */
  readonly daysAfter: (day: string, days: number) => string
  readonly type: (type: string) => string
  /** Keys that the contract does not have, with their values, as JSON; NULL where there are none. */
  readonly extraColumns: (contract: Contract) => string
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
const at = ({ name }: ContractColumn): string => `'$."${name}"'`

/** Over a column `doc` of JSON text. */
export const DUCKDB: EngineSql = {
  engine: 'duckdb',
  quoted,
  name: identifier => `"${identifier}"`,
  text: column => `json_extract_string(doc, ${at(column)})`,
  normal: column => `nfc_normalize(${DUCKDB.text(column)})`,
  json: column => `cast(json_extract(doc, ${at(column)}) as varchar)`,
  isString: column => `json_type(doc, ${at(column)}) = 'VARCHAR'`,
  isNumber: column => `json_type(doc, ${at(column)}) in ('BIGINT', 'UBIGINT', 'DOUBLE')`,
  // JSON can only hold it as an escape, which is quickly looked for.
  hasNul: column => `contains(doc, '\\u0000') and contains(${DUCKDB.text(column)}, chr(0))`,
  matches: (value, pattern) => `regexp_matches(${value}, ${quoted(pattern)})`,
  extract: (value, pattern) => `regexp_extract(${value}, ${quoted(pattern)}, 1)`,
  replace: (value, pattern, by) => `regexp_replace(${value}, ${quoted(pattern)}, ${quoted(by)})`,
  utc: value => `cast(try_cast(${value} as timestamptz) at time zone 'UTC' as timestamp)`,
  daysAfter: (day, days) => `cast(${day} as timestamp) + to_days(${days})`,
  type: type => ({ TIMESTAMP_NTZ: 'timestamp', VARIANT: 'varchar' })[type] ?? type.replace('NUMBER', 'decimal'),
  extraColumns: contract => {
    const known = contract.columns.map(({ name }) => quoted(name)).join(', ')
    // A pointer takes any key; a path would need its quotes escaped.
    const value = "json_extract(doc, '/' || replace(replace(name, '~', '~0'), '/', '~1'))"
    const extra = `list_filter(json_keys(doc), lambda name: name not in (${known}))`
    return `case when len(${extra}) > 0
    then cast(cast(map_from_entries(list_transform(${extra}, lambda name: struct_pack(k := name, v := ${value}))) as json) as varchar) end`
  },
}

/** A text of Spark's SQL, where a backslash begins an escape. */
const sparkQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/**
 * The same pattern for Java: there `$` would also match before a last line end, and more characters end lines than RE2 knows.
 * `(?d)` leaves only the line feed.
 */
function javaPattern(pattern: string): string {
  let inClass = false
  const parts = pattern.match(/\\.|[\s\S]/g) ?? []
  const translated = parts.map(part => {
    if (part === '[') inClass = true
    if (part === ']') inClass = false
    return part === '$' && !inClass ? '\\z' : part
  })
  return sparkQuoted(`(?d)${translated.join('')}`)
}

const field = (of: string, { name }: ContractColumn): string => `parsed.${of}[${sparkQuoted(name)}]`

/** Over a column `parsed`, which the function `telco_document` of glue/telco makes of a row's document. */
export const SPARK: EngineSql = {
  engine: 'spark',
  quoted: sparkQuoted,
  name: identifier => `\`${identifier}\``,
  text: column => field('texts', column),
  normal: column => `coalesce(${field('normals', column)}, ${field('texts', column)})`,
  json: column => field('jsons', column),
  isString: column => `${field('kinds', column)} = 'STRING'`,
  isNumber: column => `${field('kinds', column)} = 'NUMBER'`,
  hasNul: column => `instr(${field('texts', column)}, char(0)) > 0`,
  matches: (value, pattern) => `${value} rlike ${javaPattern(pattern)}`,
  extract: (value, pattern) => `regexp_extract(${value}, ${javaPattern(pattern)}, 1)`,
  // Java writes a group as $1.
  replace: (value, pattern, by) =>
    `regexp_replace(${value}, ${javaPattern(pattern)}, ${sparkQuoted(by.replace(/\\(\d)/g, '$$$1'))})`,
  utc: value => `cast(try_cast(${value} as timestamp) as timestamp_ntz)`,
  daysAfter: (day, days) => `cast(date_add(${day}, ${days}) as timestamp_ntz)`,
  type: type =>
    ({ TIMESTAMP_NTZ: 'timestamp_ntz', VARIANT: 'string', VARCHAR: 'string' })[type] ??
    type.replace('NUMBER', 'decimal').toLowerCase(),
  extraColumns: () => 'parsed.extra',
}

/** A predicate or a statement in both engines' words. */
export const inBoth = (make: (sql: EngineSql) => string): { readonly duckdb: string; readonly spark: string } => ({
  duckdb: make(DUCKDB),
  spark: make(SPARK),
})
