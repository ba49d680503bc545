import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyProject } from '../../bench/helpers/project.ts'
import { compareWarehouses } from '../../pipeline/compare-warehouses.ts'
import { random } from '../../pipeline/feed/random.ts'
import { land } from '../../pipeline/land.ts'
import { withWarehouse } from '../../pipeline/questions.ts'
import { runPipeline } from '../../pipeline/run.ts'
import { quoted, withWorker } from '../../pipeline/worker.ts'
import type { Effects } from '../../src/effects.ts'
import { type SampleDay, sampleFolder, writeSampleFeed } from './sample-feed.ts'

// Bundled for a soak, a module does not know its own folder; both ways of running stand in the project's root.
const root = process.cwd()

/** What one order of the sample's days is checked for. */
export interface Orders {
  /** Loads one order, and the same again, and compares; throws where something differs. Returns counts. */
  readonly check: (seed: number) => Promise<Readonly<Record<string, number>>>
  readonly close: () => void
}

const effects: Effects = {
  stdout: () => undefined,
  stderr: () => undefined,
  isTerminal: false,
  useColour: false,
  columns: 80,
  env: {},
  cwd: root,
  now: () => new Date(),
  onInterrupt: () => () => undefined,
}

/** Business columns: everything that the order of arrival must not show. */
const BUSINESS: readonly (readonly [relation: string, columns: string, where: string])[] = [
  ['DW.DIM_PLAN', '*', 'true'],
  ['DW.DIM_CUSTOMER', '* exclude (known_from, known_to, end_known_from)', 'known_to is null'],
  ['DW.ACTIVITY_RESTATED', '*', 'true'],
]

/** Prepares the days, and loads them in order, a run a day, as what every other order must come to. */
export async function openOrders(days: number): Promise<Orders> {
  const sample = sampleFolder(root)
  if (sample === undefined) throw new Error('the published sample is not beside the project')
  const folder = mkdtempSync(join(tmpdir(), 'orders-'))
  const project = join(folder, 'project')
  copyProject(root, project)
  const feed = writeSampleFeed(sample, join(folder, 'feed'), days)
  const placesOf = (name: string) => ({
    projectDir: project,
    lake: join(folder, name, 'lake'),
    warehouse: join(folder, name, 'warehouse'),
  })
  const load = async (name: string, runs: readonly (readonly SampleDay[])[]): Promise<void> => {
    const places = placesOf(name)
    for (const run of runs) {
      for (const { folder: source, date } of run) land(source, places.lake, date)
      const { run: result } = await runPipeline({ ...places, badShare: 0.5, quiet: true }, effects)
      const failed = result.actions.filter(action => ['FAILED', 'REFUSED', 'SKIPPED'].includes(action.status))
      assert.deepEqual(
        failed.map(action => `${action.target.name} ${action.error}`),
        [],
      )
    }
  }
  await load(
    'in-order',
    feed.map(day => [day]),
  )
  const expected = await hashes(placesOf('in-order').warehouse)
  return {
    check: async seed => {
      const runs = shuffled(feed, seed)
      for (const name of ['once', 'twice']) await load(name, runs)
      assert.deepEqual(await hashes(placesOf('once').warehouse), expected)
      const twice = await compareWarehouses(placesOf('once').warehouse, placesOf('twice').warehouse)
      assert.deepEqual(
        twice.filter(each => each.hash !== each.replayedHash),
        [],
      )
      const counts = await corrections(placesOf('once'))
      for (const name of ['once', 'twice']) rmSync(join(folder, name), { recursive: true })
      return { orders: 1, runs: runs.length, ...counts }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Days in a random order, some alone and some together. */
function shuffled(feed: readonly SampleDay[], seed: number): readonly (readonly SampleDay[])[] {
  const { next, chance } = random(seed)
  const days = feed.map(day => ({ day, at: next() })).sort((one, other) => one.at - other.at)
  const runs: SampleDay[][] = []
  for (const { day } of days) {
    if (runs.length === 0 || chance(0.4)) runs.push([])
    runs.at(-1)?.push(day)
  }
  return runs
}

async function hashes(warehouse: string): Promise<Readonly<Record<string, string>>> {
  return withWorker(async worker => {
    await worker.run(`attach ${quoted(join(warehouse, 'TELCO_DB.duckdb'))} as TELCO_DB (read_only)`)
    const found: Record<string, string> = {}
    for (const [relation, columns, where] of BUSINESS) {
      const [row] = await worker.all(
        `select count(*) || '/' || sum(cast(hash(t) as hugeint)) as h from (select ${columns} from TELCO_DB.${relation} where ${where}) t`,
      )
      found[relation] = String(row?.h)
    }
    return found
  })
}

/** Events that were published with another version than is believed now are exactly those that the report lists. */
async function corrections(places: {
  projectDir: string
  lake: string
  warehouse: string
}): Promise<Readonly<Record<string, number>>> {
  return withWarehouse(places, effects, async ask => {
    const differing = await ask(
      `select p.event_id from TELCO_DB.DW.ACTIVITY_AS_PUBLISHED p join TELCO_DB.DW.ACTIVITY_RESTATED r on r.event_id = p.event_id
where p.customer_sk <> r.customer_sk order by 1`,
    )
    const listed = await ask('select event_id, kind from TELCO_DB.MART.ACTIVITY_CORRECTIONS order by 1')
    assert.deepEqual(
      listed.rows.map(([id]) => id),
      differing.rows.map(([id]) => id),
    )
    return {
      'corrections listed': listed.rows.length,
      'of them rekeyed': listed.rows.filter(([, kind]) => kind === 'rekeyed').length,
    }
  })
}
