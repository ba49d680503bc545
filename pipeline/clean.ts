import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { badRows, carried, goodRows, judgeRows, readRows } from '../glue/sql/clean.ts'
import { DUCKDB } from '../glue/sql/engine.ts'
import { DEFAULT_LIMITS, gunzip, type Line, linesOf } from '../ingestion-lambda/bytes.ts'
import { type Contract, type Contracts, DATASETS } from '../ingestion-lambda/contract.ts'
import { csvRecords } from '../ingestion-lambda/csv.ts'
import { UserError } from '../src/error.ts'
import {
  type Archived,
  archived,
  type Cleaned,
  type Fetch,
  readManifest,
  sidecar,
  sidecarKey,
  writeManifest,
} from './lake.ts'
import { quoted, toParquet, type Worker } from './worker.ts'

export interface CleanOptions {
  readonly lake: string
  readonly contracts: Contracts
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** The share of bad rows in one file above which the run fails. */
  readonly badShare: number
  readonly tell: (text: string) => void
  /** All that is archived, and how its files get into the lake's folder, where they are not all there. */
  readonly archive?: readonly Archived[] | undefined
  readonly fetch?: Fetch | undefined
  /** Files that are cleaned again, though they were cleaned before. */
  readonly again?: ((file: Archived) => boolean) | undefined
}

/** Files that one statement cleans together: enough to be quick, few enough for the memory. */
const BATCH = 20
/** Files after which it is said how far things are. */
const TOLD = 5 * BATCH

/** Cleans every archived file that was not cleaned yet. Returns what was added to the manifest. */
export async function clean(worker: Worker, options: CleanOptions): Promise<readonly Cleaned[]> {
  const known = readManifest<Cleaned>(options.lake, 'clean')
  const cleanedBefore = new Set(known.map(file => file.file))
  const { from = '', to = '9999' } = options
  const fresh = (options.archive ?? archived(options.lake)).filter(
    file => (!cleanedBefore.has(file.file) || options.again?.(file) === true) && file.date >= from && file.date <= to,
  )
  const added: Cleaned[] = []
  for (const dataset of DATASETS) {
    const files = fresh.filter(file => file.dataset === dataset)
    for (let at = 0; at < files.length; at += BATCH) {
      const batch = files.slice(at, at + BATCH)
      added.push(...(await cleanBatch(worker, batch, options.contracts[dataset], options)))
      const done = Math.min(at + BATCH, files.length)
      if (done === files.length || done % TOLD === 0)
        options.tell(`cleaned ${done} of ${files.length} ${dataset} files`)
    }
  }
  if (added.length > 0) writeManifest(options.lake, 'clean', replaced(known, added))
  return added
}

/** Entries of a manifest with these in their old places, and new ones at the end: the order tells what came first. */
function replaced(known: readonly Cleaned[], added: readonly Cleaned[]): readonly Cleaned[] {
  const newer = new Map(added.map(file => [file.file, file]))
  const before = new Set(known.map(file => file.file))
  return [...known.map(file => newer.get(file.file) ?? file), ...added.filter(file => !before.has(file.file))]
}

