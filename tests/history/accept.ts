import { believed, snapshotsOf } from './believed.ts'
import { identityOf, isComplete, observe } from './content.ts'
import type { Accepted, Batch, Delivery, Outcome } from './model.ts'

/** The share of keys that may vanish where nobody says otherwise. */
export const defaultLimit = 0.1

/** Leaves out what has no rows, and content that was accepted for its day before or comes twice. */
function fresh(ledger: readonly Accepted[], batch: Batch): readonly Delivery[] {
  const known = new Set(ledger.map(({ delivery }) => identityOf(delivery)))
  return batch.filter(delivery => {
    const isNew = delivery.rows.length > 0 && !known.has(identityOf(delivery))
    if (isNew) known.add(identityOf(delivery))
    return isNew
  })
}

/** The keys of the nearest day before `day`: a day of the batch by its own rows, one loaded before by what is believed of it. */
function baseOf(day: number, ledger: readonly Accepted[], snapshots: readonly Delivery[]): readonly string[] {
  const own = snapshots.findLast(snapshot => snapshot.day < day)
  const loaded = Math.max(...ledger.map(({ delivery }) => delivery.day).filter(before => before < day))
  if (own !== undefined && own.day >= loaded) return own.rows.map(({ k }) => k)
  return believed(ledger.map(({ delivery }) => delivery))
    .filter(({ start, end }) => start <= loaded && (end === null || loaded < end))
    .map(({ k }) => k)
}

function vanishedShare(base: readonly string[], delivery: Delivery): number {
  const vanished = base.filter(k => observe(k, delivery) === 'absent')
  return base.length === 0 ? 0 : vanished.length / base.length
}

/** The days to hold. From the first of them on, its base stands for every later day: a bad day does not excuse the next. */
function heldDays(
  ledger: readonly Accepted[],
  kept: readonly Delivery[],
  approved: readonly Delivery[],
  limit: number,
): ReadonlySet<number> {
  const snapshots = snapshotsOf(kept)
  const excused = new Set(approved.map(identityOf))
  const held = new Set<number>()
  let firstBase: readonly string[] | undefined
  for (const snapshot of snapshots) {
    if (!isComplete(snapshot) || excused.has(identityOf(snapshot))) continue
    const base = firstBase ?? baseOf(snapshot.day, ledger, snapshots)
    if (vanishedShare(base, snapshot) <= limit) continue
    held.add(snapshot.day)
    firstBase = base
  }
  return held
}

/** Gives numbers. Days that continue what is loaded, each once, are published one by one; any other batch as one. */
function number(ledger: readonly Accepted[], deliveries: readonly Delivery[]): readonly Accepted[] {
  const ordered = [...deliveries].sort((one, other) => one.day - other.day)
  const days = [...ledger.map(({ delivery }) => delivery.day)]
  const newest = days.length === 0 ? Number.NEGATIVE_INFINITY : Math.max(...days)
  const inOrder = ordered.every(({ day }, index) => day > (ordered[index - 1]?.day ?? newest))
  const last = ledger.length + ordered.length
  return ordered.map((delivery, index) => {
    const revSeq = ledger.length + index + 1
    const { day } = delivery
    return {
      delivery,
      revision: { day, revSeq, publication: inOrder ? revSeq : last, complete: isComplete(delivery) },
    }
  })
}

/** What of a batch is accepted after what the ledger has, what is held, and what is dropped. */
export function accept(
  ledger: readonly Accepted[],
  batch: Batch,
  approved: readonly Delivery[] = [],
  limit = defaultLimit,
): Outcome {
  const kept = fresh(ledger, batch)
  const days = heldDays(ledger, kept, approved, limit)
  const held = snapshotsOf(kept).filter(({ day }) => days.has(day))
  const left = kept.filter(({ day }) => !days.has(day))
  return {
    accepted: number(ledger, left),
    held,
    dropped: batch.filter(delivery => !held.includes(delivery) && !left.includes(delivery)),
  }
}
