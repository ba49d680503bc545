import { believed, snapshotsOf } from './believed.ts'
import { identityOf, isComplete, observe } from './content.ts'
import type { Accepted, Batch, Delivery, Judgement, Outcome } from './model.ts'

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

/** The keys of a day that another is compared with. */
interface Base {
  readonly day: number
  readonly keys: readonly string[]
}

/** The nearest day before `day`: one of the batch by its own rows, one loaded before by what is believed of it. */
function baseOf(day: number, ledger: readonly Accepted[], snapshots: readonly Delivery[]): Base {
  const own = snapshots.findLast(snapshot => snapshot.day < day)
  const loaded = Math.max(...ledger.map(({ delivery }) => delivery.day).filter(before => before < day))
  if (own !== undefined && own.day >= loaded) return { day: own.day, keys: own.rows.map(({ k }) => k) }
  const keys = believed(ledger.map(({ delivery }) => delivery))
    .filter(({ start, end }) => start <= loaded && (end === null || loaded < end))
    .map(({ k }) => k)
  return { day: loaded, keys }
}

/** The days to hold. From the first of them on, its base stands for every later day: a bad day does not excuse the next. */
function heldDays(
  ledger: readonly Accepted[],
  kept: readonly Delivery[],
  approved: readonly Delivery[],
  limit: number,
): ReadonlyMap<number, Judgement> {
  const snapshots = snapshotsOf(kept)
  const excused = new Set(approved.map(identityOf))
  const held = new Map<number, Judgement>()
  let firstBase: Base | undefined
  for (const snapshot of snapshots) {
    if (!isComplete(snapshot) || excused.has(identityOf(snapshot))) continue
    const { day, keys } = firstBase ?? baseOf(snapshot.day, ledger, snapshots)
    const vanished = keys.filter(k => observe(k, snapshot) === 'absent').length
    if (keys.length === 0 || vanished / keys.length <= limit) continue
    held.set(snapshot.day, { base: day, keys: keys.length, vanished })
    firstBase = { day, keys }
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
    judged: new Map(
      held.flatMap(delivery => {
        const judgement = days.get(delivery.day)
        return judgement === undefined ? [] : [[delivery, judgement] as const]
      }),
    ),
    dropped: batch.filter(delivery => !held.includes(delivery) && !left.includes(delivery)),
  }
}
