import { identifier, literal, relation } from '../dialects/snowflake.ts'
import type { Engine } from '../engines/engine.ts'
import type { Target } from '../graph/types.ts'
import { definitions } from '../plan/engine-tables.ts'
import { keyOf } from '../plan/system.ts'
import type { WarehouseState } from '../plan/types.ts'
import type { CompiledProcedures } from '../procedures/index.ts'

/** The procedures and tasks of a project's schema, those of others included. */
export interface Live {
  /** By name: the forms in which a project has procedures, `()` for a master and `(VARCHAR)` for others. */
  readonly procedures: ReadonlyMap<string, readonly string[]>
  /** By name: `started` or `suspended`. */
  readonly tasks: ReadonlyMap<string, string>
}

/** Reads the procedures and tasks of the schema; none where there is no such schema. */
export async function readLive(
  { database, schema }: CompiledProcedures,
  engine: Engine,
  { schemas }: WarehouseState,
): Promise<Live> {
  if (!schemas.has(`${database}.${schema}`.toUpperCase())) return { procedures: new Map(), tasks: new Map() }
  const found = await ask(
    engine,
    `select procedure_name, argument_signature from ${identifier(database)}.INFORMATION_SCHEMA.PROCEDURES where procedure_schema = ${literal(schema)}`,
  )
  const procedures = new Map<string, readonly string[]>()
  for (const [name, signature] of found.rows) {
    const forms = procedures.get(name ?? '') ?? []
    procedures.set(name ?? '', [...forms, signature === '()' ? '()' : '(VARCHAR)'])
  }
  const tasks = await ask(engine, `show tasks in schema ${identifier(database)}.${identifier(schema)}`)
  const [name, state] = columnsOf(tasks.columns, ['name', 'state'])
  return { procedures, tasks: new Map(tasks.rows.map(row => [row[name ?? -1] ?? '', row[state ?? -1] ?? ''])) }
}

/** What deployments and runs have remembered in a database: kind and hash, by key. */
export type Memory = ReadonlyMap<string, { readonly kind: string; readonly hash: string }>

/** Reads it; it is empty where nothing was deployed yet. */
export async function readMemory(database: string, engine: Engine, state: WarehouseState): Promise<Memory> {
  const table = definitions(database)
  if (!state.relations.has(keyOf(table))) return new Map()
  const { rows } = await ask(engine, `select relation, kind, hash from ${relation(table)}`)
  return new Map(rows.map(([key, kind, hash]) => [key ?? '', { kind: kind ?? '', hash: hash ?? '' }]))
}

/** The types of a table's columns as they are stored, by name. */
export async function readTypes(target: Target, engine: Engine): Promise<ReadonlyMap<string, string>> {
  const { columns, rows } = await ask(engine, `describe table ${relation(target)}`)
  const [name, type] = columnsOf(columns, ['name', 'type'])
  return new Map(rows.map(row => [row[name ?? -1] ?? '', row[type ?? -1] ?? '']))
}

function ask(engine: Engine, sql: string): ReturnType<Engine['query']> {
  return engine.query({ sql, file: '' }, Number.MAX_SAFE_INTEGER)
}

/** Where columns are: SHOW and DESCRIBE have more of them from release to release. */
function columnsOf(columns: readonly string[], wanted: readonly string[]): readonly number[] {
  return wanted.map(name => columns.findIndex(column => column.toLowerCase() === name))
}
