import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { random } from '../../pipeline/feed/random.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { executeOn } from '../helpers/scratch.ts'
import { attribute } from './attribution.ts'
import type { Event, History, VersionRow } from './model.ts'
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
  `create table TELCO_DB.DW.ACTIVITY_ATTRIBUTION (event_id varchar, sequence bigint, customer_sk bigint, previous_sk bigint,
  reason varchar, known_from bigint)`,
]
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

/** Events of every key of a history that a load brings, some of times long past. */
function eventsOf(keys: readonly string[], load: number, seed: number): readonly Event[] {
  const { between, chance } = random(seed * 1_000 + load)
  return keys.flatMap(k => {
    if (chance(0.5)) return []
    const at = between(-HOURS, 10 * HOURS) / HOURS
    return [{ id: `${k}/${load}`, k, at, fileDay: Math.floor(at) }]
  })
}

const timestamp = (at: number): string => {
  const day = Math.floor(at)
  return `${date(day)} ${String(Math.round((at - day) * HOURS)).padStart(2, '0')}:00:00`
}

/** How a history is gone through: which events come and when they are corrected, by a query broken by `alter`. */
export interface AttributionCase {
  readonly seed: number
  readonly alter?: (sql: string) => string
  readonly signal?: AbortSignal
}

/**
 * Loads a history, each load with events, and corrects them after some of the loads and the last: the rows must be the very
 * ones that are due, however many publications have passed since the corrections before.
 *
 * @returns how many corrections there were, by reason
 */
export async function checkAttribution(
  engine: Engine,
  model: AttributionSql,
  history: History,
  { seed, alter = sql => sql, signal = new AbortController().signal }: AttributionCase,
): Promise<Readonly<Record<string, number>>> {
  const world = await openWorld(engine, history.limit)
  const execute = (...statements: readonly string[]): Promise<void> => executeOn(engine, statements, signal)
  const read = async (sql: string) => (await engine.query({ sql, file: '' }, 1_000_000)).rows
  const local = (sql: string): string => sql.replaceAll("'DW.DIM_CUSTOMER'", "'DW.DIM'")
  const keys = [...new Set(history.loads.flatMap(({ batch }) => batch.flatMap(({ rows }) => rows.map(({ k }) => k))))]
  const { chance } = random(seed)
  const counts: Record<string, number> = {}
  let standings: readonly Standing[] = []
  for (const [index, load] of history.loads.entries()) {
    await world.load(load)
    if (index === 0) await execute(...RELATIONS, ...model.before)
    const { dim } = await world.tables()
    const believed = dim.filter(({ knownTo }) => knownTo === null)
    const brought = eventsOf(keys, index, seed).map(event => ({
      event,
      sequence: 0,
      sk: surrogate(attribute(event, believed) as VersionRow | undefined),
    }))
    const [[last = '0', newest = '0'] = []] = await read(NEWEST)
    const known = Number(last) + 1
    const values = brought.map(
      ({ event, sk }) => `('${event.id}', '${event.k}', '${timestamp(event.at)}', ${sk}, ${known})`,
    )
    await execute(
      `insert into TELCO_DB.DATAFORM.LEDGER (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, loaded_at)
select 'DW.FACT', '2025-01-01'::date, '${index}', ${known}, ${known}, 0, true, sysdate()`,
      ...(values.length === 0 ? [] : [`insert into TELCO_DB.DW.FACT_ACTIVITY values ${values.join(', ')}`]),
    )
    standings = [...standings, ...brought]
    if (index < history.loads.length - 1 && chance(0.5)) continue
    const expected = due(standings, dim, Number(newest))
    const before = (await read('select count(*) from TELCO_DB.DW.ACTIVITY_ATTRIBUTION'))[0]?.[0]
    await execute(
      `insert into TELCO_DB.DW.ACTIVITY_ATTRIBUTION ${local(alter(model.query))}`,
      ...model.after.map(local),
    )
    const rows = await read('select * from TELCO_DB.DW.ACTIVITY_ATTRIBUTION order by event_id, sequence')
    const sorted = (list: readonly (readonly unknown[])[]): readonly string[] => list.map(row => row.join(' ')).sort()
    const all = new Set(sorted(rows))
    const missing = sorted(expected.rows).filter(row => !all.has(row))
    assert.deepEqual(missing, [])
    assert.equal(rows.length - Number(before), expected.rows.length)
    for (const [, , , , reason] of expected.rows) counts[reason] = (counts[reason] ?? 0) + 1
    standings = expected.standings
  }
  return counts
}
