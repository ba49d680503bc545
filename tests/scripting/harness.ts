import { attachDatabase } from '../../src/engines/duckdb/attach.ts'
import { type Connection, cellText, openDatabase } from '../../src/engines/duckdb/driver.ts'
import { createDuckDbSession } from '../../src/engines/duckdb/session.ts'
import {
  type ArgumentValue,
  type CallOptions,
  type CallResult,
  callProcedure,
  parseProcedures,
  type ScriptSession,
} from '../../src/scripting/index.ts'
import { createTranslator } from '../../src/transpile/translate.ts'

/** A small program and what Snowflake's documentation says it does. */
export interface Program {
  readonly name: string
  /** Statements before the call, as DuckDB takes them. */
  readonly before?: readonly string[]
  /** CREATE PROCEDURE statements; a block alone is the body of a procedure P() that returns a VARCHAR. */
  readonly text: string
  /** `P` where it is left out. */
  readonly call?: string
  readonly args?: readonly ArgumentValue[] | Readonly<Record<string, ArgumentValue>>
  /** What the call returns, as text. */
  readonly value?: string | null
  readonly table?: readonly (readonly (string | null)[])[]
  readonly error?: {
    readonly exception: string
    readonly code?: number
    readonly state?: string
    readonly text: string
    readonly line?: number
  }
  /** The rows that a query finds afterwards, read by another connection: what was committed. */
  readonly after?: { readonly query: string; readonly rows: readonly (readonly (string | null)[])[] }
  /** What the SQL of the statements that ended well starts with. */
  readonly statements?: readonly string[]
}

export interface Harness {
  readonly session: (signal?: AbortSignal) => ScriptSession
  readonly run: (program: Program, options?: CallOptions) => Promise<CallResult>
  readonly read: (query: string) => Promise<readonly (readonly (string | null)[])[]>
  readonly execute: (sql: string) => Promise<unknown>
  readonly close: () => void
}

/** An empty database DB with a schema W, that scripts run in. */
export async function openHarness(): Promise<Harness> {
  const database = await openDatabase()
  const [connection, aside, other] = [await database.connect(), await database.connect(), await database.connect()]
  await connection.execute('set global errors_as_json = true')
  await attachDatabase(connection, ':memory:', 'DB')
  await connection.execute('create schema DB.W')
  const translator = createTranslator()
  const session = (signal?: AbortSignal): ScriptSession =>
    createDuckDbSession({ connection, aside, translator, macros: 'DB.SF', signal })
  return {
    session,
    run: async ({ before = [], text, call = 'P', args = [] }, options = {}) => {
      for (const sql of before) await other.execute(sql)
      const procedures = parseProcedures(procedureText(text), 'procedures.sql')
      return callProcedure(procedures, call, args, session(options.signal), options)
    },
    read: query => rows(other, query),
    execute: sql => other.execute(sql),
    close: () => {
      for (const each of [connection, aside, other]) each.close()
      database.close()
    },
  }
}

async function rows(connection: Connection, query: string): Promise<readonly (readonly (string | null)[])[]> {
  return (await connection.read(query)).rows.map(row => row.map(cellText))
}

/** The lines of a block stay its own. */
export function procedureText(text: string): string {
  return /^\s*(--.*\n)?\s*create/i.test(text)
    ? text
    : `create procedure P() returns varchar language sql as $$${text}$$`
}
