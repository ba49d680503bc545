/** Raised with every change of a macro, so that warehouses get the new ones. */
export const PRELUDE_VERSION = '5'

const FLOATS = "('DOUBLE', 'FLOAT')"

/** Digits before the point that a number with a scale holds, and one without: both fit DuckDB's 38 with any scale of ours. */
export const WHOLE_DIGITS = { scaled: 20, unscaled: 26 } as const
/** Digits after the point of the subset. */
export const MAX_SCALE = 12

/** DuckDB's type for NUMBER with this scale, and at most this precision. */
export function decimalType(scale: number, precision = 38): string {
  const digits = scale === 0 ? WHOLE_DIGITS.unscaled : WHOLE_DIGITS.scaled + scale
  return `DECIMAL(${Math.min(precision, digits)}, ${scale})`
}

/**
 * The pairs of a text and a number, each type by its first three letters. One search costs less than a question for each type,
 * and every comparison of which the types are not known asks, each time that it is planned.
 */
const TEXT_AND_NUMBER = ['DEC', 'TIN', 'SMA', 'INT', 'BIG', 'HUG', 'UTI', 'USM', 'UIN', 'UBI', 'UHU', 'DOU', 'FLO']
  .flatMap(number => [`VAR${number}`, `${number}VAR`])
  .join(' ')

/** A value of each type that arithmetic may have, by what SF_KEY calls it. */
const TYPES = [
  ...['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', '"NULL"'].map(name => [name, 'bigint']),
  ...['HUGEINT', 'UBIGINT', 'UHUGEINT'].map(name => [name, decimalType(0)]),
  ...['DOUBLE', 'FLOAT'].map(name => [name, 'double']),
  ...Array.from({ length: MAX_SCALE + 1 }, (_, scale) => [`S${scale}`, decimalType(scale)]),
  ['DATE', 'date'],
]
  .map(([name, type]) => `'${name}': null::${type}`)
  .join(', ')

const NUMBER_TEXT = "'\\s*[+-]?(\\d+[.]?\\d*|[.]\\d+)([eE][+-]?\\d+)?\\s*'"
const TIMESTAMP_TEXT = "'\\d{4}-\\d\\d-\\d\\d([T ]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d([.]\\d{1,6})?)?)?'"
const TRUE_WORDS = "('true', 't', 'yes', 'y', 'on', '1')"
const FALSE_WORDS = "('false', 'f', 'no', 'n', 'off', '0')"

const isText = (x: string): string => `typeof(${x}) in ('VARCHAR', '"NULL"')`
const matches = (x: string, pattern: string): string => `regexp_full_match(cast(${x} as varchar), ${pattern})`
/** TRY_CAST takes texts only. What is not in the form is NULL where it holds no digit, and otherwise may be a form of Snowflake's. */
const attempt = (pattern: string, type: string): string =>
  `case when not (${isText('x')}) then error('TRY_CAST of what is no text') when ${matches('x', pattern)} then try_cast(cast(x as varchar) as ${type})
   when regexp_matches(cast(x as varchar), '\\d') then error('TRY_CAST of ''' || x || ''': write it as YYYY-MM-DD HH:MM:SS') end`
/** What DuckDB would read in a text otherwise than Snowflake, or not at all. */
const unread = (what: string, pattern: string, form = ''): string =>
  `typeof(x) = 'VARCHAR' and not ${matches('x', pattern)} then error('${what} ''' || x || ''' is not recognized${form}')`

/**
 * Functions that DuckDB answers differently, or does not have, by name, arguments and body. `@` in a body stands for the
 * schema of the macros. Conditions on TYPEOF are decided when a statement is bound: what they leave out is never computed.
 */
