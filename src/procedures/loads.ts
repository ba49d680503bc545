import { relation } from '../dialects/snowflake.ts'
import { isDdl } from '../dialects/statements.ts'
import { UserError } from '../error.ts'
import { inOrder } from '../graph/order.ts'
import { type Action, type Graph, type RunnableAction, type Target, targetKey, targetName } from '../graph/types.ts'
import { plan } from '../plan/plan.ts'
import { generated, keyOf } from '../plan/system.ts'
import type { Plan, PlanOptions, Statement, Step, WarehouseState } from '../plan/types.ts'
import { projectColumns } from './columns.ts'

/** What one action does in a procedure. All of it is DML: DDL would commit the transaction in Snowflake. */
export interface ActionLoad {
  readonly action: RunnableAction
  /** The load of an incremental whose table is empty; undefined where there is one load for all cases. */
  readonly first?: readonly Statement[] | undefined
  readonly load: readonly Statement[]
  /** Relations that the load writes. */
  readonly writes: readonly Target[]
  readonly scope?: Step['scope'] | undefined
}

/** What an action needs to be there before any load. */
export interface Prepared {
  readonly action: RunnableAction
  readonly statements: readonly Statement[]
  readonly definitions: Step['definitions']
  /** Those of a table that keeps its rows from load to load. */
  readonly columns?: readonly string[] | undefined
}

/** A project as its procedures see it: one plan on an empty warehouse, and one on a deployed one. */
export interface ProjectLoads {
  /** Schemas and the tables that all actions share. */
  readonly setup: readonly Statement[]
  /** In an order in which each action comes after those it reads. */
  readonly prepared: readonly Prepared[]
  readonly loads: readonly ActionLoad[]
  /** What must have been loaded out of a copy's rows before its files are used up. */
  readonly confirmations: Plan['confirmations']
}

const OPTIONS: PlanOptions = { engine: 'snowflake', fullRefresh: false, fullAssertions: false }

/**
 * Plans every action of a project for its procedures.
 *
 * @throws UserError with file and line for an action that no procedure can hold
 */
export function planLoads(graph: Graph): ProjectLoads {
  const actions = inOrder(graph.actions)
  const state = deployedState(actions)
  const deployed = plan(actions, state, OPTIONS)
  // Only an incremental's first load is another.
  const incrementals = actions.filter(({ type }) => type === 'incremental')
  const { steps } = plan(incrementals, { relations: new Map(), schemas: new Set() }, OPTIONS)
  const firsts = new Map(steps.map(step => [targetKey(step.target), step]))
  const active = deployed.steps.filter(step => step.skip === undefined)
  const pairs = active.map(later => ({ later, first: firsts.get(targetKey(later.target)) ?? later }))
  return {
    setup: deployed.setup,
    prepared: pairs.map(pair => ({
      ...prepared(pair),
      columns: state.relations.get(keyOf(pair.later.target))?.columns,
    })),
    loads: pairs.map(actionLoad),
    confirmations: deployed.confirmations,
  }
}

/** A warehouse in which every incremental and every scd2 has its table, and nothing else is there yet. */
function deployedState(actions: readonly Action[]): WarehouseState {
  const columnsOf = projectColumns(actions)
  const kept = actions.filter(action => (action.type === 'incremental' || action.type === 'scd2') && isActive(action))
  const relations = kept.map(
    ({ target }) => [keyOf(target), { target, kind: 'table', columns: columnsOf(target) }] as const,
  )
  return { relations: new Map(relations), schemas: new Set() }
}

const isActive = ({ disabled, engines }: Action): boolean => !disabled && engines?.includes('snowflake') !== false

interface Pair {
  readonly first: Step
  readonly later: Step
}

function actionLoad({ first, later }: Pair): ActionLoad {
  const { action, writes, scope } = later
  const load = withoutTrailing(later.load).map(statement => refuseDdl(statement, action))
  const isTwofold = action.type === 'incremental'
  return {
    action,
    writes,
    scope,
    load,
    first: isTwofold
      ? withoutTrailing(firstLoad(first, later)).map(statement => refuseDdl(statement, action))
      : undefined,
  }
}

/** A table that was empty: all that it has then is its delta. */
function firstLoad(first: Step, { delta, target }: Step): readonly Statement[] {
  if (delta === undefined) return first.load
  return [
    ...first.load,
    generated('execute', `delete from ${relation(delta)}`),
    generated('execute', `insert into ${relation(delta)}\nselect * from ${relation(target)}`),
  ]
}

/** DDL at the end of a load belongs to the deployment; DDL among DML would commit half of it. */
function trailingDdl(load: readonly Statement[]): readonly Statement[] {
  const last = load.findLastIndex(({ text }) => !isDdl(text.sql))
  return load.slice(last + 1)
}

function withoutTrailing(load: readonly Statement[]): readonly Statement[] {
  return load.slice(0, load.length - trailingDdl(load).length)
}

function refuseDdl(statement: Statement, action: RunnableAction): Statement {
  if (!isDdl(statement.text.sql)) return statement
  throw new UserError('DDL among DML commits half of a transaction in Snowflake: no procedure can hold this', {
    file: statement.text.file || action.file,
    line: statement.text.line ?? action.line,
    action: targetName(action.target),
    remedy:
      'put it before all DML or after it: the deployment then executes it; or take the tag off that puts the action in a procedure',
  })
}

function prepared({ first, later }: Pair): Prepared {
  const { action, definitions } = later
  const holds = new Set([action.target, ...definitions.map(({ target }) => target)].map(relation))
  // The first plan makes an incremental's table; the later one makes what that needs beside it.
  const making = action.type === 'incremental' ? [...first.prepare, ...later.prepare] : later.prepare
  const once = new Map([...making, ...trailingDdl(later.load)].map(statement => [statement.text.sql, statement]))
  return { action, definitions, statements: [...once.values()].map(statement => keeping(statement, holds)) }
}

/** Grants are kept only of what is replaced. The words stand before the query or at the end. */
const GRANTS = / copy grants( as\n|$)/
const REPLACES = /^create or replace (transient )?table (\S+)/

/** A deployment never empties a table: what `run` makes in place of another is made where it is missing. */
function keeping(statement: Statement, own: ReadonlySet<string>): Statement {
  const { sql } = statement.text
  const [, transient = '', name = ''] = REPLACES.exec(sql) ?? []
  if (!own.has(name)) return statement
  const kept = sql.replace(REPLACES, `create ${transient}table if not exists ${name}`).replace(GRANTS, '$1')
  return { ...statement, text: { ...statement.text, sql: kept } }
}
