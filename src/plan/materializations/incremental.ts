import { column, identifier, literal, relation, wrap } from '../../dialects/snowflake.ts'
import { type IncrementalAction, type Target, targetKey, targetName } from '../../graph/types.ts'
import type { Materialization, Materialized, PlanContext } from '../context.ts'
import { publishFiles } from '../file-ledger.ts'
import { splitOperations } from '../operations-split.ts'
import { definition, generated, isCurrent, keyOf, ledger, workTable } from '../system.ts'
import type { Relation, Statement } from '../types.ts'
import { createEmpty, makeEmpty, splitAfter } from './table.ts'

/** Appends the query's rows, or merges them by `uniqueKey`; the first load and --full-refresh fill an empty table. */
export const incremental: Materialization<IncrementalAction> = (action, context) => {
  const made = rows(action, context)
  const { ledger: options, target } = action
  if (options === undefined || made.writes === undefined) return made
  return { ...made, load: [publishFiles(target, options), ...made.load], writes: [...made.writes, ledger(target)] }
}

const rows: Materialization<IncrementalAction> = (action, context) => {
  const existing = context.state.relations.get(keyOf(action.target))
  const exists = existing?.kind === 'table'
  if (exists && context.options.fullRefresh && action.protected) return refuseRefresh(action.target)
  if (!exists || context.options.fullRefresh) return firstLoad(action, context)
  const unsupported = UNSUPPORTED_CHANGES.get(action.onSchemaChange)
  if (unsupported !== undefined) return { prepare: [], load: [failure(`${targetName(action.target)}: ${unsupported}`)] }
  return action.uniqueKey.length === 0 ? append(action, existing, context) : merge(action, existing, context)
}

const UNSUPPORTED_CHANGES: ReadonlyMap<string, string> = new Map(
  ['EXTEND', 'SYNCHRONIZE'].map(kind => [
    kind,
    `onSchemaChange: "${kind}" is not supported by this version; use "IGNORE" or "FAIL" and alter the table yourself`,
  ]),
)

/** A guard that always fails, with this message. */
export function failure(message: string): Statement {
  return generated('guard', `select ${literal(message)} as message`)
}

/** What --full-refresh of a protected relation does: nothing, and says so. */
export function refuseRefresh(target: Target): Materialized {
  return {
    prepare: [],
    load: [
      failure(
        `${targetName(target)} is protected: --full-refresh would lose history that its source no longer has; run without it`,
      ),
    ],
  }
}

function firstLoad(action: IncrementalAction, context: PlanContext): Materialized {
  const { target, query } = action
  const before = splitOperations(action.preOperations)
  return {
    prepare: [...before.prepare, ...makeEmpty(action, context)],
    load: [
      ...before.load,
      { kind: 'write', text: wrap(query, `insert into ${relation(target)}`) },
      ...uniqueRows(action.uniqueKey, target, targetName(target)),
      ...splitAfter(action.postOperations),
    ],
    definitions: [definition(target, 'table', ['incremental'])],
    writes: [target],
  }
}

function append(action: IncrementalAction, existing: Relation, context: PlanContext): Materialized {
  const { target, incrementalQuery } = action
  const columns = existing.columns.map(identifier).join(', ')
  const before = splitOperations(action.incrementalPreOperations)
  const probe = schemaProbe(action, existing, context)
  const after = splitAfter(action.incrementalPostOperations)
  const select = (into: Target): Statement => ({
    kind: 'write',
    text: wrap(incrementalQuery, `insert into ${relation(into)} (${columns})\nselect ${columns} from (`, ')'),
  })
  if (!context.wantsDelta(targetKey(target))) {
    return {
      prepare: [...before.prepare, ...probe.prepare],
      load: [...before.load, ...probe.load, select(target), ...after],
      definitions: [definition(target, 'table', ['incremental'])],
      writes: [target],
    }
  }
  const delta = deltaTable(action.target, existing, context)
  return {
    prepare: [...before.prepare, ...probe.prepare, ...delta.prepare],
    load: [
      ...before.load,
      ...probe.load,
      generated('execute', `delete from ${relation(delta.target)}`),
      { ...select(delta.target), kind: 'execute' },
      generated(
        'write',
        `insert into ${relation(target)} (${columns})\nselect ${columns} from ${relation(delta.target)}`,
      ),
      ...after,
    ],
    definitions: [definition(target, 'table', ['incremental']), delta.definition],
    delta: delta.target,
    writes: [target],
  }
}

