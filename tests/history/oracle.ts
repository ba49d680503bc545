import { accept } from './accept.ts'
import { believed, untracked } from './believed.ts'
import type { Accepted, Delivery, History, Revision, Statement, Step, Tables, Version } from './model.ts'
import { publish } from './publish.ts'

/** How the tables come about: what one publication makes of what was kept, given all revisions up to it and its own. */
export interface Keeper<Kept> {
  readonly empty: Kept
  readonly publish: (kept: Kept, all: readonly Accepted[], own: readonly Accepted[], point: number) => Kept
  readonly tablesOf: (kept: Kept) => Tables
}

const oracle: Keeper<Tables> = {
  empty: { dim: [], history: [] },
  publish: (tables, all, _own, point) => {
    const deliveries = all.map(({ delivery }) => delivery)
    return publish(tables, believed(deliveries), untracked(deliveries), point)
  },
  tablesOf: tables => tables,
}

/** What is known after each load, the tables kept by `keeper`. */
export function replayWith<Kept>(keeper: Keeper<Kept>, { loads, limit }: History): readonly Step[] {
  let kept = keeper.empty
  let accepted: readonly Accepted[] = []
  // What was approved once stays so.
  let approved: readonly Delivery[] = []
  return loads.map(load => {
    approved = [...approved, ...load.approved]
    const outcome = accept(accepted, load.batch, approved, limit)
    for (const point of new Set(outcome.accepted.map(({ revision }) => revision.publication))) {
      const own = outcome.accepted.filter(({ revision }) => revision.publication === point)
      accepted = [...accepted, ...own]
      kept = keeper.publish(kept, accepted, own, point)
    }
    return { load, outcome, accepted, tables: keeper.tablesOf(kept) }
  })
}

/** What is known after each load: every believed dimension is made anew from all snapshots and compared with the one before. */
export const replay = (history: History): readonly Step[] => replayWith(oracle, history)

/** The rows of the dimension and its history after all loads. */
export const storage = (history: History): Tables => replay(history).at(-1)?.tables ?? oracle.empty

/** Every revision that the loads brought. */
export function ledgerOf({ loads, limit }: History): readonly Revision[] {
  let accepted: readonly Accepted[] = []
  let approved: readonly Delivery[] = []
  for (const load of loads) {
    approved = [...approved, ...load.approved]
    accepted = [...accepted, ...accept(accepted, load.batch, approved, limit).accepted]
  }
  return accepted.map(({ revision }) => revision)
}

/** What one statement says at a knowledge point, undefined where nothing. */
function saysAt({ k, a, b, start, end, first, ...known }: Statement, point: number): Version | undefined {
  if (point < known.knownFrom || (known.knownTo !== null && known.knownTo <= point)) return undefined
  const endCounts = known.endKnownFrom !== null && known.endKnownFrom <= point
  return { k, a, b, start, end: endCounts ? end : null, first }
}

/** Versions by key, start and values: the order in which two dimensions are compared. */
export const inOrder = <V extends Version>(versions: readonly V[]): readonly V[] =>
  [...versions].sort((one, other) => (one.k === other.k ? one.start - other.start : one.k < other.k ? -1 : 1))

/** The dimension as known at a publication's number. */
export function asKnown({ dim, history }: Tables, point: number): readonly Version[] {
  const said: Version[] = []
  for (const row of dim) {
    const version = saysAt(row, point)
    if (version !== undefined) said.push(version)
  }
  for (const row of history) {
    const version = saysAt(row, point)
    if (version !== undefined) said.push(version)
  }
  return inOrder(said)
}
