import { basename } from 'node:path'
import { compileProject } from '../compile/compile.ts'
import { identifier, literal, relation } from '../dialects/snowflake.ts'
import type { Effects } from '../effects.ts'
import type { Engine, ProcedureCall, Rows } from '../engines/engine.ts'
import { UserError } from '../error.ts'
import { SYSTEM_SCHEMA } from '../plan/system.ts'
import { compileProcedures } from '../procedures/index.ts'
import { deployLocally } from '../run/deployment.ts'
import { openProject } from '../run/project-run.ts'
import { interruptible } from './interruptible.ts'
import { readProcedures } from './procedures.ts'
import { type Verb, wholeNumber } from './program.ts'
import { COMMON_FLAGS, duration, overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'
import { textTable } from './table.ts'
import { simulateTasks } from './task-times.ts'

/** `dataform call`: calls a compiled procedure, in Snowflake or by its text. */
export const call: Verb = {
  name: 'call',
  args: ['[procedure]', '[project-dir]'],
  summary: 'calls a compiled procedure: in Snowflake, or its text on the embedded DuckDB',
  flags: [
    { flags: '--task', summary: 'shows what the task would run when, by a simulated clock, instead of calling' },
    { flags: '--from <time>', summary: 'where that clock starts, e.g. 2025-01-31T12:00:00Z; now unless told' },
    { flags: '--days <n>', summary: `how far it goes; 7 unless told`, parse: wholeNumber },
    { flags: '--takes <duration>', summary: `how long each task is supposed to take, e.g. 90m; 10m unless told` },
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    ...COMMON_FLAGS,
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    if (options.task === true) return simulateTasks(args, options, effects)
    const [procedure, ...dirs] = args
    if (procedure === undefined) throw new UserError('call needs the name of a procedure, or --task', { exitCode: 2 })
    const project = {
      projectDir: projectDir(dirs, effects),
      overrides: overrides(options),
      credentialsFile: options.credentials as string | undefined,
    }
    return interruptible(effects, 'what it had not committed was rolled back: call again', async signal => {
      const graph = await compileProject({ ...project, timeoutMs: duration(options.timeout) })
      const compiled = compileProcedures(graph, project.projectDir)
      const engine = await openProject(project, graph, effects, true)
      try {
        const procedures = engine.name === 'duckdb' ? readProcedures(project.projectDir) : []
        if (engine.name === 'duckdb') {
          tellStale(compiled.files, procedures, effects)
          await deployLocally(compiled, engine, signal)
        }
        const place = [compiled.database, compiled.schema].map(identifier).join('.')
        const name = procedure.includes('.') ? procedure : `${place}.${procedure}`
        const isJson = options.json === true
        const onStatement = isJson ? undefined : tellProcedures(effects)
        const audit = auditOf(compiled.database, engine)
        const before = await audit.newest()
        try {
          const result = await engine.call({ name, procedures, onStatement }, signal)
          show(result, await audit.since(before), isJson, effects)
          return 0
        } catch (error) {
          // Where it failed, and how far it came, is in the audit; what cannot be read is not what went wrong.
          const rows = signal.aborted || isJson ? undefined : await audit.since(before).catch(() => undefined)
          if (rows !== undefined) show(undefined, rows, false, effects)
          throw error
        }
      } finally {
        await engine.close()
      }
    })
  },
}

/** A line for each procedure that is entered. */
function tellProcedures(effects: Effects): NonNullable<ProcedureCall['onStatement']> {
  const told = new Set<string>()
  return ({ file }) => {
    if (told.has(file)) return
    told.add(file)
    effects.stderr(`  ${basename(file, '.sql')}\n`)
  }
}

/** What is called is the written text, which the project may have left behind. */
function tellStale(
  files: ReadonlyMap<string, string>,
  procedures: readonly { readonly sql: string; readonly file: string }[],
  effects: Effects,
): void {
  const stale = procedures.filter(({ sql, file }) => files.get(file.replace('target/snowflake/', '')) !== sql)
  if (stale.length > 0)
    effects.stderr(
      `The project has changed since its procedures were compiled: dataform compile --procedures writes them anew\n`,
    )
}

/** What procedures have written down of their runs. */
interface Audit {
  /** The last run; null where there was none. */
  readonly newest: () => Promise<string | null>
  /** What the run did that is the last one now, if it is another: a procedure of a person may write nothing down. */
  readonly since: (run: string | null) => Promise<Rows>
}

function auditOf(database: string, engine: Engine): Audit {
  const runs = relation({ database, schema: SYSTEM_SCHEMA, name: 'PROCEDURE_RUNS' })
  const newest = `select run_id from ${runs} qualify row_number() over (order by ended_at desc) = 1`
  return {
    // Where nothing was deployed there is nothing to read, and the call says so.
    newest: () =>
      engine.query({ sql: newest, file: '' }, 1).then(
        ({ rows }) => rows[0]?.[0] ?? null,
        () => null,
      ),
    since: run => {
      const sql = `select r.procedure, r.status, coalesce(r.row_count, 0) as rows_written, r.started_at, r.ended_at, r.failed_at, r.message
from ${runs} r where r.run_id = (${newest})${run === null ? '' : ` and r.run_id <> ${literal(run)}`} order by r.ended_at`
      return engine.query({ sql, file: '' }, 100)
    },
  }
}

function show(result: Rows | undefined, audit: Rows, isJson: boolean, effects: Effects): void {
  const names = audit.columns.map(name => name.toLowerCase())
  if (isJson) {
    const runs = audit.rows.map(row => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])))
    effects.stdout(`${JSON.stringify({ result: result?.rows[0]?.[0] ?? null, runs }, null, 2)}\n`)
    return
  }
  const value = result === undefined ? [] : [String(result.rows[0]?.[0] ?? 'NULL')]
  const table = audit.rows.length === 0 ? [] : [textTable(names, audit.rows)]
  if (value.length + table.length > 0) effects.stdout(`${[...value, ...table].join('\n\n')}\n`)
}