const MACROS: readonly (readonly [name: string, args: string, body: string])[] = [
  ['SF_TYPES', '', `{${TYPES}}`],
  ['SF_TYPEOF', 'x', 'typeof(x)'],
  ['SF_SCALE', 't', "case when t like 'DECIMAL%' then regexp_extract(t, ',(\\d+)', 1)::int else 0 end"],
  // The name of a type in SF_TYPES. One that is not there fails with this text.
  [
    'SF_KEY',
    't',
    `case when t like 'DECIMAL%' then case when @.SF_SCALE(t) > ${MAX_SCALE} then 'a NUMBER with more than ${MAX_SCALE} digits after the point' else 'S' || @.SF_SCALE(t) end else t end`,
  ],
  // NUMBER division has at least six digits after the point.
  [
    'SF_QUOTIENT_KEY',
    't, u',
    `case when t in ('VARCHAR', 'BOOLEAN', 'DATE', 'TIMESTAMP', 'JSON') or u in ('VARCHAR', 'BOOLEAN', 'DATE', 'TIMESTAMP', 'JSON') then 'a division of what is no number: cast it'
     when t in ${FLOATS} or u in ${FLOATS} then 'DOUBLE'
     when greatest(@.SF_SCALE(t), @.SF_SCALE(u)) > ${MAX_SCALE} then @.SF_KEY('DECIMAL(38,38)') else 'S' || least(@.SF_SCALE(t) + 6, ${MAX_SCALE}) end`,
  ],
  ['SF_TEN', 'n', "cast('1' || repeat('0', n) as hugeint)"],
  // Half away from zero, with s digits after the point, of two numbers with at most k.
  [
    'SF_RATIO',
    'a, b, k, s, z',
    `list_transform([{'a': cast(a * @.SF_TEN(k) as hugeint), 'b': cast(b * @.SF_TEN(k) as hugeint), 't': @.SF_TEN(s), 'u': @.SF_TEN(12 - s), 'z': z}], lambda v:
     case when v.a is null or v.b is null and v.z <> 'null' then null
     when v.b = 0 and v.z = 'error' then error('Division by zero')
     when v.b is null or v.b = 0 then 0
     else cast(case when (v.a < 0) = (v.b < 0) then 1 else -1 end * ((2 * abs(v.a) * v.t + abs(v.b)) // (2 * abs(v.b))) as decimal(38,0)) * 0.000000000001 * v.u end)[1]`,
  ],
  // Both a FLOAT's and a NUMBER's; SF_QUOTIENT_PART says which. A z of 'zero' makes x/0 0, and one of 'null' x/NULL as well.
  [
    'SF_QUOTIENT',
    'a, b, z',
    `{'f': case when typeof(a) not in ${FLOATS} and typeof(b) not in ${FLOATS} or a is null or b is null and z <> 'null' then null
       when b = 0 and z = 'error' then error('Division by zero') when b is null or b = 0 then 0 else a / b end,
      'e': case when typeof(a) in ${FLOATS} or typeof(b) in ${FLOATS} then null
       else @.SF_RATIO(a, b, greatest(@.SF_SCALE(typeof(a)), @.SF_SCALE(typeof(b))), least(@.SF_SCALE(typeof(a)) + 6, ${MAX_SCALE}), z) end}`,
  ],
  ['SF_QUOTIENT_PART', 't, u', `case when t in ${FLOATS} or u in ${FLOATS} then 'f' else 'e' end`],
  ['SF_MOD', 'a, b', "case when b = 0 then error('Division by zero') else a % b end"],
  // DuckDB has a type for the time between two timestamps, which no text or number of Snowflake's is.
  [
    'SF_SUB',
    'a, b',
    "case when 'TIMESTAMP' in (typeof(a), typeof(b)) then error('a difference of timestamps: use DATEDIFF') else a - b end",
  ],
  ['SF_FLOOR', 'x', 'floor(x * 1::decimal(1,0))'],
  ['SF_CEIL', 'x', 'ceil(x * 1::decimal(1,0))'],
  ['SF_FINITE', 'x', "case when x is null or isfinite(x) then x else error('a result that is no finite number') end"],
  // A start of 0 counts as 1; one before the beginning leaves nothing.
  ['SF_SUBSTR', 's, p', "case when p < -length(s) then '' else substring(s, case when p = 0 then 1 else p end) end"],
  [
    'SF_SUBSTR3',
    's, p, n',
    "case when n <= 0 or p < -length(s) then case when s is null or p is null or n is null then null else '' end else substring(s, case when p = 0 then 1 else p end, n) end",
  ],
  ['SF_LEFT', 's, n', "case when n <= 0 then case when s is null then null else '' end else left(s, n) end"],
  ['SF_RIGHT', 's, n', "case when n <= 0 then case when s is null then null else '' end else right(s, n) end"],
  ['SF_LPAD', 's, n, p', "case when p = '' then @.SF_LEFT(s, n) else lpad(s, n, p) end"],
  ['SF_RPAD', 's, n, p', "case when p = '' then @.SF_LEFT(s, n) else rpad(s, n, p) end"],
  // DuckDB keeps a letter and its accents together.
  ['SF_REVERSE', 's', "array_to_string(list_reverse(regexp_extract_all(s, '(?s).')), '')"],
  [
    'SF_HEXADECIMAL',
    's, n',
    "case when length(s) > n then error('more hexadecimal digits than the format has') else cast('0x' || s as bigint) end",
  ],
  ...texts(),
  ...casts(),
  ...choices(),
  ['SF_DATEDIFF', 'u, a, b', 'date_diff(u, cast(a as timestamp), cast(b as timestamp))'],
  // DuckDB counts sevens of days, and not Mondays.
  ['SF_WEEKS', 'a, b', "date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7"],
  [
    'SF_FORMAT',
    'x, f',
    "case when typeof(x) in ('DATE', 'TIMESTAMP', '\"NULL\"') then strftime(try_cast(cast(x as varchar) as timestamp), f) else error('a date format for what is no date or timestamp') end",
  ],
  ['SF_UTC_NOW', '', "cast(now() at time zone 'UTC' as timestamp)"],
  [
    'SF_ADD_MONTHS',
    'd, n',
    'cast_to_type(case when last_day(d) = cast(d as date) then cast(last_day(d + to_months(n::int)) as timestamp) + (cast(d as timestamp) - cast(cast(d as date) as timestamp)) else cast(d + to_months(n::int) as timestamp) end, d)',
  ],
  ...['year', 'quarter', 'month', 'day', 'hour', 'minute', 'second', 'dayofweek', 'last_day'].map(
    name => [`SF_${name.toUpperCase()}`, 'x', `${name}(x)`] as const,
  ),
  ['SF_MONTHNAME', 'x', "strftime(x, '%b')"],
  ['SF_DAYNAME', 'x', "strftime(x, '%a')"],
  ['SF_CONTAINS', 'a, b', 'strpos(a, b) > 0'],
  [
    'SF_SPLIT_PART',
    's, d, n',
    "case when d = '' then case when s is null or n is null then null when n between -1 and 1 then s else '' end else split_part(s, d, case when n = 0 then 1 else n end) end",
  ],
  ['SF_POSITION', 'a, b', 'strpos(b, a)'],
  [
    'SF_POSITION3',
    'a, b, n',
    'case when strpos(substring(b, n), a) = 0 then 0 else strpos(substring(b, n), a) + n - 1 end',
  ],
  ['SF_VARIANT', 'x', 'to_json(x)'],
  ['SF_STARTSWITH', 'a, b', 'starts_with(a, b)'],
  ['SF_ENDSWITH', 'a, b', 'ends_with(a, b)'],
  ['SF_CHARINDEX', 'a, b', 'strpos(b, a)'],
  ['SF_TRIM', 's', "trim(s, ' ')"],
  ['SF_LTRIM', 's', "ltrim(s, ' ')"],
  ['SF_RTRIM', 's', "rtrim(s, ' ')"],
  ['SF_TRIM2', 's, c', 'trim(s, c)'],
  ['SF_PATTERN', 'p', "case when p = '' then error('an empty regular expression') else p end"],
  ['SF_REGEXP_LIKE', 'a, b', 'regexp_full_match(a, b)'],
  ['SF_REGEXP_COUNT', 'a, b', 'len(regexp_extract_all(a, b))'],
  ['SF_REGEXP_REPLACE', 's, p, r', "regexp_replace(s, p, r, 'g')"],
  ['SF_PATH', 'v, p', 'json_extract_string(v, p)'],
  ['SF_JSON', 'x', 'cast(json(x) as json)'],
  [
    'SF_CONCAT_WS',
    's, a',
    'case when list_contains(list_transform(a, lambda x: x is null), true) or s is null then null else array_to_string(a, s) end',
  ],
  // One row of a target that several rows of a source would change: Snowflake fails, or picks one.
  [
    'SF_ONCE',
    'n, x',
    "case when n > 1 then error('several rows of the source are for one row of the target') else x end",
  ],
]

