import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProgram } from './expectations.ts'
import { type Harness, openHarness, type Program } from './harness.ts'
import { CALLS } from './programs/calls.ts'
import { CONTROL } from './programs/control.ts'
import { CURSORS } from './programs/cursors.ts'
import { EXCEPTIONS } from './programs/exceptions.ts'
import { SQL } from './programs/sql.ts'
import { TRANSACTIONS } from './programs/transactions.ts'
import { VALUES } from './programs/values.ts'

const PROGRAMS: Readonly<Record<string, readonly Program[]>> = {
  values: VALUES,
  'IF, CASE and loops': CONTROL,
  'cursors and result sets': CURSORS,
  exceptions: EXCEPTIONS,
  SQL,
  procedures: CALLS,
  transactions: TRANSACTIONS,
}

let harness: Harness
beforeAll(async () => {
  harness = await openHarness()
})
afterAll(() => harness.close())

describe.each(Object.entries(PROGRAMS))('%s', (_, programs) => {
  test.each(programs.map(program => [program.name, program] as const))('%s', async (_, program) => {
    await expectProgram(harness, program)
  })
})

test('there are at least 200 programs, each with an outcome of its own and a name of its own', () => {
  const all = Object.values(PROGRAMS).flat()
  expect(all.length).toBeGreaterThanOrEqual(200)
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  const bare = all.filter(each => ['value', 'table', 'error', 'after', 'statements'].every(key => !(key in each)))
  expect(bare).toEqual([])
})
