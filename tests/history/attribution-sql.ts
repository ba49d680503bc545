import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { random } from '../../pipeline/feed/random.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { executeOn } from '../helpers/scratch.ts'
import { attribute } from './attribution.ts'
import type { Event, History, VersionRow } from './model.ts'
import { sameRows } from './same-rows.ts'
import { surrogateOf } from './surrogate.ts'
import { date, openWorld } from './world.ts'

/** The flagship's own model of corrections, as it compiles where its table exists. */
export interface AttributionSql {
  readonly query: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

interface CompiledTable {
  readonly target: { readonly name: string }
  readonly incrementalQuery: string
  readonly incrementalPreOps: readonly string[]
  readonly incrementalPostOps: readonly string[]
}

/** Compiles the project in the current folder. */
export function attributionSql(): AttributionSql {
  const args = [join('bin', 'dataform.mjs'), 'compile', '.', '--json']
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e8 })
  const { tables } = JSON.parse(stdout) as { readonly tables: readonly CompiledTable[] }
  const found = tables.find(({ target }) => target.name === 'ACTIVITY_ATTRIBUTION')
  if (found === undefined) throw new Error('the flagship has no ACTIVITY_ATTRIBUTION')
  const split = (operations: readonly string[]): readonly string[] =>
    operations.flatMap(sql => sql.split(/^\s*---\s*$/m))
  return {
    query: found.incrementalQuery,
    before: split(found.incrementalPreOps),
    after: split(found.incrementalPostOps),
  }
}

/** What the model reads, out of the test's dimension. */
const RELATIONS = [
  ...['DIM', 'DIM_HISTORY'].map(
    name => `create or replace view TELCO_DB.DW.${name.replace('DIM', 'DIM_CUSTOMER')} as
select sk as customer_sk, k as customer_id, effective_end_date, end_known_from, known_from, known_to, join_start_date, tracked_hash from TELCO_DB.DW.${name}`,
  ),
  'create table TELCO_DB.DW.FACT_ACTIVITY (event_id varchar, customer_id varchar, event_timestamp timestamp_ntz, customer_sk bigint, known_from bigint)',
]
const ATTRIBUTION = `create table TELCO_DB.DW.ACTIVITY_ATTRIBUTION (event_id varchar, sequence bigint, customer_sk bigint, previous_sk bigint,
  reason varchar, known_from bigint)`
/** Another relation has come further. */
const OTHERS = "insert into TELCO_DB.DATAFORM.WATERMARKS values ('DW.OTHER', 1000000)"
/** The newest publication of all, and the newest of the dimension. */
const NEWEST = `select coalesce(max(publication), 0), coalesce(max(iff(dataset = 'DW.DIM', publication, null)), 0)
from TELCO_DB.DATAFORM.LEDGER`
const HOURS = 24

/** Where an event stands: its version now, by its key and by its tracked values, after so many corrections. */
interface Standing {
  readonly event: Event
  readonly sequence: number
  readonly sk: string
}

type Correction = readonly [
  event: string,
  sequence: number,
  sk: string,
  previous: string,
  reason: string,
  known: number,
]

const surrogate = (version: VersionRow | undefined): string =>
  version === undefined ? '-1' : surrogateOf(version, date(version.start))

/** The corrections that are due, worked out event by event from what is believed. */
function due(
  standings: readonly Standing[],
  dim: readonly VersionRow[],
  newest: number,
): { readonly rows: readonly Correction[]; readonly standings: readonly Standing[] } {
  const believed = dim.filter(({ knownTo }) => knownTo === null)
  const bySurrogate = new Map(dim.map(row => [surrogate(row), row]))
  const after = standings.map(standing => {
    const version = attribute(standing.event, believed) as VersionRow | undefined
    const sk = surrogate(version)
    if (sk === standing.sk) return { standing, row: undefined }
    const before = bySurrogate.get(standing.sk)
    const isSame = version !== undefined && before !== undefined && version.a === before.a && version.b === before.b
    const reason = before === undefined ? 'arrived' : version === undefined ? 'gone' : isSame ? 'rekeyed' : 'changed'
    const sequence = standing.sequence + 1
    const row: Correction = [standing.event.id, sequence, sk, standing.sk, reason, newest]
    return { standing: { ...standing, sequence, sk }, row }
  })
  return {
    rows: after.flatMap(({ row }) => (row === undefined ? [] : [row])),
    standings: after.map(({ standing }) => standing),
  }
}

/** How many events a load may bring, of many keys or of few. */
const EVENTS = 50

/** Events of the keys of a history that a load brings, some of times long past. */
function eventsOf(keys: readonly string[], load: number, seed: number): readonly Event[] {
  const { between, chance } = random(seed * 1_000 + load)
  const turns = Array.from({ length: Math.max(1, Math.round(EVENTS / keys.length)) }, (_, turn) => turn)
  return turns.flatMap(turn =>
    keys.flatMap(k => {
      if (chance(0.5)) return []
      const time = between(-HOURS, 10 * HOURS) / HOURS
      // Versions begin and end at midnight.
      const at = chance(0.3) ? Math.floor(time) : time
      return [{ id: `${k}/${load}/${turn}`, k, at, fileDay: Math.floor(at) }]
    }),
  )
}

