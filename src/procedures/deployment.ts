import { createHash } from 'node:crypto'
import { literal, relation } from '../dialects/snowflake.ts'
import { type Target, targetName } from '../graph/types.ts'
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
  readonly kind: 'system' | 'relation' | 'procedure' | 'task'
  readonly target: Target
  /** Without semicolons. */
  readonly statements: readonly string[]
  /** Of its statements: an equal one is not touched. */
  readonly hash: string
  /** The relations among it, for engines that remember what made them. */
  readonly definitions: readonly Definition[]
}

/** Everything that procedures need, in the order in which it must be made. */
export function deployables(
  loads: ProjectLoads,
  procedures: readonly ProcedureText[],
  tasks: readonly TaskText[],
  { config, database }: { config: ProceduresConfig; database: string },
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
      .map(each =>
        deployable(
          'relation',
          targetName(each.action.target),
          each.action.target,
          each.statements.map(({ text }) => text.sql),
          each.definitions,
        ),
      ),
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

/** Remembers what was made: `run` leaves equal relations alone, and so does the next deployment. */
export function rememberDeployables(database: string, made: readonly Deployable[]): string {
  const rows = made.flatMap(each => [
    [deployedKey(each.target), 'deployment', each.hash],
    ...each.definitions.map(({ target, kind, hash }) => [keyOf(target), kind, hash]),
  ])
  const values = rows.map(row => `(${row.map(cell => literal(cell ?? '')).join(', ')})`)
  return `merge into ${relation(definitions(database))} d
using (select column1 as relation, column2 as kind, column3 as hash from values
  ${values.join(',\n  ')}
) s
on d.relation = s.relation
when matched then update set kind = s.kind, hash = s.hash
when not matched then insert (relation, kind, hash) values (s.relation, s.kind, s.hash)`
}

/** The name under which a deployment is remembered. */
export function deployedKey(target: Target): string {
  return `DEPLOYED ${keyOf(target)}`
}

/** The whole deployment as one script. */
export function deployScript(all: readonly Deployable[], database: string): string {
  const parts = all.map(({ title, statements }) => [`-- ${title}`, ...statements.map(sql => `${sql};`)].join('\n'))
  return [SCRIPT_HEAD, ...parts, `-- What was made\n${rememberDeployables(database, all)};`].join('\n\n').concat('\n')
}

const SCRIPT_HEAD = `-- Makes what the procedures of this project need, the procedures and their task. It can be executed again: tables
-- keep their rows, and what is there stays. Made by dataform compile --procedures from this project's definitions.`