/** Functions that choose one of their arguments. NULL among those of GREATEST and LEAST makes them NULL. */
function choices(): readonly (readonly [name: string, args: string, body: string])[] {
  const extremes = [2, 3, 4, 5].flatMap(count => {
    const args = Array.from({ length: count }, (_, index) => `a${index}`)
    const anyNull = args.map(arg => `${arg} is null`).join(' or ')
    return ['greatest', 'least'].map(
      name =>
        [
          `SF_${name.toUpperCase()}${count}`,
          args.join(', '),
          `case when ${anyNull} then null else ${name}(${args.join(', ')}) end`,
        ] as const,
    )
  })
  const never = (name: string, condition: string, message: string) =>
    [name, 'x', `case when ${condition} then error('${message}: cast one of them') else x end`] as const
  return [
    ...extremes,
    ['SF_IS_NUMBER', 't', `t like 'DECIMAL%' or t like '%INT' or t = 'INTEGER' or t in ${FLOATS}`],
    // What stands beside another value, as it is; an error where DuckDB would cast one of them with a loss.
    [
      'SF_MATE',
      'x, t',
      `case when contains('${TEXT_AND_NUMBER}', concat(typeof(x)[1:3], t[1:3])) then error('a text beside a number: cast one of them') else x end`,
    ],
    never('SF_NO_TEXT', "typeof(x) = 'VARCHAR'", 'a text beside a number'),
    never('SF_NO_NUMBER', '@.SF_IS_NUMBER(typeof(x))', 'a number beside a text'),
    never('SF_NO_DATE', "typeof(x) = 'DATE'", 'a date beside a text with a time'),
    never('SF_NO_BOOLEAN', "typeof(x) = 'BOOLEAN'", 'a truth beside a number'),
    never('SF_STRING', "typeof(x) = 'JSON'", 'a VARIANT as a text'),
    ['SF_IFF', 'c, a, b', 'case when c then a else b end'],
    ['SF_NVL2', 'c, a, b', 'case when c is not null then a else b end'],
    ['SF_EQUAL_NULL', 'a, b', 'a is not distinct from @.SF_MATE(b, typeof(a))'],
  ]
}

