import { attributions } from './attribution.ts'
import { type Case, caseOf } from './case.ts'
import { identityOf, isComplete, observe } from './content.ts'
import type { Accepted, Delivery, History, Step, Version } from './model.ts'
import { replay } from './oracle.ts'
import { versionId } from './publish.ts'

type Has = (of: Case) => boolean

const daysOf = (accepted: readonly Accepted[]): readonly number[] => accepted.map(({ delivery }) => delivery.day)

/** Whether some load's outcome is so, given the days loaded before it. */
const someLoad =
  (is: (step: Step, before: readonly Accepted[]) => boolean): Has =>
  ({ steps }) =>
    steps.some((step, index) => is(step, steps[index - 1]?.accepted ?? []))

/** Whether some accepted delivery is so, given what was loaded before its load. */
const someAccepted = (is: (delivery: Delivery, before: readonly Accepted[], after: Step) => boolean): Has =>
  someLoad((step, before) => step.outcome.accepted.some(({ delivery }) => is(delivery, before, step)))

/** Whether two versions of one key that follow each other at the end are so. */
const somePair =
  (is: (one: Version, next: Version, third: Version | undefined) => boolean): Has =>
  ({ known }) => {
    const versions = known.at(-1)?.versions ?? []
    return versions.some((one, index) => {
      const [next, third] = [versions[index + 1], versions[index + 2]]
      return next?.k === one.k && is(one, next, third?.k === one.k ? third : undefined)
    })
  }

const sameValue = (one: Version, other: Version): boolean => one.a === other.a && one.b === other.b
const isNullAndEmpty = (one: unknown, other: unknown): boolean =>
  (one === null && other === '') || (one === '' && other === null)

const isBackAgain = (one: Version, next: Version, third: Version | undefined): boolean =>
  third !== undefined && one.end === next.start && next.end === third.start && sameValue(one, third)

/** The snapshot after a day, among what is loaded in the end. */
const nextOf = (day: number, { accepted }: Step): Delivery | undefined =>
  accepted
    .map(({ delivery }) => delivery)
    .filter(other => other.day > day)
    .sort((one, other) => one.day - other.day)[0]

const isBetween = (day: number, days: readonly number[]): boolean =>
  days.some(other => other < day) && days.some(other => other > day) && !days.includes(day)

const isDeliveredBefore = (delivery: Delivery, before: readonly Accepted[]): boolean =>
  delivery.rows.length > 0 && before.some(other => identityOf(other.delivery) === identityOf(delivery))

const isRevisedSince = (delivery: Delivery, before: readonly Accepted[]): boolean => {
  const last = before.findLast(other => other.delivery.day === delivery.day)
  return last !== undefined && identityOf(last.delivery) !== identityOf(delivery)
}

/** Whether a key's row on the newest day loaded before is lost by a revision of that day. */
const losesNewest = (delivery: Delivery, before: readonly Accepted[]): boolean => {
  const newest = Math.max(...daysOf(before))
  const last = before.findLast(other => other.delivery.day === newest)
  return delivery.day === newest && (last?.delivery.rows ?? []).some(({ k }) => observe(k, delivery) === 'absent')
}

const hasOtherUntracked = (delivery: Delivery, before: readonly Accepted[]): boolean =>
  before.some(
    ({ delivery: later }) =>
      later.day > delivery.day && later.rows.some(({ k, u }) => delivery.rows.some(row => row.k === k && row.u !== u)),
  )

const someSnapshot =
  (is: (snapshot: Delivery, versions: readonly Version[]) => boolean): Has =>
  ({ known }) =>
    known.slice(-1).some(({ snapshots, versions }) => snapshots.some(snapshot => is(snapshot, versions)))

const covers = (version: Version, day: number): boolean =>
  version.start <= day && (version.end === null || day < version.end)

/** Whether some earlier statement is so beside its version's row. */
const someStatement =
  (is: (past: Case['tables']['history'][number], row: Case['tables']['dim'][number]) => boolean): Has =>
  ({ tables }) => {
    const rows = new Map(tables.dim.map(row => [versionId(row), row]))
    return tables.history.some(past => {
      const row = rows.get(versionId(past))
      return row !== undefined && is(past, row)
    })
  }

