import type { Json } from './parser.ts'
import { type Fields, isObject } from './tree.ts'

type Path = readonly (string | number)[]

/** What stands at a path in a tree. */
export function at(value: Json | undefined, path: Path): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (Array.isArray(value)) return at(value[Number(step)], rest)
  return isObject(value) ? at(value[step], rest) : undefined
}

/** A tree with something else at a path. */
export function put(value: Json, path: Path, wanted: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return wanted
  if (Array.isArray(value)) return value.map((each, index) => (index === step ? put(each, rest, wanted) : each))
  return isObject(value) ? { ...value, [step]: put(value[step] ?? null, rest, wanted) } : value
}

/** A MERGE's table with an alias, as it is written in FROM. */
export function asRelation(source: Json): Json {
  const named: Fields = isObject(source) && isObject(source.alias) ? source.alias : {}
  return isObject(named.this) && isObject(named.this.table)
    ? { table: { ...named.this.table, alias: named.alias ?? null } }
    : source
}
