import type { Random } from '../../pipeline/feed/random.ts'

/** A file that comes into the stage; `sql` is DuckDB's query of its rows. */
export interface StagedFile {
  readonly path: string
  readonly sql: string
  /** What the manifest says of it besides its path. */
  readonly says: readonly ('rows' | 'bytes' | 'sha256')[]
}

/** What happens between two loads. */
export interface Event {
  readonly title: string
  readonly files: readonly StagedFile[]
  /** Whether there is a manifest afterwards: before the first file there may be none. */
  readonly hasManifest: boolean
}

/** A copy, as far as its files know it. */
interface Copy {
  readonly name: string
}

/** A first load, then three to five others. */
export function eventsOf(copies: readonly Copy[], chance: Random): readonly Event[] {
  const stream = fileStream(chance)
  const before: readonly Event[] = chance.chance(0.2)
    ? [{ title: 'nothing yet', files: [], hasManifest: chance.chance(0.5) }]
    : []
  const all = (day: number) => copies.map(copy => stream.file(copy, day))
  const first: Event = { title: 'the first load', files: all(10), hasManifest: true }
  let day = 10
  const next = (): number => {
    day += 1
    return day
  }
  const makers: readonly (() => Pick<Event, 'title' | 'files'>)[] = [
    () => ({ title: 'another day', files: all(next()) }),
    () => ({ title: 'two days', files: [...all(next()), ...all(next())] }),
    () => ({ title: 'a late file', files: [stream.file(chance.pick(copies), chance.between(1, 9))] }),
    () => ({ title: 'a file of one copy', files: [stream.file(chance.pick(copies), next())] }),
    () => ({ title: 'the same again', files: [stream.again()] }),
    () => ({ title: 'nothing new', files: [] }),
    () => ({ title: 'an empty file', files: [stream.file(chance.pick(copies), next(), 0)] }),
  ]
  const others = Array.from({ length: chance.between(3, 5) }, () => chance.pick(makers)())
  return [...before, first, ...others.map(event => ({ ...event, hasManifest: true }))]
}

/** Makes files, each under a name of its own. */
function fileStream(chance: Random) {
  const made: { copy: Copy; day: number; body: (path: string, number: number) => string }[] = []
  const says = chance.pick<StagedFile['says']>([['rows', 'bytes', 'sha256'], ['rows'], []])
  const put = (copy: Copy, day: number, body: (path: string, number: number) => string): StagedFile => {
    made.push({ copy, day, body })
    const odd = chance.chance(0.1) ? "it's, a " : ''
    const path = `${copy.name.toLowerCase()}/${odd}day=${day}/part-${made.length}.parquet`
    return { path, sql: body(path, made.length), says }
  }
  return {
    file: (copy: Copy, day: number, rows?: number): StagedFile =>
      put(copy, day, copy.name === 'SNAP' ? snapshotRows(day, chance, rows) : plainRows(day, chance, rows)),
    again: (): StagedFile => {
      const { copy, day, body } = made.length === 0 ? fail() : chance.pick(made)
      return put(copy, day, body)
    },
  }
}

function fail(): never {
  throw new Error('nothing was made yet')
}

const text = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`)
const dateOf = (day: number): string => `date '2025-03-${String(day).padStart(2, '0')}'`

function plainRows(day: number, chance: Random, count = chance.between(1, 9)) {
  const rows = Array.from({ length: Math.max(1, count) }, () => {
    const grp = chance.pick(['a', 'b', "it's", 'ü', '', null])
    const amount = chance.chance(0.15) ? 'null' : (chance.between(-5000, 5000) / 100).toFixed(2)
    const note = chance.pick(['x', 'y', '-- no comment', ';', null])
    return `(${chance.between(1, 14)}, ${text(grp)}, ${amount}, ${dateOf(day)}, ${text(note)})`
  })
  return (path: string): string =>
    `select id::integer as id, grp::varchar as grp, amount::decimal(10,2) as amount, happened, note::varchar as note, ${text(path)} as source_file
from (values ${rows.join(', ')}) as v (id, grp, amount, happened, note)${count === 0 ? ' where false' : ''}`
}

function snapshotRows(day: number, chance: Random, count = 6) {
  const keys = Array.from({ length: count }, (_, key) => key).filter(() => chance.chance(0.85))
  const rows = (keys.length === 0 ? [0] : keys).map(
    key =>
      `(${text(`K${key}`)}, ${text(chance.pick(['p', 'q', null]))}, ${chance.between(1, 2)}, ${text(chance.pick(['u', 'v']))})`,
  )
  return (path: string, number: number): string =>
    `select k::varchar as k, a::varchar as a, b::integer as b, u::varchar as u, ${dateOf(day)} as business_date, ${number}::integer as revision, ${text(path)} as source_file
from (values ${rows.join(', ')}) as v (k, a, b, u)${count === 0 ? ' where false' : ''}`
}
