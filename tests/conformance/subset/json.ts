import { c } from './construct.ts'

const path = (json: string, rest: string): string => `parse_json('${json}'):${rest}`

export const JSON_PATHS = [
  c('a path to a text has no quotes', path('{"a": {"b": "x"}}', 'a.b::string'), 'x'),
  c('a path to a number', path('{"n": 12.5}', 'n::number(10,2)'), '12.5'),
  c('a path to a number, rounded', path('{"a": 12.7}', 'a::int'), '13'),
  c('a path to a number as a text', path('{"a": 12}', 'a::varchar'), '12'),
  c('a path to a number in a text', path('{"a": "12"}', 'a::int'), '12'),
  c('a path to a FLOAT', path('{"a": 12.5}', 'a::float'), '12.5'),
  c('a path to an element', path('{"l": [1, 2]}', 'l[1]::int'), '2'),
  c('a path to an element of an element', path('{"l": [[1], [2]]}', 'l[1][0]::int'), '2'),
  c('a path beyond the end', path('{"l": [1, 2]}', 'l[5]::int'), null),
  c('a path to nothing', path('{"a": 1}', 'b::string'), null),
  c('a path through nothing', path('{"a": {"b": 1}}', 'a.b.c::int'), null),
  c('a path sees case', path('{"a": "x"}', 'A::varchar'), null),
  c('a path with a quoted name', path('{"a": {"B": 1}}', 'a."B"::int'), '1'),
  c('a path to a JSON null', path('{"a": null}', 'a::string'), null),
  c('a path to a boolean', path('{"a": true}', 'a::boolean'), 'true'),
  c('a path to a boolean as a text', path('{"a": true}', 'a::varchar'), 'true'),
  c('a path to a date', path('{"a": "2025-01-02"}', 'a::date'), '2025-01-02'),
  c('a path to a timestamp', path('{"a": "2025-01-02T03:04:05"}', 'a::timestamp_ntz'), '2025-01-02 03:04:05'),
  c('a path to an escaped text', path('{"a": "x\\\\"y"}', 'a::varchar'), 'x"y'),
  c('a JSON null is no NULL', "parse_json('null') is null", 'false'),
  c(
    'LATERAL FLATTEN of an array',
    'select f.index, f.value:a::varchar from (select parse_json(\'{"l": [{"a": "x"}, {"a": "y"}]}\') as j) t, lateral flatten(input => t.j:l) f order by f.index',
    [
      ['0', 'x'],
      ['1', 'y'],
    ],
  ),
  c(
    'LATERAL FLATTEN of an empty array, of NULL and of a number',
    "select t.n, f.value::int from (select 1 as n, parse_json('[]') as j union all select 2, null union all select 3, parse_json('7') union all select 4, parse_json('[5]')) t, lateral flatten(input => t.j) f",
    [['4', '5']],
  ),
  c('IS_ARRAY', `is_array(${path('{"l": []}', 'l')})`, 'true'),
  c('IS_ARRAY of an object', `is_array(parse_json('{"l": []}'))`, 'false'),
  c('IS_ARRAY of nothing', `is_array(${path('{"l": []}', 'm')})`, null),
  c('PARSE_JSON of NULL', 'parse_json(null)', null),
]
