import { relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import { SYSTEM_SCHEMA } from './system.ts'

const system = (database: string, name: string): Target => ({ database, schema: SYSTEM_SCHEMA, name })
/** What made each relation. */
export const definitions = (database: string): Target => system(database, 'DEFINITIONS')
/** Which files were loaded: Snowflake's own memory lasts 64 days. */
export const loadHistory = (database: string): Target => system(database, 'LOAD_HISTORY')
/** How a manifest is read: a query of a stage takes a format by its name alone. */
export const manifestFormat = (database: string): Target => system(database, 'MANIFEST')

/** Makes the engine's own objects in a database, whose schema DATAFORM the plan makes. */
export function createSystemObjects(database: string): readonly string[] {
  return [
    `create file format if not exists ${relation(manifestFormat(database))} type = json`,
    `create table if not exists ${relation(loadHistory(database))} (
  relation varchar not null,
  file varchar not null,
  size_bytes bigint not null,
  modified varchar not null,
  row_count bigint not null,
  loaded_at timestamp_ntz not null,
  consumed boolean not null
)`,
    // The last: where it is there, so are the others.
    `create table if not exists ${relation(definitions(database))} (
  relation varchar not null,
  kind varchar not null,
  hash varchar not null
)`,
  ]
}
