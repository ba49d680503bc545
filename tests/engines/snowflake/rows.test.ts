import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDriver } from '../../../src/engines/snowflake/driver.ts'
import { type Account, openAccount, PASSWORD, USER } from './account.ts'

const CHUNK = 2000
const CHUNKS = 50
/** A row of a kilobyte: all 100,000 would be 100 MB. */
const row = (index: number): readonly string[] => [String(index), 'x'.repeat(1000)]
const chunk = (number: number) => ({
  count: CHUNK,
  rows: () => Array.from({ length: CHUNK }, (_, index) => row(number * CHUNK + index)),
})

/** The heap without what nobody needs any more. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  return process.memoryUsage().heapUsed
}

let account: Account
beforeAll(async () => {
  account = await openAccount()
  account.server.on('select many', {
    columns: [
      { name: 'N', type: 'fixed', scale: 0 },
      { name: 'TEXT', type: 'text' },
    ],
    chunks: Array.from({ length: CHUNKS }, (_, number) => chunk(number)),
  })
})
afterAll(() => account.close())

test('100,000 rows in chunks arrive whole and in order, in the memory of a few chunks', async () => {
  const { connect } = await loadDriver()
  const connection = await connect({
    account: 'myorg-prod',
    accessUrl: account.server.url,
    username: USER.name,
    password: PASSWORD,
  })
  const answer = await connection.execute('select many', {}, () => undefined)
  const before = heap()
  let count = 0
  let most = 0
  let ahead = 0
  for await (const [number] of answer.rows()) {
    if (Number(number) !== count) throw new Error(`row ${count} is ${number}`)
    count += 1
    if (count % CHUNK !== CHUNK / 2) continue
    most = Math.max(most, heap() - before)
    ahead = Math.max(ahead, account.server.counts.chunks - Math.floor(count / CHUNK))
  }
  await connection.close()
  expect(count).toBe(CHUNK * CHUNKS)
  expect(account.server.counts.chunks).toBe(CHUNKS)
  // Neither all chunks were fetched at once, nor their rows kept.
  expect(ahead).toBeLessThan(5)
  expect(most).toBeLessThan(30 * 1024 * 1024)
})

test('a query for a few rows fetches a few chunks', async () => {
  const { chunks } = account.server.counts
  const { rows, truncated } = await account.engine.query({ sql: 'select many', file: '' }, 20)
  expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
  expect(truncated).toBe(true)
  expect(account.server.counts.chunks - chunks).toBe(1)
})
