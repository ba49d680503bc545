import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileProject } from '../../src/compile/compile.ts'
import type { Effects } from '../../src/effects.ts'
import { type Connection, type Database, openDatabase } from '../../src/engines/duckdb/driver.ts'
import type { Engine, Rows } from '../../src/engines/engine.ts'
import type { Graph } from '../../src/graph/types.ts'
import { type CompiledProcedures, compileProcedures } from '../../src/procedures/index.ts'
import type { RunResult } from '../../src/report/results.ts'
import { deployLocally } from '../../src/run/deployment.ts'
import { openProject, runProject } from '../../src/run/project-run.ts'
import type { Event } from './events.ts'

/** Every row of every relation that matters, by `SCHEMA.NAME`. */
export type Contents = Readonly<Record<string, readonly string[]>>

/** Effects that print nowhere. */
export const quietEffects = (cwd: string): Effects => ({
  stdout: () => undefined,
  stderr: () => undefined,
  isTerminal: false,
  useColour: false,
  columns: 80,
  env: {},
  cwd,
  now: () => new Date(),
  onInterrupt: () => () => undefined,
})

/** A project's folder with a stage. It has any number of warehouses, each a folder by its name. */
export interface World {
  readonly folder: string
  readonly projectDir: string
  readonly stage: string
  readonly stageName: string
  readonly graph: Graph
  readonly compiled: CompiledProcedures
  /** The written procedures, as a call reads them. */
  readonly texts: readonly { readonly sql: string; readonly file: string; readonly line: number }[]
  /** Puts an event's files into the stage. */
  readonly happen: (event: Event) => Promise<void>
  /** Writes the manifest as it is given. */
  readonly writeManifest: (content: unknown) => void
  /** `dataform run` on a warehouse. */
  readonly run: (warehouse: string) => Promise<RunResult>
  /** Makes in a warehouse what the procedures need, as a call does. */
  readonly deploy: (warehouse: string) => Promise<void>
  /** `dataform call` on a warehouse: the master, or another procedure. */
  readonly call: (warehouse: string, procedure?: string) => Promise<Rows>
  /** Opens a warehouse, uses it and closes it. */
  readonly open: <T>(warehouse: string, use: (engine: Engine) => Promise<T>) => Promise<T>
  readonly contents: (warehouse: string) => Promise<Contents>
  readonly warehousePath: (warehouse: string) => string
  readonly close: () => void
}

const signal = new AbortController().signal

export interface WorldOptions {
  readonly projectDir: string
  readonly folder: string
  readonly stage: string
  readonly stageName: string
}

/** A world of a project that is made of these files. */
export async function makeWorld(files: Readonly<Record<string, string>>): Promise<World> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'procedures-')))
  const projectDir = join(folder, 'project')
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(projectDir, file)), { recursive: true })
    writeFileSync(join(projectDir, file), text)
  }
  const stage = join(folder, 'stage')
  mkdirSync(stage)
  return openWorld({ projectDir, folder, stage, stageName: 'DEMO.DW.LAKE' })
}

