import { c, ROWS } from './construct.ts'

const numbers = (...list: readonly (number | string)[]): string =>
  `(values ${list.map(x => `(${x})`).join(', ')}) as t (x)`
const gap = "(values (1, 'a'), (null, 'b'), (3, 'c')) as t (x, y)"

export const AGGREGATES = [
  c('COUNT leaves NULL out', `select count(x) from ${ROWS}`, '2'),
  c('COUNT of rows', `select count(*) from ${ROWS}`, '3'),
  c('COUNT DISTINCT', `select count(distinct x) from ${numbers(1, 1, 2)}`, '2'),
  c('COUNT DISTINCT leaves NULL out', `select count(distinct x) from ${numbers(1, 'null', 1)}`, '1'),
  c(
    'COUNT DISTINCT of several',
    'select count(distinct x, y) from (values (1, 1), (1, 1), (1, 2), (1, null)) t (x, y)',
    '2',
  ),
  c('COUNT_IF', `select count_if(x > 1) from ${ROWS}`, '1'),
  c('COUNT_IF of NULLs', 'select count_if(x > 0) from (values (null::int)) t (x)', '0'),
  c('SUM', `select sum(x) from ${ROWS}`, '3'),
  c('SUM of nothing', `select sum(x) from ${ROWS} where false`, null),
  c('SUM of fractions', `select sum(x)::varchar from ${numbers('1.50', '2.25')}`, '3.75'),
  c('SUM DISTINCT', `select sum(distinct x) from ${numbers(1, 1, 2)}`, '3'),
  c('AVG has six more digits', `select avg(x) from ${numbers(1, 1, 2)}`, '1.333333'),
  c('AVG of fractions has six more than they', `select avg(x)::varchar from ${numbers('1.50', '2.25')}`, '1.87500000'),
  c('AVG leaves NULL out', `select avg(x) from ${numbers(1, 'null', 3)}`, '2'),
  c('AVG is exact', `select avg(x) from ${numbers('12345678901234567', '12345678901234568')}`, '12345678901234567.5'),
  c('AVG of FLOATs', 'select avg(x) from (values (1::float), (2::float)) t (x)', '1.5'),
  c('AVG of nothing', `select avg(x) from ${ROWS} where false`, null),
  c('MIN and MAX', `select min(y) || max(y) from ${ROWS}`, 'ac'),
  c('MAX leaves NULL out', `select max(x) from ${ROWS}`, '2'),
  c('MAX of dates', "select max(x) from (values ('2025-01-01'::date), ('2025-01-02'::date)) t (x)", '2025-01-02'),
  c('MEDIAN', `select median(x) from ${numbers(1, 2)}`, '1.5'),
  c('MEDIAN of an odd number of rows', `select median(x) from ${numbers(1, 2, 4)}`, '2'),
  c('MEDIAN of fractions is between them', `select median(x) from ${numbers('1.01', '1.02')}`, '1.015'),
  c('MEDIAN has three more digits', `select median(x)::varchar from ${numbers(1, 2)}`, '1.500'),
  c('LISTAGG', `select listagg(y, ',') within group (order by y desc) from ${ROWS}`, 'c,b,a'),
  c('LISTAGG without a separator', `select listagg(y) within group (order by y) from ${ROWS}`, 'abc'),
  c('LISTAGG leaves NULL out', `select listagg(x, ',') within group (order by x) from ${ROWS}`, '1,2'),
  c(
    'LISTAGG in the order of a column with NULL',
    `select listagg(y) within group (order by x desc) from ${ROWS}`,
    'cba',
  ),
  c('LISTAGG DISTINCT', `select listagg(distinct x, ',') within group (order by x) from ${numbers(10, 9, 10)}`, '9,10'),
  c('LISTAGG of nothing', `select listagg(y, ',') within group (order by y) from ${ROWS} where false`, ''),
  c('ROW_NUMBER', `select row_number() over (order by y) from ${ROWS} order by 1`, [['1'], ['2'], ['3']]),
  c('ROW_NUMBER takes NULL as the largest', `select y from ${ROWS} order by row_number() over (order by x desc)`, [
    ['c'],
    ['b'],
    ['a'],
  ]),
  c('RANK leaves gaps', `select rank() over (order by x) from ${numbers(1, 1, 2)} order by 1`, [['1'], ['1'], ['3']]),
  c('DENSE_RANK leaves none', `select dense_rank() over (order by x) from ${numbers(1, 1, 2)} order by 1`, [
    ['1'],
    ['1'],
    ['2'],
  ]),
  c('LAG', `select lag(y) over (order by y) from ${ROWS} order by y`, [[null], ['a'], ['b']]),
  c('LAG of two rows', `select lag(x, 2) over (order by x) from ${numbers(1, 2, 3)} order by x`, [
    [null],
    [null],
    ['1'],
  ]),
  c('LAG with a default', `select lag(x, 1, 0) over (order by x) from ${numbers(1, 2)} order by x`, [['0'], ['1']]),
  c('LEAD', `select lead(y) over (order by y) from ${ROWS} order by y`, [['b'], ['c'], [null]]),
  c('LAG IGNORE NULLS', `select lag(x) ignore nulls over (order by y) from ${gap} order by y`, [[null], ['1'], ['1']]),
  c('LEAD IGNORE NULLS', `select lead(x) ignore nulls over (order by y) from ${gap} order by y`, [
    ['3'],
    ['3'],
    [null],
  ]),
  c('a running SUM', `select sum(x) over (order by x) from ${numbers(1, 2)} order by x`, [['1'], ['3']]),
  c('a running SUM takes equal rows together', `select sum(x) over (order by x) from ${numbers(1, 1, 2)} order by 1`, [
    ['2'],
    ['2'],
    ['4'],
  ]),
  c('a SUM over all rows', `select sum(x) over () from ${numbers(1, 2)}`, [['3'], ['3']]),
  c('a running MAX', `select max(y) over (order by x desc) from ${ROWS} order by y`, [['c'], ['c'], ['c']]),
  c(
    'a window of rows',
    `select sum(x) over (order by x rows between 1 preceding and current row) from ${numbers(1, 2, 3)} order by x`,
    [['1'], ['3'], ['5']],
  ),
  c(
    'a window of later rows',
    `select sum(x) over (order by x rows between 1 following and unbounded following) from ${numbers(1, 2)} order by x`,
    [['2'], [null]],
  ),
  c('COUNT DISTINCT over a partition', `select count(distinct x) over (partition by 1) from ${numbers(1, 1)}`, [
    ['1'],
    ['1'],
  ]),
  c(
    'PARTITION BY',
    "select count(*) over (partition by y) from (values (1, 'a'), (2, 'a'), (3, 'b')) as t (x, y) order by 1",
    [['1'], ['2'], ['2']],
  ),
  c(
    'a share of a total',
    "select y, sum(x) / sum(sum(x)) over () from (values (1, 'a'), (3, 'b')) t (x, y) group by y order by y",
    [
      ['a', '0.25'],
      ['b', '0.75'],
    ],
  ),
  c('a difference to the row before', 'select x - lag(x) over (order by x) from (values (1), (3)) t (x) order by x', [
    [null],
    ['2'],
  ]),
]
