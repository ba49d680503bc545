import { createHash } from 'node:crypto'
import { random } from '../../pipeline/feed/random.ts'
import { identityOf } from './content.ts'
import type { Delivery, History, Row, Text } from './model.ts'

const keys = ['x', 'y', 'z', 'w']
const values: readonly Text[] = ['A', 'B', '', null]

/** A seed out of what a delivery holds: the same content is drawn the same, so that a repeated delivery stays one. */
const seedOf = (...words: readonly (string | number)[]): number =>
  createHash('md5').update(words.join('/')).digest().readUInt32LE(0)

/**
 * Puts `groups` histories side by side: each has the days, loads and repeats of the given one, and four keys whose rows are
 * drawn anew, in part from it. Keys have nothing to do with each other, so one load then checks as many histories.
 */
export function widen(history: History, groups: number): History {
  const known = new Map<string, Delivery>()
  const wide = (delivery: Delivery): Delivery => {
    const identity = identityOf(delivery)
    const made = known.get(identity) ?? widenDelivery(delivery, groups)
    known.set(identity, made)
    return made
  }
  return {
    ...history,
    loads: history.loads.map(load => ({
      ...load,
      batch: load.batch.map(wide),
      approved: load.approved.map(wide),
    })),
  }
}

/** What a delivery says of tracked attributes, whatever its day: where that comes again, no group may see a change. */
const tracked = ({ rows, unreadable }: Delivery): string =>
  identityOf({ day: 0, rows: rows.map(row => ({ ...row, u: null })), unreadable })

function widenDelivery(delivery: Delivery, groups: number): Delivery {
  // A delivery without rows is no snapshot, and must stay none.
  if (delivery.rows.length === 0) return delivery
  const byKey = new Map(delivery.rows.map(row => [row.k, row]))
  const rows: Row[] = [...delivery.rows]
  const unreadable: Text[] = [...delivery.unreadable]
  for (let group = 1; group < groups; group += 1) {
    const { chance, pick } = random(seedOf(tracked(delivery), group))
    const untracked = random(seedOf(identityOf({ ...delivery, day: 0 }), group))
    for (const key of keys) {
      const k = `${key}${group}`
      const copied = byKey.get(pick(keys))
      if (chance(0.1)) unreadable.push(k)
      else if (chance(0.3)) rows.push({ k, a: pick(values), b: pick([null, 'B']), u: untracked.pick(['u', 'v']) })
      else if (copied !== undefined) rows.push({ ...copied, k })
    }
  }
  return { ...delivery, rows, unreadable }
}
