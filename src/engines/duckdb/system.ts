import { existsSync } from 'node:fs'
import { keyOf } from '../../plan/system.ts'
import type { Relation, Step, WarehouseState } from '../../plan/types.ts'
import { PRELUDE_VERSION, prelude } from '../../transpile/prelude.ts'
import type { Connection } from './driver.ts'
import { cellText } from './driver.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
const name = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Where a database keeps what the engine must remember. */
export const SYSTEM = 'DATAFORM'
/** Where it keeps the macros that views call by full name. */
export const MACROS = 'SF'

/** Of a column whose texts are stored as they come. */
export const PLAIN = ' using compression uncompressed'

/** Makes the engine's own tables and the macros, where they are missing or of another version. */
export async function prepareDatabase(connection: Connection, database: string): Promise<void> {
  const found = await connection.read(
    `select comment from duckdb_tables() where database_name = ${quoted(database)} and schema_name = ${quoted(SYSTEM)} and table_name = 'LOAD_HISTORY'`,
  )
  if (found.rows[0]?.[0] === PRELUDE_VERSION) return
  const schema = `${name(database)}.${name(SYSTEM)}`
  const statements = [
    `create schema if not exists ${schema}`,
    `create schema if not exists ${name(database)}.${MACROS}`,
    `create table if not exists ${schema}.DEFINITIONS (relation varchar primary key, kind varchar not null, hash varchar not null)`,
    // Grows by three rows a day; its last ones are written again by every load, and compressing them is most of that.
    `create table if not exists ${schema}.LOAD_HISTORY (relation varchar not null${PLAIN}, file varchar not null${PLAIN}, size_bytes bigint not null,
  modified varchar not null${PLAIN}, row_count bigint not null, loaded_at timestamp not null, consumed boolean not null)`,
    ...prelude(`${database}.${MACROS}`),
    `comment on table ${schema}.LOAD_HISTORY is ${quoted(PRELUDE_VERSION)}`,
  ]
  await connection.execute('begin')
  for (const sql of statements) await connection.execute(sql)
  await connection.execute('commit')
}

/** What the databases hold. Names are upper-cased: unquoted names have no case in either engine. */
export async function readState(connection: Connection, databases: readonly string[]): Promise<WarehouseState> {
  const list = databases.map(quoted).join(', ')
  const schemas = await connection.read(
    `select database_name || '.' || schema_name from duckdb_schemas() where database_name in (${list})`,
  )
  const columns = await connection.read(
    `select database_name, schema_name, table_name, column_name, table_name in (select view_name from duckdb_views() v where v.database_name = c.database_name and v.schema_name = c.schema_name)
from duckdb_columns() c where database_name in (${list}) and not internal order by 1, 2, 3, column_index`,
  )
  const relations = new Map<string, Relation>()
  for (const row of columns.rows) {
    const [database = '', schema = '', table = '', column = ''] = row.map(cell => (cellText(cell) ?? '').toUpperCase())
    const key = `${database}.${schema}.${table}`
    const known = relations.get(key)
    const kind = row[4] === true ? 'view' : 'table'
    relations.set(key, {
      target: { database, schema, name: table },
      kind,
      columns: [...(known?.columns ?? []), column],
    })
  }
  for (const database of databases) await addDefinitions(connection, database, relations)
  return { relations, schemas: new Set(schemas.rows.map(row => String(row[0]).toUpperCase())) }
}

async function addDefinitions(
  connection: Connection,
  database: string,
  relations: Map<string, Relation>,
): Promise<void> {
  if (!relations.has(`${database.toUpperCase()}.${SYSTEM}.DEFINITIONS`)) return
  const known = await connection.read(`select relation, kind, hash from ${name(database)}.${SYSTEM}.DEFINITIONS`)
  for (const [key, kind, hash] of known.rows) {
    const relation = relations.get(String(key))
    if (relation !== undefined && relation.kind === kind)
      relations.set(String(key), { ...relation, definition: String(hash) })
  }
}

/** Remembers what a step made. */
export function recordDefinitions(step: Step): readonly string[] {
  return step.definitions.map(({ target, kind, hash }) => {
    return `insert or replace into ${name(target.database)}.${SYSTEM}.DEFINITIONS values (${quoted(keyOf(target))}, ${quoted(kind)}, ${quoted(hash)})`
  })
}

/** Settings of an instance that reads these folders and nothing else, in the order in which DuckDB takes them. */
export function hardening(folders: readonly string[], temporary: string | undefined): readonly string[] {
  const allowed = folders.filter(existsSync).map(folder => quoted(folder.endsWith('/') ? folder : `${folder}/`))
  return [
    `set global allowed_directories = [${allowed.join(', ')}]`,
    ...(temporary === undefined ? [] : [`set global temp_directory = ${quoted(temporary)}`]),
    'set global enable_external_access = false',
    "set global timezone = 'UTC'",
    // The cache tells a file by its size and the second of its time: one that was replaced since would be read as it was.
    'set global enable_external_file_cache = false',
    'set global errors_as_json = true',
    'set global preserve_insertion_order = true',
    // One checkpoint at the end of a load, instead of several within it that write the same blocks again.
    "set global checkpoint_threshold = '1GB'",
    'set global lock_configuration = true',
  ]
}

export { name as quotedName, quoted as quotedText }