/** A world of a project and a stage that are there; closing it removes its folder. */
export async function openWorld({ projectDir, folder, stage, stageName }: WorldOptions): Promise<World> {
  const effects = quietEffects(projectDir)
  const graph = await compileProject({ projectDir })
  const compiled = compileProcedures(graph, projectDir)
  const texts = [...compiled.files]
    .filter(([name]) => name.startsWith('procedures/'))
    .map(([name, sql]) => ({ sql, file: `target/snowflake/${name}`, line: 1 }))
  const reader = await openDatabase()
  const warehousePath = (warehouse: string): string => join(folder, warehouse)
  const options = (warehouse: string) => ({
    projectDir,
    warehouse: { path: warehousePath(warehouse), stages: { [stageName]: stage } },
  })
  const open: World['open'] = async (warehouse, use) => {
    const engine = await openProject(options(warehouse), graph, effects, true)
    try {
      return await use(engine)
    } finally {
      await engine.close()
    }
  }
  const listed: Record<string, unknown>[] = []
  const writeManifest: World['writeManifest'] = content =>
    writeFileSync(join(stage, 'manifest.json'), typeof content === 'string' ? content : JSON.stringify(content))
  return {
    folder,
    projectDir,
    stage,
    stageName,
    graph,
    compiled,
    texts,
    writeManifest,
    happen: async ({ files, hasManifest }) => {
      for (const file of files) listed.push(await stageFile(reader, stage, file))
      if (hasManifest) writeManifest({ files: listed })
    },
    run: warehouse => runProject({ ...options(warehouse), isRecorded: false, quiet: true }, effects),
    deploy: warehouse => open(warehouse, async engine => void (await deployLocally(compiled, engine, signal))),
    call: (warehouse, procedure = compiled.master) =>
      open(warehouse, async engine => {
        await deployLocally(compiled, engine, signal)
        return callOn(engine, { compiled, texts }, procedure)
      }),
    open,
    warehousePath,
    contents: warehouse =>
      contentsOf(reader, join(warehousePath(warehouse), `${compiled.database}.duckdb`), compiled.database),
    close: () => {
      reader.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Calls a procedure of a world on an open warehouse as it is. */
export function callOn(
  engine: Engine,
  { compiled, texts }: Pick<World, 'compiled' | 'texts'>,
  procedure = compiled.master,
): Promise<Rows> {
  return engine.call({ name: `${compiled.database}.${compiled.schema}.${procedure}`, procedures: texts }, signal)
}

async function stageFile(
  database: Database,
  stage: string,
  { path, sql, says }: Event['files'][number],
): Promise<Record<string, unknown>> {
  const file = join(stage, path)
  mkdirSync(dirname(file), { recursive: true })
  const connection = await database.connect()
  const rows = await connection.execute(`copy (${sql}) to '${file.replaceAll("'", "''")}' (format parquet)`)
  connection.close()
  const bytes = readFileSync(file)
  const all = { rows, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  return { path, ...Object.fromEntries(says.map(key => [key, all[key]])) }
}

/** Tables that tell of runs, or that a load fills anew: no part of what a warehouse holds. */
const PASSING =
  /^DATAFORM\.(DEFINITIONS|PROCEDURE_RUNS|PROCEDURE_STEPS|ASSERTION_RESULTS|LEASES|OFFERED_FILES|MANIFEST__.*|.*__(DELTA|PROBE|TOUCHED|DAYS|UNTRACKED_KEYS|UNTRACKED_NEXT))$/
/** Columns that hold the time of the load. */
const TIMES = `'loaded_at', 'held_at', 'approved_at'`

/** What a warehouse's file holds, of the load history what was loaded and used up. */
async function contentsOf(database: Database, file: string, name: string): Promise<Contents> {
  const connection = await database.connect()
  try {
    await connection.execute(`attach '${file}' as "${name}" (read_only)`)
    const all = await contentsIn(connection, name)
    await connection.execute(`detach "${name}"`)
    return all
  } finally {
    connection.close()
  }
}

/** What an attached database holds, as far as it is committed or this connection's own. */
export async function contentsIn(connection: Connection, name: string): Promise<Contents> {
  const { rows: relations } = await connection.read(
    `select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = '${name}'
       union all select schema_name || '.' || view_name, 'view' from duckdb_views() where database_name = '${name}' and not internal order by 1`,
  )
  const all: Record<string, readonly string[]> = {}
  for (const [relation] of relations) {
    const key = String(relation).toUpperCase()
    if (PASSING.test(key)) continue
    const columns = key.endsWith('.LOAD_HISTORY')
      ? `replace(relation, 'COPY INTO ', '') as relation, file, consumed`
      : `columns(c -> lower(c) not in (${TIMES}))`
    const where = key.endsWith('.LOAD_HISTORY') ? `where relation not like 'COPY INTO %'` : ''
    const { rows } = await connection.read(`select ${columns} from "${name}".${relation} ${where} order by all`)
    // A table that only one way of loading needs is as good as an empty one.
    if (rows.length > 0) all[key] = rows.map(row => row.map(String).join(' | '))
  }
  return all
}