/** What a history may have that is worth checking, by name. */
const classes: Readonly<Record<string, Has>> = {
  'several days in order in one load': someLoad(
    ({ outcome: { accepted } }) =>
      accepted.length > 1 && accepted[0]?.revision.publication === accepted[0]?.revision.revSeq,
  ),
  'a load out of order': someLoad(
    ({ outcome: { accepted } }) =>
      accepted.length > 1 && accepted[0]?.revision.publication !== accepted[0]?.revision.revSeq,
  ),
  'a late day between two': someAccepted(({ day }, before) => isBetween(day, daysOf(before))),
  'a late day before all': someAccepted(({ day }, before) => before.length > 0 && day < Math.min(...daysOf(before))),
  'a late day splits a version': someAccepted(
    ({ day }, before, { tables }) =>
      isBetween(day, daysOf(before)) &&
      tables.dim.some(
        row => row.start === day && tables.dim.some(after => after.k === row.k && after.start === row.end),
      ),
  ),
  'a revised day': someAccepted(({ day }, before) => daysOf(before).includes(day)),
  'two revisions in one load': someLoad(
    ({ outcome: { accepted } }) => new Set(daysOf(accepted)).size < accepted.length,
  ),
  'a missing day': ({ known }) =>
    (known.at(-1)?.snapshots ?? []).some(({ day }, index, all) => index > 0 && day - (all[index - 1]?.day ?? day) > 1),
  'a key vanishes': someSnapshot((snapshot, versions) =>
    versions.some(({ k, end }) => end === snapshot.day && observe(k, snapshot) === 'absent'),
  ),
  'a key returns': somePair((one, next) => one.end !== next.start),
  'A, B, A': somePair(isBackAgain),
  "NULL becomes '' or back": somePair(
    (one, next) => one.end === next.start && (isNullAndEmpty(one.a, next.a) || isNullAndEmpty(one.b, next.b)),
  ),
  'an unreadable key is carried forward': someSnapshot(({ day, unreadable }, versions) =>
    unreadable.some(key => versions.some(version => version.k === key && covers(version, day))),
  ),
  'absence from an incomplete snapshot': someSnapshot(
    (snapshot, versions) =>
      !isComplete(snapshot) &&
      versions.some(version => covers(version, snapshot.day) && observe(version.k, snapshot) === 'unknown'),
  ),
  'an unknown day after a late or revised one': someAccepted((delivery, before, step) => {
    const next = nextOf(delivery.day, step)
    if (next === undefined || !daysOf(before).includes(next.day)) return false
    return delivery.rows.some(({ k }) => observe(k, next) === 'unknown')
  }),
  'an empty snapshot': someLoad(({ load }) => load.batch.some(({ rows }) => rows.length === 0)),
  'content comes again': someLoad(({ load }, before) =>
    load.batch.some(delivery => isDeliveredBefore(delivery, before)),
  ),
  'content comes again after a later revision': someLoad(({ load }, before) =>
    load.batch.some(delivery => isDeliveredBefore(delivery, before) && isRevisedSince(delivery, before)),
  ),
  'content of another day': someAccepted((delivery, before) =>
    before.some(
      ({ delivery: { day, ...other } }) => identityOf({ ...other, day: 0 }) === identityOf({ ...delivery, day: 0 }),
    ),
  ),
  'a held day': someLoad(({ outcome }) => outcome.held.length > 0),
  'a held day with later ones in its load': someLoad(({ outcome: { held, accepted } }) =>
    accepted.some(({ delivery }) => held.some(({ day }) => day < delivery.day)),
  ),
  'several held days in one load': someLoad(({ outcome }) => outcome.held.length > 1),
  'an approved day': someLoad(({ load, outcome }) =>
    outcome.accepted.some(({ delivery }) => load.approved.includes(delivery)),
  ),
  'a retired version': ({ tables }) => tables.dim.some(({ knownTo }) => knownTo !== null),
  'a version believed again': someStatement((past, row) => past.knownTo !== null && past.knownTo < row.knownFrom),
  'another version becomes first': someStatement((past, row) => past.first !== row.first),
  'an end taken back': someStatement((past, row) => past.end !== null && row.end === null),
  'an end moved': someStatement((past, row) => past.end !== null && row.end !== null && past.end !== row.end),
  'an older untracked value comes later': someAccepted(hasOtherUntracked),
  'the newest day loses a key': someAccepted(losesNewest),
  'an event in a gap or of nobody': ({ history }) =>
    attributions(history).some(({ restated }) => restated === undefined),
  'an event before the first version': ({ history }) =>
    attributions(history).some(({ event, restated }) => restated !== undefined && event.at < restated.start),
  'an event restated': ({ history }) =>
    attributions(history).some(
      ({ published, restated }) => (published && versionId(published)) !== (restated && versionId(restated)),
    ),
}

export const classNames: readonly string[] = Object.keys(classes)

/** The classes that a history is of. */
export function classesOf(history: History): readonly string[] {
  const of = caseOf(history, replay)
  return classNames.filter(name => classes[name]?.(of))
}
