import { createHash } from 'node:crypto'
import { literal, relation } from '../dialects/snowflake.ts'
import { type RunnableAction, type Target, targetName } from '../graph/types.ts'
import { definitions } from '../plan/engine-tables.ts'
import { copyHead } from '../plan/materializations/copy.ts'
import { createSchema, keyOf } from '../plan/system.ts'
import type { Definition } from '../plan/types.ts'
import { createAudit, createLeases, manifestTable } from './audit.ts'
import type { ProceduresConfig } from './config.ts'
import type { ProjectLoads } from './loads.ts'
import type { ProcedureText } from './render.ts'
import type { TaskText } from './task.ts'

/** One thing that a deployment makes: it is made as a whole, or left as it is. */
export interface Deployable {
  /** What people read: `DW.FACT_ACTIVITY`, `schemas`. */
  readonly title: string
  readonly kind: 'system' | 'relation' | 'keys' | 'procedure' | 'task'
  readonly target: Target
  /** Without semicolons. */
  readonly statements: readonly string[]
  /** Of its statements: an equal one is not touched. */
  readonly hash: string
  /** What the relation is made from. */
  readonly action?: RunnableAction | undefined
  /** Those that its loads write by their names, as they are stored. */
  readonly columns?: readonly string[] | undefined
  /** The relations among it, for engines that remember what made them. */
  readonly definitions: readonly Definition[]
}

/** Everything that procedures need, in the order in which it must be made. */
export function deployables(
  loads: ProjectLoads,
  procedures: readonly ProcedureText[],
  tasks: readonly TaskText[],
  { config, database, keys }: { config: ProceduresConfig; database: string; keys: readonly string[] },
): readonly Deployable[] {
  const manifests = new Map(
    loads.prepared.flatMap(({ action }) => {
      if (action.type !== 'copy' || action.manifest === undefined) return []
      const { stage, manifest } = copyHead(action)
      const table = manifestTable(database, stage, manifest)
      return [[keyOf(table), table] as const]
    }),
  )
  const system: Target = { database, schema: config.schema, name: 'SYSTEM' }
  return [
    deployable('system', 'schemas, ledger and audit', system, [
      ...new Set([...loads.setup.map(({ text }) => text.sql), createSchema(database, config.schema).text.sql]),
      ...createAudit(database, [...manifests.values()]),
      createLeases(
        database,
        procedures.map(({ name }) => name.name),
      ),
    ]),
    ...loads.prepared
      .filter(({ statements }) => statements.length > 0)
      .map(({ action, statements, columns, definitions: made }) => ({
        ...deployable(
          'relation',
          targetName(action.target),
          action.target,
          statements.map(({ text }) => text.sql),
          made,
        ),
        action,
        columns,
      })),
    ...(keys.length === 0 ? [] : [deployable('keys', 'primary and foreign keys', { ...system, name: 'KEYS' }, keys)]),
    ...procedures.map(({ name, sql }) =>
      deployable('procedure', targetName(name), name, [sql.trim().replace(/;$/, '')]),
    ),
    ...tasks.map(({ name, statements }) => deployable('task', targetName(name), name, statements)),
  ]
}

function deployable(
  kind: Deployable['kind'],
  title: string,
  target: Target,
  statements: readonly string[],
  made: readonly Definition[] = [],
): Deployable {
  const hash = createHash('sha256').update(JSON.stringify(statements)).digest('hex').slice(0, 32)
  return { kind, title, target, statements, hash, definitions: made }
}

/** Where a deployment's procedures are: projects that share a database are told apart by the schema. */
export interface Home {
  readonly database: string
  readonly schema: string
}

/** Remembers what was made: `run` leaves equal relations alone, and so does the next deployment. */
export function rememberDeployables({ database, schema }: Home, made: readonly Deployable[]): string {
  return remember(
    database,
    made.flatMap(each => [
      [deployedKey(each.target), `deployed ${each.kind} by ${schema}`, each.hash],
      ...each.definitions.map(({ target, kind, hash }): Row => [keyOf(target), kind, hash]),
    ]),
  )
}

type Row = readonly [key: string, kind: string, hash: string]

function remember(database: string, rows: readonly Row[]): string {
  const values = rows.map(row => `(${row.map(literal).join(', ')})`)
  return `merge into ${relation(definitions(database))} d
using (select column1 as relation, column2 as kind, column3 as hash from values
  ${values.join(',\n  ')}
) s
on d.relation = s.relation
when matched then update set kind = s.kind, hash = s.hash
when not matched then insert (relation, kind, hash) values (s.relation, s.kind, s.hash)`
}

/** Says that a task sleeps because of a deployment, and not by somebody's will. */
export function rememberSuspended(database: string, tasks: readonly TaskText[]): string {
  return remember(
    database,
    tasks.map(({ name }) => [suspendedKey(name), 'suspended for a deployment', '']),
  )
}

export function suspendedKey(task: Target): string {
  return `SUSPENDED ${keyOf(task)}`
}

export function forget(database: string, keys: readonly string[]): string {
  return `delete from ${relation(definitions(database))} where relation in (${keys.map(literal).join(', ')})`
}

/** The kind of a thing that a deployment with procedures in `schema` remembered; undefined for what it did not make. */
export function kindDeployedBy(schema: string, remembered: string): string | undefined {
  const [, kind, by] = /^deployed (\w+) by (.+)$/.exec(remembered) ?? []
  return by === schema ? kind : undefined
}

/** The name under which a deployment is remembered. */
export function deployedKey(target: Target): string {
  return `DEPLOYED ${keyOf(target)}`
}

/**
 * A deployment as a script.
 *
 * @param tasks those that must not start in its middle, and those that run by their schedule after it
 * @param last what is executed at its end
 */
export function deployScript(
  all: readonly Deployable[],
  tasks: { readonly suspended: readonly TaskText[]; readonly resumed: readonly TaskText[] },
  last: readonly string[],
): string {
  return writeScript([
    { title: SUSPENDING, statements: suspensions(tasks.suspended) },
    ...all,
    { title: 'What was made: the next deployment leaves it alone', statements: last },
    { title: RESUMING, statements: resumptions(tasks.resumed) },
  ])
}

export const SUSPENDING = 'No run may start in the middle of this'
export const RESUMING = 'The schedule goes on'

/** Statements with a line of comment before those that belong together. */
export function writeScript(parts: readonly Pick<Deployable, 'title' | 'statements' | 'action'>[]): string {
  const written = parts.flatMap(({ title, statements, action }) =>
    statements.length === 0
      ? []
      : [
          [`-- ${action === undefined ? '' : `${action.file}: `}${title}`, ...statements.map(sql => `${sql};`)].join(
            '\n',
          ),
        ],
  )
  return `${[SCRIPT_HEAD, ...written].join('\n\n')}\n`
}

/** The root alone starts a graph. */
export function suspensions(tasks: readonly TaskText[]): readonly string[] {
  return tasks.filter(({ isRoot }) => isRoot).map(({ name }) => `alter task if exists ${relation(name)} suspend`)
}

/** Children first: a root that is resumed before them leaves them out. */
export function resumptions(tasks: readonly TaskText[]): readonly string[] {
  return [...tasks].reverse().map(({ name }) => `alter task ${relation(name)} resume`)
}

const SCRIPT_HEAD = `-- Makes what the procedures of this project need, the procedures, and the task that calls them. It may be executed
-- again: tables keep their rows, and what is there stays. Compiled from the project's definitions.`