/**
 * Merges only rows that are new or differ, found first and once: loading the same again then writes nothing, and the
 * delta is what changed.
 */
function merge(action: IncrementalAction, existing: Relation, context: PlanContext): Materialized {
  const { target, incrementalQuery } = action
  const keys = action.uniqueKey.map(column)
  const columns = existing.columns.map(identifier)
  const values = columns.filter(name => !keys.includes(name))
  const predicates = action.incrementalPredicates.map(condition => `(${condition})`)
  const match = [...keys.map(name => `t.${name} = s.${name}`), ...predicates].join(' and ')
  const differs = values.map(name => `not equal_null(t.${name}, s.${name})`).join(' or ')
  const delta = deltaTable(target, existing, context)
  const before = splitOperations(action.incrementalPreOperations)
  const probe = schemaProbe(action, existing, context)
  const find = wrap(
    incrementalQuery,
    `insert into ${relation(delta.target)} (${columns.join(', ')})\nselect ${columns.map(name => `s.${name}`).join(', ')} from (`,
    `) s\nleft join ${relation(target)} t on ${match}\nwhere t.${keys[0]} is null${differs === '' ? '' : ` or ${differs}`}`,
  )
  const update =
    values.length === 0 ? '' : `\nwhen matched then update set ${values.map(name => `${name} = s.${name}`).join(', ')}`
  const write = `merge into ${relation(target)} t using ${relation(delta.target)} s on ${match}${update}
when not matched then insert (${columns.join(', ')}) values (${columns.map(name => `s.${name}`).join(', ')})`
  return {
    prepare: [...before.prepare, ...probe.prepare, ...delta.prepare],
    load: [
      ...before.load,
      ...probe.load,
      generated('execute', `delete from ${relation(delta.target)}`),
      { kind: 'execute', text: find },
      ...uniqueRows(action.uniqueKey, delta.target, targetName(target)),
      generated('write', write),
      ...splitAfter(action.incrementalPostOperations),
    ],
    definitions: [definition(target, 'table', ['incremental']), delta.definition],
    delta: delta.target,
    writes: [target],
  }
}

/** A merge that meets one key twice would pick one of the rows silently. */
function uniqueRows(uniqueKey: readonly string[], rows: Target, name: string): readonly Statement[] {
  if (uniqueKey.length === 0) return []
  const keys = uniqueKey.map(column).join(', ')
  const message = `${name}: keys that the query returns more than once (uniqueKey: ${uniqueKey.join(', ')}): `
  return [
    generated(
      'guard',
      `select ${literal(message)} || count(*) as message from (
  select ${keys} from ${relation(rows)} group by ${keys} having count(*) > 1
) having count(*) > 0`,
    ),
  ]
}

function deltaTable(target: Target, existing: Relation, { state }: PlanContext) {
  const delta = workTable(target, 'DELTA')
  const wanted = definition(delta, 'table', [...existing.columns])
  const create = generated(
    'execute',
    `create or replace transient table ${relation(delta)} as\nselect * from ${relation(target)} where false`,
  )
  return { target: delta, definition: wanted, prepare: isCurrent(wanted, state) ? [] : [create] }
}

/** With `onSchemaChange: "FAIL"`, an empty copy of the query's result whose columns must be the table's. */
function schemaProbe(
  action: IncrementalAction,
  existing: Relation,
  { options }: PlanContext,
): Pick<Materialized, 'prepare' | 'load'> {
  if (action.onSchemaChange !== 'FAIL') return { prepare: [], load: [] }
  const probe = workTable(action.target, 'PROBE')
  const known = existing.columns.map(literal).join(', ')
  const names = `select column_name from ${identifier(probe.database)}.information_schema.columns
  where table_catalog = ${literal(probe.database)} and table_schema = ${literal(probe.schema)} and table_name = ${literal(probe.name)}`
  const expected = existing.columns.map(name => `(${literal(name)})`).join(', ')
  const say = (text: string): string =>
    literal(`${targetName(action.target)}: onSchemaChange is "FAIL" and ${text} column `)
  return {
    prepare: [createEmpty(probe, action.incrementalQuery, { transient: true }, options)],
    load: [
      generated(
        'guard',
        `select ${say('the query has a new')} || upper(column_name) as message from (${names}) where upper(column_name) not in (${known})`,
      ),
      generated(
        'guard',
        `select ${say('the query lacks the')} || e.name as message from (values ${expected}) as e (name)
where e.name not in (select upper(column_name) from (${names}))`,
      ),
    ],
  }
}
