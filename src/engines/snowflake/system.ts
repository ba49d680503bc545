import { identifier, literal, relation } from '../../dialects/snowflake.ts'
import type { Target } from '../../graph/types.ts'
import { definitions, loadHistory } from '../../plan/engine-tables.ts'
import { keyOf } from '../../plan/system.ts'
import type { Definition, Relation, Step, WarehouseState } from '../../plan/types.ts'
import { own, type Session } from './session.ts'

/** Whether a state shows the engine's own objects of a database. */
export function hasSystemObjects(state: WarehouseState, database: string): boolean {
  return state.relations.has(keyOf(definitions(database)))
}

/** One query of one database's own catalogue: the account's would be of every database, and hours late. */
function catalogueQuery(database: string): string {
  const catalogue = `${identifier(database)}.INFORMATION_SCHEMA`
  return `select s.schema_name, t.table_name, t.table_type, c.column_name, t.is_transient, t.clustering_key
from ${catalogue}.SCHEMATA s
left join ${catalogue}.TABLES t on t.table_schema = s.schema_name
left join ${catalogue}.COLUMNS c on c.table_schema = t.table_schema and c.table_name = t.table_name
where s.schema_name <> 'INFORMATION_SCHEMA'
order by s.schema_name, t.table_name, c.ordinal_position`
}

/** What the databases hold. Keys are upper-cased, columns are as they are stored. */
export async function readState(session: Session, databases: readonly string[]): Promise<WarehouseState> {
  const relations = new Map<string, Relation>()
  const schemas = new Set<string>()
  for (const database of databases) {
    await addRelations(session, database, relations, schemas)
    if (relations.has(keyOf(definitions(database)))) await addDefinitions(session, database, relations)
  }
  return { relations, schemas }
}

async function addRelations(
  session: Session,
  database: string,
  relations: Map<string, Relation>,
  schemas: Set<string>,
): Promise<void> {
  const columns = new Map<string, string[]>()
  for await (const row of (await session.ask(own(catalogueQuery(database)))).rows()) {
    const [schema, name, type, column, isTransient, clusterBy] = row
    if (schema === null || schema === undefined) continue
    schemas.add(`${database}.${schema}`.toUpperCase())
    if (name === null || name === undefined) continue
    const target = { database: database.toUpperCase(), schema: schema.toUpperCase(), name: name.toUpperCase() }
    const key = keyOf(target)
    const known = columns.get(key) ?? []
    columns.set(key, known)
    if (column !== null && column !== undefined) known.push(column)
    const kind = /VIEW/i.test(type ?? '') ? 'view' : 'table'
    const storage = { isTransient: isTransient === 'YES', clusterBy: clusterBy ?? '' }
    relations.set(key, { target, kind, columns: known, storage: kind === 'table' ? storage : undefined })
  }
}

async function addDefinitions(session: Session, database: string, relations: Map<string, Relation>): Promise<void> {
  const query = `select relation, kind, hash from ${relation(definitions(database))}`
  for await (const [key, kind, hash] of (await session.ask(own(query))).rows()) {
    const found = relations.get(key ?? '')
    if (found !== undefined && found.kind === kind) relations.set(key ?? '', { ...found, definition: hash ?? '' })
  }
}

/** Remembers what a step made: one statement a database, which is all or nothing by itself. */
export function recordDefinitions(step: Step): readonly string[] {
  const databases = [...new Set(step.definitions.map(({ target }) => target.database))]
  return databases.map(database =>
    mergeDefinitions(
      database,
      step.definitions.filter(({ target }) => target.database === database),
    ),
  )
}

function mergeDefinitions(database: string, made: readonly Definition[]): string {
  const values = made.map(({ target, kind, hash }) => `(${literal(keyOf(target))}, ${literal(kind)}, ${literal(hash)})`)
  return `merge into ${relation(definitions(database))} d
using (select column1 as relation, column2 as kind, column3 as hash from values ${values.join(', ')}) s
on d.relation = s.relation
when matched then update set kind = s.kind, hash = s.hash
when not matched then insert (relation, kind, hash) values (s.relation, s.kind, s.hash)`
}

/** Marks the files of a copy as consumed. */
export function confirmCopy(target: Target): string {
  return `update ${relation(loadHistory(target.database))} set consumed = true where relation = ${literal(keyOf(target))} and not consumed`
}
