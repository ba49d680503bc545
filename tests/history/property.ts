import type { Case } from './case.ts'
import type { Statement, Tables, Version, VersionRow } from './model.ts'

/** What must hold of every case. `check` throws where it does not, and says how many facts it looked at. */
export interface Property {
  readonly name: string
  readonly check: (of: Case) => number
}

/** Throws with what is wrong and the values that show it. */
export function hold(condition: boolean, what: string, ...shown: readonly unknown[]): void {
  if (!condition) throw new Error([what, ...shown.map(value => JSON.stringify(value))].join(' '))
}

export const sameVersion = (one: Version, other: Version): boolean =>
  one.k === other.k &&
  one.start === other.start &&
  one.end === other.end &&
  one.a === other.a &&
  one.b === other.b &&
  one.first === other.first

const sameStatement = (one: Statement, other: Statement): boolean =>
  sameVersion(one, other) &&
  one.knownFrom === other.knownFrom &&
  one.knownTo === other.knownTo &&
  one.endKnownFrom === other.endKnownFrom

/** Whether two rows are alike but for the untracked attribute. */
export const sameTracked = (one: VersionRow, other: VersionRow): boolean =>
  sameStatement(one, other) && one.isCurrent === other.isCurrent

const sameRow = (one: VersionRow, other: VersionRow): boolean => sameTracked(one, other) && one.u === other.u

function sameList<T>(one: readonly T[], other: readonly T[], same: (one: T, other: T) => boolean): boolean {
  return one.length === other.length && one.every((item, index) => same(item, other[index] as T))
}

/** Throws where two lists of versions differ. */
export function holdVersions(actual: readonly Version[], expected: readonly Version[], what: string): void {
  if (!sameList(actual, expected, sameVersion)) hold(false, `${what}: is`, actual, 'not', expected)
}

/** Throws where two tables of one maker differ. */
export function holdTables(actual: Tables, expected: Tables, what: string): void {
  const same =
    actual === expected ||
    (sameList(actual.dim, expected.dim, sameRow) && sameList(actual.history, expected.history, sameStatement))
  if (!same) hold(false, `${what}: is`, actual, 'not', expected)
}
