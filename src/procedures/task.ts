import { literal, relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import { readInterval, type TaskOptions, type Tasks } from '../schedule/index.ts'
import { type ProceduresConfig, taskNameOf } from './config.ts'
import type { Members } from './members.ts'
import { endsRun } from './render.ts'

/** A task's statements, in order: they leave it suspended. */
export interface TaskText {
  readonly name: Target
  readonly isRoot: boolean
  readonly statements: readonly string[]
}

/** One task as it is planned: what it calls, and how it is started. */
interface PlannedTask {
  readonly name: string
  readonly options: TaskOptions
  readonly body: string
}

/**
 * A project's tasks with their options: one that calls the master, or, with `form: graph`, one a procedure, each after the one
 * before. A finalizer runs after them, however they end.
 */
export function plannedTasks(
  config: ProceduresConfig,
  members: readonly Members[],
  database: string,
): readonly PlannedTask[] {
  const { task, schema } = config
  if (task === undefined) return []
  const { name, form, finalizer, ...options } = task
  const full = (procedure: string): string => relation({ database, schema, name: procedure })
  const own: TaskOptions = {
    warehouse: options.warehouse,
    serverless: options.serverless,
    parameters: options.parameters,
    timeout: options.timeout,
  }
  const last: readonly PlannedTask[] =
    finalizer === undefined
      ? []
      : [
          {
            name: finalizer.name,
            options: defined({ ...own, finalizer: name, comment: finalizer.comment }),
            body: finalizer.sql.trim().replace(/;$/, ''),
          },
        ]
  if (form === 'single') return [{ name, options, body: `CALL ${full(config.master.name)}()` }, ...last]
  const names = members.map(({ procedure }, index) => (index === 0 ? name : taskNameOf(procedure.name)))
  const graph = members.map((each, index): PlannedTask => {
    const waiting = index > 0 && endsRun(members, index - 1)
    return {
      name: names[index] ?? '',
      options:
        index === 0
          ? options
          : defined({
              ...own,
              after: [names[index - 1] ?? ''],
              when: waiting ? `SYSTEM$GET_PREDECESSOR_RETURN_VALUE() <> 'WAITING'` : undefined,
              comment: each.procedure.comment,
            }),
      body: endsRun(members, index) ? callAndReturn(full(each.procedure.name)) : `CALL ${full(each.procedure.name)}()`,
    }
  })
  return [...graph, ...last]
}

/** What the next task of a graph asks for. */
function callAndReturn(procedure: string): string {
  return `DECLARE
  result VARCHAR DEFAULT '';
BEGIN
  CALL ${procedure}() INTO :result;
  CALL SYSTEM$SET_RETURN_VALUE(:result);
END`
}

function defined(options: TaskOptions): TaskOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as TaskOptions
}

/** The options of a project's tasks by name, for whoever simulates them. */
export function taskOptions(planned: readonly PlannedTask[]): Tasks {
  return Object.fromEntries(planned.map(({ name, options }) => [name, options]))
}

/** CREATE statements, children after what they wait for. */
export function renderTasks(planned: readonly PlannedTask[], schema: string, database: string): readonly TaskText[] {
  return planned.map(({ name, options, body }) => {
    const target: Target = { database, schema, name }
    const full = (task: string): string => relation({ database, schema, name: task })
    const lines = [
      `CREATE OR REPLACE TASK ${relation(target)}`,
      ...optionLines(options, full),
      ...(options.after === undefined ? [] : [`  AFTER ${options.after.map(full).join(', ')}`]),
      ...(options.when === undefined ? [] : [`  WHEN ${options.when}`]),
      `AS\n${body}`,
    ]
    return {
      name: target,
      isRoot: options.after === undefined && options.finalizer === undefined,
      statements: [lines.join('\n')],
    }
  })
}

/** Options in the order in which Snowflake's syntax lists them. */
function optionLines(options: TaskOptions, full: (task: string) => string): readonly string[] {
  const { serverless = {}, parameters = {}, timeout } = options
  const isRoot = options.after === undefined && options.finalizer === undefined
  const size = (value: string | undefined): string | undefined => (value === undefined ? undefined : literal(value))
  const named: readonly (readonly [string, string | number | undefined])[] = [
    ['WAREHOUSE', options.warehouse],
    ['USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE', size(serverless.initialSize)],
    ['SCHEDULE', size(options.schedule)],
    ['CONFIG', options.config === undefined ? undefined : `$$${JSON.stringify(options.config)}$$`],
    ['ALLOW_OVERLAPPING_EXECUTION', isRoot ? 'FALSE' : undefined],
    ...Object.entries(parameters).map(([key, value]): readonly [string, string | number] => [
      key.toUpperCase(),
      typeof value === 'string' ? literal(value) : String(value).toUpperCase(),
    ]),
    ['USER_TASK_TIMEOUT_MS', timeout === undefined ? undefined : (readInterval(timeout) ?? 0) * 1000],
    ['SUSPEND_TASK_AFTER_NUM_FAILURES', options.suspendAfterFailures],
    ['ERROR_INTEGRATION', options.errorIntegration],
    ['SUCCESS_INTEGRATION', options.successIntegration],
    ['COMMENT', size(options.comment)],
    ['FINALIZE', options.finalizer === undefined ? undefined : full(options.finalizer)],
    ['TASK_AUTO_RETRY_ATTEMPTS', options.autoRetry],
    [
      'USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS',
      options.minimumTriggerInterval === undefined ? undefined : readInterval(options.minimumTriggerInterval),
    ],
    ['TARGET_COMPLETION_INTERVAL', size(serverless.targetCompletion)],
    ['SERVERLESS_TASK_MIN_STATEMENT_SIZE', size(serverless.minSize)],
    ['SERVERLESS_TASK_MAX_STATEMENT_SIZE', size(serverless.maxSize)],
  ]
  return named.flatMap(([key, value]) => (value === undefined ? [] : [`  ${key} = ${value}`]))
}
