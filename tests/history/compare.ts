import assert from 'node:assert/strict'
import type { Engine } from '../../src/engines/engine.ts'
import type { History, Statement, Tables } from './model.ts'
import { replay } from './oracle.ts'
import { surrogateOf } from './surrogate.ts'
import { openWorld } from './world.ts'

const text = (row: Statement): string => JSON.stringify([row.k, row.start, row.a, row.b, row.knownFrom, row.knownTo])
const sorted = <S extends Statement>(rows: readonly S[]): readonly S[] =>
  [...rows].sort((one, other) => (text(one) < text(other) ? -1 : 1))

/** Rows in one order, each with its columns in one order; `u` only where the oracle says one. */
function comparable(tables: Tables, known: Tables) {
  const silent = new Set(known.dim.flatMap(({ k, u }) => (u === undefined ? [k] : [])))
  const pick = ({ k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo }: Statement) => ({
    ...{ k, a, b, start, end, first, endKnownFrom, knownFrom, knownTo },
  })
  return {
    dim: sorted(tables.dim).map(row => ({
      ...pick(row),
      isCurrent: row.isCurrent,
      u: silent.has(row.k) ? undefined : row.u,
    })),
    history: sorted(tables.history).map(pick),
  }
}

/** What a comparison went through. */
export interface Compared {
  readonly loads: number
  readonly deliveries: number
  readonly rows: number
}

/**
 * Loads a history through the SQL and compares both tables with the oracle's after each load, and every surrogate key with one
 * made without an engine; then everything again: a no-op.
 */
export async function compareHistory(
  engine: Engine,
  history: History,
  alter?: (sql: string) => string,
  signal?: AbortSignal,
): Promise<Compared> {
  const world = await openWorld(engine, history.limit, alter, signal)
  const steps = replay(history)
  let rows = 0
  for (const step of steps) {
    await world.load(step.load)
    const found = await world.tables()
    assert.deepEqual(comparable(found, step.tables), comparable(step.tables, step.tables))
    rows += found.dim.length + found.history.length
  }
  const keyed = await world.keyed()
  for (const row of keyed) assert.equal(row.sk, surrogateOf(row, row.start))
  assert.equal(new Set(keyed.map(({ sk }) => sk)).size, keyed.length)
  const before = await world.dump()
  for (const { load, outcome } of steps) {
    const batch = outcome.accepted.map(({ delivery }) => delivery)
    assert.equal(await world.load({ ...load, batch, approved: [] }), 0)
  }
  assert.equal(await world.dump(), before)
  const deliveries = history.loads.reduce((sum, { batch }) => sum + batch.length, 0)
  return { loads: steps.length, deliveries, rows }
}
