import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from '../../pipeline/feed/generate.ts'
import { land } from '../../pipeline/land.ts'
import { quoted, type Worker, withWorker } from '../../pipeline/worker.ts'
import { buildKillable, type KillableCommand } from './command.ts'

/** A lake whose next load has everything: a day in order, a late one, and an old one that is revised. */
export interface Scene {
  readonly command: KillableCommand
  /** Statements of an undisturbed load. */
  readonly statements: number
  readonly ms: number
  /** Kills one load, runs again, and compares with the undisturbed one; throws where a row differs. */
  readonly trial: (how: Parameters<KillableCommand['run']>[1]) => Promise<void>
  readonly close: () => void
}

const placesOf = (folder: string): readonly string[] => [
  '--lake',
  join(folder, 'lake'),
  '--warehouse',
  join(folder, 'warehouse'),
]

/** Makes the scene, loads it undisturbed once, and remembers the rows. */
export async function openScene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'))
  const command = await buildKillable()
  const start = join(folder, 'start')
  prepare(folder, start)
  assert.equal((await command.run(['run', ...placesOf(start)])).exit, 0)
  land(join(folder, 'next'), join(start, 'lake'))
  const calm = join(folder, 'calm')
  cpSync(start, calm, { recursive: true })
  const began = performance.now()
  const undisturbed = await command.run(['run', ...placesOf(calm)], { env: { KILL_COUNT: '1' } })
  const ms = performance.now() - began
  assert.equal(undisturbed.exit, 0, undisturbed.stderr)
  const statements = Number(/STATEMENTS (\d+)/.exec(undisturbed.stderr)?.[1])
  const expected = await rowsOf(calm)
  let number = 0
  return {
    command,
    statements,
    ms,
    trial: async how => {
      number += 1
      const own = join(folder, `trial-${number}`)
      cpSync(start, own, { recursive: true })
      await command.run(['run', ...placesOf(own)], how)
      const again = await command.run(['run', ...placesOf(own)])
      assert.equal(again.exit, 0, again.stderr)
      assert.deepEqual(await rowsOf(own), expected)
      rmSync(own, { recursive: true })
    },
    close: () => {
      command.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Six days: all but the third come first; then the third, the last, and the second with another snapshot. */
function prepare(folder: string, start: string): void {
  const [feed, revised] = [join(folder, 'feed'), join(folder, 'revised')]
  generate({ out: feed, customers: 60, days: 6, start: '2025-01-01', seed: 3, faults: 0.01 })
  generate({ out: revised, customers: 60, days: 6, start: '2025-01-01', seed: 3, faults: 0 })
  const isOf =
    (...days: readonly string[]) =>
    (path: string): boolean =>
      !/_\d{8}\./.test(path) || days.some(day => path.includes(`_${day}.`))
  const first = join(folder, 'first')
  cpSync(feed, first, { recursive: true, filter: isOf('20250101', '20250102', '20250104', '20250105') })
  land(first, join(start, 'lake'))
  cpSync(feed, join(folder, 'next'), { recursive: true, filter: isOf('20250103', '20250106') })
  cpSync(join(revised, 'customers_20250102.ndjson'), join(folder, 'next', 'customers_20250102.ndjson'))
}

/** Every row of DW, and of the ledger without its times, as text. */
async function rowsOf(folder: string): Promise<unknown> {
  return withWorker(async worker => {
    await worker.run(`attach ${quoted(join(folder, 'warehouse', 'TELCO_DB.duckdb'))} as TELCO_DB (read_only)`)
    const tables = await worker.all(
      `select schema_name || '.' || table_name as name from duckdb_tables()
where database_name = 'TELCO_DB' and (schema_name = 'DW' or table_name in ('LEDGER', 'DW__DIM_CUSTOMER__SIGHTINGS')) order by 1`,
    )
    const rows: Record<string, unknown> = {}
    for (const { name } of tables) rows[String(name)] = await read(worker, String(name))
    return rows
  })
}

function read(worker: Worker, table: string): Promise<unknown> {
  const columns = table.endsWith('.LEDGER') ? '* exclude (loaded_at)' : '*'
  return worker.all(`select cast(columns(*) as varchar) from (select ${columns} from TELCO_DB.${table}) order by all`)
}
