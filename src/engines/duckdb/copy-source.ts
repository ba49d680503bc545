import { UserError } from '../../error.ts'
import type { CopyInto } from '../../transpile/copy-into.ts'
import { quotedName, quotedText } from './system.ts'

/** A column of the table that is loaded; `type` is DuckDB's. */
export interface TableColumn {
  readonly name: string
  readonly type: string
}

/** What a COPY selects from, and the expression in it for a column of the table. */
interface Source {
  readonly from: string
  readonly cell: (column: TableColumn) => string
}

type Options = CopyInto['formatOptions']
type Reader = (copy: CopyInto, files: readonly string[], columns: readonly TableColumn[]) => Source

/** The table that a COPY loads, quoted. */
export const tableName = ({ table }: Pick<CopyInto, 'table'>): string => table.map(quotedName).join('.')

/**
 * The INSERT that loads files into a table.
 *
 * @param files absolute paths, at least one
 * @throws UserError for a format option that is not supported
 */
export function insertFrom(copy: CopyInto, files: readonly string[], columns: readonly TableColumn[]): string {
  const { from, cell } = READERS[copy.format](copy, files.map(literalPath), columns)
  const names = columns.map(({ name }) => quotedName(name))
  const cells = columns.map(column => `cast(${cell(column)} as ${column.type})`)
  return `insert into ${tableName(copy)} (${names.join(', ')}) select ${cells.join(', ')} from ${from}`
}

/** DuckDB takes a path for a pattern: in brackets each of its characters stands for itself. */
function literalPath(path: string): string {
  return quotedText(path.replace(/[[*?]/g, '[$&]'))
}

/** Columns of the table that no file has are NULL; columns that the table lacks are there, and nobody selects them. */
function byName(columns: readonly TableColumn[], selects: readonly string[]): string {
  const nothing = columns.map(({ name }) => `null as ${quotedName(name)}`).join(', ')
  return `(select ${nothing} where false union all by name ${selects.join(' union all by name ')})`
}

const readParquet: Reader = ({ formatOptions }, files, columns) => {
  refuseOptions('PARQUET', formatOptions, [])
  const all = `select * from read_parquet([${files.join(', ')}], union_by_name = true, hive_partitioning = false)`
  return {
    from: byName(columns, [all]),
    cell: ({ name, type }) => (type === 'JSON' ? `to_json(${quotedName(name)})` : quotedName(name)),
  }
}

/** Objects are read whole: DuckDB would otherwise guess types, and write a text that looks like a time in its own way. */
const readJson: Reader = ({ formatOptions, matchByColumnName }, files, columns) => {
  refuseOptions('JSON', formatOptions, ['STRIP_OUTER_ARRAY', 'COMPRESSION'])
  // Snowflake reads one value after the other, wherever lines end.
  const format = formatOptions.STRIP_OUTER_ARRAY === true ? 'array' : 'unstructured'
  const options = [`format = '${format}'`, ...compression('JSON', formatOptions)]
  const from = `read_json_objects([${files.join(', ')}], ${options.join(', ')})`
  if (matchByColumnName === 'NONE') {
    if (columns.length === 1) return { from, cell: () => 'json' }
    throw new UserError('COPY INTO of JSON without MATCH_BY_COLUMN_NAME needs a table of one VARIANT column', {
      remedy: 'add match_by_column_name = case_insensitive',
    })
  }
  return {
    from: `(select json, json_keys(json) as keys from ${from})`,
    cell: ({ name, type }) => {
      const key = `list_filter(keys, k -> upper(k) = ${quotedText(name.toUpperCase())})[1]`
      const pointer = `'/' || replace(replace(${key}, '~', '~0'), '/', '~1')`
      return type === 'JSON' ? `json_extract(json, ${pointer})` : `json_extract_string(json, ${pointer})`
    },
  }
}

/** All that DuckDB would guess is said: a guess may take a row for a comment, or a quote for no part of the text. */
const readCsv: Reader = ({ formatOptions, matchByColumnName }, files, columns) => {
  refuseOptions('CSV', formatOptions, CSV_OPTIONS)
  const quote = word(formatOptions.FIELD_OPTIONALLY_ENCLOSED_BY) ?? ''
  const options = [
    `delim = ${quotedText(word(formatOptions.FIELD_DELIMITER) ?? ',')}, quote = ${quotedText(quote)}, escape = ${quotedText(quote)}`,
    `comment = '', skip = ${Number(formatOptions.SKIP_HEADER ?? 0)}, nullstr = '', allow_quoted_nulls = false, hive_partitioning = false`,
    ...compression('CSV', formatOptions),
  ].join(', ')
  const nulls = [formatOptions.NULL_IF ?? '\\N'].flat().map(text => quotedText(String(text)))
  const texts = columns.map(({ name }) => `${quotedName(name)}: 'VARCHAR'`).join(', ')
  return {
    from:
      matchByColumnName === 'NONE'
        ? `read_csv([${files.join(', ')}], auto_detect = false, header = false, columns = {${texts}}, ${options})`
        : byName(
            columns,
            // A file at a time: with several DuckDB's error does not say which.
            files.map(file => `select * from read_csv(${file}, header = true, all_varchar = true, ${options})`),
          ),
    cell: ({ name }) => {
      const text = quotedName(name)
      return nulls.length === 0 ? text : `case when ${text} not in (${nulls.join(', ')}) then ${text} end`
    },
  }
}

/** How each format is read. */
const READERS: Readonly<Record<CopyInto['format'], Reader>> = { PARQUET: readParquet, JSON: readJson, CSV: readCsv }

const CSV_OPTIONS = [
  'FIELD_DELIMITER',
  'FIELD_OPTIONALLY_ENCLOSED_BY',
  'PARSE_HEADER',
  'SKIP_HEADER',
  'NULL_IF',
  'COMPRESSION',
]

/** An option's text; undefined where it is not given, or NONE. */
function word(value: Options[string] | undefined): string | undefined {
  return value === undefined || String(value).toUpperCase() === 'NONE' ? undefined : String(value)
}

const COMPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  AUTO: [],
  NONE: [`compression = 'uncompressed'`],
  GZIP: [`compression = 'gzip'`],
  ZSTD: [`compression = 'zstd'`],
}

function compression(format: string, options: Options): readonly string[] {
  const wanted = String(options.COMPRESSION ?? 'AUTO').toUpperCase()
  const known = COMPRESSIONS[wanted]
  if (known !== undefined) return known
  throw new UserError(`COPY INTO: COMPRESSION = ${wanted} of ${format} is not supported by the local engine`, {
    remedy: `use one of ${Object.keys(COMPRESSIONS).join(', ')}`,
  })
}

function refuseOptions(format: string, options: Options, known: readonly string[]): void {
  const other = Object.keys(options).find(option => !known.includes(option))
  if (other === undefined) return
  throw new UserError(`COPY INTO: the file format option ${other} of ${format} is not supported by the local engine`, {
    remedy: known.length === 0 ? `${format} takes no options here` : `use one of ${known.join(', ')}`,
  })
}
