import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withScratch } from '../helpers/scratch.ts'
import { attributionSql, checkAttribution } from './attribution-sql.ts'
import { histories } from './generator.ts'
import { GONE_AGAIN } from './situations.ts'
import { widen } from './widen.ts'

const SEED = 20250101

test('V16 corrections are the very ones that are due, however many publications have passed since the last', async () => {
  const model = attributionSql()
  const totals: Record<string, number> = {}
  for (const [index, drawn] of fc.sample(histories, { seed: SEED, numRuns: 6 }).entries()) {
    const counts = await withScratch(['TELCO_DB'], engine => checkAttribution(engine, model, widen(drawn, 30), index))
    for (const [reason, count] of Object.entries(counts)) totals[reason] = (totals[reason] ?? 0) + count
  }
  process.stdout.write(`corrections: ${JSON.stringify(totals)}\n`)
  expect(Object.keys(totals).sort()).toEqual(['arrived', 'changed', 'gone', 'rekeyed'])
  expect(Math.min(...Object.values(totals))).toBeGreaterThan(5)
}, 120_000)

test('V16 an event of a version that got its first end since the last corrections is corrected', async () => {
  const counts = await withScratch(['TELCO_DB'], engine =>
    checkAttribution(engine, attributionSql(), GONE_AGAIN.history, 0),
  )
  expect(counts.gone).toBeGreaterThan(5)
}, 180_000)
