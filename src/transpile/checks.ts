import { segments } from '../dialects/tokens.ts'
import { caseResults, type Family, familyOf } from './families.ts'
import type { Json } from './parser.ts'
import { type Fields, isObject } from './tree.ts'

type Refuse = (construct: string) => never

/** Refuses what is answered otherwise because of how the pieces of a statement stand to each other. */
export function check(statement: Json, sql: string, refuse: Refuse): void {
  refuseQuotedPaths(sql, refuse)
  // M is the minute, and the parser takes it for the month.
  if (/\b(?:date|timestamp|time)diff\s*\(\s*'?m'?\s*,/i.test(sql)) refuse('DATEDIFF with the unit M')
  eachNode(statement, (kind, fields) => CHECKS[kind]?.(fields, refuse))
  eachObject(statement, fields => refuseSmallLetters(fields, refuse))
}

function eachObject(value: Json | undefined, visit: (fields: Fields) => void): void {
  if (Array.isArray(value)) for (const each of value) eachObject(each, visit)
  if (!isObject(value)) return
  visit(value)
  for (const each of Object.values(value)) eachObject(each, visit)
}

function eachNode(value: Json | undefined, visit: (kind: string, fields: Fields) => void): void {
  eachObject(value, object => {
    const entries = Object.entries(object)
    const [entry] = entries
    if (entries.length === 1 && entry !== undefined && entry[0] !== 'this' && isObject(entry[1]))
      visit(entry[0], entry[1])
  })
}

/** The parser's path does not tell `v:"a.b"` from `v:a.b`. */
function refuseQuotedPaths(sql: string, refuse: Refuse): void {
  const all = segments(sql)
  for (const [index, { kind, text }] of all.entries()) {
    const before = all[index - 1]
    const isKey =
      (kind === 'quoted' && /[:.]\s*$/.test(before?.text ?? '')) ||
      (kind === 'string' && /\[\s*$/.test(before?.text ?? ''))
    if (isKey && /[.[\]]/.test(text)) refuse('a path into a VARIANT with a quoted name')
  }
}

/** DuckDB has no case in names: "x" and "X" are one column there. */
function refuseSmallLetters({ name, quoted }: Fields, refuse: Refuse): void {
  if (quoted === true && typeof name === 'string' && /^[A-Za-z_][\w$]*$/.test(name) && /[a-z]/.test(name))
    refuse(`the quoted name "${name}" with small letters`)
}

type Check = (fields: Fields, refuse: Refuse) => void

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

/** Values that become one column, or one result, must be of one family where that is plain. */
function refuseMixed(values: readonly (Json | undefined)[], where: string, isStrict: boolean, refuse: Refuse): void {
  const families = new Set(values.map(value => coarse(familyOf(value))))
  families.delete(undefined)
  families.delete('null')
  // A literal text beside a number becomes a number in both engines; in a column of rows it does not.
  if (!isStrict) families.delete('text')
  if (families.size > 1) refuse(`${where} of ${[...families].join(' and ')}`)
}

function coarse(family: Family | undefined): Family | undefined {
  if (family === 'whole' || family === 'decimal') return 'number'
  return family === 'timestamp' ? 'date' : family
}

const results =
  (name: string, values: (fields: Fields) => readonly (Json | undefined)[]): Check =>
  (fields, refuse) =>
    refuseMixed(values(fields), name, false, refuse)

/** The columns of a query's rows. */
function columnsOf(query: Json | undefined): readonly Json[] {
  if (!isObject(query)) return []
  if (isObject(query.select)) return list(query.select.expressions)
  if (isObject(query.subquery)) return columnsOf(query.subquery.this)
  if (isObject(query.paren)) return columnsOf(query.paren.this)
  const set = query.union ?? query.intersect ?? query.except
  return isObject(set) ? columnsOf(set.left) : []
}

const setOperation =
  (name: string): Check =>
  ({ left, right, all, by_name }, refuse) => {
    if (name !== 'UNION' && all === true) refuse(`${name} ALL`)
    if (by_name === true) refuse(`${name} BY NAME`)
    const [first, second] = [columnsOf(left), columnsOf(right)]
    if ([...first, ...second].some(column => isObject(column) && 'star' in column)) return
    for (const [index, column] of first.entries())
      refuseMixed([column, second[index]], `${name} of a column`, true, refuse)
  }

/** Rows that are no relation: several columns compared at once. */
const tuples: Check = ({ left, right, this: value, expressions }, refuse) => {
  const isTuple = (each: Json | undefined): boolean => isObject(each) && 'tuple' in each
  if ([left, right, value, ...list(expressions)].some(isTuple)) refuse('a comparison of several columns at once')
}

const FUNCTION_RESULTS: Readonly<Record<string, (args: readonly Json[]) => readonly (Json | undefined)[]>> = {
  COALESCE: args => args,
  GREATEST: args => args,
  LEAST: args => args,
  IFNULL: args => args,
  DECODE: args => args.filter((_, index) => index > 0 && (index % 2 === 0 || index === args.length - 1)),
}

const CHECKS: Readonly<Record<string, Check>> = {
  union: setOperation('UNION'),
  intersect: setOperation('INTERSECT'),
  except: setOperation('EXCEPT'),
  values: ({ expressions }, refuse) => {
    const rows = list(expressions).map(row => (isObject(row) ? list(row.expressions) : []))
    for (const index of (rows[0] ?? []).keys())
      refuseMixed(
        rows.map(row => row[index]),
        'VALUES',
        true,
        refuse,
      )
  },
  case: results('CASE', ({ whens, else_ }) => caseResults(whens, else_)),
  if_func: results('IFF', ({ true_value, false_value }) => [true_value, false_value]),
  coalesce: results('COALESCE', ({ expressions }) => list(expressions)),
  nvl: results('NVL', fields => [fields.this, fields.expression]),
  nvl2: results('NVL2', ({ true_value, false_value }) => [true_value, false_value]),
  greatest: results('GREATEST', ({ expressions }) => list(expressions)),
  least: results('LEAST', ({ expressions }) => list(expressions)),
  function: ({ name, args }, refuse) => {
    const values = FUNCTION_RESULTS[String(name).toUpperCase()]?.(list(args))
    if (values !== undefined) refuseMixed(values, String(name).toUpperCase(), false, refuse)
  },
  in: tuples,
  eq: tuples,
  neq: tuples,
  lt: tuples,
  lte: tuples,
  gt: tuples,
  gte: tuples,
  select: (fields, refuse) => {
    refuseOneName(fields, refuse)
    if (isObject(fields.group_by) && list(fields.group_by.expressions).some(each => isObject(each) && 'tuple' in each))
      refuse('GROUP BY a list in parentheses')
    for (const join of list(fields.joins)) {
      if (isObject(join) && list(join.using).length > 0 && /Right|Full|Outer/.test(String(join.kind)))
        refuse(`${String(join.kind).toUpperCase()} JOIN with USING`)
    }
  },
}

/** An alias that is a column's name as well: which of the two HAVING, QUALIFY or an expression of ORDER BY means differs. */
function refuseOneName(fields: Fields, refuse: Refuse): void {
  const { having, qualify, order_by, expressions, where_clause, group_by, joins } = fields
  const sorted = isObject(order_by) ? list(order_by.expressions) : []
  const places: readonly (readonly [string, Json | undefined])[] = [
    ['HAVING', having ?? undefined],
    ['QUALIFY', qualify ?? undefined],
    ['ORDER BY', sorted.filter(each => !isObject(each) || !isObject(each.this) || !('column' in each.this))],
  ]
  const named = places.map(([place, value]) => [place, bareColumns(value)] as const)
  if (named.every(([, columns]) => columns.size === 0)) return
  const used = columnNames([expressions, where_clause, group_by, joins] as Json[])
  for (const each of list(expressions)) {
    const alias = isObject(each) && isObject(each.alias) ? each.alias : undefined
    const name = isObject(alias?.alias) ? String(alias.alias.name).toLowerCase() : undefined
    if (alias === undefined || name === undefined || isColumn(alias.this, name) || !used.has(name)) continue
    const place = named.find(([, columns]) => columns.has(name))
    if (place !== undefined) refuse(`${place[0]} with ${name.toUpperCase()}, which is an alias and a column`)
  }
}

function isColumn(value: Json | undefined, name: string): boolean {
  const column = isObject(value) && isObject(value.column) ? value.column.name : undefined
  return isObject(column) && String(column.name).toLowerCase() === name
}

function columnNames(value: Json | undefined): ReadonlySet<string> {
  const found = new Set<string>()
  eachNode(value, (kind, { name }) => {
    if (kind === 'column' && isObject(name)) found.add(String(name.name).toLowerCase())
  })
  return found
}

/** Names of columns without a table. */
function bareColumns(value: Json | undefined): ReadonlySet<string> {
  const found = new Set<string>()
  eachNode(value, (kind, { name, table }) => {
    if (kind === 'column' && table == null && isObject(name)) found.add(String(name.name).toLowerCase())
  })
  return found
}
