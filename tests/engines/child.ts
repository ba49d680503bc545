// What the tests of warehouses do in processes of their own: one may be killed, or DuckDB may end it.
import { createInterface } from 'node:readline'
import { openDatabase } from '../../src/engines/duckdb/driver.ts'
import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { UserError } from '../../src/error.ts'
import { DATABASE, never, read, statement, step } from './world.ts'

/** How a command ended: with its answer, or with what a person is told. Anything else is a defect. */
export type Answer =
  | { readonly ok: unknown }
  | { readonly error: { readonly message: string; readonly remedy?: string; readonly file?: string } }
  | { readonly defect: string }

/** The rows of the table that `make` leaves, and the number that a reader must find. */
export const ROWS = 60_000
const SUM = 'select count(*), sum(ID), count(distinct NAME), max(NAME) from TELCO_DB.DW.T'

const open = (path: string): Promise<Engine> => openDuckDb({ path, databases: [DATABASE], stages: {}, create: true })

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

const COMMANDS: Readonly<Record<string, (path: string, engine: Engine) => Promise<unknown>>> = {
  /** Holds the warehouse until its input ends. */
  hold: waitHere,
  /** Commits three times, and holds: DuckDB keeps what it committed last in the file's .wal. */
  commit: async (_, engine) => {
    for (const n of [0, 1, 2]) {
      const insert = `insert into TELCO_DB.DW.T values (${ROWS + n}, 'late ${n}')`
      await engine.run(step([statement(insert, 'write')]), never)
    }
    return waitHere()
  },
  make: async (_, engine) => {
    const ten = Array.from({ length: 10 }, (_, n) => `(${n})`).join(', ')
    const digits = `(select n from (values ${ten}) as v (n))`
    const all = [1, 10, 100, 1000].map((factor, n) => `d${n}.n * ${factor}`).join(' + ')
    const six = `(select n from (values (0), (1), (2), (3), (4), (5)) as v (n))`
    const statements = [
      'create schema TELCO_DB.DW',
      `create table TELCO_DB.DW.T as select ${all} + e.n * 10000 as ID, 'name ' || (${all} + e.n * 10000) as NAME
from ${digits} d0 cross join ${digits} d1 cross join ${digits} d2 cross join ${digits} d3 cross join ${six} e`,
    ]
    await engine.run(step(statements.map(sql => statement(sql))), never)
    return read(engine, SUM)
  },
  read: async (_, engine) => {
    await engine.state([DATABASE])
    return read(engine, SUM)
  },
  /** Doubles the table, a commit each time, until something ends it; tells how many rows were committed. */
  fill: async (_, engine) => {
    let rows = ROWS
    try {
      for (; rows < ROWS * 2 ** 12; rows *= 2) {
        const double = `insert into TELCO_DB.DW.T select ID + ${rows}, 'name ' || (ID + ${rows}) || ' of this many' from TELCO_DB.DW.T`
        await engine.run(step([statement(double, 'write')]), never)
      }
    } catch (error) {
      say({ committed: rows, after: await read(engine, SUM) })
      throw error
    }
    return rows
  },
}

async function waitHere(): Promise<string> {
  say('held')
  for await (const _ of process.stdin);
  return 'given back'
}

/** Holds the file as a program that knows nothing of ours would. */
async function holdPlain(path: string): Promise<void> {
  const database = await openDatabase()
  const connection = await database.connect()
  await connection.execute(`attach '${path}/${DATABASE}.duckdb' as ${DATABASE}`)
  await waitHere()
  connection.close()
  database.close()
}

/** Answers one command. */
async function answer(name: string, path: string): Promise<Answer> {
  try {
    const command = COMMANDS[name]
    if (command === undefined) throw new Error(`no command ${name}`)
    const engine = await open(path)
    try {
      return { ok: await command(path, engine) }
    } finally {
      await engine.close()
    }
  } catch (error) {
    if (!(error instanceof UserError)) return { defect: error instanceof Error ? `${error.stack}` : String(error) }
    return { error: { message: error.message, remedy: error.remedy, file: error.place.file } }
  }
}

const [name = '', path = ''] = process.argv.slice(2)
// `serve` reads the warehouses that its input names, one a line: starting a process costs more than reading.
if (name === 'serve')
  for await (const line of createInterface({ input: process.stdin })) say(await answer('read', line))
else if (name === 'plain') await holdPlain(path)
else say(await answer(name, path))
