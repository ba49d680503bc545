/** Raised with every change of a macro, so that warehouses get the new ones. */
export const PRELUDE_VERSION = '1'

const FLOATS = "('DOUBLE', 'FLOAT')"

/**
 * Functions that DuckDB answers differently, or does not have, by name, arguments and body. `@` in a body stands for the
 * schema of the macros.
 */
const MACROS: readonly (readonly [name: string, args: string, body: string])[] = [
  // NUMBER division has at least six digits after the point, and by zero it is an error.
  [
    'SF_DIV',
    'a, b',
    `case when b = 0 then error('Division by zero') when typeof(a) in ${FLOATS} or typeof(b) in ${FLOATS} then a / b
     else round(a / b, case when typeof(a) like 'DECIMAL%' then least(greatest(regexp_extract(typeof(a), ',(\\d+)', 1)::int, least(regexp_extract(typeof(a), ',(\\d+)', 1)::int + 6, 12)), 12) else 6 end) end`,
  ],
  ['SF_DIV0', 'a, b', 'case when a is null or b is null then null when b = 0 then 0 else @.SF_DIV(a, b) end'],
  ['SF_DIV0NULL', 'a, b', 'case when a is null then null when b is null or b = 0 then 0 else @.SF_DIV(a, b) end'],
  ['SF_MOD', 'a, b', "case when b = 0 then error('Division by zero') else a % b end"],
  // A start of 0 counts as 1.
  ['SF_SUBSTR', 's, p', 'substring(s, case when p = 0 then 1 else p end)'],
  [
    'SF_SUBSTR3',
    's, p, n',
    "case when n <= 0 then case when s is null or p is null then null else '' end else substring(s, case when p = 0 then 1 else p end, n) end",
  ],
  ['SF_LEFT', 's, n', "case when n <= 0 then case when s is null then null else '' end else left(s, n) end"],
  ['SF_RIGHT', 's, n', "case when n <= 0 then case when s is null then null else '' end else right(s, n) end"],
  ['SF_HEX', 's', "cast('0x' || s as bigint)"],
  // A text with an offset is another instant once the offset is gone: Snowflake drops it, DuckDB applies it.
  [
    'SF_TIMESTAMP',
    'x',
    "case when regexp_matches(cast(x as varchar), '(Z|[+-]\\d\\d:?\\d\\d)$') then error('a timestamp with an offset: convert it before') else cast(x as timestamp) end",
  ],
  ['SF_DATE', 'x', 'cast(x as date)'],
  ['SF_DATEDIFF', 'u, a, b', 'date_diff(u, cast(a as timestamp), cast(b as timestamp))'],
  ['SF_FORMAT', 'x, f', 'strftime(cast(x as timestamp), f)'],
  ['SF_INT', 'x', 'cast(cast(x as decimal(38,9)) as bigint)'],
  [
    'SF_TRY_NUMBER',
    'x',
    "case when regexp_full_match(cast(x as varchar), '\\s*[+-]?(\\d+[.]?\\d*|[.]\\d+)\\s*') then try_cast(trim(cast(x as varchar)) as decimal(38,0)) end",
  ],
  ['SF_STARTSWITH', 'a, b', 'starts_with(a, b)'],
  ['SF_ENDSWITH', 'a, b', 'ends_with(a, b)'],
  ['SF_CHARINDEX', 'a, b', 'strpos(b, a)'],
  ['SF_REGEXP_LIKE', 'a, b', 'regexp_full_match(a, b)'],
  ['SF_REGEXP_COUNT', 'a, b', 'len(regexp_extract_all(a, b))'],
  ['SF_PATH', 'v, p', 'json_extract_string(v, p)'],
  ['SF_JSON', 'x', 'cast(json(x) as json)'],
  ['SF_UTC_NOW', '', "cast(now() at time zone 'UTC' as timestamp)"],
  [
    'SF_ADD_MONTHS',
    'd, n',
    'cast(case when last_day(d) = cast(d as date) then last_day(d + to_months(n::int)) else d + to_months(n::int) end as date)',
  ],
  [
    'SF_CONCAT_WS',
    's, a',
    'case when list_contains(list_transform(a, x -> x is null), true) or s is null then null else array_to_string(a, s) end',
  ],
  [
    'SF_BOOLEAN',
    'x',
    "case lower(cast(x as varchar)) when 'true' then true when 't' then true when 'yes' then true when 'y' then true when 'on' then true when '1' then true when 'false' then false when 'f' then false when 'no' then false when 'n' then false when 'off' then false when '0' then false else case when x is null then null when try_cast(cast(x as varchar) as double) is not null then try_cast(cast(x as varchar) as double) <> 0 else error('Boolean value is not recognized') end end",
  ],
]

/** Statements that define the macros in a schema, e.g. `TELCO_DB.SF`; the schema must exist. */
export function prelude(schema: string): readonly string[] {
  return MACROS.map(
    ([name, args, body]) => `create or replace macro ${schema}.${name}(${args}) as ${body.replaceAll('@', schema)}`,
  )
}
