import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DUCKDB } from '../glue/sql/engine.ts'
import {
  badInput,
  COUNT_MARKS,
  cleanedSource,
  goodInput,
  isSnapshot,
  markRows,
  NO_BAD_ROWS,
  type Output,
  outputs,
} from '../glue/sql/stage.ts'
import { type Contract, type Contracts, DATASETS, type Dataset } from '../ingestion-lambda/contract.ts'
import { hashFile } from '../src/index.ts'
import {
  type Cleaned,
  cleanedKeys,
  type Fetch,
  readCleaned,
  readManifest,
  type Staged,
  type StagedSource,
  writeManifest,
} from './lake.ts'
import { loadNeighbour } from './neighbours.ts'
import { parquet, quoted, toParquet, type Worker } from './worker.ts'

export interface StageOptions {
  readonly lake: string
  readonly contracts: Contracts
  readonly tell: (text: string) => void
  /** How cleaned files get into the lake's folder, where they are not all there. */
  readonly fetch?: Fetch | undefined
  /** Narrows what is staged; all that was cleaned where it is left out. */
  readonly only?: ((file: Cleaned) => boolean) | undefined
  /** Files that are staged again, under other names than before, so that a load takes them for new. */
  readonly again?: ((file: Cleaned) => boolean) | undefined
}

/** Stages every cleaned file that was not staged yet. The manifest is replaced last: readers follow it. */
export async function stage(worker: Worker, options: StageOptions): Promise<readonly Staged[]> {
  const { lake } = options
  const known = readManifest<Staged>(lake, 'staging')
  const done = new Set(known.flatMap(file => file.sources.map(source => source.file)))
  const cleaned = readCleaned(lake)
  const added: Staged[] = []
  for (const dataset of DATASETS) {
    const files = cleaned.filter(
      file =>
        file.dataset === dataset &&
        (!done.has(file.file) || options.again?.(file) === true) &&
        (options.only?.(file) ?? true),
    )
    if (files.length === 0) continue
    added.push(...(await stageDataset(worker, dataset, files, cleaned, options, passOf(known, files))))
    options.tell(`staged ${files.length} ${dataset} file${files.length === 1 ? '' : 's'}`)
  }
  if (added.length > 0) writeManifest(lake, 'staging', [...remaining(known, added), ...added])
  return added
}

/** The staged files of before that are not of what was staged anew. */
function remaining(known: readonly Staged[], added: readonly Staged[]): readonly Staged[] {
  const bases = new Set(added.map(file => unversioned(file.path)))
  const again = new Set(added.flatMap(file => file.sources.map(source => source.file)))
  return known.filter(
    ({ path, sources }) => !bases.has(unversioned(path)) && !sources.some(source => again.has(source.file)),
  )
}

/** How often files were staged before: 0 for the first time. */
function passOf(known: readonly Staged[], files: readonly Cleaned[]): number {
  const again = new Set(files.map(({ file }) => file))
  const passes = known
    .filter(({ sources }) => sources.some(source => again.has(source.file)))
    .map(({ path }) => Number(PASS.exec(path)?.[1] ?? 0) + 1)
  return Math.max(0, ...passes)
}

const PASS = /-again(\d+)\.parquet$/
/** A staged file's path without its pass and without the run that wrote it, which the jobs of glue/ put before the hash. */
const unversioned = (path: string): string => path.replace(/[^/]*([0-9a-f]{16})(?:-again\d+)?\.parquet$/, '$1.parquet')

