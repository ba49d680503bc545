import { storedName } from '../dialects/snowflake.ts'
import { UserError } from '../error.ts'
import { type Action, type SqlText, type Target, targetName } from '../graph/types.ts'
import { scd2Columns } from '../plan/materializations/scd2.ts'
import { keyOf } from '../plan/system.ts'
import { type Item, type Query, readQuery, type SourceOf } from './select-list.ts'

/** Tells the columns of relations, in order and as they are stored. */
export type ColumnsOf = (target: Target) => readonly string[]

/**
 * The columns of a project's relations by its text alone: no warehouse is asked, so that a compile gives the same text everywhere.
 * Columns of models follow from their SELECT lists; those of declarations from their `columns`.
 *
 * @throws UserError, of the function, with file and line, where a column has no name or a star stands for what nobody lists
 */
export function projectColumns(actions: readonly Action[]): ColumnsOf {
  const byKey = new Map(actions.map(action => [keyOf(action.target), action]))
  const known = new Map<string, readonly string[]>()
  const columnsOf: ColumnsOf = target => {
    const key = keyOf(target)
    const found = known.get(key)
    if (found !== undefined) return found
    const action = byKey.get(key)
    if (action === undefined) throw new UserError(`nothing says which columns ${key} has`, { remedy: DECLARE })
    const columns = ofAction(action, columnsOf)
    known.set(key, columns)
    return columns
  }
  return columnsOf
}

const NAME_IT = 'name each column with AS, or list them, so that the procedure can name them too'
const DECLARE = 'declare it, with its columns: { NAME: "…" }, or list the columns instead of *'

function ofAction(action: Action, columnsOf: ColumnsOf): readonly string[] {
  const { file, line } = action
  if (action.type === 'scd2') return scd2Columns(action).map(storedName)
  if (action.type === 'copy') return action.columns.map(({ name }) => storedName(name))
  if (action.type === 'table' || action.type === 'view' || action.type === 'incremental')
    return queryColumns(action.query, targetName(action.target), columnsOf)
  if (action.type === 'declaration' && action.columns.length > 0)
    return action.columns.map(({ name }) => storedName(name))
  throw new UserError(`nothing says which columns ${targetName(action.target)} has`, { file, line, remedy: DECLARE })
}

function queryColumns(text: SqlText, action: string, columnsOf: ColumnsOf): readonly string[] {
  const place = { file: text.file, action }
  const fail = (message: string, line: number): never => {
    throw new UserError(message, { ...place, line: text.line === undefined ? undefined : line, remedy: NAME_IT })
  }
  const columns = resolve(readQuery(text.sql, text.file, text.line ?? 1), { ctes: new Map(), columnsOf, fail })
  if (columns.length === 0) fail('this query names no columns', text.line ?? 1)
  return columns
}

interface Scope {
  readonly ctes: ReadonlyMap<string, () => readonly string[]>
  readonly columnsOf: ColumnsOf
  readonly fail: (message: string, line: number) => never
}

function resolve(query: Query, outer: Scope): readonly string[] {
  const ctes = new Map(outer.ctes)
  const scope = { ...outer, ctes }
  for (const [name, { columns, query: inner }] of query.ctes) {
    const visible = new Map(ctes)
    ctes.set(name, () => (columns.length > 0 ? columns : resolve(inner, { ...scope, ctes: visible })))
  }
  return query.items.flatMap(item => itemColumns(item, query.sources, scope))
}

function itemColumns(item: Item, sources: readonly SourceOf[], scope: Scope): readonly string[] {
  if (item.kind === 'column') return [item.name ?? scope.fail('this column has no name', item.line)]
  const meant = item.of === undefined ? sources : sources.filter(({ alias }) => alias === item.of)
  if (meant.length === 0) scope.fail(`no source here is called ${item.of ?? 'anything'}`, item.line)
  return meant
    .flatMap(source => sourceColumns(source, item.line, scope))
    .filter(name => !item.without.includes(name))
    .map(name => item.renamed.get(name) ?? name)
}

function sourceColumns({ relation, query }: SourceOf, line: number, scope: Scope): readonly string[] {
  if (query !== undefined) return resolve(query, scope)
  const [first = '', ...more] = relation ?? []
  const cte = more.length === 0 ? scope.ctes.get(first) : undefined
  if (cte !== undefined) return cte()
  const [database, schema, name] = relation ?? []
  if (database === undefined || schema === undefined || name === undefined)
    return scope.fail(`nothing says what * stands for here`, line)
  return scope.columnsOf({ database, schema, name })
}
