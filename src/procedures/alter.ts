import { storedType } from '../dialects/column-type.ts'
import { column, identifier, relation, storedName, wrap } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { type CopyAction, type RunnableAction, targetName } from '../graph/types.ts'
import { isCurrent, keyOf, SYSTEM_SCHEMA, storageWords } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'
import type { Deployable } from './deployment.ts'
import {
  changesKind,
  keptTables,
  recluster,
  remake,
  remakeEmpty,
  type StorageDifference,
  storageDifferences,
} from './storage.ts'

/** The types of a table's columns as they are stored, by name. */
export type ColumnTypes = ReadonlyMap<string, string>

/**
 * The statements that bring a relation, as it is, to what it shall be; none of them drops rows that a load does not bring again.
 *
 * @param types of the relation's own columns, where it is a table that a copy fills
 * @throws UserError for a change that a person must decide on, with the statement
 */
export function changesOf(
  each: Deployable,
  action: RunnableAction,
  state: WarehouseState,
  types: ColumnTypes,
): readonly string[] {
  const existing = state.relations.get(keyOf(action.target))
  const own = each.definitions.find(({ target }) => keyOf(target) === keyOf(action.target))
  if (existing === undefined || own === undefined) return each.statements
  const name = relation(action.target)
  if (existing.kind !== own.kind) {
    if (existing.kind === 'view') return [`drop view ${name}`, ...each.statements]
    return refuse(action, `it is a table, and shall be a view: its rows would be lost`, `DROP TABLE ${name}`)
  }
  if (action.type === 'scd2' || action.type === 'incremental') refuseMissing(each, action, state)
  const differences = storageDifferences(action, state)
  const otherKind = differences.find(changesKind)
  if (action.type === 'table' && (otherKind !== undefined || !isCurrent(own, state))) return rebuilt(each, action)
  if (otherKind !== undefined) refuseKind(action, otherKind)
  const rest =
    action.type === 'copy' ? [...addedColumns(action, types), ...each.statements] : withNewWorkTables(each, state)
  return [...differences.flatMap(recluster), ...rest]
}

function refuseKind(action: RunnableAction, difference: StorageDifference): never {
  const [is, shall] = [difference.is, difference.shall].map(each => (each.isTransient ? 'transient' : 'permanent'))
  refuse(action, `${targetName(difference.target)} is ${is}, and shall be ${shall}`, remake(difference))
}

/** Whether the types of its columns decide what a relation needs. */
export function needsTypes({ action }: Deployable, state: WarehouseState): boolean {
  return action?.type === 'copy' && state.relations.get(keyOf(action.target))?.kind === 'table'
}

/** Work tables hold nothing between two loads: one that looks otherwise is replaced. */
function withNewWorkTables(each: Deployable, state: WarehouseState): readonly string[] {
  const stale = each.definitions.filter(
    wanted => state.relations.has(keyOf(wanted.target)) && !isCurrent(wanted, state),
  )
  const names = new Set(
    stale.filter(wanted => wanted.target.schema === SYSTEM_SCHEMA).map(wanted => relation(wanted.target)),
  )
  return each.statements.map(sql => {
    const [head, name = ''] = /^create transient table if not exists (\S+)/.exec(sql) ?? []
    return head === undefined || !names.has(name) ? sql : sql.replace(head, `create or replace transient table ${name}`)
  })
}

/** Every load brings all rows of a table, so that it can be made anew: filled at once, in place of what there was. */
function rebuilt(each: Deployable, action: Extract<RunnableAction, { type: 'table' | 'view' }>): readonly string[] {
  const name = relation(action.target)
  const { transient, cluster } = storageWords(action.snowflake)
  const create = `create ${transient}table if not exists ${name}${cluster} as\n`
  return each.statements.map(sql =>
    sql.startsWith(create)
      ? wrap(action.query, `create or replace ${transient}table ${name}${cluster} copy grants as`).sql
      : sql,
  )
}

/** Columns that a config added. Rows that are there have NULL in them until the next load. */
function addedColumns(action: CopyAction, types: ColumnTypes): readonly string[] {
  const name = relation(action.target)
  const wanted = action.columns.map(each => ({ ...each, stored: storedName(each.name) }))
  const gone = [...types.keys()].find(each => !wanted.some(({ stored }) => stored === each))
  if (gone !== undefined)
    refuse(
      action,
      `it has a column ${gone} that its config has not`,
      `ALTER TABLE ${name} DROP COLUMN ${identifier(gone)}`,
    )
  for (const { stored, type } of wanted) {
    const is = types.get(stored)
    const shall = storedType(type ?? '')
    if (is === undefined || shall === undefined || storedType(is) === shall) continue
    const list = action.columns.map(each => `${column(each.name)} ${each.type}`).join(', ')
    refuse(action, `its column ${stored} is ${is}, and shall be ${type}`, remakeEmpty(action, list))
  }
  return wanted
    .filter(({ stored }) => !types.has(stored))
    .map(each => `alter table ${name} add column ${column(each.name)} ${each.type}`)
}

/** A load writes into columns by their names: each table must have them. */
function refuseMissing(each: Deployable, action: RunnableAction, state: WarehouseState): void {
  const lacking = keptTables(action).flatMap(target => {
    const existing = state.relations.get(keyOf(target))
    const missing = (each.columns ?? []).filter(name => existing?.columns.includes(name) === false)
    return missing.map(name => ({ name, target }))
  })
  if (lacking.length === 0) return
  const statements = lacking.map(
    ({ name, target }) =>
      `ALTER TABLE ${relation(target)} ADD COLUMN ${identifier(name)} <the type that the query gives it>`,
  )
  const [first] = lacking
  refuse(action, `${targetName(first?.target ?? action.target)} lacks the column ${first?.name}`, statements.join('; '))
}

function refuse(action: RunnableAction, message: string, statement: string): never {
  throw new UserError(message, {
    file: action.file,
    line: action.line,
    action: targetName(action.target),
    remedy: `look at what it would change, then run: ${statement}`,
  })
}
