import { ALLOWED, JOINS, SILENT } from './allowed.ts'
import type { RewriteContext } from './context.ts'
import { KINDS } from './kinds.ts'
import type { Json } from './parser.ts'
import { type Fields, isBlank, isObject } from './tree.ts'
import { typeName } from './types.ts'

export type RewriteOptions = Omit<RewriteContext, 'parent'>

/**
 * Walks a statement's tree from the leaves: refuses what is not in the subset, and rewrites what DuckDB answers differently.
 * Nothing of that is left to the parser's own translation, which leaves out what stands inside some functions and a MERGE.
 */
export function rewrite(tree: Json, options: RewriteOptions): Json {
  return visit(tree, undefined, options)
}

function visit(value: Json, parent: string | undefined, options: RewriteOptions): Json {
  if (Array.isArray(value)) return value.map(item => visit(item, parent, options))
  if (!isObject(value)) return value
  const kinds = Object.keys(value)
  const [kind] = kinds
  const fields = kind === undefined ? undefined : value[kind]
  // A node is an object whose one key is its kind; what DuckDB does not answer alike is replaced after its children were.
  // WHERE, HAVING and QUALIFY are no nodes, but hold one as `this`.
  if (kinds.length === 1 && kind !== undefined && kind !== 'this' && isObject(fields)) {
    if (kind === 'aggregate_function') options.refuse(`the function ${String(fields.name).toUpperCase()}`)
    refuseUnknown(kind, fields, options)
    // A function is known by its name: what may stand in one is refused in another.
    const children = visitFields(fields, kind === 'function' ? String(fields.name).toUpperCase() : kind, options)
    const context: RewriteContext = { ...options, parent }
    return KINDS[kind]?.(children, context) ?? { [kind]: children }
  }
  // A node without fields, e.g. `pi()`.
  if (kinds.length === 1 && kind !== undefined && fields === null) {
    if (!ALLOWED.has(kind) && !SILENT.has(kind)) options.refuse(readable(kind))
    return KINDS[kind]?.({}, { ...options, parent }) ?? value
  }
  return visitFields(value, parent, options)
}

function visitFields(given: Fields, parent: string | undefined, options: RewriteOptions): Fields {
  // NULL is the largest value in Snowflake: last in rising order and first in falling. It is said, as DuckDB's is another.
  const fields =
    'explicit_asc' in given && given.nulls_first == null ? { ...given, nulls_first: given.desc === true } : given
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (isBlank(value) || SILENT.has(key)) return [key, value]
      refuseUnknown(key, value, options)
      if (key === 'data_type' && isObject(value)) return [key, { data_type: 'custom', name: typeName(value, options) }]
      if (key === 'joins' && Array.isArray(value)) for (const join of value) refuseJoin(join, options)
      if (key === 'to' && isObject(value) && 'data_type' in value) return [key, value]
      return [key, visit(value as Json, parent, options)]
    }),
  )
}

/** The kind of a join is a word in a field, which the list of keys does not see. */
function refuseJoin(join: Json, options: RewriteOptions): void {
  if (isObject(join) && !JOINS.has(String(join.kind))) options.refuse(`${String(join.kind).toUpperCase()} JOIN`)
}

function refuseUnknown(key: string, value: Json | undefined, options: RewriteOptions): void {
  if (isBlank(value) || ALLOWED.has(key) || SILENT.has(key)) return
  options.refuse(readable(key))
}

/** The parser's word as people know the construct: `match_recognize` is MATCH_RECOGNIZE. */
function readable(key: string): string {
  return key.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
}
