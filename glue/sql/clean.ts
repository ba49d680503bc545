import type { Contract, ContractColumn } from '../../ingestion-lambda/contract.ts'
import { BLANKED, type RowRule, rowRules, textOf, UNREADABLE } from '../rules.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** How a row's text is carried in the file of a batch: what would end a cell or a line there, and the mark itself. */
const CARRIED: ReadonlyMap<string, string> = new Map([
  ['\u0001', '\u0002a'],
  ['\n', '\u0002b'],
  ['\r', '\u0002c'],
  ['\u0002', '\u0002d'],
])

/** A row's text as it stands in the file of a batch; `readRows` gives it back as it came. */
export const carried = (raw: string): string => raw.replace(/[\u0001\u0002\n\r]/g, mark => CARRIED.get(mark) ?? mark)

/** Reads the rows of a batch: the number and the day of their file, their line, their text, and the JSON made of a CSV record. */
export function readRows(file: string): string {
  // The mark itself comes last: before that it would make new marks. Few rows have any.
  const marked = [...CARRIED].reduce((text, [mark, as]) => `replace(${text}, ${quoted(as)}, ${quoted(mark)})`, 'raw')
  const raw = `case when contains(raw, '\u0002') then ${marked} else raw end`
  return `create or replace temp table lines as
select cast(file as integer) as file, cast(day as date) as day, cast(line as bigint) as line, given, coalesce(text, '') as raw, coalesce(doc, text, '') as doc
from (select * exclude (raw), ${raw} as text from read_csv(${quoted(file)}, delim = '\u0001', quote = '', escape = '', header = false,
  auto_detect = false, strict_mode = false, max_line_size = 16777216,
  columns = {'file': 'varchar', 'day': 'varchar', 'line': 'varchar', 'given': 'varchar', 'raw': 'varchar', 'doc': 'varchar'}))`
}

/** Judges every row: `code|reason` of its first fault, NULL for a good row. A row that cannot be read has no `doc`. */
export function judgeRows(contract: Contract): string {
  const { text, values } = rowRules(contract)
  const whens = (rules: readonly RowRule[], pick: (rule: RowRule) => string): string =>
    rules.map(rule => `when ${rule.duckdb} then ${quoted(pick(rule))}`).join('\n    ')
  const unreadable = UNREADABLE.map(quoted).join(', ')
  const both = (rule: RowRule): string => `${rule.code}|${rule.reason}`
  return `create or replace temp table judged as
with blank as (select *, ${BLANKED} as blanked from lines),
told as (
  select file, day, line, raw, doc, case
    when given is not null then given || '|wrong number of cells'
    ${whens(text, both)}
  end as fault from blank
),
-- A CASE does not keep the optimizer from reading a value early, so what is no JSON must not be there to be read.
read as (
  select file, day, line, raw, fault, case when fault is null or split_part(fault, '|', 1) not in (${unreadable}) then doc end as doc
  from told
)
select file, line, raw, doc, case
    when fault is not null then fault
    ${whens(values, both)}
  end as fault
from read`
}

const TYPED: Readonly<Record<string, (column: ContractColumn, value: string) => string>> = {
  VARCHAR: (column, value) => (column.pattern === undefined ? `nfc_normalize(${value})` : value),
  DATE: (_, value) => `cast(${value} as date)`,
  TIMESTAMP_NTZ: (_, value) => `cast(cast(${value} as timestamptz) at time zone 'UTC' as timestamp)`,
  NUMBER: (column, value) => `cast(${value} as ${column.type.replace('NUMBER', 'decimal')})`,
  BOOLEAN: (column, value) => `${value} in (${(column.true_values ?? ['true']).map(quoted).join(', ')})`,
  VARIANT: column => `cast(json_extract(doc, '$."${column.name}"') as varchar)`,
}

/** A column's value in its type; NULL stays NULL. */
function typed(column: ContractColumn): string {
  const value = textOf(column)
  const make = TYPED[column.type.split('(')[0] ?? '']
  return make === undefined ? value : `case when ${value} is not null then ${make(column, value)} end`
}

/** Keys of a row that the contract does not have yet, with their values, as JSON; NULL where there are none. */
function extraColumns(contract: Contract): string {
  const known = contract.columns.map(({ name }) => quoted(name)).join(', ')
  // A pointer takes any key; a path would need its quotes escaped.
  const value = "json_extract(doc, '/' || replace(replace(name, '~', '~0'), '/', '~1'))"
  const extra = `list_filter(json_keys(doc), lambda name: name not in (${known}))`
  return `case when len(${extra}) > 0
    then cast(cast(map_from_entries(list_transform(${extra}, lambda name: struct_pack(k := name, v := ${value}))) as json) as varchar) end`
}

/**
 * The offset from UTC that the source wrote behind the time of a row's event, as `+02:00`: times are kept in UTC, and how late
 * it was where it happened would otherwise be lost. NULL where the source wrote none.
 */
function sourceOffset({ date_from_rows, columns }: Contract): readonly string[] {
  const column = columns.find(({ name }) => name === date_from_rows)
  if (column === undefined) return []
  const written = `regexp_extract(${textOf(column)}, '(Z|[+-][0-9]{2}:?[0-9]{2})$', 1)`
  const spelt = `regexp_replace(replace(${written}, 'Z', '+00:00'), '^([+-][0-9]{2}):?([0-9]{2})$', '\\1:\\2')`
  return [`nullif(${spelt}, '') as source_utc_offset`]
}

/**
 * The good rows, typed. `row_hash` covers names and values; NULL is left out, so that a new column without values changes
 * no hash, while an empty text is not. `extra_columns` are kept here, aside, until the contract has them, and in no hash.
 */
export function goodRows(contract: Contract): string {
  const columns = contract.columns.map(column => `${typed(column)} as "${column.name}"`)
  const parts = contract.columns.map(({ name }) => {
    const value = `cast("${name}" as varchar)`
    return `case when "${name}" is null then '' else '${name}=' || length(${value}) || ':' || ${value} || ';' end`
  })
  const names = contract.columns.map(({ name }) => `"${name}"`).join(', ')
  const offset = sourceOffset(contract)
  return `create or replace temp table good as
select ${names}, file, line as source_line, md5(${parts.join(' || ')}) as row_hash, extra_columns${offset.length > 0 ? ', source_utc_offset' : ''}
from (select file, line, ${[...columns, ...offset].join(', ')}, ${extraColumns(contract)} as extra_columns from judged where fault is null)`
}

/** The bad rows: where they stand, why, as they came, and their key where it can be read. */
export function badRows(contract: Contract): string {
  const key = contract.columns.find(column => column.name === contract.key[0])
  const value = key === undefined ? 'null' : textOf(key)
  const pattern = key?.pattern === undefined ? '' : ` and regexp_matches(${value}, ${quoted(key.pattern)})`
  return `create or replace temp table bad as
select file, line, split_part(fault, '|', 1) as code, split_part(fault, '|', 2) as reason, raw,
  case when split_part(fault, '|', 1) <> 'DUPLICATE_KEY_IN_ROW'${pattern} then ${value} end as key
from judged where fault is not null`
}
