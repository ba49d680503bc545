import type { Json } from './parser.ts'
import { isObject } from './tree.ts'

/** What a value is, whatever its columns hold. */
export type Family = 'text' | 'whole' | 'decimal' | 'number' | 'date' | 'timestamp' | 'boolean' | 'null'

const words = (family: Family, list: string): readonly (readonly [string, Family])[] =>
  list.split(/\s+/).map(word => [word, family])

/** By kind of node, name of a function or name of a macro. */
const RESULTS: ReadonlyMap<string, Family> = new Map([
  ...words(
    'text',
    `concat upper lower trim substring left right replace split_part ltrim rtrim md5 md5_hex repeat translate monthname dayname
    SF_MONTHNAME SF_DAYNAME SF_SPLIT_PART
    reverse lpad rpad to_varchar to_char concat_ws regexp_replace SF_TEXT SF_PATH_TEXT SF_FORMAT SF_LEFT SF_RIGHT SF_SUBSTR
    SF_SUBSTR3 SF_LPAD SF_RPAD SF_REVERSE SF_CONCAT_WS SF_TRIM SF_TRIM2 SF_LTRIM SF_RTRIM SF_REGEXP_REPLACE`,
  ),
  ...words(
    'whole',
    `length count count_if row_number rank dense_rank year month day hour minute second quarter day_of_week extract date_diff
    SF_YEAR SF_QUARTER SF_MONTH SF_DAY SF_HOUR SF_MINUTE SF_SECOND SF_DAYOFWEEK SF_POSITION SF_POSITION3
    str_position ascii charindex regexp_count SF_INT SF_HEXADECIMAL SF_DATEDIFF SF_WEEKS SF_CHARINDEX SF_REGEXP_COUNT`,
  ),
  ...words('date', 'last_day to_date SF_LAST_DAY SF_DATE SF_TRY_DATE'),
  ...words('timestamp', 'sysdate to_timestamp_ntz SF_TIMESTAMP SF_TRY_TIMESTAMP SF_UTC_NOW'),
  ...words(
    'boolean',
    `boolean and or not eq neq lt lte gt gte is_null null_safe_eq null_safe_neq between in like i_like exists starts_with
    ends_with contains equal_null startswith endswith regexp_like rlike to_boolean SF_BOOLEAN SF_TRY_BOOLEAN SF_STARTSWITH
    SF_ENDSWITH SF_CONTAINS SF_EQUAL_NULL SF_REGEXP_LIKE`,
  ),
  ...words(
    'number',
    'div avg median sqrt exp ln power pow div0 div0null round trunc abs sign mul CAST_TO_TYPE SF_MOD SF_FLOOR SF_CEIL SF_FINITE',
  ),
])

const LITERALS: Readonly<Record<string, Family>> = {
  string: 'text',
  dollar_string: 'text',
  date: 'date',
  timestamp: 'timestamp',
}

const TYPES: Readonly<Record<string, Family>> = {
  VARCHAR: 'text',
  VAR_CHAR: 'text',
  TEXT: 'text',
  STRING: 'text',
  BIGINT: 'whole',
  BIG_INT: 'whole',
  INT: 'whole',
  INTEGER: 'whole',
  DATE: 'date',
  DATETIME: 'timestamp',
  TIMESTAMPNTZ: 'timestamp',
  TIMESTAMP_NTZ: 'timestamp',
  BOOLEAN: 'boolean',
  FLOAT: 'number',
  DOUBLE: 'number',
  NUMBER: 'decimal',
  DECIMAL: 'decimal',
}

/** What a value is, where that is plain from how it is written, before the rewrite or after it. */
export function familyOf(value: Json | undefined): Family | undefined {
  if (!isObject(value)) return undefined
  const [kind = ''] = Object.keys(value)
  const fields = value[kind]
  if (!isObject(fields)) return kind === 'null' ? 'null' : RESULTS.get(kind)
  if (kind === 'literal') {
    if (fields.literal_type === 'number') {
      if (/e/i.test(String(fields.value))) return 'number'
      return /^\d+$/.test(String(fields.value)) ? 'whole' : 'decimal'
    }
    return LITERALS[String(fields.literal_type)]
  }
  if (kind === 'null') return 'null'
  if (kind === 'paren' || kind === 'annotated' || kind === 'alias' || kind === 'neg') return familyOf(fields.this)
  if (kind === 'cast' || kind === 'try_cast') return castFamily(fields.to)
  if (kind === 'if_func') return common([fields.true_value, fields.false_value ?? null])
  if (kind === 'case') return common(caseResults(fields.whens, fields.else_))
  if (kind === 'coalesce') return common(Array.isArray(fields.expressions) ? fields.expressions : [])
  if (kind === 'nvl') return common([fields.this, fields.expression])
  if (kind === 'window_function') return familyOf(fields.this)
  if (kind !== 'function') return RESULTS.get(kind)
  return functionFamily(String(fields.name), Array.isArray(fields.args) ? fields.args : [])
}

function functionFamily(full: string, args: readonly Json[]): Family | undefined {
  const name = full.split('.').at(-1) ?? ''
  if (/^(COALESCE|SF_GREATEST\d|SF_LEAST\d)$/i.test(name)) return common(args)
  if (name === 'SF_IFF' || name === 'SF_NVL2') return common(args.slice(1))
  return RESULTS.get(name) ?? RESULTS.get(name.toLowerCase())
}

function castFamily(to: Json | undefined): Family | undefined {
  if (!isObject(to)) return undefined
  const name = String(to.data_type === 'custom' ? to.name : to.data_type).toUpperCase()
  return TYPES[/^\w+/.exec(name)?.[0] ?? '']
}

/** The values that a CASE has, in order. */
export function caseResults(whens: Json | undefined, otherwise: Json | undefined): readonly (Json | undefined)[] {
  const results = (Array.isArray(whens) ? whens : []).map(when => (Array.isArray(when) ? when[1] : undefined))
  return [...results, ...(otherwise == null ? [] : [otherwise])]
}

/** The family of all of these; NULL fits any. */
function common(values: readonly (Json | undefined)[]): Family | undefined {
  const families = new Set(values.map(value => (value === null ? 'null' : familyOf(value))))
  families.delete('null')
  const [first] = families
  return families.size === 1 ? first : undefined
}
