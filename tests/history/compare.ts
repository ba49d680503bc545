import assert from 'node:assert/strict'
import type { Engine } from '../../src/engines/engine.ts'
import { identityOf } from './content.ts'
import type { Delivery, History, Judgement, Load, Statement, Step, Tables } from './model.ts'
import { replay } from './oracle.ts'
import { sameRows } from './same-rows.ts'
import { surrogateOf } from './surrogate.ts'
import { date, openWorld, type Told, type World } from './world.ts'

/** The rows of both tables as text; `u` only where the oracle says one. */
function rowsOf({ dim, history }: Tables, known: Tables): readonly string[] {
  const silent = new Set(known.dim.flatMap(({ k, u }) => (u === undefined ? [k] : [])))
  const said = ({ k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo }: Statement) => ({
    ...{ k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo },
  })
  return [
    ...dim.map(row =>
      JSON.stringify({ ...said(row), isCurrent: row.isCurrent, u: silent.has(row.k) ? undefined : row.u }),
    ),
    ...history.map(row => `earlier: ${JSON.stringify(said(row))}`),
  ]
}

/** One load of a comparison, and what is to be found after it. */
export interface Act {
  readonly load: Load
  /** Whether all of it was loaded before: then nothing may change. */
  readonly isRepeat: boolean
  readonly tables: Tables
  readonly told: Told
}

/** What is told after a step; `waiting` is all that was ever held, as it first was. */
function toldAfter({ accepted }: Step, waiting: ReadonlyMap<string, readonly [Delivery, Judgement]>): Told {
  return {
    ledger: accepted.map(({ delivery, revision: { day, revSeq, publication, complete } }) =>
      [date(day), revSeq, publication, complete, delivery.rows.length].join(' '),
    ),
    held: [...waiting.values()].map(([{ day, rows }, { base, keys, vanished }]) =>
      [date(day), rows.length, date(base), keys, vanished].join(' '),
    ),
    odd: ['UNKNOWN UNKNOWN false 0 true'],
  }
}

/** Everything that a history's loads brought again: together, or load by load. */
export type Repeat = 'together' | 'apart'

/** A history's loads, and then what was accepted again. */
export function actsOf(history: History, repeat: Repeat): readonly Act[] {
  const steps = replay(history)
  const waiting = new Map<string, readonly [Delivery, Judgement]>()
  const first = steps.map(step => {
    for (const [delivery, judgement] of step.outcome.judged) {
      const identity = identityOf(delivery)
      if (!waiting.has(identity)) waiting.set(identity, [delivery, judgement])
    }
    return { load: step.load, isRepeat: false, tables: step.tables, told: toldAfter(step, waiting) }
  })
  const last = first.at(-1)
  if (last === undefined) return []
  const accepted = steps.map(({ outcome }) => outcome.accepted.map(({ delivery }) => delivery))
  const batches = repeat === 'together' ? [accepted.flat()] : accepted
  return [...first, ...batches.map(batch => ({ ...last, load: { batch, approved: [], events: [] }, isRepeat: true }))]
}

/** Compares what is told after a load, and after a repeat every surrogate key, with what is to be found. */
export async function checkTold(world: World, act: Act): Promise<void> {
  const told = await world.told()
  for (const which of ['ledger', 'held', 'odd'] as const) sameRows(told[which], act.told[which])
  if (!act.isRepeat) return
  const keyed = await world.keyed()
  for (const row of keyed) assert.equal(row.sk, surrogateOf(row, row.start))
  assert.equal(new Set(keyed.map(({ sk }) => sk)).size, keyed.length)
}

/** Compares both tables after a load, that wrote `written` rows, with what is to be found; returns how many rows they have. */
export async function checkTables(world: World, act: Act, written: number): Promise<number> {
  const found = await world.tables()
  sameRows(rowsOf(found, act.tables), rowsOf(act.tables, act.tables))
  if (act.isRepeat) assert.equal(written, 0)
  return found.dim.length + found.history.length
}

/** What a comparison went through. */
export interface Compared {
  readonly loads: number
  readonly deliveries: number
  readonly rows: number
}

/**
 * Loads a history through the SQL and compares after each load both tables with the oracle's, then the ledger, what is held,
 * and every surrogate key with one made without an engine; and loads everything again: a no-op.
 */
export async function compareHistory(
  engine: Engine,
  history: History,
  {
    alter,
    repeat = 'apart',
  }: { readonly alter?: ((sql: string) => string) | undefined; readonly repeat?: Repeat } = {},
): Promise<Compared> {
  const world = await openWorld(engine, history.limit, alter)
  const acts = actsOf(history, repeat)
  let rows = 0
  for (const act of acts.filter(({ isRepeat }) => !isRepeat)) {
    rows += await checkTables(world, act, await world.load(act.load))
    await world.crowd()
  }
  const before = await world.dump()
  for (const act of acts.filter(({ isRepeat }) => isRepeat)) assert.equal(await world.load(act.load), 0)
  assert.equal(await world.dump(), before)
  const last = acts.at(-1)
  if (last !== undefined) await checkTold(world, last)
  const deliveries = history.loads.reduce((sum, { batch }) => sum + batch.length, 0)
  return { loads: history.loads.length, deliveries, rows }
}
