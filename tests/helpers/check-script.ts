import { isDdl } from '../../src/dialects/statements.ts'
import type { Procedure } from '../../src/scripting/index.ts'
import type { Part, SqlStatement, Statement } from '../../src/scripting/tree.ts'
import type { Json } from '../../src/transpile/parser.ts'

type Transaction = Extract<Statement, { kind: 'transaction' }>

/** What is wrong on a line of a text. */
export interface Fault {
  readonly line: number
  readonly message: string
}

/** Every object below a value, itself included, in the order of the text. */
function* objects(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Readonly<Record<string, unknown>>
  for (const inner of Object.values(value)) yield* objects(inner)
}

/** The statements of SQL in procedures, with something in the place of each variable. */
export function sqlOf(procedures: readonly Procedure[]): readonly { readonly sql: string; readonly line: number }[] {
  return [...objects(procedures)]
    .filter((found): found is Record<string, unknown> & SqlStatement => found.kind === 'sql')
    .map(({ sql }) => ({ sql: sql.parts.map(textOf).join(''), line: sql.line }))
}

function textOf(part: Part): string {
  if (part.kind === 'text' || part.kind === 'clock') return part.text
  return part.kind === 'name' ? 'SOME_NAME' : 'NULL'
}

/** DDL between the beginning of a transaction and its end, as the text goes: Snowflake would commit what was done before. */
export function ddlInTransactions(procedures: readonly Procedure[]): readonly Fault[] {
  const found: Fault[] = []
  for (const procedure of procedures) {
    let isOpen = false
    for (const one of objects(procedure.body)) {
      if (one.kind === 'transaction') isOpen = (one as unknown as Transaction).action === 'begin'
      if (one.kind !== 'sql' || !isOpen) continue
      const { sql } = one as unknown as SqlStatement
      if (isDdl(sql.text))
        found.push({ line: sql.line, message: 'this statement commits the transaction that it stands in' })
    }
  }
  return found
}

/** Lists of values that are longer or shorter than the list of columns before them, in INSERT and in MERGE. */
export function unevenLists(trees: readonly Json[]): readonly string[] {
  return [...objects(trees)].flatMap(({ insert, then }) => [...rowsOf(insert), ...mergeRowsOf(then)])
}

function rowsOf(insert: unknown): readonly string[] {
  const { columns = [], values = [] } = (insert ?? {}) as { columns?: unknown[]; values?: unknown[][] }
  return columns.length === 0 ? [] : values.flatMap(row => uneven(columns.length, row.length))
}

/** A MERGE's insertion is a tuple of the word INSERT, the columns and the values. */
function mergeRowsOf(then: unknown): readonly string[] {
  type Tuple = { readonly tuple?: { readonly expressions: readonly unknown[] } }
  const [, columns, values] = ((then ?? {}) as Tuple).tuple?.expressions ?? []
  const lengths = [columns, values].map(list => ((list ?? {}) as Tuple).tuple?.expressions.length)
  return lengths[0] === undefined || lengths[1] === undefined ? [] : uneven(lengths[0], lengths[1])
}

const uneven = (columns: number, values: number): readonly string[] =>
  columns === values ? [] : [`${columns} columns are given ${values} values`]
