import { after } from './construct.ts'

const T = 'TELCO_DB.W.T'
const table = (rows: string): readonly string[] => [
  `create or replace table ${T} (id int, v varchar)`,
  `insert into ${T} values ${rows}`,
]
const all = `select id, v from ${T} order by id, v`

export const STATEMENTS = [
  after(
    'a column has its default',
    [
      `create or replace table ${T} (id int, n number(10,2) default 5, b boolean not null default false)`,
      `insert into ${T} (id) values (1)`,
    ],
    `select * from ${T}`,
    [['1', '5', 'false']],
  ),
  after(
    'a clustering key changes no answer',
    [
      `create or replace transient table ${T} (id int, v varchar) cluster by (left(v, 2), id)`,
      `insert into ${T} values (2, 'b'), (1, 'a')`,
      `create table if not exists TELCO_DB.W.CLUSTERED cluster by (id, coalesce(v, ')')) as select id, v from ${T}`,
    ],
    'select id, v from TELCO_DB.W.CLUSTERED order by id',
    [
      ['1', 'a'],
      ['2', 'b'],
    ],
  ),
  after('INSERT goes by position', [...table("(1, 'a')"), `insert into ${T} select 2 as v, 'b' as id`], all, [
    ['1', 'a'],
    ['2', 'b'],
  ]),
  after('INSERT of named columns', [...table("(1, 'a')"), `insert into ${T} (v) values ('b')`], all, [
    ['1', 'a'],
    [null, 'b'],
  ]),
  after(
    'INSERT rounds to the column',
    [`create or replace table ${T} (n number(10,2))`, `insert into ${T} values (1.005), (2)`],
    `select n::varchar from ${T} order by n`,
    [['1.01'], ['2.00']],
  ),
  after(
    'INSERT with WITH',
    [...table("(1, 'a')"), `insert into ${T} with q as (select 2 as x) select x, 'b' from q`],
    all,
    [
      ['1', 'a'],
      ['2', 'b'],
    ],
  ),
  after('UPDATE reads the row as it was', [...table("(1, 'a')"), `update ${T} set id = id + 1, v = id::varchar`], all, [
    ['2', '1'],
  ]),
  after(
    'UPDATE FROM',
    [...table("(1, 'a'), (2, 'b')"), `update ${T} t set v = s.v from (select 2 as id, 'z' as v) s where t.id = s.id`],
    all,
    [
      ['1', 'a'],
      ['2', 'z'],
    ],
  ),
  after('DELETE', [...table("(1, 'a'), (2, 'b')"), `delete from ${T} where id = 1`], all, [['2', 'b']]),
  after(
    'MERGE',
    [
      ...table("(1, 'a'), (2, 'b')"),
      `merge into ${T} t using (values (2, 'z'), (3, 'c')) s (id, v) on t.id = s.id
when matched then update set v = s.v when not matched then insert (id, v) values (s.id, s.v)`,
    ],
    all,
    [
      ['1', 'a'],
      ['2', 'z'],
      ['3', 'c'],
    ],
  ),
  after(
    'MERGE takes the first clause that fits',
    [
      ...table("(1, 'a'), (2, 'b')"),
      `merge into ${T} t using (values (1, 'x'), (2, 'y')) s (id, v) on t.id = s.id
when matched and s.v = 'x' then delete when matched then update set t.v = iff(s.v = 'y', nvl2(s.id, 'found', null), null)`,
    ],
    all,
    [['2', 'found']],
  ),
  after(
    'MERGE orders NULLs in its source as a query does',
    [
      ...table("(1, 'a')"),
      `merge into ${T} t using (select 1 as id, y from (values (1, 'p'), (null, 'q')) u (x, y) qualify row_number() over (order by x desc) = 1) s
on t.id = s.id when matched then update set v = s.y`,
    ],
    all,
    [['1', 'q']],
  ),
  after(
    'MERGE inserts rows of one key that has no match',
    [
      ...table("(1, 'a')"),
      `merge into ${T} t using (values (7, 'x'), (7, 'y')) s (id, v) on t.id = s.id
when matched then delete when not matched then insert (id, v) values (s.id, s.v)`,
    ],
    all,
    [
      ['1', 'a'],
      ['7', 'x'],
      ['7', 'y'],
    ],
  ),
  after('CREATE TABLE AS', [`create or replace table ${T} as select 1 as id, 'a' as v union all select 2, 'b'`], all, [
    ['1', 'a'],
    ['2', 'b'],
  ]),
  after(
    'CREATE VIEW',
    [...table("(1, 'a')"), `create or replace view TELCO_DB.W.V as select id / 2 as half from ${T}`],
    'select half from TELCO_DB.W.V',
    '0.5',
  ),
  after('DROP TABLE IF EXISTS', ['drop table if exists TELCO_DB.W.NOTHING'], 'select 1', '1'),
]
