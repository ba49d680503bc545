import { AssertionError } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withScratch } from '../helpers/scratch.ts'
import { histories } from './generator.ts'
import type { Delivery, History } from './model.ts'
import { checkSql, compareOnScratch, GROUPS } from './sql-case.ts'
import { widen } from './widen.ts'
import { openWorld } from './world.ts'

const SEED = 20250101
const plain = histories.filter(({ limit, loads }) => limit === 1 && loads.length > 1)

/** The same deliveries one a load, of each day in the same order and the days in another. */
function reordered({ loads }: History, turn: number): History {
  const all = loads.flatMap(({ batch }) => batch)
  const days = [...new Set(all.map(({ day }) => day))]
  const order = [...days.slice(turn % days.length), ...days.slice(0, turn % days.length)].reverse()
  const batches: readonly Delivery[] = order.flatMap(day => all.filter(delivery => delivery.day === day))
  return { limit: 1, loads: batches.map(delivery => ({ batch: [delivery], approved: [], events: [] })) }
}

/** What is believed after a history, by the SQL: rows of the dimension without the knowledge axis, surrogate keys included. */
function believedOf(history: History): Promise<string> {
  return withScratch(['TELCO_DB'], async engine => {
    const world = await openWorld(engine, history.limit)
    for (const load of history.loads) await world.load(load)
    return world.believed()
  })
}

/** The surrogate key of every version that a history ever published, by what it is a version of. */
function keysOf(history: History): Promise<ReadonlyMap<string, string>> {
  return withScratch(['TELCO_DB'], async engine => {
    const world = await openWorld(engine, history.limit)
    for (const load of history.loads) await world.load(load)
    const rows = await world.keyed()
    expect(new Set(rows.map(({ sk }) => sk)).size).toBe(rows.length)
    return new Map(rows.map(({ k, a, b, start, sk }) => [JSON.stringify([k, a, b, start]), sk]))
  })
}

describe('the SQL of history, on DuckDB', () => {
  test('V21 gives what the oracle gives after every load, and nothing when all is loaded again (V2)', async () => {
    const numRuns = 4
    const { loads, deliveries, rows } = await checkSql({ seed: SEED, numRuns })
    process.stdout.write(
      `${numRuns * GROUPS} histories, ${loads} loads of ${deliveries} deliveries through the SQL, ${rows} rows compared\n`,
    )
  }, 240_000)

  test('V1 V3 in another order of days, or all at once, the same is believed', async () => {
    for (const [turn, drawn] of fc.sample(plain, { seed: SEED, numRuns: 3 }).entries()) {
      const history = widen(drawn, 10)
      const batch = history.loads.flatMap(load => load.batch)
      const believed = await believedOf(history)
      expect(await believedOf(reordered(history, turn + 1))).toBe(believed)
      expect(await believedOf({ limit: 1, loads: [{ batch, approved: [], events: [] }] })).toBe(believed)
    }
  }, 120_000)

  test('V15 V22 in two warehouses loaded in another order a version has the same surrogate key, and no other has it', async () => {
    const [drawn] = fc.sample(
      plain.filter(({ loads }) => loads.length > 4),
      { seed: SEED, numRuns: 1 },
    )
    const history = widen(drawn ?? { limit: 1, loads: [] }, 10)
    const [one, other] = [await keysOf(history), await keysOf(reordered(history, 1))]
    const both = [...one].filter(([version]) => other.has(version))
    expect(both.length).toBeGreaterThan(50)
    expect(both.map(([version]) => [version, other.get(version)])).toEqual(both)
  }, 120_000)
})

/**
 * Statements broken on purpose, with how many of the random histories do not show it and are passed over. A replacement that
 * finds nothing to replace would prove nothing, so that is an error.
 */
const BROKEN: readonly (readonly [string, RegExp, string, number])[] = [
  ['no next day', /(resumed as \(\n)/, '$1select * from (', 0],
  ['no keys by existing bounds', /on d\.is_effective and d\.is_revised\n/, 'on false\n', 8],
  ['ends overwritten in place', /where c\.change in \('RESTATE', 'BELIEVE'\)/, 'where false', 0],
  [
    'days inferred from the dimension',
    /(select distinct business_date from )TELCO_DB\.DATAFORM\.LEDGER/g,
    "$1(select cast(effective_start_date as date) as business_date, 'DW.DIM' as dataset from TELCO_DB.DW.DIM) x",
    12,
  ],
]

describe('a weakened form is caught', () => {
  test.each(BROKEN)(
    '%s',
    async (_, pattern, by, first) => {
      let altered = 0
      const alter = (sql: string): string => {
        if (sql.search(pattern) < 0) return sql
        altered += 1
        return weakened(sql, pattern, by)
      }
      let caught = 0
      for (const [index, drawn] of [...fc.sample(plain, { seed: SEED, numRuns: 60 }).entries()].slice(first)) {
        // Side by side some key changes on every day: days without a change are found in narrow histories alone.
        caught += await compareOnScratch(index % 4 === 0 ? widen(drawn, GROUPS) : drawn, alter).then(
          () => 0,
          (error: unknown) => {
            // Only other rows count: a statement that no longer runs would be caught by anything.
            if (!(error instanceof AssertionError)) throw error
            return 1
          },
        )
        if (caught > 0) break
      }
      expect(altered).toBeGreaterThan(0)
      expect(caught).toBeGreaterThan(0)
    },
    120_000,
  )
})

/** The next day's CTE keeps its columns and loses its rows; other forms are plain replacements. */
function weakened(sql: string, pattern: RegExp, by: string): string {
  if (!by.endsWith('select * from (')) return sql.replace(pattern, by)
  const start = sql.search(pattern)
  const end = sql.indexOf('\n), versions as', start)
  const body = sql.slice(start, end).replace('resumed as (\n', '')
  return end < 0 ? sql : `${sql.slice(0, start)}resumed as (\nselect * from (${body}\n) where false${sql.slice(end)}`
}