/** After which loads events are corrected, besides the last: all, every second, the first, or none. */
const WHEN: readonly ((load: number) => boolean)[] = [
  () => true,
  load => load % 2 === 0,
  load => load === 0,
  () => false,
]

/** Corrections of the same events, each with its own table and its own progress: they differ in what has passed since the last. */
interface Corrections {
  readonly isDue: (load: number) => boolean
  /** A text of the model, with the names of these. */
  readonly local: (sql: string) => string
  standings: readonly Standing[]
}

const corrections = (): readonly Corrections[] =>
  WHEN.map((isDue, index) => ({
    isDue,
    local: sql =>
      sql.replaceAll("'DW.DIM_CUSTOMER'", "'DW.DIM'").replaceAll('ACTIVITY_ATTRIBUTION', `ATTRIBUTION_${index}`),
    standings: [],
  }))

const timestamp = (at: number): string => {
  const day = Math.floor(at)
  return `${date(day)} ${String(Math.round((at - day) * HOURS)).padStart(2, '0')}:00:00`
}

const sorted = (list: readonly (readonly unknown[])[]): readonly string[] => list.map(row => row.join(' ')).sort()

/** Looks at what is due: the rows that `answer` gives for a query must be these. */
export type Look = (answer: (query: string) => Promise<readonly string[]>, due: readonly string[]) => Promise<void>

/** Brings a load's events; returns the number of the dimension's newest publication. */
async function bringEvents(
  read: (sql: string) => Promise<readonly (readonly (string | null)[])[]>,
  execute: (...statements: readonly string[]) => Promise<void>,
  load: number,
  brought: readonly Standing[],
): Promise<number> {
  const [[last = '0', newest = '0'] = []] = await read(NEWEST)
  const known = Number(last) + 1
  const values = brought.map(
    ({ event, sk }) => `('${event.id}', '${event.k}', '${timestamp(event.at)}', ${sk}, ${known})`,
  )
  await execute(
    `insert into TELCO_DB.DATAFORM.LEDGER (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, loaded_at)
select 'DW.FACT', '2025-01-01'::date, '${load}', ${known}, ${known}, 0, true, sysdate()`,
    ...(values.length === 0 ? [] : [`insert into TELCO_DB.DW.FACT_ACTIVITY values ${values.join(', ')}`]),
  )
  return Number(newest)
}

/**
 * Loads a history, each load with events, and corrects them after some of the loads and the last: the rows must be the very
 * ones that are due, however many publications have passed since the corrections before.
 *
 * @param seed of the events
 * @returns how many corrections there were, by reason
 */
export async function checkAttribution(
  engine: Engine,
  model: AttributionSql,
  history: History,
  seed: number,
  look?: Look,
): Promise<Readonly<Record<string, number>>> {
  const world = await openWorld(engine, history.limit)
  const execute = (...statements: readonly string[]): Promise<void> => executeOn(engine, statements)
  const read = async (sql: string) => (await engine.query({ sql, file: '' }, 1_000_000)).rows
  const keys = [...new Set(history.loads.flatMap(({ batch }) => batch.flatMap(({ rows }) => rows.map(({ k }) => k))))]
  const all = corrections()
  const counts: Record<string, number> = {}
  for (const [index, load] of history.loads.entries()) {
    await world.load(load)
    if (index === 0) await execute(...RELATIONS, ...model.before, OTHERS, ...all.map(({ local }) => local(ATTRIBUTION)))
    const { dim } = await world.tables()
    const believed = dim.filter(({ knownTo }) => knownTo === null)
    const brought = eventsOf(keys, index, seed).map(event => ({
      event,
      sequence: 0,
      sk: surrogate(attribute(event, believed) as VersionRow | undefined),
    }))
    const newest = await bringEvents(read, execute, index, brought)
    for (const each of all) {
      each.standings = [...each.standings, ...brought]
      if (index < history.loads.length - 1 && !each.isDue(index)) continue
      const expected = due(each.standings, dim, newest)
      const rows = sorted(expected.rows)
      const answer = async (query: string): Promise<readonly string[]> => sorted(await read(each.local(query)))
      await look?.(answer, rows)
      sameRows(await answer(model.query), rows)
      // Here the very rows that the query gives, and its SQL need not be executed once more.
      const values = expected.rows.map(row => `(${row.map(cell => `'${cell}'`).join(', ')})`)
      await execute(
        ...(values.length === 0
          ? []
          : [each.local(`insert into TELCO_DB.DW.ACTIVITY_ATTRIBUTION values ${values.join(', ')}`)]),
        ...model.after.map(each.local),
      )
      for (const [, , , , reason] of expected.rows) counts[reason] = (counts[reason] ?? 0) + 1
      each.standings = expected.standings
    }
  }
  return counts
}
