import { type Action, type RunnableAction, type Target, targetKey } from '../graph/types.ts'
import type { Materialization, Materialized, PlanContext } from './context.ts'
import { assertion } from './materializations/assertion.ts'
import { copy } from './materializations/copy.ts'
import { incremental } from './materializations/incremental.ts'
import { operations } from './materializations/operations.ts'
import { scd2 } from './materializations/scd2.ts'
import { table, view } from './materializations/table.ts'
import { createSchema, createSystemTables, SYSTEM_SCHEMA } from './system.ts'
import type { Confirmation, Plan, PlanOptions, Statement, Step, WarehouseState } from './types.ts'

type Materializations = {
  readonly [T in RunnableAction['type']]: Materialization<Extract<RunnableAction, { type: T }>>
}

/** How each type of action is made. A new materialization is a line here and a file beside the others. */
const MATERIALIZATIONS: Materializations = { table, view, incremental, scd2, copy, operations, assertion }

/**
 * Turns selected actions into steps. Pure: the runner, `--dry-run` and the procedure compiler read the same result.
 *
 * @param actions the selected actions, in an order in which each comes after its dependencies
 * @param state what the warehouse holds; an empty state plans everything anew
 */
export function plan(actions: readonly Action[], state: WarehouseState, options: PlanOptions): Plan {
  const runnable = actions.filter((action): action is RunnableAction => action.type !== 'declaration')
  const planned = new Set(runnable.map(action => targetKey(action.target)))
  const deltaWanted = new Set(
    runnable.flatMap(action =>
      action.type === 'assertion' && action.scope === 'new' && action.parent !== undefined
        ? [targetKey(action.parent)]
        : [],
    ),
  )
  const deltas = new Map<string, Target>()
  const context: PlanContext = {
    state,
    options,
    deltas,
    wantsDelta: key => deltaWanted.has(key) && !options.fullAssertions,
  }
  const steps = runnable.map(action => {
    const step = makeStep(action, planned, context)
    if (step.delta !== undefined) deltas.set(targetKey(action.target), step.delta)
    return step
  })
  return { engine: options.engine, setup: setup(steps, state), steps, confirmations: confirmations(steps, options) }
}

function makeStep(action: RunnableAction, planned: ReadonlySet<string>, context: PlanContext): Step {
  const skip = action.disabled
    ? 'disabled'
    : action.engines?.includes(context.options.engine) === false
      ? 'engine'
      : undefined
  const made = skip === undefined ? materialize(action, context) : { prepare: [], load: [] }
  return {
    action,
    target: action.target,
    type: action.type,
    dependencies: action.dependencies.filter(dependency => planned.has(targetKey(dependency))),
    definitions: [],
    writes: [],
    severity: action.type === 'assertion' ? action.severity : undefined,
    skip,
    ...made,
  }
}

function materialize(action: RunnableAction, context: PlanContext): Materialized {
  // The table is keyed by the action's own type, which TypeScript cannot follow through the lookup.
  const make = MATERIALIZATIONS[action.type] as Materialization<RunnableAction>
  return make(action, context)
}

/** Schemas and the ledger, where they are missing. */
function setup(steps: readonly Step[], state: WarehouseState): readonly Statement[] {
  const active = steps.filter(step => step.skip === undefined)
  const wanted = new Map<string, Statement>()
  for (const { target } of active) {
    for (const schema of [SYSTEM_SCHEMA, target.schema]) {
      const key = `${target.database}.${schema}`
      if (!state.schemas.has(key.toUpperCase())) wanted.set(key, createSchema(target.database, schema))
    }
  }
  for (const step of active.filter(
    ({ action }) => action.type === 'scd2' || (action.type === 'incremental' && action.ledger !== undefined),
  )) {
    for (const [key, statement] of createSystemTables(step.target))
      if (!state.relations.has(key)) wanted.set(key, statement)
  }
  return [...wanted.values()]
}

/** What must have gone well before a copy's files count as consumed. */
function confirmations(steps: readonly Step[], options: PlanOptions): readonly Confirmation[] {
  const actions = options.project ?? steps.map(step => step.action)
  return steps
    .filter(step => step.type === 'copy' && step.skip === undefined)
    .map(step => ({ copy: step.target, after: writersBelow(step.target, actions, options) }))
}

/** Actions that write tables and read this one, directly or through others. */
function writersBelow(target: Target, actions: readonly Action[], options: PlanOptions): readonly Target[] {
  const reached = new Set([targetKey(target)])
  const isBelow = (action: Action): boolean =>
    action.dependencies.some(dependency => reached.has(targetKey(dependency)))
  // A pass a level: models are few and shallow, and their order here is by file.
  for (let size = 0; size !== reached.size; ) {
    size = reached.size
    for (const action of actions)
      if (action.type !== 'assertion' && isBelow(action)) reached.add(targetKey(action.target))
  }
  return actions
    .filter(
      action =>
        WRITERS.has(action.type) &&
        reached.has(targetKey(action.target)) &&
        targetKey(action.target) !== targetKey(target),
    )
    .filter(action => !action.disabled && action.engines?.includes(options.engine) !== false)
    .map(action => action.target)
}

const WRITERS: ReadonlySet<Action['type']> = new Set(['table', 'incremental', 'scd2', 'copy', 'operations'])