async function stageDataset(
  worker: Worker,
  dataset: Dataset,
  files: readonly Cleaned[],
  cleaned: readonly Cleaned[],
  { lake, contracts, fetch = async () => undefined }: StageOptions,
  pass: number,
): Promise<readonly Staged[]> {
  const contract = contracts[dataset]
  await fetch(cleanedKeys(files))
  await readInput(worker, contract, files, lake)
  await loadNeighbour(worker, dataset, cleaned, lake, fetch)
  const counts = await sourceCounts(worker, files)
  const staged: Staged[] = []
  for (const output of outputs(contract, DUCKDB)) {
    await worker.run(`create or replace temp table output as ${output.query}`)
    for (const unit of unitsOf(contract, files))
      staged.push(...(await publish(worker, output, unit, counts, lake, pass)))
  }
  const main = staged.filter(file => file.folder === dataset).reduce((sum, file) => sum + file.rows, 0)
  const kept = counts.reduce((sum, source) => sum + source.good, 0)
  if (main !== kept) throw new Error(`staging ${dataset}: ${kept} rows went in and ${main} came out: a join fanned out`)
  return staged
}

/** Reads the good and the bad rows of these files, and marks the good ones. */
async function readInput(worker: Worker, contract: Contract, files: readonly Cleaned[], lake: string): Promise<void> {
  const paths = (which: 'goodPath' | 'badPath'): readonly string[] =>
    files.flatMap(file => (file[which] === null ? [] : [join(lake, file[which])]))
  const [good, bad] = [paths('goodPath'), paths('badPath')]
  const cleaned = cleanedSource(contract, good.length === 0 ? undefined : parquet(good), DUCKDB)
  const revisions = files.map(({ file, revision }) => `(${quoted(file)}, cast(${revision} as bigint))`)
  await worker.run(
    `create or replace temp table revisions as select * from (values ${revisions.join(', ')}) as v (source_file, revision)`,
    `create or replace temp table input as ${goodInput(contract, cleaned, DUCKDB)}`,
    `create or replace temp table bad_rows as ${badInput(bad.length === 0 ? NO_BAD_ROWS : parquet(bad))}`,
    `create or replace temp table marked as ${markRows(contract, DUCKDB)}`,
  )
}

async function sourceCounts(worker: Worker, files: readonly Cleaned[]): Promise<readonly StagedSource[]> {
  const marks = await worker.all(COUNT_MARKS)
  return files.map(({ file, received, bad }) => {
    const row = marks.find(mark => mark.source_file === file)
    const of = (name: string): number => Number(row?.[name] ?? 0)
    return { file, received, bad, good: of('good'), duplicate: of('duplicate'), conflict: of('conflict') }
  })
}

/** What becomes one staged file: a snapshot is a file of its own, the logs of a day add up. */
interface Unit {
  readonly date: string
  readonly sources: readonly Cleaned[]
  /** Which rows are its. */
  readonly where: string
}

function unitsOf(contract: Contract, files: readonly Cleaned[]): readonly Unit[] {
  if (isSnapshot(contract))
    return files.map(file => ({ date: file.date, sources: [file], where: `source_file = ${quoted(file.file)}` }))
  return [...new Set(files.map(file => file.date))].sort().map(date => ({
    date,
    sources: files.filter(file => file.date === date),
    where: `business_date = date ${quoted(date)}`,
  }))
}

/** Writes a unit's rows. The file's name comes from what it was made of, so that the same work gives the same file. */
async function publish(
  worker: Worker,
  { folder, isMain }: Output,
  { date, sources, where }: Unit,
  counts: readonly StagedSource[],
  lake: string,
  pass: number,
): Promise<readonly Staged[]> {
  const [counted] = await worker.all(`select count(*) as rows from output where ${where}`)
  const rows = Number(counted?.rows)
  if (rows === 0 && !isMain) return []
  const hash = createHash('sha256')
    .update(sources.map(file => file.sha256).join())
    .digest('hex')
    .slice(0, 16)
  const path = `${folder}/d=${date}/${hash}${pass === 0 ? '' : `-again${pass}`}.parquet`
  const target = join(lake, 'staging', path)
  mkdirSync(dirname(target), { recursive: true })
  await worker.run(toParquet(`select * from output where ${where}`, `${target}.draft`))
  renameSync(`${target}.draft`, target)
  const own = isMain ? counts.filter(source => sources.some(file => file.file === source.file)) : []
  return [{ path, rows, bytes: statSync(target).size, sha256: await hashFile(target), folder, date, sources: own }]
}
