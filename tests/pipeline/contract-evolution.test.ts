import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { backfill } from '../../pipeline/backfill.ts'
import { replay } from '../../pipeline/replay.ts'
import { quoted, withWorker } from '../../pipeline/worker.ts'
import { copyFlagship, customer, failuresOf, type Line, openLine, plan } from './line.ts'

const projectDir = copyFlagship()
const customers = Array.from({ length: 15 }, (_, number) => customer(`C${number}`))
const plans = [plan('P1')]
const settings = { badShare: 0.5, quiet: true }

/** Changes a contract in the project of a line; returns what undoes it. */
function evolve({ places }: Line, dataset: string, change: (yaml: string) => string): () => void {
  const file = join(places.projectDir, 'includes', 'contracts', `${dataset}.yaml`)
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, change(before))
  return () => writeFileSync(file, before)
}

/** What a person does whom a message sends to ALTER TABLE. */
async function alter({ places }: Line, sql: string): Promise<void> {
  await withWorker(async worker => {
    await worker.run(`attach ${quoted(join(places.warehouse, 'TELCO_DB.duckdb'))} as TELCO_DB`, sql, 'detach TELCO_DB')
  })
}

const versions =
  'select count(*), count_if(is_current), max(known_from) from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1'

describe('a contract that changes', () => {
  test('F85 V19 a tracked column is added: without values no version is new, with one only that customer has', async () => {
    const line = openLine({ projectDir })
    line.deliver('2025-01-01', { customers, plans })
    expect(failuresOf(await line.run())).toEqual([])
    const before = await line.ask(versions)
    const added = '  - { name: segment, type: VARCHAR, tracked: true, description: Kind of customer }\n'
    const undo = evolve(line, 'customers', yaml => yaml + added)
    try {
      line.deliver('2025-01-02', { customers, plans })
      expect(failuresOf(await line.run()).join()).toMatch(/DW.DIM_CUSTOMER has no column SEGMENT.*ALTER TABLE/)
      for (const table of ['DIM_CUSTOMER', 'DIM_CUSTOMER_HISTORY'])
        await alter(line, `alter table TELCO_DB.DW.${table} add column SEGMENT varchar`)
      expect(failuresOf(await line.run())).toEqual([])
      expect(await line.ask(versions)).toEqual(before)
      const golden = customers.map((row, at) => (at === 0 ? { ...row, segment: 'gold' } : row))
      line.deliver('2025-01-03', { customers: golden, plans })
      expect(failuresOf(await line.run())).toEqual([])
      const segments =
        'select customer_id, segment, effective_start_date from TELCO_DB.DW.DIM_CUSTOMER where segment is not null'
      expect(await line.ask(segments)).toEqual([[['C0', 'gold', '2025-01-03 00:00:00']]])
      // A day of the old contract is cleaned and staged by the new one, and is what it was.
      const again = await backfill({ ...line.places, ...settings, from: '2025-01-01', to: '2025-01-01' }, line.effects)
      expect(failuresOf(again)).toEqual([])
      expect(await line.ask(segments)).toEqual([[['C0', 'gold', '2025-01-03 00:00:00']]])
    } finally {
      undo()
    }
  }, 120_000)

  test('a type is widened: archived days are replayed by the contract of today, to the same rows', async () => {
    const line = openLine({ projectDir })
    line.deliver('2025-01-01', { customers, plans })
    expect(failuresOf(await line.run())).toEqual([])
    const undo = evolve(line, 'plans', yaml => yaml.replaceAll('NUMBER(10,0)', 'NUMBER(18,0)'))
    try {
      line.deliver('2025-01-02', { customers, plans })
      expect(failuresOf(await line.run())).toEqual([])
      const proof = await replay({ ...line.places, ...settings }, line.effects)
      expect(proof.relations.flatMap(({ examples }) => examples)).toEqual([])
    } finally {
      undo()
    }
  }, 120_000)

  test('a column is dropped: a day that still has it is kept aside, and archived days stay loadable', async () => {
    const line = openLine({ projectDir })
    line.deliver('2025-01-01', { customers, plans })
    expect(failuresOf(await line.run())).toEqual([])
    const undo = evolve(line, 'customers', yaml => yaml.replace(/ {2}- \{ name: registration_channel[^\n]*\n/, ''))
    try {
      line.deliver('2025-01-02', { customers, plans })
      const result = await line.run()
      expect(failuresOf(result)).toEqual([])
      expect(result.files.flatMap(file => file.warnings ?? [])).toEqual(['NEW_COLUMN registration_channel'])
      const again = await backfill({ ...line.places, ...settings, from: '2025-01-01', to: '2025-01-02' }, line.effects)
      expect(failuresOf(again)).toEqual([])
      expect((await line.ask(versions))[0]?.[0]?.slice(0, 2)).toEqual(['15', '15'])
    } finally {
      undo()
    }
  }, 120_000)
})
