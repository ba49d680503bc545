import { createHash } from 'node:crypto'
import { identifier, relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import type { Definition, RelationKind, Statement, WarehouseState } from './types.ts'

/** The schema, in each target's database, of the ledger, the load history and work tables. */
export const SYSTEM_SCHEMA = 'DATAFORM'

/** Raised where a change of ours must make every remembered definition anew. */
const DEFINITION_VERSION = 1

/** A work table of an action: `DATAFORM.<SCHEMA>__<NAME>__<purpose>`. */
export function workTable(target: Target, purpose: 'DELTA' | 'DAYS' | 'PROBE'): Target {
  return { database: target.database, schema: SYSTEM_SCHEMA, name: `${target.schema}__${target.name}__${purpose}` }
}

/** Which revisions were published: the only memory of an scd2 about the days it has seen. */
export function ledger(target: Target): Target {
  return { database: target.database, schema: SYSTEM_SCHEMA, name: 'LEDGER' }
}

/** Columns: dataset (`SCHEMA.NAME` of the scd2), its day, what the day held, and the one rising number over all datasets. */
export function createLedger(target: Target): Statement {
  return generated(
    'execute',
    `create table if not exists ${relation(ledger(target))} (
  dataset varchar not null,
  business_date date not null,
  content_hash varchar not null,
  rev_seq bigint not null,
  row_count bigint not null,
  complete boolean not null,
  loaded_at timestamp_ntz not null
)`,
  )
}

export function createSchema(database: string, schema: string): Statement {
  return generated('execute', `create schema if not exists ${identifier(database)}.${identifier(schema)}`)
}

/** A statement that no line of a project stands for. */
export function generated(kind: Statement['kind'], sql: string): Statement {
  return { kind, text: { sql, file: '' } }
}

/** The identity of a relation: what made it, in Snowflake's text. */
export function definition(target: Target, kind: RelationKind, parts: readonly (string | undefined)[]): Definition {
  const hash = createHash('sha256')
    .update(JSON.stringify([DEFINITION_VERSION, kind, ...parts]))
    .digest('hex')
    .slice(0, 32)
  return { target, kind, hash }
}

/** Whether the warehouse holds exactly this relation already. */
export function isCurrent(wanted: Definition, state: WarehouseState): boolean {
  const found = state.relations.get(keyOf(wanted.target))
  return found?.kind === wanted.kind && found.definition === wanted.hash
}

/** The state's key of a target. */
export function keyOf(target: Target): string {
  return `${target.database}.${target.schema}.${target.name}`.toUpperCase()
}

/** `drop …` where the name is taken by a relation of the other kind, as a table cannot replace a view. */
export function dropOtherKind(target: Target, kind: RelationKind, state: WarehouseState): readonly Statement[] {
  const found = state.relations.get(keyOf(target))
  return found === undefined || found.kind === kind
    ? []
    : [generated('execute', `drop ${found.kind} ${relation(target)}`)]
}
