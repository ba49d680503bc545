import { type Fields, isObject, word } from './tree.ts'

/** The parts of the name of the transient table that a statement makes anew; undefined for every other statement. */
export function madeTransient(statement: Fields): readonly string[] | undefined {
  const create = statement.create_table
  if (!isObject(create) || create.table_modifier !== 'TRANSIENT' || create.if_not_exists === true) return undefined
  if (!isObject(create.name)) return undefined
  const { catalog, schema, name } = create.name
  return [catalog, schema, name].map(part => word(part)).filter(part => part !== undefined)
}
