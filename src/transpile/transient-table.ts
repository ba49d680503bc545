import { type Fields, isObject, nameParts } from './tree.ts'

/** The parts of the name of the transient table that a statement makes anew; undefined for every other statement. */
export function madeTransient(statement: Fields): readonly string[] | undefined {
  const create = statement.create_table
  if (!isObject(create) || create.table_modifier !== 'TRANSIENT' || create.if_not_exists === true) return undefined
  return isObject(create.name) ? nameParts(create.name) : undefined
}
