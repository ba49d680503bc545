import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { UserError, UserErrors } from '../error.ts'
import { locateYaml } from '../project/yaml.ts'
import { checkTask, readInterval, type TaskOptions } from '../schedule/index.ts'

/** Where a project says which tags make which procedure. */
export const PROCEDURES_FILE = 'definitions/procedures.yaml'

const text = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'))
const name = v.pipe(
  v.string('must be a name'),
  v.regex(/^[A-Za-z_][\w$]*$/, 'must be a name of letters, digits, _ and $'),
  v.toUpperCase(),
)
const tags = v.pipe(v.array(text, 'must be a list of tags'), v.minLength(1, 'must name a tag'))

const PROCEDURE = v.strictObject({ name, tags, comment: v.optional(text) })
const MASTER = v.strictObject({
  name,
  comment: v.optional(text),
  lease: v.optional(
    v.pipe(
      text,
      v.check(written => (readInterval(written) ?? 0) > 0, 'must be a duration such as "4 HOURS"'),
    ),
    '4 HOURS',
  ),
})

const FINALIZER = v.strictObject({ name, sql: text, comment: v.optional(text) })
const TASK = v.looseObject({
  name,
  form: v.optional(v.picklist(['single', 'graph'], 'must be "single" or "graph"'), 'single'),
  finalizer: v.optional(FINALIZER),
})

const SCHEMA = v.strictObject({
  schema: v.optional(name, 'DATAFORM'),
  procedures: v.pipe(v.array(PROCEDURE, 'must be a list of procedures'), v.minLength(1, 'must hold a procedure')),
  master: MASTER,
  task: v.optional(TASK),
})

type Output = v.InferOutput<typeof SCHEMA>
type TaskConfig = Pick<NonNullable<Output['task']>, 'name' | 'form' | 'finalizer'> &
  Omit<TaskOptions, 'finalizer' | 'after'>

/** What definitions/procedures.yaml says, checked. */
export type ProceduresConfig = Omit<Output, 'task'> & { readonly task?: TaskConfig | undefined }
export type ProcedureConfig = ProceduresConfig['procedures'][number]

/**
 * Reads a project's definitions/procedures.yaml.
 *
 * @throws UserError where there is none, UserErrors with the line of each value that is wrong
 */
export function readProceduresConfig(projectDir: string): ProceduresConfig {
  const path = join(projectDir, PROCEDURES_FILE)
  if (!existsSync(path)) {
    throw new UserError('this project does not say which procedures it has', {
      file: PROCEDURES_FILE,
      remedy: 'write it: docs/guides/procedures.md shows one',
    })
  }
  const { data, lineOf } = locateYaml(readFileSync(path, 'utf8'), PROCEDURES_FILE)
  const result = v.safeParse(SCHEMA, data)
  const errors = result.success
    ? [...nameClashes(result.output), ...taskFaults(result.output)]
    : result.issues.map(issue => ({ path: pathOf(issue), message: messageOf(issue) }))
  // Its options are checked as those of Snowflake's tasks, which no schema here repeats.
  if (errors.length === 0 && result.success) return result.output as ProceduresConfig
  throw new UserErrors(
    errors.map(
      ({ path, message }) =>
        new UserError(`${path.join('.')}: ${message}`, { file: PROCEDURES_FILE, line: lineOf(path) }),
    ),
  )
}

interface Fault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

function pathOf(issue: v.BaseIssue<unknown>): readonly (string | number)[] {
  return (issue.path ?? []).map(part => part.key as string | number)
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== 'strict_object' && issue.type !== 'loose_object') return issue.message
  return issue.expected === 'never' ? 'is no key here' : issue.received === 'undefined' ? 'is missing' : issue.message
}

/** What is wrong with the options of the task, each at its key where there is one. */
function taskFaults({ task }: Output): readonly Fault[] {
  if (task === undefined) return []
  const { name: _name, form: _form, finalizer: _finalizer, ...options } = task
  return checkTask(options).map(message => {
    const [words = '', key = ''] = /^([\w.]+)\s/.exec(message) ?? []
    const [first = '', ...more] = key.split('.')
    if (!(first in options)) return { path: ['task'], message }
    // The place tells the key already.
    return { path: ['task', first, ...more], message: message.slice(words.length) }
  })
}

/** The task of a procedure in a graph of tasks. */
export function taskNameOf(procedure: string): string {
  return procedure.replace(/^(SP_)?/, 'TASK_')
}

/** Procedures and the task are objects of one schema: each name once. */
function nameClashes({ procedures, master, task }: Output): readonly Fault[] {
  const named: readonly Fault[] = [
    ...procedures.map((each, index) => ({ path: ['procedures', index, 'name'], message: each.name })),
    { path: ['master', 'name'], message: master.name },
    ...(task === undefined ? [] : [{ path: ['task', 'name'], message: task.name }]),
    ...(task?.finalizer === undefined ? [] : [{ path: ['task', 'finalizer', 'name'], message: task.finalizer.name }]),
    ...(task?.form !== 'graph'
      ? []
      : procedures.slice(1).map((each, index) => ({
          path: ['procedures', index + 1, 'name'],
          message: taskNameOf(each.name),
        }))),
  ]
  return named.flatMap(({ path, message }, index) =>
    named.slice(0, index).some(earlier => earlier.message === message)
      ? [{ path, message: `${message} is the name of another one` }]
      : [],
  )
}
