import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, random } from '../../pipeline/feed/random.ts'
import { quoted, withWorker } from '../../pipeline/worker.ts'
import type { Counts } from '../helpers/soak.ts'

const DAYS = 6
const dayAt = (number: number): string => new Date(Date.UTC(2025, 0, 28 + number)).toISOString().slice(0, 10)

interface Ended {
  readonly status: number | null
  readonly json: Readonly<Record<string, unknown>>
}

/** A lake and a warehouse, and the built command that works on them. */
interface World {
  readonly folder: string
  readonly command: (verb: string, ...args: readonly string[]) => Ended
}

function openWorld(root: string, name: string): World {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  const command: World['command'] = (verb, ...args) => {
    const lake = verb === 'generate' ? [] : ['--lake', join(folder, 'lake')]
    const places = [...lake, ...(['generate', 'land'].includes(verb) ? [] : ['--warehouse', join(folder, 'warehouse')])]
    const all = [join(root, 'bin', 'customer360.mjs'), verb, ...args, ...places, '--json']
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1e8,
    })
    try {
      return { status, json: JSON.parse(stdout) as Ended['json'] }
    } catch {
      throw new Error(`customer360 ${verb}: ${stdout.slice(-500)}${stderr.slice(-1500)}`)
    }
  }
  return { folder, command }
}

const well = (ended: Ended, what: string): Ended => {
  assert.equal(ended.status, 0, `${what}: ${JSON.stringify(ended.json).slice(0, 2000)}`)
  return ended
}

/**
 * One world: a feed with faults whose days come in any order, some together, some again with other content, one perhaps with
 * most customers missing. Then the ledger of rows adds up, a second run is a no-op, backfilled days change nothing, the proof
 * holds.
 */
export async function checkWorld(root: string, seed: number): Promise<Counts> {
  const chance = random(seed)
  const world = openWorld(root, 'world')
  const feed = join(world.folder, 'feed')
  const generate = (out: string, faults: string): Ended =>
    well(
      world.command(
        'generate',
        '--out',
        out,
        '--customers',
        '45',
        '--days',
        String(DAYS),
        '--start',
        dayAt(0),
        '--seed',
        String(seed),
        '--faults',
        faults,
      ),
      'generate',
    )
  try {
    generate(feed, chance.pick(['0', '0.01', '0.03']))
    const revised = chance.between(0, DAYS - 1)
    generate(join(world.folder, 'clean'), '0')
    const deliveries = deliveriesOf(world.folder, feed, revised, chance)
    let held = 0
    for (const [turn, batch] of deliveries.entries()) {
      for (const source of batch) well(world.command('land', source), 'land')
      const { json } = well(world.command('run'), `run ${turn}`)
      held += (json.notices as readonly string[]).length
    }
    const approved = approveHeld(world, chance)
    well(world.command('reconcile'), 'reconcile')
    assert.equal(well(world.command('run'), 'run again').json.waiting, true)
    well(world.command('backfill', '--from', dayAt(1), '--to', dayAt(3)), 'backfill')
    assert.equal(well(world.command('replay', '--prove'), 'replay').json.isSame, true)
    const counts = await factsOf(world)
    return { worlds: 1, runs: deliveries.length, held, approved, ...counts }
  } finally {
    rmSync(world.folder, { recursive: true, force: true })
  }
}

/** The days' files in folders of their own, shuffled into batches; a revised day and a short one among them. */
function deliveriesOf(folder: string, feed: string, revised: number, chance: Random): readonly (readonly string[])[] {
  const days = Array.from({ length: DAYS }, (_, number) => dayAt(number).replaceAll('-', ''))
  const sources = days.map(day => {
    const own = join(folder, 'days', day)
    for (const path of readdirSync(feed, { recursive: true, encoding: 'utf8' }))
      if (path.includes(`_${day}.`)) cpSync(join(feed, path), join(own, path))
    return own
  })
  const again = join(folder, 'days', 'again')
  const name = `customers_${days[revised]}.ndjson`
  cpSync(join(folder, 'clean', name), join(again, name))
  if (chance.chance(0.4)) shorten(join(again, name))
  const order = [...sources, again]
    .map(source => ({ source, at: chance.next() }))
    .sort((one, other) => one.at - other.at)
  const batches: string[][] = []
  for (const { source } of order) {
    // Two files of one name would be one in raw/.
    const clashes = source === again || (batches.at(-1) ?? []).includes(again)
    if (batches.length === 0 || clashes || chance.chance(0.5)) batches.push([])
    batches.at(-1)?.push(source)
  }
  return batches.filter(batch => batch.length > 0)
}

/** Leaves the first rows of a snapshot alone, as a source does that was cut off at a row's end. */
function shorten(file: string): void {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  writeFileSync(file, `${lines.slice(0, Math.ceil(lines.length / 3)).join('\n')}\n`)
}

function approveHeld(world: World, chance: Random): number {
  const { json } = well(world.command('status'), 'status')
  const held = json.held as readonly { date: string }[]
  const taken = held.filter(() => chance.chance(0.5))
  for (const { date } of new Set(taken)) well(world.command('approve', '--date', date), `approve ${date}`)
  return taken.length
}

async function factsOf({ folder }: World): Promise<Counts> {
  return withWorker(async worker => {
    await worker.run(`attach ${quoted(join(folder, 'warehouse', 'TELCO_DB.duckdb'))} as TELCO_DB (read_only)`)
    const [row] = await worker.all(
      `select (select count(*) from TELCO_DB.DW.FACT_ACTIVITY) as facts, (select count(*) from TELCO_DB.DW.DIM_CUSTOMER) as versions,
  (select count(*) from TELCO_DB.DW.ACTIVITY_ATTRIBUTION) as corrections`,
    )
    return {
      facts: Number(row?.facts),
      versions: Number(row?.versions),
      corrections: Number(row?.corrections),
    }
  })
}
