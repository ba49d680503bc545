import { literal, relation, wrap } from '../../dialects/snowflake.ts'
import type { SqlText } from '../../graph/types.ts'
import { generated, storageWords } from '../system.ts'
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

/** Keeps what was said of versions until now, where that is not told in place; then writes the delta. */
export function writeVersions(names: Scd2Names): readonly Statement[] {
  const { target, history, delta, surrogate } = names
  const said: Readonly<Record<string, string>> = {
    IS_CURRENT: 'false',
    KNOWN_TO: 'coalesce(t.known_to, c.known_from)',
  }
  const changed = ['EFFECTIVE_END_DATE', 'END_KNOWN_FROM', 'IS_CURRENT', 'KNOWN_FROM', 'KNOWN_TO', 'JOIN_START_DATE']
  return [
    generated(
      'execute',
      `insert into ${relation(history)} (${names.columns.join(', ')})
select ${names.columns.map(name => said[name] ?? `t.${name}`).join(', ')}
from ${relation(target)} t join ${relation(delta)} c on c.${surrogate} = t.${surrogate}
where c.change in ('RESTATE', 'BELIEVE')`,
    ),
    generated(
      'write',
      `merge into ${relation(target)} t using ${relation(delta)} c on t.${surrogate} = c.${surrogate}
when matched then update set ${changed.map(name => `${name} = c.${name}`).join(', ')}
when not matched then insert (${names.columns.join(', ')}) values (${names.columns.map(name => `c.${name}`).join(', ')})`,
    ),
  ]
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
  const { transient, cluster } = storageWords(names.snowflake)
  const attributes = [names.key, ...names.tracked, ...names.untracked].map(name => `s.${name}`).join(', ')
  const history = HISTORY_COLUMNS.map(([name, type]) => `cast(null as ${type}) as ${name}`).join(', ')
  return wrap(
    query,
    `create ${transient}table if not exists ${relation(names.target)}${cluster} as
select cast(null as bigint) as ${names.surrogate}, ${attributes}, ${history}
from (`,
    ') s where false',
  )
}
