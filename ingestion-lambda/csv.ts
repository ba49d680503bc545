import { type CsvError, parse } from 'csv-parse'
import { DEFAULT_LIMITS } from './bytes.ts'
import { Rejection } from './codes.ts'

/** One record of a CSV file. */
export interface CsvRecord {
  readonly cells: readonly string[]
  /** The line on which the record ends, from 1. */
  readonly line: number
  /** As it was written. */
  readonly raw: string
}

interface Parsed {
  readonly record: string[]
  readonly info: { readonly lines: number }
  readonly raw: string
}

/**
 * RFC 4180 records: quoted cells, doubled quotes, line ends inside quotes. The text is read no further than the records are,
 * so that what is said of a file does not hang on how its bytes came.
 *
 * @param text in any pieces that do not part a CRLF
 * @param recordBytes beyond which a record is not read on: a quote without its end would swallow the rest of the file
 * @throws Rejection TRUNCATED, BAD_QUOTES or LINE_TOO_LONG, with the line
 */
export async function* csvRecords(
  text: AsyncIterable<string> | Iterable<string>,
  recordBytes: number = DEFAULT_LIMITS.lineBytes,
): AsyncGenerator<CsvRecord> {
  const parser = parse({
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: recordBytes,
  })
  // It is asked for below; without a listener it would end the process.
  parser.on('error', () => undefined)
  // The parser counts a CRLF inside quotes as two lines.
  let countedTwice = 0
  const lineOf = (lines: number, raw: string): number => {
    countedTwice += raw.match(/\r\n/g)?.length ?? 0
    return lines - countedTwice
  }
  const toRecord = ({ record, info, raw: written }: Parsed): CsvRecord => {
    // Empty lines before a record are none of it.
    const raw = written.replace(/^[\r\n]+|[\r\n]+$/g, '')
    return { cells: record, line: lineOf(info.lines, raw), raw }
  }
  try {
    for await (const piece of text) {
      parser.write(piece)
      for (let each = parser.read() as Parsed | null; each !== null; each = parser.read() as Parsed | null)
        yield toRecord(each)
      if (parser.errored !== null) throw parser.errored
    }
    parser.end()
    for await (const each of parser as AsyncIterable<Parsed>) yield toRecord(each)
  } catch (error) {
    if (error !== parser.errored) throw error
    const { code, lines, raw } = error as CsvError & { readonly lines: number; readonly raw: string }
    const line = lineOf(lines, raw)
    if (code === 'CSV_QUOTE_NOT_CLOSED') throw new Rejection('TRUNCATED', 'a quoted cell without its end', line)
    if (code === 'CSV_MAX_RECORD_SIZE') throw new Rejection('LINE_TOO_LONG', `more than ${recordBytes} bytes`, line)
    throw new Rejection('BAD_QUOTES', 'a row', line)
  }
}
