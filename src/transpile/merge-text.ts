import type { Json } from './parser.ts'
import { asRelation, put } from './pieces.ts'
import { type Fields, isObject, word } from './tree.ts'

interface Writer {
  readonly parse: (sql: string) => Json
  readonly toDuckDb: (tree: Json) => string
  readonly refuse: (construct: string) => never
}

/** A piece of the statement as text. */
type Write = (piece: Json) => string

/**
 * A MERGE in DuckDB's words. The parser would write its pieces as they stand, untranslated: so they are translated as the
 * columns of a query on its source, and put together here.
 */
export function mergeText(merge: Fields, writer: Writer): string {
  const pieces: Json[] = []
  const collect: Write = piece => `\0${pieces.push(piece) - 1}\0`
  const whens = isObject(merge.whens) && isObject(merge.whens.whens) ? list(merge.whens.whens.expressions) : []
  const clauses = whens.map(each => clause(each, collect, writer.refuse))
  const on = collect(merge.on ?? writer.refuse('MERGE without ON'))
  const source = translated(pieces, merge.using, writer)
  const target = translated([], merge.this, writer)
  const text = [`MERGE INTO ${target.from} USING ${source.from} ON ${on}`, ...clauses].join(' ')
  return text.replaceAll(/\0(\d+)\0/g, (_, index: string) => source.pieces[Number(index)] ?? '')
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
const MARK = 'SF_PART_'

/** Translates pieces as columns of a query, and cuts them out of its text. */
function translated(
  pieces: readonly Json[],
  relation: Json | undefined,
  { parse, toDuckDb, refuse }: Writer,
): { readonly from: string; readonly pieces: readonly string[] } {
  const all: readonly Json[] = [...pieces, { boolean: { value: true } }]
  let query = parse(`select ${all.map((_, index) => `1 as ${MARK}${index}`).join(', ')} from T`)
  query = put(query, ['select', 'from', 'expressions', 0], asRelation(relation ?? refuse('MERGE without a source')))
  for (const [index, piece] of all.entries())
    query = put(query, ['select', 'expressions', index, 'alias', 'this'], piece)
  let rest = toDuckDb(query).replace(/^SELECT /, '')
  const found = all.map((_, index) => {
    const mark = ` AS ${MARK}${index}`
    const end = rest.indexOf(mark)
    if (end < 0) return refuse('MERGE')
    const text = rest.slice(0, end)
    rest = rest.slice(end + mark.length).replace(/^, | FROM /, '')
    return text
  })
  return { from: rest, pieces: found }
}

function clause(value: Json, write: Write, refuse: Writer['refuse']): string {
  const when = isObject(value) && isObject(value.when) ? value.when : refuse('MERGE')
  const matched = isObject(when.matched) && isObject(when.matched.boolean) && when.matched.boolean.value === true
  const condition = when.condition == null ? '' : ` AND (${write(when.condition)})`
  return `WHEN ${matched ? 'MATCHED' : 'NOT MATCHED'}${condition} THEN ${action(when.then, write, refuse)}`
}

function action(then: Json | undefined, write: Write, refuse: Writer['refuse']): string {
  const [verb, ...parts] = isObject(then) && isObject(then.tuple) ? list(then.tuple.expressions) : [then ?? null]
  const name = word(verb)?.toUpperCase()
  const [first = [], second] = parts.map(part =>
    isObject(part) && isObject(part.tuple) ? list(part.tuple.expressions) : [],
  )
  if (name === 'DELETE') return 'DELETE'
  if (name === 'UPDATE') return `UPDATE SET ${first.map(each => assignment(each, write, refuse)).join(', ')}`
  if (name !== 'INSERT') return refuse(`MERGE with ${name}`)
  const columns = second === undefined ? '' : ` (${first.map(each => columnName(each, refuse)).join(', ')})`
  return `INSERT${columns} VALUES (${(second ?? first).map(write).join(', ')})`
}

function assignment(value: Json, write: Write, refuse: Writer['refuse']): string {
  const sides = isObject(value) && isObject(value.eq) ? value.eq : refuse('MERGE')
  return `${columnName(sides.left, refuse)} = ${write(sides.right ?? null)}`
}

/** A column of the target, which may be written with the target's name. */
function columnName(value: Json | undefined, refuse: Writer['refuse']): string {
  const identifier = isObject(value) ? value.identifier : undefined
  const name = isObject(identifier) ? identifier.name : word(value)
  return typeof name === 'string' ? `"${name.replaceAll('"', '""')}"` : refuse('MERGE')
}
