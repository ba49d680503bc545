import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { UserError } from '../../error.ts'
import type { Statement } from '../../plan/types.ts'
import { stageFiles } from '../../project/files.ts'
import type { CopyInto } from '../../transpile/copy-into.ts'
import { type Connection, cellText } from './driver.ts'
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
  readonly manifests: Map<string, readonly string[]>
  /** Each statement on its way to DuckDB. */
  readonly execute: (sql: string) => Promise<number>
}

/** Loads a stage's new files into a table, and those whose rows no load downstream has used yet. Returns the rows loaded. */
export async function executeCopy(copy: CopyInto, statement: Statement, context: CopyContext): Promise<number> {
  const folder = stageFolder(copy, context.stages, statement)
  const table = copy.table.map(quotedName).join('.')
  const database = copy.table[0] ?? ''
  const relation = copy.table.join('.').toUpperCase()
  const history = `${quotedName(database)}.${SYSTEM}.LOAD_HISTORY`
  const loaded = await context.connection.read(
    `select file, consumed from ${history} where relation = ${quotedText(relation)}`,
  )
  const consumed = new Map(loaded.rows.map(([file, used]) => [cellText(file ?? null) ?? '', used === true]))
  const offered = listed(copy, folder, statement.manifest, context.manifests)
  const wanted = copy.force ? offered : offered.filter(path => consumed.get(path) !== true)
  if (wanted.every(path => consumed.has(path)) && !copy.force) return 0
  const files = wanted.map(path => staged(folder, path))
  await context.execute(`delete from ${table}`)
  const columns = await tableColumns(copy, context.connection)
  const rows = await context.execute(
    insertFrom(
      copy,
      table,
      columns,
      files.map(file => join(folder, file.path)),
    ),
  )
  await context.execute(`delete from ${history} where relation = ${quotedText(relation)} and not consumed`)
  const values = files.map(
    file =>
      `(${quotedText(relation)}, ${quotedText(file.path)}, ${file.size}, ${quotedText(file.modified)}, 0, now() at time zone 'UTC', false)`,
  )
  await context.execute(`insert into ${history} values ${values.join(', ')}`)
  return rows
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

interface Manifest {
  readonly files: readonly { readonly path: string; readonly rows?: number }[]
}

/** The files that may be read: those of the manifest, or what lies in the folder; narrowed by path, PATTERN and FILES. */
function listed(
  copy: CopyInto,
  folder: string,
  manifest: string | undefined,
  manifests: CopyContext['manifests'],
): readonly string[] {
  const pattern = copy.pattern === undefined ? undefined : new RegExp(`^(?:${copy.pattern})$`, 's')
  const named = copy.files === undefined ? undefined : new Set(copy.files.map(file => `${copy.path}${file}`))
  return paths(folder, manifest, manifests).filter(
    path => path.startsWith(copy.path) && (pattern?.test(path) ?? true) && (named?.has(path) ?? true),
  )
}

function paths(folder: string, manifest: string | undefined, manifests: CopyContext['manifests']): readonly string[] {
  if (manifest === undefined) return stageFiles(folder)
  const file = join(folder, manifest)
  const known = manifests.get(file) ?? readManifest(file)
  manifests.set(file, known)
  return known
}

function readManifest(file: string): readonly string[] {
  if (!existsSync(file)) return []
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Manifest).files.map(entry => entry.path)
  } catch (cause) {
    throw new UserError('this manifest is no JSON with a list of files', {
      file,
      remedy: 'stage the days again',
      cause,
    })
  }
}

function staged(folder: string, path: string): StagedFile {
  const file = join(folder, path)
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined)
    throw new UserError('the manifest names a file that is not there', { file, remedy: 'stage its day again' })
  if (!realpathSync(file).startsWith(folder + sep))
    throw new UserError('this file is a link out of the stage', { file, remedy: 'remove the link' })
  return { path, size: stat.size, modified: stat.mtime.toISOString() }
}

async function tableColumns(
  copy: CopyInto,
  connection: Connection,
): Promise<readonly { name: string; type: string }[]> {
  const [database = '', schema = '', table = ''] = copy.table
  const found =
    await connection.read(`select column_name, data_type from duckdb_columns() where upper(database_name) = ${quotedText(database.toUpperCase())}
and upper(schema_name) = ${quotedText(schema.toUpperCase())} and upper(table_name) = ${quotedText(table.toUpperCase())} order by column_index`)
  return found.rows.map(([name, type]) => ({ name: String(name), type: String(type) }))
}

function insertFrom(
  copy: CopyInto,
  table: string,
  columns: readonly { name: string; type: string }[],
  files: readonly string[],
): string {
  const source = reader(copy, files)
  const byName = copy.matchByColumnName === 'NONE' ? '' : ' by name'
  const list = columns.map(column => quotedName(column.name)).join(', ')
  if (byName === '') return `insert into ${table} (${list}) select * from ${source}`
  // Columns of the table that a file lacks are NULL, and columns of a file that the table lacks are left out.
  const wanted = columns.map(({ name, type }) => `cast(${quotedName(name)} as ${type}) as ${quotedName(name)}`)
  const nothing = columns.map(({ name, type }) => `cast(null as ${type}) as ${quotedName(name)}`)
  return `insert into ${table} by name select ${wanted.join(', ')} from (select ${nothing.join(', ')} where false union all by name select * from ${source})`
}

type Reader = (copy: CopyInto, files: string) => string

const CSV_OPTIONS: Readonly<Record<string, (value: string) => string>> = {
  FIELD_DELIMITER: value => `delim = ${quotedText(value)}`,
  FIELD_OPTIONALLY_ENCLOSED_BY: value => `quote = ${quotedText(value)}`,
  PARSE_HEADER: value => `header = ${value}`,
  SKIP_HEADER: value => `skip = ${value}`,
  NULL_IF: value => `nullstr = ${quotedText(value)}`,
  COMPRESSION: value => `compression = ${quotedText(value.toLowerCase())}`,
}

/** How each format is read. */
const READERS: Readonly<Record<CopyInto['format'], Reader>> = {
  PARQUET: ({ formatOptions }, files) => {
    refuseOptions('PARQUET', Object.keys(formatOptions), [])
    return `read_parquet([${files}], union_by_name = true, hive_partitioning = false)`
  },
  JSON: ({ formatOptions }, files) => {
    refuseOptions('JSON', Object.keys(formatOptions), ['STRIP_OUTER_ARRAY', 'COMPRESSION'])
    const format = formatOptions.STRIP_OUTER_ARRAY === true ? 'array' : 'newline_delimited'
    return `read_json([${files}], format = '${format}', union_by_name = true, hive_partitioning = false)`
  },
  CSV: ({ formatOptions }, files) => {
    refuseOptions('CSV', Object.keys(formatOptions), Object.keys(CSV_OPTIONS))
    const given = { FIELD_DELIMITER: ',', PARSE_HEADER: false, ...formatOptions }
    const options = Object.entries(given).map(([name, value]) => CSV_OPTIONS[name]?.(String(value)))
    return `read_csv([${files}], all_varchar = true, union_by_name = true, ${options.join(', ')})`
  },
}

function refuseOptions(format: string, given: readonly string[], known: readonly string[]): void {
  const other = given.find(option => !known.includes(option))
  if (other === undefined) return
  throw new UserError(`COPY INTO: the file format option ${other} of ${format} is not supported by the local engine`, {
    remedy: known.length === 0 ? `${format} takes no options here` : `use one of ${known.join(', ')}`,
  })
}

function reader(copy: CopyInto, files: readonly string[]): string {
  return READERS[copy.format](copy, files.map(quotedText).join(', '))
}