/** How values become texts. Arguments are written once where they can be: a macro repeats them, and its argument's macros too. */
function texts(): readonly (readonly [name: string, args: string, body: string])[] {
  return [
    // The digits that every way of writing a FLOAT has in common.
    [
      'SF_FLOAT_TEXT',
      't',
      `list_transform([t], lambda v: case when regexp_full_match(v, '-?\\d{1,15}[.]0') then v[:-3]
       when v is null or regexp_full_match(v, '-?\\d+[.]\\d+') and length(replace(ltrim(v, '-0.'), '.', '')) <= 15 then v
       else error('the FLOAT ' || v || ' as a text: cast it to NUMBER(p,s) before') end)[1]`,
    ],
    [
      'SF_TEXT',
      'x',
      `case typeof(x) when 'DOUBLE' then @.SF_FLOAT_TEXT(cast(x as varchar))
       when 'TIMESTAMP' then strftime(try_cast(cast(x as varchar) as timestamp), '%Y-%m-%d %H:%M:%S.%g')
       when 'JSON' then error('a VARIANT as a text: take a path into it') else cast(x as varchar) end`,
    ],
    [
      'SF_PATH_TEXT',
      'v, p',
      "case when json_type(v, p) in ('DOUBLE', 'OBJECT', 'ARRAY') then error('the element ' || p || ' holds an object, an array or a fraction, as a text') else json_extract_string(v, p) end",
    ],
    // A list of values of a type that both engines write as one text. That of nothing is empty.
    [
      'SF_LISTED',
      'x, t',
      `case when t in ('DOUBLE', 'FLOAT', 'TIMESTAMP', 'JSON') then error('LISTAGG of DISTINCT ' || t || ': cast it to VARCHAR') else coalesce(x, '') end`,
    ],
  ]
}

