import { relation } from '../dialects/snowflake.ts'
import type { Engine } from '../engines/engine.ts'
import { type ErrorPlace, UserError, UserErrors } from '../error.ts'
import type { Target } from '../graph/types.ts'
import { createSchema, keyOf, SYSTEM_SCHEMA } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'
import {
  type ColumnTypes,
  type CompiledProcedures,
  changesOf,
  type Deployable,
  forget,
  type Home,
  kindDeployedBy,
  needsTypes,
  RESUMING,
  rememberDeployables,
  rememberSuspended,
  resumptions,
  SUSPENDING,
  suspendedKey,
  suspensions,
  type TaskText,
} from '../procedures/index.ts'
import { executeAll, pendingOf } from './deployment.ts'
import { type Live, type Memory, readLive, readMemory, readTypes } from './live-objects.ts'

/** What a deployment would do in a warehouse as it is. */
export interface DeployPlan {
  /** Its database is where deployments are remembered. */
  readonly home: Home
  /** In order; each with the statements that bring it from what there is to what there shall be. */
  readonly pending: readonly Deployable[]
  readonly equal: number
  readonly dropped: readonly Dropped[]
  /** Tasks that must not start meanwhile. */
  readonly suspended: readonly TaskText[]
  /** Tasks that run by their schedule afterwards. */
  readonly resumed: readonly TaskText[]
  /** Tasks that somebody has suspended: they stay so. */
  readonly asleep: readonly TaskText[]
  /** What says that tasks sleep because of a deployment, from now on or still. */
  readonly markers: readonly string[]
}

/** Something that an earlier deployment made and the project no longer has. */
export interface Dropped {
  readonly title: string
  /** None for a table: what it holds is dropped by a person. */
  readonly statements: readonly string[]
  readonly key: string
}

/** Statements that belong together: the next ones come after they all ended well. */
export interface DeployStep {
  readonly title: string
  readonly statements: readonly string[]
  /** What people are told when it is done; undefined where that is nothing of theirs. */
  readonly done?: string | undefined
  /** Where it is written. */
  readonly place?: ErrorPlace | undefined
}

export interface DeployOptions {
  /** Leaves tasks suspended. */
  readonly keepSuspended: boolean
  /** Drops what the project no longer has. */
  readonly isPruning: boolean
}

/**
 * Compares a compiled project with what a warehouse has. Only reads.
 *
 * @throws UserErrors for changes that a person must decide on, each with its statement
 */
export async function planDeploy(
  compiled: CompiledProcedures,
  engine: Engine,
  { keepSuspended, isPruning }: DeployOptions,
): Promise<DeployPlan> {
  const { database, deployables, tasks } = compiled
  const found = await engine.state([...new Set(deployables.map(({ target }) => target.database))])
  const memory = await readMemory(database, engine, found)
  const state = remembered(found, memory)
  const live = await readLive(compiled, engine, state)
  const changed = new Set(pendingOf(compiled, memory, state))
  const unequal = deployables.filter(each => changed.has(each) || isMissing(each, live))
  const pending = deployables.filter(
    each => unequal.includes(each) || (each.kind === 'keys' && unequal.some(makesTable)),
  )
  const dropped = droppedOf(compiled, memory, state, live)
  const isMarked = ({ name }: TaskText): boolean => memory.has(suspendedKey(name))
  const asleep = tasks.texts.filter(task => live.tasks.get(task.name.name) === 'suspended' && !isMarked(task))
  const isWork = pending.length > 0 || (isPruning && dropped.some(({ statements }) => statements.length > 0))
  // Without work only what a deployment left that did not come to its end.
  const woken = tasks.texts.filter(task => (isWork ? !asleep.includes(task) : isMarked(task)))
  const resumed = keepSuspended ? [] : woken
  return {
    home: compiled,
    pending: withoutSchemas(changing(pending, state, await typesOf(pending, engine, state)), deployables, state),
    equal: deployables.length - pending.length,
    dropped,
    suspended: isWork ? tasks.texts.filter(({ name }) => live.tasks.get(name.name) === 'started') : [],
    resumed,
    asleep,
    markers: tasks.texts
      .filter(task => isMarked(task) || (isWork && resumed.includes(task)))
      .map(({ name }) => suspendedKey(name)),
  }
}

/** A state whose relations are known by what deployments remember, wherever they are: a database has no memory of its own then. */
function remembered(state: WarehouseState, memory: Memory): WarehouseState {
  const relations = [...state.relations].map(([key, found]) => {
    const known = memory.get(key)
    const isKnown = found.definition === undefined && known?.kind === found.kind
    return [key, isKnown ? { ...found, definition: known.hash } : found] as const
  })
  return { ...state, relations: new Map(relations) }
}

/** A role that may not create schemas may not say CREATE SCHEMA IF NOT EXISTS of one that exists either. */
function withoutSchemas(
  pending: readonly Deployable[],
  all: readonly Deployable[],
  { schemas }: WarehouseState,
): readonly Deployable[] {
  const places = all.flatMap(({ target }) => [target, { ...target, schema: SYSTEM_SCHEMA }])
  const there = places.filter(({ database, schema }) => schemas.has(`${database}.${schema}`.toUpperCase()))
  const spare = new Set(there.map(({ database, schema }) => createSchema(database, schema).text.sql))
  return pending.map(each =>
    each.kind === 'system' ? { ...each, statements: each.statements.filter(sql => !spare.has(sql)) } : each,
  )
}

