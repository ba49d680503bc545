import { identifier, literal, relation } from '../dialects/snowflake.ts'
import type { Engine } from '../engines/engine.ts'
import { UserError, UserErrors } from '../error.ts'
import { definitions } from '../plan/engine-tables.ts'
import { keyOf } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'
import {
  type CompiledProcedures,
  changesOf,
  type Deployable,
  deployScript,
  forget,
  rememberDeployables,
  rememberSuspended,
  resumptions,
  suspendedKey,
  suspensions,
  type TaskText,
} from '../procedures/index.ts'
import { executeAll, pendingOf, rememberedOf } from './deployment.ts'

/** What a deployment would do in a warehouse as it is. */
export interface DeployPlan {
  /** In order; each with the statements that bring it from what there is to what there shall be. */
  readonly pending: readonly Deployable[]
  readonly equal: number
  readonly dropped: readonly Dropped[]
  /** Tasks that must not start meanwhile, and those among them that run by their schedule afterwards. */
  readonly suspended: readonly TaskText[]
  readonly resumed: readonly TaskText[]
}

/** Something that an earlier deployment made and the project no longer has. */
export interface Dropped {
  readonly title: string
  /** Undefined for a table: what it holds is dropped by a person. */
  readonly statement: string | undefined
  readonly key: string
}

/**
 * Compares a compiled project with what a warehouse has.
 *
 * @throws UserErrors for changes that a person must decide on, each with its statement
 */
export async function planDeploy(
  compiled: CompiledProcedures,
  engine: Engine,
  keepSuspended: boolean,
): Promise<DeployPlan> {
  const state = await engine.state([...new Set(compiled.deployables.map(({ target }) => target.database))])
  const live = await liveObjects(compiled, engine, state)
  const missing = (each: Deployable): boolean =>
    (each.kind === 'procedure' && !live.procedures.has(each.target.name)) ||
    (each.kind === 'task' && !live.tasks.has(each.target.name))
  const changed = new Set(await pendingOf(compiled, engine, state))
  const pending = compiled.deployables.filter(each => changed.has(each) || missing(each))
  const ours = await suspendedByUs(compiled, engine, state)
  const asleep = ({ name }: TaskText): boolean =>
    live.tasks.get(name.name) === 'suspended' && !ours.has(suspendedKey(name))
  return {
    pending: changing(pending, state),
    equal: compiled.deployables.length - pending.length,
    dropped: await droppedOf(compiled, engine, state),
    suspended: pending.length === 0 ? [] : compiled.tasks.texts.filter(({ name }) => live.tasks.has(name.name)),
    resumed: pending.length === 0 || keepSuspended ? [] : compiled.tasks.texts.filter(task => !asleep(task)),
  }
}

/** Tasks that a deployment suspended and did not come to resume. */
async function suspendedByUs(
  { database }: CompiledProcedures,
  engine: Engine,
  { relations }: WarehouseState,
): Promise<ReadonlySet<string>> {
  const table = definitions(database)
  if (!relations.has(keyOf(table))) return new Set()
  const sql = `select relation from ${relation(table)} where kind = 'suspended for a deployment'`
  const { rows } = await engine.query({ sql, file: '' }, Number.MAX_SAFE_INTEGER)
  return new Set(rows.map(([key]) => key ?? ''))
}

