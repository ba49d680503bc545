import { createHash } from 'node:crypto'
import { identifier, relation } from '../dialects/snowflake.ts'
import type { SnowflakeOptions, Target } from '../graph/types.ts'
import type { Definition, PlanOptions, RelationKind, Statement, WarehouseState } from './types.ts'

/** The schema, in each target's database, of the ledger, the load history and work tables. */
export const SYSTEM_SCHEMA = 'DATAFORM'

/** Raised where a change of ours must make every remembered definition anew. */
const DEFINITION_VERSION = 1

/** What an action keeps beside its relation, or works with. */
export type WorkPurpose =
  | 'DELTA'
  | 'DAYS'
  | 'PROBE'
  | 'TOUCHED'
  | 'SIGHTINGS'
  | 'UNTRACKED'
  | 'UNTRACKED_KEYS'
  | 'UNTRACKED_NEXT'

/** A table of an action's own: `DATAFORM.<SCHEMA>__<NAME>__<purpose>`. */
export function workTable(target: Target, purpose: WorkPurpose): Target {
  return { database: target.database, schema: SYSTEM_SCHEMA, name: `${target.schema}__${target.name}__${purpose}` }
}

/** Which revisions were published: the only memory of an scd2 about the days it has seen. */
export const ledger = (target: Target): Target => systemTable(target, 'LEDGER')
/** Snapshots that wait for approval. */
export const held = (target: Target): Target => systemTable(target, 'HELD')
/** Snapshots that somebody approved. */
export const approvals = (target: Target): Target => systemTable(target, 'APPROVALS')

function systemTable(target: Target, name: string): Target {
  return { database: target.database, schema: SYSTEM_SCHEMA, name }
}

/**
 * The tables that every action with a ledger shares. A revision: the dataset (`SCHEMA.NAME` of the relation that took it), its
 * day, what the day held, one rising number over all datasets, and the number of the publication that it was part of.
 */
const SYSTEM_TABLES: readonly { readonly of: (target: Target) => Target; readonly columns: string }[] = [
  {
    of: ledger,
    columns: `dataset varchar not null,
  business_date date not null,
  content_hash varchar not null,
  rev_seq bigint not null,
  publication bigint not null,
  row_count bigint not null,
  complete boolean not null,
  source varchar,
  loaded_at timestamp_ntz not null`,
  },
  {
    of: held,
    columns: `dataset varchar not null,
  business_date date not null,
  content_hash varchar not null,
  row_count bigint not null,
  base_date date not null,
  base_count bigint not null,
  vanished bigint not null,
  held_at timestamp_ntz not null`,
  },
  {
    of: approvals,
    columns: `dataset varchar not null,
  business_date date not null,
  content_hash varchar not null,
  approved_at timestamp_ntz not null`,
  },
]

/** Makes the shared tables of a target's database, each where it is missing; by the state's keys. */
export function createSystemTables(target: Target): ReadonlyMap<string, Statement> {
  return new Map(
    SYSTEM_TABLES.map(({ of, columns }) => [
      keyOf(of(target)),
      generated('execute', `create table if not exists ${relation(of(target))} (\n  ${columns}\n)`),
    ]),
  )
}

export function createSchema(database: string, schema: string): Statement {
  return generated('execute', `create schema if not exists ${identifier(database)}.${identifier(schema)}`)
}

/** A statement that no line of a project stands for. */
export function generated(kind: Statement['kind'], sql: string): Statement {
  return { kind, text: { sql, file: '' } }
}

/** Of what a relation is made in place of another: who may read it stays. Only Snowflake grants. */
export function keepGrants({ engine }: PlanOptions): string {
  return engine === 'snowflake' ? ' copy grants' : ''
}

/** What a statement that makes a table says of how Snowflake keeps it: before `table`, and after its name or its columns. */
export function storageWords({ transient, clusterBy = [] }: SnowflakeOptions): { transient: string; cluster: string } {
  return {
    transient: transient === true ? 'transient ' : '',
    cluster: clusterBy.length === 0 ? '' : ` cluster by (${clusterBy.join(', ')})`,
  }
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
