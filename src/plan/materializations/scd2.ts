import { identifier, relation } from '../../dialects/snowflake.ts'
import { type Scd2Action, targetName } from '../../graph/types.ts'
import { comments } from '../comments.ts'
import type { Materialization } from '../context.ts'
import { splitOperations } from '../operations-split.ts'
import { findChanges } from '../scd2/changes.ts'
import { createDays, findDays, guardDays, publishDays } from '../scd2/days.ts'
import { type Scd2Names, scd2Names } from '../scd2/names.ts'
import { emptyVersions, guardSurrogates, writeUnknownMember, writeUntracked, writeVersions } from '../scd2/write.ts'
import { definition, generated, isCurrent, keyOf } from '../system.ts'
import type { Definition, Statement, WarehouseState } from '../types.ts'
import { failure } from './incremental.ts'
import { splitAfter } from './table.ts'

/**
 * History of daily full snapshots on two axes: when a version held, and since when that was known. One row for each
 * version ever published; days must come in order, and a day that was loaded with the same content changes nothing.
 */
export const scd2: Materialization<Scd2Action> = (action, { state, options }) => {
  const names = scd2Names(action)
  const existing = state.relations.get(keyOf(action.target))
  const problem = existing === undefined ? undefined : whyNot(names, action, existing.columns, options.fullRefresh)
  if (problem !== undefined) return { prepare: [], load: [failure(problem)] }
  const before = splitOperations(action.preOperations)
  const made = relations(names, action, state)
  return {
    prepare: [...before.prepare, ...made.prepare],
    load: [
      ...before.load,
      ...findDays(names, action.query),
      ...guardDays(names),
      generated('execute', `delete from ${relation(names.delta)}`),
      findChanges(names, action.query, action.scd2.openStart),
      guardSurrogates(names),
      ...(action.scd2.unknownMember === undefined ? [] : [writeUnknownMember(names, action.scd2.unknownMember)]),
      ...writeVersions(names),
      ...writeUntracked(names, action.query),
      publishDays(names),
      ...splitAfter(action.postOperations),
    ],
    definitions: made.definitions,
    // The first load's delta is the relation itself, and an assertion reads that.
    ...(existing === undefined ? {} : { delta: names.delta }),
    writes: [action.target, names.ledger],
  }
}

function whyNot(
  names: Scd2Names,
  action: Scd2Action,
  columns: readonly string[],
  fullRefresh: boolean,
): string | undefined {
  if (fullRefresh) {
    return `${targetName(action.target)} keeps history that its source no longer has: --full-refresh is refused, and nothing was changed; run without it`
  }
  const known = columns.map(identifier)
  const missing = names.columns.filter(name => !known.includes(name))
  if (missing.length === 0) return undefined
  const list = missing.join(', ')
  return `${targetName(action.target)} has no column ${list}, which its config names; add it to this table and to ${names.history.name} with ALTER TABLE … ADD COLUMN`
}

/** The relation, its history table and its work tables, each made where it is missing or looks different. */
function relations(
  names: Scd2Names,
  action: Scd2Action,
  state: WarehouseState,
): { prepare: readonly Statement[]; definitions: readonly Definition[] } {
  const dimension: Statement = { kind: 'execute', text: emptyVersions(names, action.query) }
  const columns = state.relations.get(keyOf(names.target))?.columns ?? names.columns
  const wanted = [
    {
      definition: definition(names.target, 'table', ['scd2']),
      make: [dimension, ...comments(names.target, 'table', action)],
    },
    { definition: definition(names.history, 'table', ['scd2 history']), make: [likeDimension(names, 'history')] },
    {
      definition: definition(names.days, 'table', [createDays(names)]),
      make: [generated('execute', createDays(names))],
    },
    { definition: definition(names.delta, 'table', [...columns]), make: [likeDimension(names, 'delta')] },
  ]
  return {
    prepare: wanted.flatMap(each => (isCurrent(each.definition, state) ? [] : each.make)),
    definitions: wanted.map(each => each.definition),
  }
}

function likeDimension(names: Scd2Names, which: 'history' | 'delta'): Statement {
  const create = which === 'history' ? 'create table if not exists' : 'create or replace transient table'
  const extra = which === 'history' ? '' : ', cast(null as varchar) as change'
  return generated(
    'execute',
    `${create} ${relation(names[which])} as\nselect t.*${extra} from ${relation(names.target)} t where false`,
  )
}
