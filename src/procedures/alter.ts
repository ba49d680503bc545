import { column, relation, storedName, wrap } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { type CopyAction, type RunnableAction, targetName } from '../graph/types.ts'
import { scd2Columns } from '../plan/materializations/scd2.ts'
import { isCurrent, keyOf } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'
import type { Deployable } from './deployment.ts'

/**
 * The statements that bring a relation, as it is, to what it shall be; none of them drops rows that a load does not bring again.
 *
 * @throws UserError for a change that a person must decide on, with the statement
 */
export function changesOf(each: Deployable, action: RunnableAction, state: WarehouseState): readonly string[] {
  const existing = state.relations.get(keyOf(action.target))
  const own = each.definitions.find(({ target }) => keyOf(target) === keyOf(action.target))
  if (existing === undefined || own === undefined) return each.statements
  const name = relation(action.target)
  if (existing.kind !== own.kind) {
    if (existing.kind === 'view') return [`drop view ${name}`, ...each.statements]
    return refuse(action, `it is a table, and shall be a view: its rows would be lost`, `DROP TABLE ${name}`)
  }
  if (own.kind === 'view' || isCurrent(own, state)) return each.statements
  if (action.type === 'table') return rebuilt(each, action)
  if (action.type === 'copy') return [...addedColumns(action, existing.columns), ...each.statements]
  if (action.type === 'scd2') refuseMissing(action, scd2Columns(action).map(storedName), existing.columns)
  return each.statements
}

/** Every load brings all rows of a table, so that it can be made anew: filled at once, in place of what there was. */
function rebuilt(each: Deployable, action: Extract<RunnableAction, { type: 'table' | 'view' }>): readonly string[] {
  const name = relation(action.target)
  const create = new RegExp(`^create (transient )?table if not exists ${name.replaceAll(/[.$]/g, '\\$&')}`)
  return each.statements.map(sql => {
    const [head, transient = ''] = create.exec(sql) ?? []
    if (head === undefined) return sql
    const cluster = /^[^\n]*?( cluster by \(.*\))? as$/m.exec(sql)?.[1] ?? ''
    return wrap(action.query, `create or replace ${transient}table ${name}${cluster} copy grants as`).sql
  })
}

/** Columns that a config added. Rows that are there have NULL in them until the next load. */
function addedColumns(action: CopyAction, existing: readonly string[]): readonly string[] {
  const name = relation(action.target)
  const known = new Set(existing)
  const wanted = action.columns.map(each => ({ ...each, stored: storedName(each.name) }))
  const gone = existing.find(each => !wanted.some(({ stored }) => stored === each))
  if (gone !== undefined)
    refuse(action, `it has a column ${gone} that its config has not`, `ALTER TABLE ${name} DROP COLUMN ${gone}`)
  const added = wanted.filter(({ stored }) => !known.has(stored))
  if (added.length === 0) {
    const list = action.columns.map(each => `${column(each.name)} ${each.type}`).join(', ')
    refuse(
      action,
      'its columns have other types or another order than its config',
      `CREATE OR REPLACE TABLE ${name} (${list}) COPY GRANTS`,
    )
  }
  return added.map(each => `alter table ${name} add column ${column(each.name)} ${each.type}`)
}

function refuseMissing(action: RunnableAction, wanted: readonly string[], existing: readonly string[]): void {
  const [missing] = wanted.filter(name => !existing.includes(name))
  if (missing === undefined) return
  refuse(
    action,
    `it lacks the column ${missing}`,
    `ALTER TABLE ${relation(action.target)} ADD COLUMN ${missing} <the type of the query's column>`,
  )
}

function refuse(action: RunnableAction, message: string, statement: string): never {
  throw new UserError(message, {
    file: action.file,
    line: action.line,
    action: targetName(action.target),
    remedy: `look at what it would change, then run: ${statement}`,
  })
}
