import assert from 'node:assert/strict'
import type { Engine } from '../../src/engines/engine.ts'
import { historyOf, type Snapshot, type Version } from './scd2-oracle.ts'
import { date, scd2World } from './scd2-world.ts'

const sorted = (versions: readonly Version[]): readonly Version[] =>
  [...versions].sort((one, other) => (one.k < other.k ? -1 : one.k > other.k ? 1 : one.start - other.start))

/** What `assert.rejects` checks an error by: its message has this text. */
const saying = (text: string) => (error: unknown) => error instanceof Error && error.message.includes(text)

/**
 * Loads a history batch by batch and compares the relation with the oracle after each; then every batch again, which must
 * change nothing, and the newest day with other content and an older day, which must fail, name both days and change nothing.
 */
export async function checkHistory(engine: Engine, batches: readonly (readonly Snapshot[])[]): Promise<void> {
  const world = await scd2World(engine)
  const loaded: Snapshot[] = []
  for (const batch of batches) {
    await world.load(batch)
    loaded.push(...batch)
    assert.deepEqual(sorted(await world.versions()), sorted(historyOf(loaded)))
  }
  const before = await world.dump()
  for (const batch of batches) assert.equal(await world.load(batch), 0)
  assert.equal(await world.load(loaded), 0)
  const last = loaded.at(-1)
  if (last === undefined) return
  const stranger = { k: 'v', a: 'new', b: null, u: null }
  const revised = { ...last, rows: [...last.rows, stranger] }
  await assert.rejects(world.load([revised]), saying(`${date(last.day)} was loaded before with other content`))
  const missing = Array.from({ length: last.day }, (_, day) => day).find(day =>
    loaded.every(snapshot => snapshot.day !== day),
  )
  if (missing !== undefined) {
    const older = world.load([{ day: missing, rows: [stranger], unreadable: [] }])
    await assert.rejects(older, saying(`${date(missing)} is older than ${date(last.day)}`))
  }
  assert.equal(await world.dump(), before)
}