/** What somebody has dropped since it was deployed. */
function isMissing({ kind, target }: Deployable, live: Live): boolean {
  return (
    (kind === 'procedure' && !live.procedures.has(target.name)) || (kind === 'task' && !live.tasks.has(target.name))
  )
}

/** A table that is made anew has lost its keys. */
function makesTable({ action, definitions }: Deployable): boolean {
  return definitions.some(
    ({ target, kind }) => kind === 'table' && action !== undefined && keyOf(target) === keyOf(action.target),
  )
}

async function typesOf(
  pending: readonly Deployable[],
  engine: Engine,
  state: WarehouseState,
): Promise<ReadonlyMap<Deployable, ColumnTypes>> {
  const types = new Map<Deployable, ColumnTypes>()
  for (const each of pending) if (needsTypes(each, state)) types.set(each, await readTypes(each.target, engine))
  return types
}

/** Replaces the statements of what is there in another form by those that change it. */
function changing(
  pending: readonly Deployable[],
  state: WarehouseState,
  types: ReadonlyMap<Deployable, ColumnTypes>,
): readonly Deployable[] {
  const errors: UserError[] = []
  const planned = pending.map(each => {
    if (each.action === undefined) return each
    try {
      return { ...each, statements: changesOf(each, each.action, state, types.get(each) ?? new Map()) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      errors.push(error)
      return each
    }
  })
  if (errors.length > 0) throw new UserErrors(errors)
  return planned
}

/** What this deployment made once and is not among the project any more, as far as it is still there. */
function droppedOf(
  { deployables, schema }: CompiledProcedures,
  memory: Memory,
  state: WarehouseState,
  live: Live,
): readonly Dropped[] {
  const wanted = new Set(deployables.map(({ target }) => keyOf(target)))
  return [...memory].flatMap(([key, { kind: remembered }]): Dropped[] => {
    const kind = kindDeployedBy(schema, remembered)
    const name = key.replace(/^DEPLOYED /, '')
    if (kind === undefined || wanted.has(name)) return []
    if (kind === 'relation') {
      const found = state.relations.get(name)
      if (found === undefined) return []
      const statements = found.kind === 'view' ? [`drop view if exists ${relation(found.target)}`] : []
      return [{ title: titleOf(found.kind, found.target), key, statements }]
    }
    const target = placeOf(name)
    const forms =
      kind === 'procedure' ? (live.procedures.get(target.name) ?? []) : live.tasks.has(target.name) ? [''] : []
    if (forms.length === 0 || (kind !== 'procedure' && kind !== 'task')) return []
    const statements = forms.map(form => `drop ${kind} if exists ${relation(target)}${form}`)
    return [{ title: titleOf(kind, target), key, statements }]
  })
}

const titleOf = (kind: string, { schema, name }: Target): string => `${kind} ${schema}.${name}`

/** The target of a procedure or task: only a database may have dots in its name. */
function placeOf(key: string): Target {
  const [, database = '', schema = '', name = ''] = /^(.*)\.([^.]*)\.([^.]*)$/.exec(key) ?? []
  return { database, schema, name }
}

/**
 * What a plan comes to, in order. A dry run prints these statements and a deployment executes them. Each thing is remembered
 * as soon as it is made: a deployment that is cut short goes on where it stood, and what it suspended is resumed by the next.
 */
export function deploySteps(plan: DeployPlan, isPruning: boolean): readonly DeployStep[] {
  const { home, pending, suspended, resumed, markers } = plan
  const { database } = home
  const making = pending.map(each => ({ kind: each.kind, step: makingStep(each, home) }))
  const ofKind = (isSystem: boolean): readonly DeployStep[] =>
    making.filter(({ kind }) => (kind === 'system') === isSystem).map(({ step }) => step)
  const marked = resumed.filter(({ name }) => markers.includes(suspendedKey(name)))
  return [
    // Its tables are what the next step writes to.
    ...ofKind(true),
    {
      title: SUSPENDING,
      statements: [...(marked.length === 0 ? [] : [rememberSuspended(database, marked)]), ...suspensions(suspended)],
    },
    ...ofKind(false),
    ...(isPruning ? plan.dropped : [])
      .filter(({ statements }) => statements.length > 0)
      .map(({ title, statements, key }) => ({
        title: `${title}: not of this project any more`,
        statements: [...statements, forget(database, [key])],
        done: `dropped ${title}`,
      })),
    {
      title: RESUMING,
      statements: [...resumptions(resumed), ...(markers.length === 0 ? [] : [forget(database, markers)])],
    },
  ].filter(({ statements }) => statements.length > 0)
}

function makingStep(each: Deployable, home: Home): DeployStep {
  const { title, kind, action } = each
  return {
    title,
    statements: [...each.statements, rememberDeployables(home, [each])],
    done: `${kind} ${title}`,
    place: { file: action?.file, line: action?.line, action: title },
  }
}

/** Executes the steps one after the other, and tells of each when it is done. */
export async function carryOutDeploy(
  steps: readonly DeployStep[],
  engine: Engine,
  onDone: (title: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const { statements, place, done } of steps) {
    try {
      await executeAll(statements, engine, signal)
    } catch (error) {
      throw placed(error, place)
    }
    if (done !== undefined) onDone(done)
  }
}

/** An error of what no line stands for is told at the action that it belongs to. */
function placed(error: unknown, place: ErrorPlace | undefined): unknown {
  if (!(error instanceof UserError) || error.place.file !== undefined || place === undefined) return error
  return new UserError(error.message, { ...place, remedy: error.remedy, cause: error.cause ?? error })
}
