import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { UserError, UserErrors } from '../error.ts'
import { locateYaml, parseYaml } from '../project/yaml.ts'

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
  lease: v.optional(v.pipe(text, v.regex(/^\d+(s|m|h)$/, 'must be a duration such as 90m')), '4h'),
})

const SCHEMA = v.strictObject({
  schema: v.optional(name, 'DATAFORM'),
  procedures: v.pipe(v.array(PROCEDURE, 'must be a list of procedures'), v.minLength(1, 'must hold a procedure')),
  master: MASTER,
  task: v.optional(v.looseObject({ name })),
})

/** What definitions/procedures.yaml says, checked. */
export type ProceduresConfig = v.InferOutput<typeof SCHEMA>
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
  const source = readFileSync(path, 'utf8')
  const result = v.safeParse(SCHEMA, parseYaml(source, PROCEDURES_FILE))
  const errors = result.success
    ? nameClashes(result.output)
    : result.issues.map(issue => ({ path: pathOf(issue), message: messageOf(issue) }))
  if (errors.length === 0 && result.success) return result.output
  throw new UserErrors(
    errors.map(
      ({ path, message }) =>
        new UserError(`${path.join('.')}: ${message}`, { file: PROCEDURES_FILE, line: locateYaml(source, path) }),
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
  if (issue.type !== 'strict_object') return issue.message
  return issue.expected === 'never' ? 'is no key here' : issue.received === 'undefined' ? 'is missing' : issue.message
}

/** Procedures and the task are objects of one schema: each name once. */
function nameClashes({ procedures, master, task }: ProceduresConfig): readonly Fault[] {
  const named: readonly Fault[] = [
    ...procedures.map((each, index) => ({ path: ['procedures', index, 'name'], message: each.name })),
    { path: ['master', 'name'], message: master.name },
    ...(task === undefined ? [] : [{ path: ['task', 'name'], message: task.name }]),
  ]
  return named.flatMap(({ path, message }, index) =>
    named.slice(0, index).some(earlier => earlier.message === message)
      ? [{ path, message: `${message} is the name of another one` }]
      : [],
  )
}
