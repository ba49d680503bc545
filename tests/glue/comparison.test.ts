import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Cleaned, readManifest } from '../../pipeline/lake.ts'
import { parquet, toParquet, withWorker } from '../../pipeline/worker.ts'
import { customer } from './cleaning.ts'
import { compareLakes, put, runLocally } from './parity.ts'

/** Compares a lake with a copy whose cleaned customers are this query's rows instead. */
async function compareWith(query: (from: string) => string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'comparison-'))
  const [one, other] = [join(folder, 'one'), join(folder, 'other')]
  try {
    const rows = [customer('a'), customer('b', { first_name: 'E\u0301' })].map(row => `${JSON.stringify(row)}\n`)
    await put(one, 'customers', rows.join(''), '2025-01-01')
    await runLocally(one)
    cpSync(one, other, { recursive: true })
    const path = readManifest<Cleaned>(other, 'clean')[0]?.goodPath ?? ''
    await withWorker(worker => worker.run(toParquet(query(parquet([join(one, path)])), join(other, path))))
    return await compareLakes(one, other).catch((error: Error) => error.message)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the comparison of lakes', () => {
  it('takes the same rows in any order', async () => {
    expect(await compareWith(from => `select * from ${from} order by customer_id desc`)).toMatchObject({
      'good customers': 2,
      'staged customers': 2,
    })
  })

  it.each([
    ['a letter in another form', 'first_name', "replace(first_name, '\u00c9', 'E\u0301')"],
    ['a time that is a microsecond later', 'registration_date', 'registration_date + interval 1 microsecond'],
    ['NULL in the place of nothing', 'first_name', "nullif(first_name, 'Ada')"],
  ])('sees %s', async (_, name, value) => {
    expect(await compareWith(from => `select * replace (${value} as ${name}) from ${from}`)).toContain('rows differ')
  })

  it('sees a row that comes twice, one that is missing, and a column of another type', async () => {
    expect(await compareWith(from => `select * from ${from} union all select * from ${from}`)).toContain('rows differ')
    expect(await compareWith(from => `select * from ${from} limit 1`)).toContain('rows differ')
    expect(await compareWith(from => `select * replace (source_line::integer as source_line) from ${from}`)).toContain(
      'source_line INTEGER',
    )
  })
})
