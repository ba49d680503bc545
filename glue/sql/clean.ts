import type { Contract, ContractColumn } from '../../ingestion-lambda/contract.ts'
import { BLANKED, type RowRule, rowRules, UNREADABLE, utcOf } from '../rules.ts'
import { DUCKDB, type EngineSql } from './engine.ts'

const { quoted } = DUCKDB

/** How a row's text is carried in the file of a batch: what would end a cell or a line there, and the mark itself. */
const CARRIED: ReadonlyMap<string, string> = new Map([
  ['\u0001', '\u0002a'],
  ['\n', '\u0002b'],
  ['\r', '\u0002c'],
  ['\u0002', '\u0002d'],
])

/** A row's text as it stands in the file of a batch; `readRows` gives it back as it came. */
export const carried = (raw: string): string => raw.replace(/[\u0001\u0002\n\r]/g, mark => CARRIED.get(mark) ?? mark)

/** Reads the rows of a batch into DuckDB: the number and the day of their file, their line, their text, and the JSON made of a CSV record. */
export function readRows(file: string): string {
  // The mark itself comes last: before that it would make new marks. Few rows have any.
  const marked = [...CARRIED].reduce((text, [mark, as]) => `replace(${text}, ${quoted(as)}, ${quoted(mark)})`, 'raw')
  const raw = `case when contains(raw, '\u0002') then ${marked} else raw end`
  return `select cast(file as integer) as file, cast(day as date) as day, cast(line as bigint) as line, given, coalesce(text, '') as raw, coalesce(doc, text, '') as doc
from (select * exclude (raw), ${raw} as text from read_csv(${quoted(file)}, delim = '\u0001', quote = '', escape = '', header = false,
  auto_detect = false, strict_mode = false, max_line_size = 16777216,
  columns = {'file': 'varchar', 'day': 'varchar', 'line': 'varchar', 'given': 'varchar', 'raw': 'varchar', 'doc': 'varchar'}))`
}

const both = (rule: RowRule): string => `${rule.code}|${rule.reason}`

/** The branches of a CASE that give the name of the first rule that is true. */
function whens(rules: readonly RowRule[], { engine, quoted }: EngineSql): string {
  return rules.map(rule => `when ${rule[engine]} then ${quoted(both(rule))}`).join('\n    ')
}

/**
 * Judges every row of `lines`: `code|reason` of its first fault, NULL for a good row. What stands for a row's document is
 * there only where it can be read.
 */
export const judgeRows = (contract: Contract, sql: EngineSql): string =>
  sql.engine === 'duckdb' ? judgeInDuckDb(contract) : judgeInSpark(contract, sql)

function judgeInDuckDb(contract: Contract): string {
  const { text, values } = rowRules(contract)
  const unreadable = UNREADABLE.map(quoted).join(', ')
  return `with blank as (select *, ${BLANKED} as blanked from lines),
told as (
  select file, day, line, raw, doc, case
    when given is not null then given || '|wrong number of cells'
    ${whens(text, DUCKDB)}
  end as fault from blank
),
-- A CASE does not keep the optimizer from reading a value early, so what is no JSON must not be there to be read.
read as (
  select file, day, line, raw, fault, case when fault is null or split_part(fault, '|', 1) not in (${unreadable}) then doc end as doc
  from told
)
select file, line, raw, doc, case
    when fault is not null then fault
    ${whens(values, DUCKDB)}
  end as fault
from read`
}

function judgeInSpark(contract: Contract, sql: EngineSql): string {
  const { text, values } = rowRules(contract)
  const names = contract.columns.map(({ name }) => name).join()
  const variants = contract.columns.filter(({ type }) => type === 'VARIANT').map(({ name }) => name)
  return `select file, line, raw, parsed, case
    when given is not null then concat(given, '|wrong number of cells')
    ${whens([...text, ...values], sql)}
  end as fault
from (select file, day, line, given, raw, telco_document(doc, ${sql.quoted(names)}, ${sql.quoted(variants.join())}) as parsed
  from lines)`
}

const TYPED: Readonly<Record<string, (column: ContractColumn, sql: EngineSql) => string>> = {
  VARCHAR: (column, sql) => (column.pattern === undefined ? sql.normal(column) : sql.text(column)),
  TIMESTAMP_NTZ: utcOf,
  BOOLEAN: (column, sql) => `${sql.text(column)} in (${(column.true_values ?? ['true']).map(sql.quoted).join(', ')})`,
  VARIANT: (column, sql) => sql.json(column),
}

/** A column's value in its type; NULL stays NULL. */
function typed(column: ContractColumn, sql: EngineSql): string {
  const make = TYPED[column.type.split('(')[0] ?? ''] ?? (() => `cast(${sql.text(column)} as ${sql.type(column.type)})`)
  return `case when ${sql.text(column)} is not null then ${make(column, sql)} end`
}

/**
 * The offset from UTC that the source wrote behind the time of a row's event, as `+02:00`: times are kept in UTC, and how late
 * it was where it happened would otherwise be lost. NULL where the source wrote none.
 */
function sourceOffset({ date_from_rows, columns }: Contract, sql: EngineSql): readonly string[] {
  const column = columns.find(({ name }) => name === date_from_rows)
  if (column === undefined) return []
  const written = sql.extract(sql.text(column), '(Z|[+-][0-9]{2}:?[0-9]{2})$')
  const spelt = sql.replace(`replace(${written}, 'Z', '+00:00')`, '^([+-][0-9]{2}):?([0-9]{2})$', '\\1:\\2')
  return [`nullif(${spelt}, '') as source_utc_offset`]
}

/**
 * The good rows of `judged`, typed. `row_hash` covers names and values; NULL is left out, so that a new column without values
 * changes no hash, while an empty text is not. `extra_columns` are kept here, aside, until the contract has them, and in no hash.
 */
export function goodRows(contract: Contract, sql: EngineSql): string {
  const columns = contract.columns.map(column => `${typed(column, sql)} as ${sql.name(column.name)}`)
  const parts = contract.columns.map(({ name }) => {
    const value = `cast(${sql.name(name)} as string)`
    return `case when ${sql.name(name)} is null then '' else '${name}=' || cast(length(${value}) as string) || ':' || ${value} || ';' end`
  })
  const names = contract.columns.map(({ name }) => sql.name(name)).join(', ')
  const offset = sourceOffset(contract, sql)
  const hashed = sql.engine === 'spark' ? `cast(${parts.join(' || ')} as binary)` : parts.join(' || ')
  return `select ${names}, file, line as source_line, md5(${hashed}) as row_hash, extra_columns${offset.length > 0 ? ', source_utc_offset' : ''}
from (select file, line, ${[...columns, ...offset].join(', ')}, ${sql.extraColumns(contract)} as extra_columns from judged where fault is null) t`
}

/** The bad rows of `judged`: where they stand, why, as they came, and their key where it can be read. */
export function badRows(contract: Contract, sql: EngineSql): string {
  const key = contract.columns.find(column => column.name === contract.key[0])
  const value = key === undefined ? 'cast(null as string)' : sql.text(key)
  const pattern = key?.pattern === undefined ? '' : ` and ${sql.matches(value, key.pattern)}`
  return `select file, line, split_part(fault, '|', 1) as code, split_part(fault, '|', 2) as reason, raw,
  case when split_part(fault, '|', 1) <> 'DUPLICATE_KEY_IN_ROW'${pattern} then ${value} end as key
from judged where fault is not null`
}
