import type { Json } from './parser.ts'
import { type Fields, isObject, literalValue, nameParts, word } from './tree.ts'

/** A COPY INTO as data. Options that are not here are refused. */
export interface CopyInto {
  /** Database, schema and name. */
  readonly table: readonly string[]
  /** `DATABASE.SCHEMA.STAGE`, upper-cased. */
  readonly stage: string
  /** Below the stage's folder; '' is the whole stage. */
  readonly path: string
  readonly format: 'PARQUET' | 'CSV' | 'JSON'
  /** By their upper-cased names. */
  readonly formatOptions: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly pattern?: string | undefined
  readonly files?: readonly string[] | undefined
  readonly matchByColumnName: 'CASE_INSENSITIVE' | 'NONE'
  readonly force: boolean
}

/** Reads the tree of a COPY INTO table FROM stage. */
export function copyInto(tree: Fields, refuse: (construct: string) => never): CopyInto {
  const target = isObject(tree.this) && isObject(tree.this.table) ? tree.this.table : refuse('COPY INTO a stage')
  const table = nameParts(target)
  if (table.length !== 3) refuse('COPY INTO a table without database and schema')
  const [source] = Array.isArray(tree.files) ? tree.files : []
  const from =
    /^@([\w$]+\.[\w$]+\.[\w$]+)(?:\/(.*))?$/.exec(literalValue(source) ?? '') ?? refuse('COPY INTO from a query')
  const params = new Map(
    (Array.isArray(tree.params) ? tree.params : []).flatMap(param =>
      isObject(param) ? [[String(param.name).toUpperCase(), param] as const] : [],
    ),
  )
  for (const name of params.keys()) if (!OPTIONS.has(name)) refuse(`COPY INTO with ${name}`)
  const onError = word(params.get('ON_ERROR')?.value)
  if (onError !== undefined && onError.toUpperCase() !== 'ABORT_STATEMENT')
    refuse(`COPY INTO with ON_ERROR = ${onError}`)
  const { TYPE: type, ...formatOptions } = settings(params.get('FILE_FORMAT')?.values, refuse)
  const format = String(type ?? '').toUpperCase()
  if (format !== 'PARQUET' && format !== 'CSV' && format !== 'JSON')
    return refuse(`COPY INTO with the file format ${format || 'of a name'}`)
  const match = matching(params.get('MATCH_BY_COLUMN_NAME')?.value, format, formatOptions, refuse)
  return {
    table,
    stage: (from[1] ?? '').toUpperCase(),
    path: from[2] ?? '',
    format,
    formatOptions,
    pattern: literalValue(params.get('PATTERN')?.value ?? undefined),
    files: list(params.get('FILES')?.values),
    matchByColumnName: match,
    force: isTrue(params.get('FORCE')?.value),
  }
}

const OPTIONS = new Set(['FILE_FORMAT', 'MATCH_BY_COLUMN_NAME', 'PATTERN', 'FILES', 'FORCE', 'ON_ERROR'])

/** How columns are found. What Snowflake takes for no valid pair with the format is refused, as is a match with case. */
function matching(
  value: Json | undefined,
  format: CopyInto['format'],
  options: CopyInto['formatOptions'],
  refuse: (construct: string) => never,
): CopyInto['matchByColumnName'] {
  const match = (word(value) ?? 'NONE').toUpperCase()
  if (match !== 'NONE' && match !== 'CASE_INSENSITIVE') refuse(`COPY INTO with MATCH_BY_COLUMN_NAME = ${match}`)
  if (match === 'NONE' && format === 'PARQUET') refuse('COPY INTO of PARQUET without MATCH_BY_COLUMN_NAME')
  if (format === 'CSV' && (match === 'NONE') === (options.PARSE_HEADER === true))
    refuse('COPY INTO of CSV with one of MATCH_BY_COLUMN_NAME and PARSE_HEADER = TRUE, which need each other')
  return match === 'NONE' ? 'NONE' : 'CASE_INSENSITIVE'
}

function list(values: Json | undefined): readonly string[] | undefined {
  return Array.isArray(values) ? values.map(value => literalValue(value) ?? '') : undefined
}

function isTrue(value: Json | undefined): boolean {
  if (isObject(value) && isObject(value.boolean)) return value.boolean.value === true
  return word(value)?.toUpperCase() === 'TRUE'
}

function settings(
  values: Json | undefined,
  refuse: (construct: string) => never,
): Record<string, string | number | boolean | readonly string[]> {
  const pairs = (Array.isArray(values) ? values : []).map(
    (pair): [string, string | number | boolean | readonly string[]] => {
      const sides = isObject(pair) && isObject(pair.eq) ? pair.eq : refuse('this FILE_FORMAT')
      const name = (word(sides.left) ?? '').toUpperCase()
      const { right } = sides
      if (isObject(right) && isObject(right.boolean)) return [name, right.boolean.value === true]
      if (isObject(right) && isObject(right.tuple)) return [name, list(right.tuple.expressions) ?? []]
      const value = literalValue(right) ?? word(right) ?? refuse(`FILE_FORMAT with ${name}`)
      const isNumber = isObject(right) && isObject(right.literal) && right.literal.literal_type === 'number'
      if (/^(true|false)$/i.test(value)) return [name, value.toLowerCase() === 'true']
      return [name, isNumber ? Number(value) : value]
    },
  )
  return Object.fromEntries(pairs)
}
