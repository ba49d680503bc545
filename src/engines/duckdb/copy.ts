import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { UserError } from '../../error.ts'
import type { Statement } from '../../plan/types.ts'
import { stageFiles } from '../../project/files.ts'
import type { CopyInto } from '../../transpile/copy-into.ts'
import { narrowing, verifyRows } from '../staged-files.ts'
import { insertFrom, type TableColumn, tableName } from './copy-source.ts'
import { type Connection, cellText } from './driver.ts'
import { type Manifest, readManifest, verifyFile } from './manifest.ts'
import { quotedName, quotedText, SYSTEM } from './system.ts'

/** A file of a stage. `path` is below the stage's folder. */
interface StagedFile {
  readonly path: string
  readonly size: number
  readonly modified: string
}

export interface CopyContext {
  readonly connection: Connection
  /** `DATABASE.SCHEMA.STAGE` to a folder. */
  readonly stages: Readonly<Record<string, string>>
  /** Manifests as they were first read: all copies of a run follow the same publication, also where a new one comes. */
  readonly manifests: Map<string, Manifest>
  /** Each statement on its way to DuckDB. */
  readonly execute: (sql: string) => Promise<number>
}

/**
 * Loads a stage's new files into a table and returns the rows loaded. A `copy` replaces the table's rows by those of new files and
 * of files whose rows no load downstream has used yet; a COPY INTO of any other kind of statement adds, as Snowflake's does.
 */
export async function executeCopy(copy: CopyInto, statement: Statement, context: CopyContext): Promise<number> {
  const folder = stageFolder(copy, context.stages, statement)
  const replaces = statement.kind === 'copy'
  const database = copy.table[0] ?? ''
  // What stands for Snowflake's own memory of a COPY INTO is kept apart from ours of a `copy`.
  const relation = quotedText(`${replaces ? '' : 'COPY INTO '}${copy.table.join('.').toUpperCase()}`)
  const history = `${quotedName(database)}.${SYSTEM}.LOAD_HISTORY`
  const loaded = await context.connection.read(`select file, consumed from ${history} where relation = ${relation}`)
  const consumed = new Map(
    loaded.rows.map(([file, used]) => [cellText(file ?? null) ?? '', used === true || !replaces]),
  )
  const narrow = narrowing(copy, statement.text)
  const found = filesOf(folder, statement.manifest, context.manifests).map(path => ({ path }))
  const offered = narrow(found).map(({ path }) => path)
  const wanted = copy.force ? offered : offered.filter(path => consumed.get(path) !== true)
  if (wanted.length === 0) return 0
  const isKnown = !copy.force && wanted.every(path => consumed.has(path))
  if (isKnown && (await hasRows(copy, context.connection))) return 0
  const manifest =
    statement.manifest === undefined ? undefined : manifestOf(folder, statement.manifest, context.manifests)
  const files = wanted.map(path => ({ ...staged(folder, path), listed: manifest?.get(path) ?? {} }))
  for (const file of files) await verifyFile(join(folder, file.path), file.size, file.listed)
  if (replaces) await context.execute(`delete from ${tableName(copy)}`)
  const columns = await tableColumns(copy, context.connection)
  const paths = files.map(file => join(folder, file.path))
  const rows = await context.execute(placed(statement, () => insertFrom(copy, paths, columns)))
  verifyRows(files, rows)
  const again = files.map(file => quotedText(file.path)).join(', ')
  await context.execute(`delete from ${history} where relation = ${relation} and (not consumed or file in (${again}))`)
  const values = files.map(
    file =>
      `(${relation}, ${quotedText(file.path)}, ${file.size}, ${quotedText(file.modified)}, 0, now() at time zone 'UTC', ${!replaces})`,
  )
  await context.execute(`insert into ${history} values ${values.join(', ')}`)
  return rows
}

/** A table that was made anew since it was loaded has none: rows that nobody has used must come again. */
async function hasRows(copy: CopyInto, connection: Connection): Promise<boolean> {
  return (await connection.read(`select 1 from ${tableName(copy)} limit 1`)).rows.length > 0
}

/** Gives an error that knows no place the place of the statement. */
function placed<T>({ text }: Statement, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof UserError) || error.place.file !== undefined) throw error
    throw new UserError(error.message, { file: text.file, line: text.line, remedy: error.remedy, cause: error })
  }
}

function stageFolder(copy: CopyInto, stages: CopyContext['stages'], { text }: Statement): string {
  const folder = stages[copy.stage]
  if (folder === undefined) {
    throw new UserError(`the stage @${copy.stage} stands for no folder here`, {
      file: text.file,
      line: text.line,
      remedy: `name its folder in .df-credentials.json: {"type": "duckdb", "path": "DIR", "stages": {"${copy.stage}": "DIR"}}`,
    })
  }
  if (!existsSync(folder)) {
    throw new UserError(`the folder of the stage @${copy.stage} does not exist: ${folder}`, {
      file: text.file,
      line: text.line,
      remedy: 'create it, or correct the path',
    })
  }
  return realpathSync(folder)
}

/** Those of the manifest, or what lies in the folder. */
function filesOf(folder: string, manifest: string | undefined, manifests: CopyContext['manifests']): readonly string[] {
  return manifest === undefined ? stageFiles(folder) : [...manifestOf(folder, manifest, manifests).keys()]
}

function manifestOf(folder: string, manifest: string, manifests: CopyContext['manifests']): Manifest {
  const file = join(folder, manifest)
  const known = manifests.get(file) ?? readManifest(file)
  manifests.set(file, known)
  return known
}

function staged(folder: string, path: string): StagedFile {
  const file = join(folder, path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new UserError('the manifest names a file that is not there', { file, remedy: 'stage its day again' })
  if (!realpathSync(file).startsWith(folder + sep))
    throw new UserError('this file is a link out of the stage', { file, remedy: 'remove the link' })
  if (!stat.isFile()) throw new UserError('this is no file', { file, remedy: 'stage its day again' })
  return { path, size: stat.size, modified: stat.mtime.toISOString() }
}

async function tableColumns(copy: CopyInto, connection: Connection): Promise<readonly TableColumn[]> {
  // Of this one table: a list of all columns would have every view of the database planned.
  const found = await connection.read(`select name, type from pragma_table_info(${quotedText(tableName(copy))})`)
  return found.rows.map(([name, type]) => ({ name: String(name), type: String(type) }))
}
