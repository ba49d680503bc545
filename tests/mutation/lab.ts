import { AssertionError } from 'node:assert/strict'
import { attachDatabase } from '../../src/engines/duckdb/attach.ts'
import { cellText, openDatabase } from '../../src/engines/duckdb/driver.ts'
import { readState } from '../../src/engines/duckdb/system.ts'
import type { Engine } from '../../src/engines/engine.ts'
import type { Statement, Step } from '../../src/plan/types.ts'
import { createTranslator } from '../../src/transpile/translate.ts'

/** One for all: translating a statement costs more than executing it on little data. */
const translator = createTranslator()

type Alter = (sql: string) => string

/** Is called before each statement of a load that is not aside. */
export type Watcher = (step: Step, index: number) => Promise<void>

/**
 * An engine on a scratch warehouse that can try something and take it back: statements of a load are executed one by one and
 * without a transaction of their own. There is one connection: no two things may be asked of it at once.
 */
export interface Lab {
  readonly engine: Engine
  /** Executes the statements of a step from one on; returns the rows that its writes changed. */
  readonly run: (step: Step, from: number) => Promise<number>
  /** Executes one statement of a step, and returns what it wrote to or what it read, as text. */
  readonly effectOf: (step: Step, index: number) => Promise<string>
  /** Uses the warehouse with statements altered, and undoes it; `signal` ends what runs. */
  readonly aside: <T>(alter: Alter, use: () => Promise<T>, signal?: AbortSignal) => Promise<T>
  readonly watch: (watcher: Watcher) => void
}

const WRITTEN = /^(?:insert into|update|delete from|merge into) ([\w.]+)/
/** The statements of a step in the order in which they are executed. */
export const statementsOf = ({ prepare, load }: Step): readonly Statement[] => [...prepare, ...load]

/** Opens a lab for as long as it is used. Statements whose guard stops the load throw an AssertionError. */
export async function withLab<T>(use: (lab: Lab) => Promise<T>): Promise<T> {
  const database = await openDatabase()
  const connection = await database.connect()
  // On little data a second thread costs more than it does.
  await connection.execute('set threads = 1')
  await attachDatabase(connection, ':memory:', 'TELCO_DB')
  let alter: Alter | undefined
  let watcher: Watcher | undefined
  const translated = async (sql: string): Promise<string> =>
    (await translator.translate({ sql, file: '' }, 'TELCO_DB.SF')).sql
  const read = async (sql: string) => {
    const { columns, rows } = await connection.read(sql)
    return { columns, rows: rows.map(row => row.map(cellText)), truncated: false }
  }

  /** Executes a statement; returns the count of a write and the rows of a query. */
  const execute = async ({ kind, text }: Statement): Promise<{ count: number; rows: string }> => {
    const sql = await translated(alter === undefined ? text.sql : alter(text.sql))
    if (kind === 'execute' || kind === 'write') {
      const count = await connection.execute(sql)
      return { count: kind === 'write' ? count : 0, rows: '' }
    }
    const { rows } = await read(sql)
    if (kind === 'guard' && rows.length > 0) throw new AssertionError({ message: `stopped: ${rows.join()}` })
    return { count: 0, rows: JSON.stringify(rows) }
  }
  const run: Lab['run'] = async (step, from) => {
    let count = 0
    for (const [index, statement] of statementsOf(step).entries()) {
      if (index < from) continue
      if (alter === undefined) await watcher?.(step, index)
      count += (await execute(statement)).count
    }
    return count
  }
  const engine: Engine = {
    name: 'duckdb',
    concurrency: 1,
    state: databases => readState(connection, databases),
    translate: ({ text }) => translated(text.sql),
    setup: async ({ setup }) => {
      for (const { text } of setup) await connection.execute(await translated(text.sql))
    },
    run: async step => ({ rows: await run(step, 0), executed: [] }),
    confirm: async () => undefined,
    call: () => Promise.reject(new Error('a lab has no procedures')),
    query: async ({ sql }) => read(await translated(sql)),
    close: async () => undefined,
  }
  const effectOf: Lab['effectOf'] = async (step, index) => {
    const statement = statementsOf(step)[index]
    if (statement === undefined) throw new Error('no such statement')
    const { rows } = await execute(statement)
    const table = WRITTEN.exec(statement.text.sql)?.[1]
    if (table === undefined) return rows
    // Times of the clock differ by themselves.
    const found = await read(`select columns(c -> lower(c) not in ('loaded_at', 'held_at')) from ${table}`)
    return found.rows
      .map(row => JSON.stringify(row))
      .sort()
      .join('\n')
  }
  const aside: Lab['aside'] = async (altered, task, signal) => {
    const onAbort = (): void => connection.interrupt()
    signal?.addEventListener('abort', onAbort)
    await connection.execute('begin')
    alter = altered
    try {
      return await task()
    } finally {
      alter = undefined
      signal?.removeEventListener('abort', onAbort)
      await connection.execute('rollback')
    }
  }
  try {
    const watch: Lab['watch'] = next => {
      watcher = next
    }
    return await use({ engine, run, effectOf, aside, watch })
  } finally {
    connection.close()
    database.close()
  }
}
