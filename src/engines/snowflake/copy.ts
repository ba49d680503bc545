import { literal, relation } from '../../dialects/snowflake.ts'
import type { SqlText, Target } from '../../graph/types.ts'
import { loadHistory, manifestFormat } from '../../plan/engine-tables.ts'
import { keyOf } from '../../plan/system.ts'
import type { Statement } from '../../plan/types.ts'
import { narrowing, verifyRows } from '../staged-files.ts'
import { type CopyText, readCopy } from './copy-text.ts'
import type { Answer } from './driver.ts'
import { own, type Session } from './session.ts'
import { listStage, location, type Manifests, readManifest, type StagedFile } from './stage.ts'

/** The most files that one COPY INTO takes by name. */
const FILES_A_STATEMENT = 1000

export interface CopyContext {
  readonly session: Session
  readonly target: Target
  readonly manifests: Manifests
  /** Executes a statement that people are told of. */
  readonly execute: (text: SqlText) => Promise<Answer>
}

/**
 * Loads a stage's new files into a table and returns the rows loaded: in place of the table's rows come those of new files and of
 * files whose rows no load downstream has used yet. What is new is said by our own history, not by Snowflake's of 64 days.
 * Runs within the caller's transaction.
 */
export async function executeCopy(statement: Statement, context: CopyContext): Promise<number> {
  const { session, target } = context
  const copy = readCopy(statement.text)
  const history = relation(loadHistory(target.database))
  const key = literal(keyOf(target))
  const loaded = await session.read(`select file, consumed from ${history} where relation = ${key}`)
  const consumed = new Map(loaded.map(([file, used]) => [file ?? '', used === 'true']))
  const narrow = narrowing(copy, statement.text)
  const offered = narrow(await filesOf(copy, statement, context))
  const wanted = copy.force ? offered : offered.filter(({ path }) => consumed.get(path) !== true)
  if (wanted.length === 0) return 0
  const isKnown = !copy.force && wanted.every(({ path }) => consumed.has(path))
  // A table that was made anew since it was loaded has no rows: those that nobody has used must come again.
  if (isKnown && (await session.read(`select 1 from ${copy.table} limit 1`)).length > 0) return 0
  await context.execute(own(`delete from ${copy.table}`))
  const counts = new Map<string, number>()
  for (const batch of batches(wanted)) {
    for (const [path, rows] of await loadBatch(copy, batch, statement.text, context)) counts.set(path, rows)
  }
  await record(wanted, counts, { history, key, copy, session })
  return [...counts.values()].reduce((sum, rows) => sum + rows, 0)
}

/** Loads at most 1,000 files; their rows by their paths. */
async function loadBatch(
  copy: CopyText,
  files: readonly StagedFile[],
  text: SqlText,
  { execute }: CopyContext,
): Promise<ReadonlyMap<string, number>> {
  const answer = await execute({ ...text, sql: copyStatement(copy, files) })
  const loaded = await rowsByFile(answer, new Set(files.map(({ path }) => path)))
  const sum = [...loaded.values()].reduce((all, rows) => all + rows, 0)
  verifyRows(
    files.map(({ path, rows }) => ({ path, listed: { rows } })),
    sum,
  )
  return loaded
}

/** The COPY INTO of files by name, from the folder that their names begin in. */
export function copyStatement(copy: CopyText, files: readonly StagedFile[]): string {
  const folder = copy.path.slice(0, copy.path.lastIndexOf('/') + 1)
  const names = files.map(({ path }) => literal(path.slice(folder.length)))
  return [
    `copy into ${copy.table}`,
    `from ${location(copy.stage, folder)}`,
    ...(copy.options === '' ? [] : [copy.options]),
    `files = (${names.join(', ')})`,
    'force = true',
  ].join('\n')
}

/** What COPY INTO answers: a row a file, named by its whole address. */
async function rowsByFile({ columns, rows }: Answer, paths: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
  const file = columns.findIndex(name => name.toLowerCase() === 'file')
  const count = columns.findIndex(name => name.toLowerCase() === 'rows_loaded')
  const found = new Map<string, number>()
  for await (const row of rows()) {
    const address = row[file] ?? ''
    found.set(suffixIn(address, paths) ?? address, Number(row[count] ?? 0))
  }
  return found
}

/** The longest end of an address that is one of these paths. */
function suffixIn(address: string, paths: ReadonlySet<string>): string | undefined {
  for (let at = 0; ; at = address.indexOf('/', at) + 1) {
    const end = address.slice(at)
    if (paths.has(end)) return end
    if (!end.includes('/')) return undefined
  }
}

/** Those of the manifest, or what lies in the stage. */
function filesOf(
  { stage, path }: CopyText,
  { manifest, text }: Statement,
  { session, target, manifests }: CopyContext,
): Promise<readonly StagedFile[]> {
  return manifest === undefined
    ? listStage(session, stage, path)
    : readManifest(session, { stage, manifest, format: manifestFormat(target.database), text }, manifests)
}

interface Recording {
  readonly history: string
  readonly key: string
  readonly copy: CopyText
  readonly session: Session
}

/** Writes what was loaded into the history, in place of what it said of these files and of those not consumed. */
async function record(
  files: readonly StagedFile[],
  counts: ReadonlyMap<string, number>,
  { history, key, copy, session }: Recording,
): Promise<void> {
  await session.change(`delete from ${history} where relation = ${key} and not consumed`)
  for (const batch of batches(files)) {
    const names = batch.map(({ path }) => literal(path)).join(', ')
    // Without FORCE no file that is consumed is loaded.
    if (copy.force) await session.change(`delete from ${history} where relation = ${key} and file in (${names})`)
    const values = batch.map(
      ({ path, size, modified }) =>
        `(${key}, ${literal(path)}, ${size}, ${literal(modified)}, ${counts.get(path) ?? 0}, sysdate(), false)`,
    )
    await session.change(
      `insert into ${history} (relation, file, size_bytes, modified, row_count, loaded_at, consumed) select * from values ${values.join(', ')}`,
    )
  }
}

function batches(files: readonly StagedFile[]): readonly (readonly StagedFile[])[] {
  const parts: (readonly StagedFile[])[] = []
  for (let at = 0; at < files.length; at += FILES_A_STATEMENT) parts.push(files.slice(at, at + FILES_A_STATEMENT))
  return parts
}
