import { column, relation, wrap } from '../../dialects/snowflake.ts'
import type { IncrementalAction, SnowflakeOptions, SqlText, TableAction, Target } from '../../graph/types.ts'
import { comments } from '../comments.ts'
import type { Materialization, PlanContext } from '../context.ts'
import { splitOperations } from '../operations-split.ts'
import { definition, dropOtherKind, generated, isCurrent, keepGrants, storageWords } from '../system.ts'
import type { PlanOptions, Statement } from '../types.ts'

/** `create or replace table T as` with the query's columns and none of its rows. */
export function createEmpty(
  target: Target,
  query: SqlText,
  snowflake: SnowflakeOptions,
  options: PlanOptions,
): Statement {
  const { transient, cluster } = storageWords(snowflake)
  const text = wrap(
    query,
    `create or replace ${transient}table ${relation(target)}${cluster}${keepGrants(options)} as\nselect * from (`,
    ') where false',
  )
  return { kind: 'execute', text }
}

/** Makes an action's table with its comments and none of its rows, in place of whatever has its name. */
export function makeEmpty(
  action: TableAction | IncrementalAction,
  { state, options }: PlanContext,
): readonly Statement[] {
  const { target, query, snowflake } = action
  return [
    ...dropOtherKind(target, 'table', state),
    createEmpty(target, query, snowflake, options),
    ...comments(target, 'table', action),
  ]
}

/** A table is made empty and then filled, so that a procedure, where DDL would commit, holds the same load. */
export const table: Materialization<TableAction> = (action, context) => {
  const { target, query } = action
  const before = splitOperations(action.preOperations)
  return {
    prepare: [...before.prepare, ...makeEmpty(action, context)],
    load: [
      ...before.load,
      generated('execute', `delete from ${relation(target)}`),
      { kind: 'write', text: wrap(query, `insert into ${relation(target)}`) },
      ...splitAfter(action.postOperations),
    ],
    definitions: [definition(target, 'table', [query.sql])],
    writes: [target],
  }
}

/** A view is made anew only where its text changed. */
export const view: Materialization<TableAction> = (action, { state, options }) => {
  const { target, query, snowflake } = action
  const kinds = `${snowflake.secure === true ? 'secure ' : ''}${snowflake.materialized === true ? 'materialized ' : ''}`
  const before = splitOperations(action.preOperations)
  const create: Statement = {
    kind: 'execute',
    text: wrap(query, `create or replace ${kinds}view ${relation(target)}${keepGrants(options)} as`),
  }
  const wanted = definition(target, 'view', [
    create.text.sql,
    JSON.stringify([action.description, action.columns.map(c => column(c.name))]),
  ])
  const making = [...dropOtherKind(target, 'view', state), create, ...comments(target, 'view', action)]
  return {
    prepare: [...before.prepare, ...(isCurrent(wanted, state) && !options.fullRefresh ? [] : making)],
    load: [...before.load, ...splitAfter(action.postOperations)],
    definitions: [wanted],
    writes: [],
  }
}

/** Operations that come after the load, in the order they were written. */
export function splitAfter(texts: readonly SqlText[]): readonly Statement[] {
  const { prepare, load } = splitOperations(texts)
  return [...prepare, ...load]
}