async function cleanBatch(
  worker: Worker,
  files: readonly Archived[],
  contract: Contract,
  options: CleanOptions,
): Promise<readonly Cleaned[]> {
  const folder = mkdtempSync(join(tmpdir(), 'clean-'))
  try {
    await options.fetch?.(files.flatMap(file => [file.file, sidecarKey(file)]))
    const rows = join(folder, 'rows')
    const received = await writeRows(files, contract, options.lake, rows)
    const table = (name: string, query: string): string => `create or replace temp table ${name} as ${query}`
    await worker.run(
      table('lines', readRows(rows)),
      table('judged', judgeRows(contract, DUCKDB)),
      table('good', goodRows(contract, DUCKDB)),
      table('bad', badRows(contract, DUCKDB)),
    )
    const counts = await worker.all(
      'select file, sum(good) as good, sum(bad) as bad from (select file, 1 as good, 0 as bad from good union all select file, 0, 1 from bad) group by file',
    )
    const countOf = (index: number, which: 'good' | 'bad'): number =>
      Number(counts.find(row => row.file === index)?.[which] ?? 0)
    files.forEach((file, index) => {
      check(file, received[index] ?? 0, countOf(index, 'good'), countOf(index, 'bad'), options)
    })
    const cleaned: Cleaned[] = []
    for (const [index, file] of files.entries()) {
      cleaned.push(
        await publish(
          worker,
          file,
          index,
          { received: received[index] ?? 0, good: countOf(index, 'good'), bad: countOf(index, 'bad') },
          options.lake,
        ),
      )
    }
    return cleaned
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every row is good or bad, and a file that is mostly bad is somebody's mistake. */
function check(file: Archived, received: number, good: number, bad: number, options: CleanOptions): void {
  if (good + bad !== received) throw new Error(`${file.file}: ${received} rows came and ${good} + ${bad} were judged`)
  if (bad <= received * options.badShare) return
  const { source } = sidecar(options.lake, file)
  throw new UserError(
    `${bad} of ${received} rows of ${source} are bad, more than ${options.badShare * 100} %; nothing of it was published`,
    {
      file: file.file,
      remedy: 'ask its owner for a correct file, or raise --bad-share',
    },
  )
}

async function publish(
  worker: Worker,
  file: Archived,
  index: number,
  counts: { received: number; good: number; bad: number },
  lake: string,
): Promise<Cleaned> {
  const name = `${file.dataset}/d=${file.date}/${file.sha256.slice(0, 16)}.parquet`
  const write = async (columns: string, table: string, key: string): Promise<string> => {
    const path = join(lake, key)
    mkdirSync(dirname(path), { recursive: true })
    await worker.run(
      toParquet(
        `select ${columns} from ${table} where file = ${index} order by ${table === 'good' ? 'source_line' : 'line'}`,
        `${path}.draft`,
      ),
    )
    renameSync(`${path}.draft`, path)
    return key
  }
  const origin = `${quoted(file.file)} as source_file`
  const day = `date ${quoted(file.date)} as business_date`
  const goodPath =
    counts.good === 0 ? null : await write(`* exclude (file), ${origin}, ${day}`, 'good', `clean/${name}`)
  const badPath =
    counts.bad === 0 ? null : await write(`* exclude (file), ${origin}, ${day}`, 'bad', `clean/bad/${name}`)
  return { ...file, ...counts, goodPath, badPath, source: sidecar(lake, file).source }
}

/** Writes all rows of a batch into one file for DuckDB: number of the file, line, text, and for CSV the record as JSON. */
async function writeRows(
  files: readonly Archived[],
  contract: Contract,
  lake: string,
  to: string,
): Promise<readonly number[]> {
  const out = createWriteStream(to)
  const counts: number[] = []
  let buffer: string[] = []
  const flush = async (): Promise<void> => {
    const text = buffer.join('')
    buffer = []
    if (!out.write(text)) await once(out, 'drain')
  }
  for (const [index, file] of files.entries()) {
    let rows = 0
    for await (const { line, given, raw, doc } of rowsOf(join(lake, file.file), contract)) {
      rows += 1
      buffer.push(`${index}\u0001${file.date}\u0001${line}\u0001${given}\u0001${carried(raw)}\u0001${doc}\n`)
      if (buffer.length >= 2000) await flush()
    }
    counts.push(rows)
  }
  await flush()
  out.end()
  await once(out, 'finish')
  return counts
}

interface Row {
  readonly line: number
  /** A code that was found while the row was read; '' for none. */
  readonly given: string
  readonly raw: string
  /** JSON of a CSV record; '' where the row is JSON itself. */
  readonly doc: string
}

async function* rowsOf(path: string, contract: Contract): AsyncGenerator<Row> {
  const bytes = createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>
  const lines = linesOf(path.endsWith('.gz') ? gunzip(bytes, DEFAULT_LIMITS) : bytes, DEFAULT_LIMITS, {
    hasBom: false,
    lineEnds: new Set(),
  })
  if (contract.format === 'csv') return yield* csvRows(lines)
  for await (const { text, number } of lines)
    if (text.trim() !== '') yield { line: number, given: '', raw: text, doc: '' }
}

async function* csvRows(lines: AsyncIterable<Line>): AsyncGenerator<Row> {
  const text = async function* (): AsyncGenerator<string> {
    for await (const line of lines) yield line.text + line.end
  }
  let header: readonly string[] | undefined
  for await (const { cells, line, raw } of csvRecords(text())) {
    if (header === undefined) {
      header = cells
      continue
    }
    const names = header
    // Put together by hand, since an object would move names that look like numbers to its front.
    const pairs = cells.map(
      (cell, at) => `${JSON.stringify(names[at] ?? '')}:${JSON.stringify(cell === '' ? null : cell)}`,
    )
    if (cells.length === names.length) yield { line, given: '', raw, doc: `{${pairs.join()}}` }
    else yield { line, given: 'COLUMN_COUNT', raw, doc: '' }
  }
}
