import { join } from 'node:path'
import { attachDatabase } from '../../src/engines/duckdb/attach.ts'
import { interpret } from '../../src/engines/duckdb/call.ts'
import { type Connection, openDatabase } from '../../src/engines/duckdb/driver.ts'
import { hardening } from '../../src/engines/duckdb/system.ts'
import { createTranslator } from '../../src/transpile/translate.ts'
import { type Contents, contentsIn, type World } from './world.ts'

/** How a call ended. */
export interface Ended {
  /** Statements that DuckDB was given until then. */
  readonly statements: number
  readonly commits: number
  readonly error: unknown
  readonly result: string | null | undefined
}

/** A row of PROCEDURE_RUNS. */
export interface Run {
  readonly procedure: string
  readonly status: string
  readonly failedAt: string
  readonly message: string
}

/** An open warehouse whose calls can be made to fail. */
export interface Fallible {
  /**
   * Calls a procedure, the master unless told, whose statement `at` (from 1) DuckDB answers with an error of execution: it ends
   * the transaction, as errors do. `onCommit` is told after each COMMIT.
   */
  readonly call: (how?: {
    readonly at?: number
    readonly procedure?: string
    readonly onCommit?: () => Promise<void>
  }) => Promise<Ended>
  readonly contents: () => Promise<Contents>
  /** The runs that a call has left, in order. */
  readonly runs: () => Promise<readonly Run[]>
  readonly close: () => void
}

/** The error that DuckDB gives where a statement fails. */
export const PLANTED = 'planted by the test'

/** Opens a deployed warehouse. */
export async function openFallible(world: World, warehouse: string): Promise<Fallible> {
  const { compiled, stage, stageName, texts, projectDir } = world
  const { database: name, schema } = compiled
  const database = await openDatabase()
  const [connection, aside, reader] = [await database.connect(), await database.connect(), await database.connect()]
  const file = join(world.warehousePath(warehouse), `${name}.duckdb`)
  for (const sql of hardening([stage, world.warehousePath(warehouse)], undefined)) await connection.execute(sql)
  await attachDatabase(connection, file, name)
  const cacheFile = join(projectDir, '.local', 'cache', 'translations.json')
  const translator = createTranslator({ cacheFile })
  const call: Fallible['call'] = async ({ at, procedure = compiled.master, onCommit } = {}) => {
    const counted = failing(connection, at, onCommit)
    const context = {
      connection: counted.connection,
      aside,
      stages: { [stageName]: stage },
      translator,
      macros: `${name}.SF`,
    }
    const request = { name: `${name}.${schema}.${procedure}`, procedures: texts }
    const ended = await interpret(request, new AbortController().signal, context).then(
      ({ rows }) => ({ error: undefined, result: rows[0]?.[0] }),
      (error: unknown) => ({ error, result: undefined }),
    )
    return { ...ended, ...counted.counts() }
  }
  return {
    call,
    contents: () => contentsIn(reader, name),
    runs: async () => {
      const { rows } = await reader.read(
        `select procedure, status, coalesce(failed_at, ''), coalesce(message, '') from "${name}".DATAFORM.PROCEDURE_RUNS order by ended_at, procedure`,
      )
      return rows.map(row => {
        const [run = '', status = '', failedAt = '', message = ''] = row.map(String)
        return { procedure: run, status, failedAt, message }
      })
    },
    close: () => {
      translator.flush()
      for (const each of [connection, aside, reader]) each.close()
      database.close()
    },
  }
}

/** A connection that counts its statements, and gives an error in place of one of them. */
function failing(
  connection: Connection,
  at: number | undefined,
  onCommit: () => Promise<void> = async () => undefined,
) {
  let [statements, commits] = [0, 0]
  const planted = (): Promise<never> =>
    connection.read(`select error('${PLANTED}')`).then(() => Promise.reject(new Error('this was to fail')))
  const counted = async <T>(sql: string, run: () => Promise<T>): Promise<T> => {
    // What only asks for the columns of the statement that follows is no statement of the procedure.
    if (sql.startsWith('describe ')) return run()
    statements += 1
    if (statements === at) {
      // A COMMIT that fails ends its transaction.
      if (sql === 'commit') await connection.execute('rollback')
      return planted()
    }
    const result = await run()
    if (sql === 'commit') {
      commits += 1
      await onCommit()
    }
    return result
  }
  const wrapped: Connection = {
    ...connection,
    execute: sql => counted(sql, () => connection.execute(sql)),
    read: (sql, limit) => counted(sql, () => connection.read(sql, limit)),
  }
  return { connection: wrapped, counts: () => ({ statements, commits }) }
}
