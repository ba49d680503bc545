import { literal, relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import { createSystemObjects } from '../plan/engine-tables.ts'
import { SYSTEM_SCHEMA } from '../plan/system.ts'

/** Tables that procedures keep, in the schema of the ledger. */
const TABLES = {
  /** One row a call: how it ended, and where it failed. */
  PROCEDURE_RUNS: `run_id varchar not null,
  procedure varchar not null,
  status varchar not null,
  started_at timestamp_ntz not null,
  ended_at timestamp_ntz not null,
  row_count bigint,
  failed_at varchar,
  error_code bigint,
  error_state varchar,
  message varchar`,
  /** One row a statement that wrote rows. */
  PROCEDURE_STEPS: `run_id varchar not null,
  procedure varchar not null,
  position bigint not null,
  action varchar not null,
  row_count bigint not null,
  query_id varchar`,
  /** One row an assertion that was counted. */
  ASSERTION_RESULTS: `run_id varchar not null,
  procedure varchar not null,
  assertion varchar not null,
  severity varchar not null,
  failing_rows bigint not null,
  checked_at timestamp_ntz not null`,
  /** One row a name: whoever updates it runs, and others wait. */
  LEASES: `name varchar not null,
  holder varchar,
  taken_at timestamp_ntz,
  expires_at timestamp_ntz`,
  /** What manifests offered to the load at hand. */
  OFFERED_FILES: `relation varchar not null,
  file varchar not null,
  size_bytes bigint not null,
  row_count bigint`,
} as const

export type AuditTable = keyof typeof TABLES

/** A table of the procedures' own. */
export function auditTable(database: string, name: AuditTable): Target {
  return { database, schema: SYSTEM_SCHEMA, name }
}

/** The table that a manifest is read into: a file of JSON, one row. */
export function manifestTable(database: string, stage: string, manifest: string): Target {
  const [, schema = '', name = ''] = stage.split('.')
  const words = [schema, name, manifest].map(word => word.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_'))
  return { database, schema: SYSTEM_SCHEMA, name: `MANIFEST__${words.join('__')}` }
}

/** DDL of all of them, of the engine's own tables, and of the tables for these manifests. */
export function createAudit(database: string, manifests: readonly Target[]): readonly string[] {
  return [
    ...createSystemObjects(database),
    ...Object.entries(TABLES).map(
      ([name, columns]) =>
        `create table if not exists ${relation(auditTable(database, name as AuditTable))} (\n  ${columns}\n)`,
    ),
    ...manifests.map(table => `create transient table if not exists ${relation(table)} (\n  content variant\n)`),
  ]
}

/** Gives each name its row of LEASES. */
export function createLeases(database: string, names: readonly string[]): string {
  const rows = names.map(name => `(${literal(name)})`).join(', ')
  return `merge into ${relation(auditTable(database, 'LEASES'))} l
using (select column1 as name from values ${rows}) n
on l.name = n.name
when not matched then insert (name) values (n.name)`
}

/** Takes all leases back: an embedded database has one user, so that whoever holds one has died. */
export function freeLeases(database: string): string {
  return `update ${relation(auditTable(database, 'LEASES'))} set holder = null, expires_at = null where holder is not null`
}
