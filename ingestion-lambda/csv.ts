import { parse } from 'csv-parse'

/** One record of a CSV file. */
export interface CsvRecord {
  readonly cells: readonly string[]
  /** The line on which the record ends, from 1. */
  readonly line: number
  /** As it was written. */
  readonly raw: string
}

/** RFC 4180 records: quoted cells, doubled quotes, line ends inside quotes. Rejects with the library's error for broken quotes. */
export async function* csvRecords(text: AsyncIterable<string> | Iterable<string>): AsyncGenerator<CsvRecord> {
  const parser = parse({
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
  })
  const feed = async (): Promise<void> => {
    for await (const chunk of text)
      if (!parser.write(chunk)) await new Promise(resolve => parser.once('drain', resolve))
    parser.end()
  }
  feed().catch(error => parser.destroy(error as Error))
  for await (const each of parser as AsyncIterable<{ record: string[]; info: { lines: number }; raw: string }>) {
    yield { cells: each.record, line: each.info.lines, raw: each.raw.replace(/[\r\n]+$/, '') }
  }
}
