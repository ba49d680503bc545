// Stands in for the engine's driver in the bundle that is killed: the same driver, and an end of the process before or after
// the n-th statement that it executes. What to do is told by the environment: KILL_AT, KILL_WHEN.

import { type Connection, cellText, type Database, openDatabase as openReal } from '../../src/engines/duckdb/driver.ts'

export { cellText }

const at = Number(process.env.KILL_AT ?? Number.POSITIVE_INFINITY)
const isBefore = process.env.KILL_WHEN === 'before'
let executed = 0

function dieAt(number: number): void {
  if (number === at) process.kill(process.pid, 'SIGKILL')
}

function counting(connection: Connection): Connection {
  return {
    ...connection,
    execute: async sql => {
      executed += 1
      const number = executed
      if (isBefore) dieAt(number)
      const rows = await connection.execute(sql)
      if (!isBefore) dieAt(number)
      return rows
    },
  }
}

export async function openDatabase(): Promise<Database> {
  const database: Database = await openReal()
  return { ...database, connect: async () => counting(await database.connect()) }
}

process.on('exit', () => {
  if (process.env.KILL_COUNT !== undefined) process.stderr.write(`STATEMENTS ${executed}\n`)
})
