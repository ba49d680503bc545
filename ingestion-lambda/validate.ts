import { createHash } from 'node:crypto'
import { DEFAULT_LIMITS, gunzip, type Limits, type Line, linesOf, type TextNotes, upTo } from './bytes.ts'
import { Rejection } from './codes.ts'
import { type Contract, type Contracts, fits } from './contract.ts'
import { type CsvRecord, csvRecords } from './csv.ts'
import { parseRawKey, type RawKey } from './keys.ts'

/** A file that is fit to be archived. */
export interface Accepted extends RawKey {
  /** Of the bytes as they were delivered, hexadecimal. */
  readonly sha256: string
  readonly bytes: number
  readonly rows: number
  readonly notes: { readonly bom: boolean; readonly lineEnds: readonly string[]; readonly gzip: boolean }
  /** Columns that the contract does not have; they are kept aside. */
  readonly extraColumns: readonly string[]
}

/**
 * Judges a file as a stream: its name, encoding, size, framing, header, dates, and columns whose type changed. Rows are
 * judged later, one by one.
 *
 * @throws Rejection
 */
export async function validateFile(
  chunks: AsyncIterable<Buffer>,
  key: string,
  contracts: Contracts,
  limits: Limits = DEFAULT_LIMITS,
): Promise<Accepted> {
  const named = parseRawKey(key)
  const contract = contracts[named.dataset]
  const hash = createHash('sha256')
  const notes: TextNotes = { hasBom: false, lineEnds: new Set() }
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield* upTo(limits.unpackedBytes, bytes, chunk, 'delivered')
      bytes += chunk.length
    }
    if (bytes === 0) throw new Rejection('EMPTY_FILE', '0 bytes')
  }
  const lines = linesOf(named.isGzip ? gunzip(counted(), limits) : counted(), limits, notes)
  const columns = columnJudge(contract, named.date)
  const rows = await (contract.format === 'csv' ? judgeCsv : judgeNdjson)(lines, contract, columns, limits)
  if (rows === 0) throw new Rejection('NO_ROWS', '0 rows')
  const extraColumns = columns.finish()
  return {
    ...named,
    sha256: hash.digest('hex'),
    bytes,
    rows,
    notes: {
      bom: notes.hasBom,
      lineEnds: [...notes.lineEnds].map(end => JSON.stringify(end).slice(1, -1)),
      gzip: named.isGzip,
    },
    extraColumns,
  }
}

interface ColumnJudge {
  readonly row: (row: Readonly<Record<string, unknown>>) => void
  /** Throws for the file as a whole; returns the columns that the contract lacks. */
  readonly finish: () => readonly string[]
}

/** Watches columns over all rows: which are there, whether any value has the right type, and whether the date is right. */
function columnJudge(contract: Contract, date: string): ColumnJudge {
  const known = new Map(contract.columns.map(column => [column.name, { column, seen: false, fitting: 0, other: 0 }]))
  const extra = new Set<string>()
  let dated = 0
  let onDate = 0
  return {
    row: row => {
      for (const [name, value] of Object.entries(row)) {
        const entry = known.get(name)
        if (entry === undefined) {
          extra.add(name)
          continue
        }
        entry.seen = true
        if (value === null || value === '') continue
        if (fits(value, entry.column, contract.format)) entry.fitting += 1
        else entry.other += 1
      }
      const day = contract.date_from_rows === undefined ? undefined : dayOf(row[contract.date_from_rows])
      if (day === undefined) return
      dated += 1
      if (day === date) onDate += 1
    },
    finish: () => {
      for (const { column, seen, fitting, other } of known.values()) {
        if (!seen && column.required === true) throw new Rejection('MISSING_COLUMN', column.name)
        if (other > 0 && fitting === 0) throw new Rejection('TYPE_CHANGED', `${column.name} is no ${column.type}`)
      }
      if (dated > 0 && onDate === 0) throw new Rejection('DATE_MISMATCH', `no row is of ${date}`)
      return [...extra].sort()
    },
  }
}

function dayOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const time = new Date(/[Zz]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString().slice(0, 10)
}

async function judgeNdjson(lines: AsyncIterable<Line>, _: Contract, columns: ColumnJudge): Promise<number> {
  let rows = 0
  for await (const { text, number, end } of lines) {
    if (text.trim() === '') continue
    rows += 1
    try {
      const row = JSON.parse(text) as unknown
      if (typeof row === 'object' && row !== null && !Array.isArray(row)) columns.row(row as Record<string, unknown>)
    } catch {
      // A row that does not parse is quarantined later; the last one without a line end was cut off.
      if (end === '') throw new Rejection('TRUNCATED', 'the last row', number)
    }
  }
  return rows
}

async function judgeCsv(
  lines: AsyncIterable<Line>,
  contract: Contract,
  columns: ColumnJudge,
  limits: Limits,
): Promise<number> {
  let hasEnd = true
  const text = async function* (): AsyncGenerator<string> {
    for await (const line of lines) {
      hasEnd = line.end !== ''
      yield line.text + line.end
    }
  }
  let header: readonly string[] | undefined
  let last: CsvRecord | undefined
  let rows = 0
  for await (const record of csvRecords(text(), limits.lineBytes)) {
    if (header === undefined) {
      header = readHeader(record.cells, contract)
      continue
    }
    const names = header
    rows += 1
    last = record
    if (record.cells.length === names.length)
      columns.row(Object.fromEntries(record.cells.map((cell, at) => [names[at] ?? '', cell])))
  }
  if (!hasEnd && last !== undefined && !isSurelyWhole(last.cells, header ?? [], contract))
    throw new Rejection('TRUNCATED', 'the last row, which has no line end', last.line)
  return rows
}

/**
 * Whether a row that no line end follows is there to its last character. Nobody can tell of a number or a free text: the rest
 * of it, and all rows behind it, may be missing, so only a value that the contract lists is proof.
 */
function isSurelyWhole(cells: readonly string[], header: readonly string[], contract: Contract): boolean {
  const column = contract.columns.find(({ name }) => name === header.at(-1))
  const listed = [...(column?.accepted ?? []), ...(column?.true_values ?? []), ...(column?.false_values ?? [])]
  return cells.length === header.length && listed.includes(cells.at(-1) ?? '')
}

function readHeader(cells: readonly string[], contract: Contract): readonly string[] {
  const twice = cells.find((cell, at) => cells.indexOf(cell) !== at)
  if (twice !== undefined) throw new Rejection('DUPLICATE_COLUMN', 'the header')
  const missing = contract.columns.find(column => column.required === true && !cells.includes(column.name))
  if (missing !== undefined) throw new Rejection('MISSING_COLUMN', missing.name)
  return cells
}