/** Replaces the statements of what is there in another form by those that change it. */
function changing(pending: readonly Deployable[], state: WarehouseState): readonly Deployable[] {
  const errors: UserError[] = []
  const planned = pending.map(each => {
    if (each.action === undefined) return each
    try {
      return { ...each, statements: changesOf(each, each.action, state) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      errors.push(error)
      return each
    }
  })
  if (errors.length > 0) throw new UserErrors(errors)
  return planned
}

interface Live {
  readonly procedures: ReadonlySet<string>
  /** By name: `started` or `suspended`. */
  readonly tasks: ReadonlyMap<string, string>
}

/** The procedures and tasks of the schema; none where there is no such schema. */
async function liveObjects(
  { database, schema }: CompiledProcedures,
  engine: Engine,
  { schemas }: WarehouseState,
): Promise<Live> {
  if (!schemas.has(`${database}.${schema}`.toUpperCase())) return { procedures: new Set(), tasks: new Map() }
  const ask = (sql: string): ReturnType<Engine['query']> => engine.query({ sql, file: '' }, Number.MAX_SAFE_INTEGER)
  const procedures = await ask(
    `select procedure_name from ${identifier(database)}.INFORMATION_SCHEMA.PROCEDURES where procedure_schema = ${literal(schema)}`,
  )
  const tasks = await ask(`show tasks in schema ${identifier(database)}.${identifier(schema)}`)
  const [name, state] = ['name', 'state'].map(wanted =>
    tasks.columns.findIndex(column => column.toLowerCase() === wanted),
  )
  return {
    procedures: new Set(procedures.rows.map(([procedure]) => procedure ?? '')),
    tasks: new Map(tasks.rows.map(row => [row[name ?? -1] ?? '', row[state ?? -1] ?? ''])),
  }
}

/** What was deployed once and is not among the project any more. */
async function droppedOf(
  compiled: CompiledProcedures,
  engine: Engine,
  state: WarehouseState,
): Promise<readonly Dropped[]> {
  const wanted = new Set(compiled.deployables.map(({ target }) => keyOf(target)))
  const known = await rememberedOf(compiled.database, engine, state)
  return [...known].flatMap(([key, { kind }]): Dropped[] => {
    const name = key.replace(/^DEPLOYED /, '')
    const [database = '', schema = '', last = ''] = name.split('.')
    if (wanted.has(name) || kind === 'keys' || kind === 'system') return []
    const full = relation({ database, schema, name: last })
    const title = `${kind} ${schema}.${last}`
    if (kind !== 'relation')
      return [
        {
          title,
          key,
          statement: `drop ${kind} if exists ${full}${kind === 'procedure' ? signatureOf(last, compiled) : ''}`,
        },
      ]
    const found = state.relations.get(name)
    if (found === undefined) return []
    return [
      {
        title: `${found.kind} ${schema}.${last}`,
        key,
        statement: found.kind === 'view' ? `drop view if exists ${full}` : undefined,
      },
    ]
  })
}

/** A procedure is dropped by its name and the types of its arguments. */
function signatureOf(name: string, { master }: CompiledProcedures): string {
  return name === master ? '()' : '(VARCHAR)'
}

/** The script of a plan. */
export function planScript(
  { pending, suspended, resumed, dropped }: DeployPlan,
  database: string,
  isPruning: boolean,
): string {
  const drops = isPruning ? dropped.flatMap(({ statement }) => statement ?? []) : []
  return deployScript(pending, { suspended, resumed }, [
    ...(pending.length === 0 ? [] : [rememberDeployables(database, pending)]),
    ...drops,
  ])
}

/** Carries a plan out, one thing after the other, and tells of each when it is done. */
export async function carryOutDeploy(
  plan: DeployPlan,
  database: string,
  engine: Engine,
  { isPruning, onDone, signal }: { isPruning: boolean; onDone: (title: string) => void; signal: AbortSignal },
): Promise<void> {
  const { suspended } = plan
  if (suspended.length > 0)
    await executeAll([rememberSuspended(database, suspended), ...suspensions(suspended)], engine, signal)
  for (const each of plan.pending) {
    await executeAll(each.statements, engine, signal)
    // Only what was made is remembered: a deployment that was cut short goes on where it stood.
    if (each.kind !== 'system') await executeAll([rememberDeployables(database, [each])], engine, signal)
    onDone(`${each.kind} ${each.title}`)
  }
  const system = plan.pending.filter(({ kind }) => kind === 'system')
  if (system.length > 0) await executeAll([rememberDeployables(database, system)], engine, signal)
  if (isPruning) {
    for (const { statement, title, key } of plan.dropped) {
      if (statement === undefined) continue
      await executeAll([statement, forget(database, [key])], engine, signal)
      onDone(`dropped ${title}`)
    }
  }
  const woken =
    suspended.length === 0
      ? []
      : [
          forget(
            database,
            suspended.map(({ name }) => suspendedKey(name)),
          ),
        ]
  await executeAll([...resumptions(plan.resumed), ...woken], engine, signal)
}
