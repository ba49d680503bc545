import type { KindRule, RewriteContext } from './context.ts'
import { unchecked } from './mates.ts'
import type { Json } from './parser.ts'
import { asRelation, at, put } from './pieces.ts'
import { binary, call, isObject } from './tree.ts'

/**
 * MERGE and UPDATE … FROM where several rows of the source are for one row of the target: Snowflake fails, or picks one of
 * them; DuckDB picks one. Here it fails: the source's rows are counted by what the target is joined on.
 */
export const merge: KindRule = (fields, context) => {
  const source = fields.using
  const whens = isObject(fields.whens) && isObject(fields.whens.whens) ? fields.whens.whens : {}
  const clauses = Array.isArray(whens.expressions) ? whens.expressions : []
  if (!clauses.some(isMatched)) return undefined
  const found = names(source, fields.this, context)
  const keys = joinKeys(fields.on, found, 'MERGE', context)
  const expressions = clauses.map(clause => {
    if (!isMatched(clause) || !isObject(clause) || !isObject(clause.when)) return clause
    const once = call('SF_ONCE', times(found.source, context), TRUE)
    const condition = clause.when.condition == null ? once : binary('and', clause.when.condition, once)
    return { when: { ...clause.when, condition } }
  })
  return {
    merge: {
      ...fields,
      using: counted(source, found.source, keys, context),
      whens: { whens: { ...whens, expressions } },
    },
  }
}

export const update: KindRule = (fields, context) => {
  const from = isObject(fields.from_clause) ? fields.from_clause : undefined
  if (from === undefined) return undefined
  const sources = Array.isArray(from.expressions) ? from.expressions : []
  const [source] = sources
  const [first, ...others] = Array.isArray(fields.set) ? fields.set : []
  const where = isObject(fields.where_clause) ? fields.where_clause.this : undefined
  if (sources.length !== 1 || !Array.isArray(first)) return context.refuse('UPDATE from several tables')
  const found = names(source, { table: fields.table }, context)
  const keys = joinKeys(where, found, 'UPDATE', context)
  const [name = null, value = null] = first
  const once = call('SF_ONCE', times(found.source, context), value)
  return {
    update: {
      ...fields,
      set: [[name, once], ...others],
      from_clause: { ...from, expressions: [counted(source, found.source, keys, context)] },
    },
  }
}

const TRUE: Json = { boolean: { value: true } }

function isMatched(clause: Json): boolean {
  const when = isObject(clause) && isObject(clause.when) ? clause.when : {}
  const matched = isObject(when.matched) && isObject(when.matched.boolean) ? when.matched.boolean : {}
  return matched.value === true
}

interface Names {
  readonly source: string
  readonly target: string
}

function names(source: Json | undefined, target: Json | undefined, { refuse }: RewriteContext): Names {
  const [from, to] = [nameOf(source), nameOf(target)]
  return from === undefined || to === undefined || from.toLowerCase() === to.toLowerCase()
    ? refuse('MERGE or UPDATE without names for its source and target')
    : { source: from, target: to }
}

/** What a relation is called in its statement: its alias, or its own name. */
function nameOf(relation: Json | undefined): string | undefined {
  if (!isObject(relation)) return undefined
  const fields = relation.table ?? relation.subquery ?? relation.alias
  if (!isObject(fields)) return undefined
  const identifier = fields.alias ?? fields.name
  const name = isObject(identifier) ? identifier.name : undefined
  return typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name) ? name : undefined
}

const times = (source: string, { parse, refuse }: RewriteContext): Json => {
  const made = parse(`select ${source}.SF_TIMES`)
  const [column] = isObject(made) && isObject(made.select) ? (made.select.expressions as Json[]) : []
  return column ?? refuse('MERGE or UPDATE')
}

/** The source's side of what it is joined on, and its own conditions. */
function joinKeys(on: Json | undefined, { source, target }: Names, name: string, { refuse }: RewriteContext): Json[] {
  const is = (value: Json | undefined, relation: string): boolean => {
    const tables = tablesOf(value)
    return tables.size === 1 && tables.has(relation.toLowerCase())
  }
  const conditions = conjuncts(on)
  const equal = conditions.flatMap(condition => {
    const sides = isObject(condition) && isObject(condition.eq) ? condition.eq : {}
    const { left, right } = sides
    const [one, two] = [unchecked(left), unchecked(right)]
    if (one !== undefined && is(one, source) && is(two, target)) return [one]
    return two !== undefined && is(two, source) && is(one, target) ? [two] : []
  })
  if (equal.length === 0) return refuse(`${name} without an equality of a column of its source and one of its target`)
  return [...equal, ...conditions.filter(condition => is(condition, source))]
}

function conjuncts(condition: Json | undefined): readonly Json[] {
  if (!isObject(condition)) return []
  if (isObject(condition.paren)) return conjuncts(condition.paren.this)
  if (isObject(condition.and)) return [...conjuncts(condition.and.left), ...conjuncts(condition.and.right)]
  return [condition]
}

/** The tables that a value's columns are qualified with; '' for a column without one, or a query. */
function tablesOf(value: Json | undefined): ReadonlySet<string> {
  if (Array.isArray(value)) return new Set(value.flatMap(each => [...tablesOf(each)]))
  if (!isObject(value)) return new Set()
  if ('select' in value) return new Set([''])
  if (isObject(value.column)) {
    const { table } = value.column
    return new Set([isObject(table) ? String(table.name).toLowerCase() : ''])
  }
  return new Set(Object.values(value).flatMap(each => [...tablesOf(each)]))
}

/** `(select S.*, count(*) over (partition by keys) as SF_TIMES from S) S` */
function counted(
  source: Json | undefined,
  name: string,
  keys: readonly Json[],
  { parse, refuse }: RewriteContext,
): Json {
  const text = `select * from (select ${name}.*, count(*) over (partition by 1) as SF_TIMES from T) as ${name}`
  const path = ['select', 'from', 'expressions', 0]
  const inner = [...path, 'subquery', 'this', 'select']
  const key = [...inner, 'expressions', 1, 'alias', 'this', 'window_function', 'over', 'partition_by']
  let made = put(parse(text), key, keys)
  made = put(made, [...inner, 'from', 'expressions', 0], asRelation(source ?? refuse('MERGE without a source')))
  return at(made, path) ?? refuse('MERGE or UPDATE')
}
