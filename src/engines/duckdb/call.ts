import { callProcedure, parseProcedures } from '../../scripting/index.ts'
import type { Translator } from '../../transpile/translate.ts'
import type { ProcedureCall, Rows } from '../engine.ts'
import { type CopyContext, executeCopy } from './copy.ts'
import type { Connection } from './driver.ts'
import { engineError } from './errors.ts'
import { createDuckDbSession } from './session.ts'

/** What a call takes besides its text. */
export interface CallContext {
  readonly connection: Connection
  readonly aside: Connection
  readonly stages: CopyContext['stages']
  readonly translator: Translator
  readonly macros: string
}

/** Calls a procedure by its text: an embedded database has none. */
export async function interpret(
  { name, procedures, onStatement }: ProcedureCall,
  signal: AbortSignal,
  { connection, aside, stages, translator, macros }: CallContext,
): Promise<Rows> {
  const parsed = procedures.flatMap(({ sql, file }) => parseProcedures(sql, file))
  const session = createDuckDbSession({
    connection,
    aside,
    translator,
    macros,
    signal,
    copy: (copy, text) => {
      // What DuckDB says of any part of it is an error of the statement, which a script may handle.
      const told = (sql: string) => (error: unknown) => Promise.reject(engineError(error, text, sql))
      return executeCopy(
        copy,
        { kind: 'execute', text },
        {
          connection: { ...connection, read: (sql, limit) => connection.read(sql, limit).catch(told(sql)) },
          stages,
          manifests: new Map(),
          execute: sql => connection.execute(sql).catch(told(sql)),
        },
      )
    },
  })
  const { value, table } = await callProcedure(parsed, name, [], session, {
    signal,
    onStatement,
    // DuckDB's own clock stands still within a transaction.
    now: () => new Date(),
  })
  if (table !== undefined)
    return { columns: table.columns.map(column => column.name), rows: table.rows, truncated: false }
  return { columns: [name.split('.').at(-1)?.toUpperCase() ?? name], rows: [[value?.value ?? null]], truncated: false }
}
