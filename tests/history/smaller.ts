import type { Delivery, History, Load, Text } from './model.ts'
import { replay } from './oracle.ts'

/** The group of a key that `widen` made; the first group's keys have no number. */
const groupOf = (k: string): number => Number(k.slice(1))

/** One group's keys of a delivery; that some key could not be read concerns every group. */
const only = (group: number) => (delivery: Delivery) => ({
  ...delivery,
  rows: delivery.rows.filter(({ k }) => groupOf(k) === group),
  unreadable: delivery.unreadable.filter((k: Text) => k === null || groupOf(k) === group),
})

/** The histories that were put side by side, one by one: what was accepted of all, nothing held. */
export function apart(history: History, groups: number): readonly History[] {
  const accepted = replay(history).map(({ outcome }) => outcome.accepted.map(({ delivery }) => delivery))
  return Array.from({ length: groups }, (_, group) => ({
    limit: 1,
    loads: accepted.map(batch => ({ batch: batch.map(only(group)), approved: [], events: [] })),
  }))
}

const without = <T>(list: readonly T[], index: number): readonly T[] => list.filter((_, place) => place !== index)

/** The history without one load, one delivery, one row or one unreadable key; the larger things first. */
function* smaller({ limit, loads }: History): Generator<History> {
  const withBatch = (load: Load, batch: readonly Delivery[]) => ({
    limit,
    loads: loads.map(other => (other === load ? { ...load, batch } : other)),
  })
  for (const index of loads.keys()) yield { limit, loads: without(loads, index) }
  for (const load of loads) {
    if (load.batch.length > 1) for (const index of load.batch.keys()) yield withBatch(load, without(load.batch, index))
    for (const delivery of load.batch) {
      const withDelivery = (by: Partial<Delivery>) =>
        withBatch(
          load,
          load.batch.map(other => (other === delivery ? { ...delivery, ...by } : other)),
        )
      for (const index of delivery.rows.keys()) yield withDelivery({ rows: without(delivery.rows, index) })
      for (const index of delivery.unreadable.keys())
        yield withDelivery({ unreadable: without(delivery.unreadable, index) })
    }
  }
}

/** The smallest history found by leaving out one thing after another for as long as it still fails. */
async function smallest(history: History, fails: (history: History) => Promise<boolean>): Promise<History> {
  for (const next of smaller(history)) if (await fails(next)) return smallest(next, fails)
  return history
}

/** A history of side by side ones that fails, as small as it gets: first the one group that fails alone, if there is one. */
export async function smallestOf(
  history: History,
  groups: number,
  fails: (history: History) => Promise<boolean>,
): Promise<History> {
  for (const one of apart(history, groups)) if (await fails(one)) return smallest(one, fails)
  return history
}
