import { literal, relation, wrap } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated } from '../system.ts'
import type { Statement } from '../types.ts'
import { BEGINNING, HISTORY_COLUMNS, type Scd2Names } from './names.ts'

/** Fails where a new surrogate key is taken: 60 bits of a hash can collide, and a join on it would then fan out. */
export function guardSurrogates(names: Scd2Names): Statement {
  const { surrogate } = names
  return generated(
    'guard',
    `select ${literal(`${names.dataset}: surrogate keys that are not unique: `)} || count(*) as message
from (
  select ${surrogate} from ${relation(names.delta)} where change = 'OPEN' group by ${surrogate} having count(*) > 1
  union all
  select d.${surrogate} from ${relation(names.delta)} d join ${relation(names.target)} t on t.${surrogate} = d.${surrogate}
  where d.change = 'OPEN'
)
having count(*) > 0`,
  )
}

/** Closes and opens versions: the only statements that touch tracked columns. */
export function writeVersions(names: Scd2Names): readonly Statement[] {
  const { target, delta, surrogate } = names
  const columns = names.columns.join(', ')
  return [
    generated(
      'write',
      `update ${relation(target)} t
set effective_end_date = c.effective_end_date, end_known_from = c.end_known_from, is_current = false
from ${relation(delta)} c
where c.change = 'CLOSE' and t.${surrogate} = c.${surrogate}`,
    ),
    generated(
      'write',
      `insert into ${relation(target)} (${columns})\nselect ${columns} from ${relation(delta)} where change = 'OPEN'`,
    ),
  ]
}

/** Gives every version of a key the newest day's untracked attributes. */
export function writeUntracked(names: Scd2Names, query: SqlText): readonly Statement[] {
  const { target, key, untracked } = names
  if (untracked.length === 0) return []
  const text = wrap(
    query,
    `update ${relation(target)} t
set ${untracked.map(name => `${name} = n.${name}`).join(', ')}
from (
  with source as (`,
    `)
  select s.${key}, ${untracked.map(name => `s.${name}`).join(', ')}
  from source s join ${relation(names.days)} d on d.business_date = cast(s.${names.day} as date)
  qualify row_number() over (partition by s.${key} order by d.business_date desc) = 1
) n
where t.${key} = n.${key} and (${untracked.map(name => `not equal_null(t.${name}, n.${name})`).join(' or ')})`,
  )
  return [{ kind: 'write', text }]
}

/** The member that facts without a version are joined to: surrogate key -1, never current. */
export function writeUnknownMember(names: Scd2Names, values: Readonly<Record<string, string>>): Statement {
  const given = new Map<string, string>([
    [names.surrogate, '-1'],
    [names.key, literal('UNKNOWN')],
    ['EFFECTIVE_START_DATE', BEGINNING],
    ['IS_CURRENT', 'false'],
    ['KNOWN_FROM', '0'],
    ['JOIN_START_DATE', BEGINNING],
    ['TRACKED_HASH', literal('')],
    ...Object.entries(values).map(([name, value]): [string, string] => [name.toUpperCase(), literal(value)]),
  ])
  const filled = names.columns.filter(name => given.has(name))
  return generated(
    'execute',
    `insert into ${relation(names.target)} (${filled.join(', ')})
select ${filled.map(name => given.get(name)).join(', ')}
where not exists (select 1 from ${relation(names.target)} where ${names.surrogate} = -1)`,
  )
}

/** `create table … as` of the relation without rows: the query gives the attributes their types. */
export function emptyVersions(names: Scd2Names, query: SqlText): SqlText {
  const attributes = [names.key, ...names.tracked, ...names.untracked].map(name => `s.${name}`).join(', ')
  const history = HISTORY_COLUMNS.map(([name, type]) => `cast(null as ${type}) as ${name}`).join(', ')
  return wrap(
    query,
    `create table if not exists ${relation(names.target)} as
select cast(null as bigint) as ${names.surrogate}, ${attributes}, ${history}
from (`,
    ') s where false',
  )
}