/** How texts become values. */
function casts(): readonly (readonly [name: string, args: string, body: string])[] {
  return [
    [
      'SF_NUMBER',
      'x',
      `case when typeof(x) = 'VARCHAR' and contains(cast(x as varchar), '_') then error('Numeric value with _ is not recognized') else x end`,
    ],
    ['SF_INT', 'x', 'cast(cast(@.SF_NUMBER(x) as decimal(38,0)) as bigint)'],
    [
      'SF_FLOAT',
      'x',
      `case when typeof(x) = 'BOOLEAN' then error('a BOOLEAN as a FLOAT') when ${unread('Numeric value', NUMBER_TEXT)}
       when typeof(x) = 'VARCHAR' then @.SF_FINITE(cast(x as double)) else cast(x as double) end`,
    ],
    [
      'SF_TRY_TEXT',
      'x',
      `case when not (${isText('x')}) then error('TRY_CAST of what is no text') when ${matches('x', NUMBER_TEXT)} then trim(cast(x as varchar)) end`,
    ],
    ['SF_TRY_NUMBER', 'x', `cast(try_cast(@.SF_TRY_TEXT(x) as decimal(38,0)) as ${decimalType(0)})`],
    ['SF_TRY_FLOAT', 'x', '@.SF_FINITE(cast(@.SF_TRY_TEXT(x) as double))'],
    [
      'SF_BOOLEAN',
      'x',
      `case when lower(cast(x as varchar)) in ${TRUE_WORDS} then true when lower(cast(x as varchar)) in ${FALSE_WORDS} then false when x is null then null
       when typeof(x) not in ('VARCHAR', 'JSON') then @.SF_FINITE(try_cast(cast(x as varchar) as double)) <> 0
       else error('Boolean value ''' || x || ''' is not recognized') end`,
    ],
    [
      'SF_TRY_BOOLEAN',
      'x',
      `case when not (${isText('x')}) then error('TRY_CAST of what is no text') when lower(cast(x as varchar)) in ${TRUE_WORDS} then true when lower(cast(x as varchar)) in ${FALSE_WORDS} then false end`,
    ],
    ['SF_IS_ARRAY', 'x', "json_type(x) = 'ARRAY'"],
    ['SF_DATE', 'x', `case when ${unread('Date', TIMESTAMP_TEXT, ' as YYYY-MM-DD')} else cast(x as date) end`],
    [
      'SF_TIMESTAMP',
      'x',
      `case when ${unread('Timestamp', TIMESTAMP_TEXT, ' as YYYY-MM-DD HH:MM:SS without an offset')} else cast(x as timestamp) end`,
    ],
    ['SF_TRY_DATE', 'x', attempt(TIMESTAMP_TEXT, 'date')],
    ['SF_TRY_TIMESTAMP', 'x', attempt(TIMESTAMP_TEXT, 'timestamp')],
  ]
}

const ELEMENTS = `from_json(case json_type(x) when 'ARRAY' then x when 'OBJECT' then error('FLATTEN of an object') end, '["JSON"]')`

/** Functions that stand for rows. An array's elements; of NULL, and of what is neither array nor object, there are none. */
const TABLE_MACROS: typeof MACROS = [
  ['SF_FLATTEN', 'x', `select unnest(${ELEMENTS}) as "VALUE", unnest(range(len(${ELEMENTS}))) as "INDEX"`],
]

/** Statements that define the macros in a schema, e.g. `TELCO_DB.SF`; the schema must exist. */
export function prelude(schema: string): readonly string[] {
  const define = (macros: typeof MACROS, as: string): readonly string[] =>
    macros.map(
      ([name, args, body]) =>
        `create or replace macro ${schema}.${name}(${args}) ${as} ${body.replaceAll('@', schema)}`,
    )
  return [...define(MACROS, 'as'), ...define(TABLE_MACROS, 'as table')]
}
