import type { Graph, RunnableAction } from '../graph/types.ts'
import { keyOf } from '../plan/system.ts'
import type { Tasks } from '../schedule/index.ts'
import { readProceduresConfig } from './config.ts'
import { type Deployable, deployables, deployScript, type Home, rememberDeployables } from './deployment.ts'
import { keyStatements } from './keys.ts'
import { type ProjectLoads, planLoads } from './loads.ts'
import { type Assignment, assign } from './members.ts'
import { renderProcedures } from './render.ts'
import { plannedTasks, renderTasks, type TaskText, taskOptions } from './task.ts'

export { type ColumnTypes, changesOf, needsTypes } from './alter.ts'
export { freeLeases } from './audit.ts'
export {
  type Deployable,
  deployedKey,
  forget,
  type Home,
  kindDeployedBy,
  RESUMING,
  rememberDeployables,
  rememberSuspended,
  resumptions,
  SUSPENDING,
  suspendedKey,
  suspensions,
  writeScript,
} from './deployment.ts'
export type { TaskText } from './task.ts'

/** A project compiled to text that needs nothing but Snowflake. */
export interface CompiledProcedures extends Home {
  readonly master: string
  /** By their paths below `target/snowflake/`. */
  readonly files: ReadonlyMap<string, string>
  readonly deployables: readonly Deployable[]
  /** Its tasks as text, and their options by name. */
  readonly tasks: { readonly texts: readonly TaskText[]; readonly options: Tasks }
  /** Actions with rows to load that no procedure holds. */
  readonly left: readonly RunnableAction[]
}

/**
 * Compiles a project to procedures and tasks. The same project gives the same text, wherever and whenever.
 *
 * @throws UserError or UserErrors, with file and line, for what no procedure can do
 */
export function compileProcedures(graph: Graph, projectDir: string): CompiledProcedures {
  const config = readProceduresConfig(projectDir)
  const loads = planLoads(graph)
  // That of the targets: suffixes are in it.
  const database = loads.loads[0]?.action.target.database ?? graph.settings.defaultDatabase
  const assignment = assign(loads.loads, config, graph.actions)
  const procedures = renderProcedures({
    config,
    database,
    members: assignment.members,
    usedIn: usedIn(loads, assignment),
  })
  const planned = plannedTasks(config, assignment.members, database)
  const tasks = renderTasks(planned, config.schema, database)
  const all = deployables(loads, procedures, tasks, { config, database, keys: keyStatements(graph.actions) })
  return {
    database,
    schema: config.schema,
    master: config.master.name,
    deployables: all,
    tasks: { texts: tasks, options: taskOptions(planned) },
    left: assignment.left,
    files: new Map([
      [
        'deploy.sql',
        deployScript(all, { suspended: tasks, resumed: tasks }, [
          rememberDeployables({ database, schema: config.schema }, all),
        ]),
      ],
      ...procedures.map(({ name, sql }): [string, string] => [`procedures/${name.name}.sql`, sql]),
      ...tasks.map(({ name, statements }): [string, string] => [
        `tasks/${name.name}.sql`,
        statements.map(sql => `${sql};\n`).join('\n'),
      ]),
    ]),
  }
}

/** The procedures that load something out of each copy's rows, by the copy's key. */
function usedIn({ confirmations }: ProjectLoads, { members }: Assignment): ReadonlyMap<string, readonly number[]> {
  const homes = new Map(
    members.flatMap(({ loads }, index) => loads.map(({ action }) => [keyOf(action.target), index] as const)),
  )
  return new Map(
    confirmations.flatMap(({ copy, after }) => {
      const found = [copy, ...after].map(target => homes.get(keyOf(target))).filter(index => index !== undefined)
      return homes.has(keyOf(copy)) ? [[keyOf(copy), [...new Set(found)].sort((a, b) => a - b)] as const] : []
    }),
  )
}
