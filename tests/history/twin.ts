import { believed } from './believed.ts'
import { type Case, liveOf } from './case.ts'
import { isComplete, observe } from './content.ts'
import type { Delivery, History, Load, Row, Tables, Text, Version, VersionRow } from './model.ts'
import { hold, holdTables, holdVersions, type Property } from './property.ts'

const load = (batch: readonly Delivery[]): Load => ({ batch, approved: [], events: [] })
const deliveriesOf = ({ accepted }: Case): readonly Delivery[] => accepted.map(({ delivery }) => delivery)

/** A history of the same snapshots, none of them held, must make the same believed rows. */
function checkBelieved(of: Case, batches: readonly (readonly Delivery[])[], what: string): number {
  const live = liveOf(of.make({ limit: 1, loads: batches.map(load) }).at(-1)?.tables ?? { dim: [], history: [] })
  const expected = liveOf(of.tables)
  holdVersions(live, expected, what)
  live.forEach((row, index) => {
    hold(row.u === expected[index]?.u, `${what}: other untracked`, row, expected[index])
  })
  return 1
}

/** The days in another order, one or two a load; revisions of one day keep theirs. */
function checkOrder(of: Case): number {
  const turn = (day: number): number => (day * 7) % 11
  const shuffled = [...deliveriesOf(of)].sort((one, other) => turn(one.day) - turn(other.day) || one.day - other.day)
  const batches = shuffled.flatMap((delivery, index) => {
    const next = shuffled[index + 1]
    if (index % 3 === 2) return []
    return [index % 3 === 1 && next !== undefined ? [delivery, next] : [delivery]]
  })
  return checkBelieved(of, batches, 'another order')
}

function checkRebuild(of: Case): number {
  const expected: readonly Version[] = believed(deliveriesOf(of))
  holdVersions(liveOf(of.tables), expected, 'believed')
  return checkBelieved(of, [deliveriesOf(of)], 'one load of all')
}

/** After each load some of what was accepted comes again, and changes nothing. */
function checkReplay({ history, make, steps }: Case): number {
  const loads = history.loads.flatMap((load, index) => {
    const before = steps[index]?.accepted.map(({ delivery }) => ({ ...delivery })) ?? []
    const again = before.filter((_, place) => (place + index) % 2 === 0 || index === history.loads.length - 1)
    return [load, { batch: again, approved: [], events: [] }]
  })
  make({ ...history, loads }).forEach(({ tables }, index) => {
    const expected = steps[Math.floor(index / 2)]
    if (expected !== undefined) holdTables(tables, expected.tables, 'replayed')
  })
  return loads.length
}

/** The same history with other rows: `rename` is given the number of the load. */
function renamed({ limit, loads }: History, rename: (row: Row, load: number) => Row): History {
  const delivery = (of: Delivery, load: number) => ({ ...of, rows: of.rows.map(row => rename(row, load)) })
  return {
    limit,
    loads: loads.map(({ batch, approved, events }, index) => ({
      batch: batch.map(of => delivery(of, index)),
      approved: approved.map(of => delivery(of, index)),
      events,
    })),
  }
}

const filled = (text: Text): string => (text === null ? 'was NULL' : text === '' ? 'was empty' : text)
const fill = <R extends { readonly a: Text; readonly b: Text }>(row: R): R => ({
  ...row,
  a: filled(row.a),
  b: filled(row.b),
})

/** NULL and '' are values like any two others. */
function checkNulls({ history, make, steps }: Case): number {
  const fillAll = ({ dim, history }: Tables): Tables => ({ dim: dim.map(fill<VersionRow>), history: history.map(fill) })
  make(renamed(history, fill)).forEach(({ tables }, index) => {
    const expected = steps[index]
    if (expected !== undefined) holdTables(tables, fillAll(expected.tables), 'other words for NULL and empty')
  })
  return steps.length
}

/** A new column without a value changes nothing, from whichever load on. */
function checkColumn({ history, make, tables }: Case): number {
  const from = Math.floor(history.loads.length / 2)
  const widened = renamed(history, (row, load) => (load < from ? row : Object.assign({ c: null }, row)))
  holdTables(make(widened).at(-1)?.tables ?? { dim: [], history: [] }, tables, 'a new column of NULL')
  return 1
}

/** The history without what was held or dropped is the same one; absence from an incomplete snapshot ends nothing. */
function checkNothing({ history, make, steps, known }: Case): number {
  const bare = { limit: 1, loads: steps.map(({ outcome }) => load(outcome.accepted.map(({ delivery }) => delivery))) }
  make(bare).forEach(({ tables }, index) => {
    const expected = steps[index]
    if (expected !== undefined) holdTables(tables, expected.tables, 'without what was not accepted')
  })
  for (const { snapshots, versions } of known) {
    for (const snapshot of snapshots.filter(snapshot => !isComplete(snapshot)))
      for (const version of versions.filter(({ end }) => end === snapshot.day))
        hold(observe(version.k, snapshot) !== 'unknown', 'ended by an incomplete snapshot', snapshot, version)
  }
  return history.loads.reduce((count, { batch }) => count + batch.length, 0) - (steps.at(-1)?.accepted.length ?? 0)
}

/** What histories that must mean the same have in common. */
export const twin: readonly Property[] = [
  { name: 'V1 the order of arrival makes no difference', check: checkOrder },
  { name: 'V2 what comes again changes nothing', check: checkReplay },
  { name: 'V3 load by load is what one rebuild gives', check: checkRebuild },
  { name: "V10 NULL and '' are values of their own", check: checkNulls },
  { name: 'V19 a new column of NULL changes nothing', check: checkColumn },
  { name: 'V20 incomplete, held and empty snapshots change nothing', check: checkNothing },
]
