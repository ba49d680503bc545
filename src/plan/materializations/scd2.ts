import { identifier, relation } from '../../dialects/snowflake.ts'
import { type Scd2Action, type Target, targetName } from '../../graph/types.ts'
import { comments } from '../comments.ts'
import type { Materialization } from '../context.ts'
import { splitOperations } from '../operations-split.ts'
import { findChanges } from '../scd2/changes.ts'
import { createDays, findDays, guardDays, numberDays, publishDays } from '../scd2/days.ts'
import { holdDays } from '../scd2/held.ts'
import { type Scd2Names, scd2Names } from '../scd2/names.ts'
import { forget, guardRefresh, renumberDays } from '../scd2/refresh.ts'
import { createSightings, writeSightings } from '../scd2/sightings.ts'
import { createTouched, findTouched } from '../scd2/touched.ts'
import { createUntrackedKeys, createUntrackedLog, writeUntracked } from '../scd2/untracked.ts'
import { emptyVersions, guardSurrogates, writeUnknownMember, writeVersions } from '../scd2/write.ts'
import { definition, generated, isCurrent, keyOf, storageWords } from '../system.ts'
import type { Definition, Statement, WarehouseState } from '../types.ts'
import { failure } from './incremental.ts'
import { splitAfter } from './table.ts'

/**
 * History of full snapshots on two axes: when a version held, and since when that was known. Snapshots come in any order,
 * several at once, revised or again; what is written depends on what they say alone. One row for each version ever published.
 */
export const scd2: Materialization<Scd2Action> = (action, { state, options }) => {
  const names = scd2Names(action)
  const existing = state.relations.get(keyOf(action.target))
  const problem = existing === undefined ? undefined : whyNot(names, action, existing.columns, options.fullRefresh)
  if (problem !== undefined) return { prepare: [], load: [failure(problem)] }
  const isRefresh = existing !== undefined && options.fullRefresh
  const before = splitOperations(action.preOperations)
  const made = relations(names, action, state)
  return {
    prepare: [...before.prepare, ...made.prepare],
    load: [
      ...before.load,
      ...(isRefresh ? refresh(names, action) : accept(names, action)),
      ...findChanges(names, action.query),
      guardSurrogates(names),
      ...(action.scd2.unknownMember === undefined ? [] : [writeUnknownMember(names, action.scd2.unknownMember)]),
      ...writeVersions(names),
      ...writeSightings(names, action.query),
      ...writeUntracked(names, action.query),
      publishDays(names),
      ...splitAfter(action.postOperations),
    ],
    definitions: made.definitions,
    // The first load's delta is the relation itself, and an assertion reads that.
    ...(existing === undefined || isRefresh ? {} : { delta: names.delta }),
    writes: [action.target, names.ledger],
  }
}

/** Every column of an scd2's relation, in order. */
export function scd2Columns(action: Scd2Action): readonly string[] {
  return scd2Names(action).columns
}

/** What of the batch is taken, with its numbers. */
function accept(names: Scd2Names, { query }: Scd2Action): readonly Statement[] {
  return [
    ...findDays(names, query),
    guardDays(names),
    ...findTouched(names, query),
    ...holdDays(names, query),
    numberDays(names),
  ]
}

/** All of it again, with the numbers that it had: what was accepted once is not held a second time. */
function refresh(names: Scd2Names, { query }: Scd2Action): readonly Statement[] {
  return [
    ...findDays(names, query, 'all'),
    guardDays(names),
    ...guardRefresh(names),
    renumberDays(names),
    ...forget(names),
    ...findTouched(names, query),
  ]
}

function whyNot(
  names: Scd2Names,
  action: Scd2Action,
  columns: readonly string[],
  fullRefresh: boolean,
): string | undefined {
  if (fullRefresh && action.protected) {
    return `${targetName(action.target)} is protected, and its source may lack what it keeps: --full-refresh is refused, and nothing was changed; run without it, or rebuild it from the archive: customer360 replay`
  }
  const known = columns.map(identifier)
  const missing = names.columns.filter(name => !known.includes(name))
  if (missing.length === 0) return undefined
  const list = missing.join(', ')
  return `${targetName(action.target)} has no column ${list}, which its config names; add it to this table and to ${names.history.name} with ALTER TABLE … ADD COLUMN`
}

/** A relation that an scd2 makes where it is missing or looks different. */
interface Wanted {
  readonly definition: Definition
  readonly make: readonly Statement[]
}

/** The relation, what is kept beside it, and its work tables. */
function relations(
  names: Scd2Names,
  action: Scd2Action,
  state: WarehouseState,
): { prepare: readonly Statement[]; definitions: readonly Definition[] } {
  const columns = state.relations.get(keyOf(names.target))?.columns ?? names.columns
  const like = (
    which: 'history' | 'delta' | 'touched' | 'sightings',
    sql: string,
    ...parts: readonly string[]
  ): Wanted => wantedTable(names[which], sql, [which, ...parts])
  const untracked = names.untracked.length === 0 ? [] : untrackedTables(names)
  const wanted: readonly Wanted[] = [
    {
      definition: definition(names.target, 'table', ['scd2']),
      make: [{ kind: 'execute', text: emptyVersions(names, action.query) }, ...comments(names.target, 'table', action)],
    },
    like('history', likeDimension(names, 'history')),
    wantedTable(names.days, createDays(names), [createDays(names)]),
    like('delta', likeDimension(names, 'delta'), ...columns),
    like('touched', createTouched(names), names.key, 'by day'),
    like('sightings', createSightings(names)),
    ...untracked,
  ]
  return {
    prepare: wanted.flatMap(each => (isCurrent(each.definition, state) ? [] : each.make)),
    definitions: wanted.map(each => each.definition),
  }
}

function wantedTable(target: Target, sql: string, parts: readonly string[]): Wanted {
  return { definition: definition(target, 'table', parts), make: [generated('execute', sql)] }
}

function untrackedTables(names: Scd2Names): readonly Wanted[] {
  const { untrackedLog: log, untrackedKeys: keys, untrackedNext: next, untracked } = names
  return [
    wantedTable(log, createUntrackedLog(names, log, 'create table if not exists'), untracked),
    wantedTable(keys, createUntrackedKeys(names), [names.key]),
    wantedTable(next, createUntrackedLog(names, next, 'create or replace transient table'), untracked),
  ]
}

function likeDimension(names: Scd2Names, which: 'history' | 'delta'): string {
  const like = (more: string): string => ` as\nselect t.*${more} from ${relation(names.target)} t where false`
  if (which === 'delta')
    return `create or replace transient table ${relation(names.delta)}${like(', cast(null as varchar) as change')}`
  const { transient, cluster } = storageWords(names.snowflake)
  return `create ${transient}table if not exists ${relation(names.history)}${cluster}${like('')}`
}
