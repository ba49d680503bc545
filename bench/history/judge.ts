import type { Version } from './right.ts'

/** What is wrong with a table of versions, counted. */
export interface Findings {
  /** Versions of the right history whose value the table does not have at any time within them. */
  readonly lost: number
  /** Versions that end on the day they start, or before it. */
  readonly reversed: number
  /** Versions that are there again, with the same key, value and start. */
  readonly repeated: number
  /** Pairs of versions of one key that hold at the same time. */
  readonly overlaps: number
  /** Gaps of the right history in which the table has a value. */
  readonly gaps: number
  /** Keys whose open version is missing, another, or more than one. */
  readonly newest: number
  /** Versions that are there, with another start or end. */
  readonly misdated: number
  /** Versions of a value that the key did not have then. */
  readonly invented: number
}

const words: Readonly<Record<keyof Findings, readonly [one: string, many: string]>> = {
  lost: ['value lost', 'values lost'],
  reversed: ['version empty or reversed', 'versions empty or reversed'],
  repeated: ['version twice', 'versions twice'],
  overlaps: ['overlap', 'overlaps'],
  gaps: ['gap erased', 'gaps erased'],
  newest: ['newest value wrong', 'newest values wrong'],
  misdated: ['version with wrong dates', 'versions with wrong dates'],
  invented: ['version that never was', 'versions that never were'],
}

type Span = Pick<Version, 'start' | 'end'>

const isProper = ({ start, end }: Span): boolean => end === null || start < end
const meet = (a: Span, b: Span): boolean => (b.end === null || a.start < b.end) && (a.end === null || b.start < a.end)
const total = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0)

function byKey(versions: readonly Version[]): ReadonlyMap<string, readonly Version[]> {
  const groups = new Map<string, Version[]>()
  for (const version of versions) {
    const group = groups.get(version.key)
    if (group === undefined) groups.set(version.key, [version])
    else group.push(version)
  }
  return groups
}

/** Without those that are there a second time, whatever their end. */
function distinct(versions: readonly Version[]): readonly Version[] {
  return [...new Map(versions.map(version => [`${version.start} ${version.value}`, version])).values()]
}

function pairs(versions: readonly Version[]): number {
  return total(versions.map((version, at) => versions.slice(at + 1).filter(other => meet(version, other)).length))
}

/** The times between the versions of one key, and after the last one where it ended. */
function gapsOf(right: readonly Version[]): readonly Span[] {
  const sorted = [...right].sort((a, b) => (a.start < b.start ? -1 : 1))
  return sorted
    .map((version, at) => ({ start: version.end, end: sorted[at + 1]?.start ?? null }))
    .filter((gap): gap is Span => gap.start !== null && gap.start !== gap.end)
}

/** Judges the versions of one key. */
function judgeKey(found: readonly Version[], right: readonly Version[]): Findings {
  const once = distinct(found)
  const proper = once.filter(isProper)
  const has = (list: readonly Version[], { value, ...span }: Version): boolean =>
    list.some(other => other.value === value && meet(other, span))
  const open = (list: readonly Version[]): string =>
    list
      .filter(each => each.end === null)
      .map(each => each.value)
      .join()
  const present = right.filter(version => has(proper, version))
  const exact = ({ value, start, end }: Version): boolean =>
    proper.some(each => each.value === value && each.start === start && each.end === end)
  return {
    lost: right.length - present.length,
    reversed: found.filter(version => !isProper(version)).length,
    repeated: found.length - once.length,
    overlaps: pairs(proper),
    gaps: gapsOf(right).filter(gap => proper.some(version => meet(version, gap))).length,
    newest: open(proper) === open(right) ? 0 : 1,
    misdated: present.filter(version => !exact(version)).length,
    invented: proper.filter(version => !has(right, version)).length,
  }
}

/** Compares a table of versions with the right history, key by key. Times are days: what a snapshot a day can tell. */
export function judge(found: readonly Version[], right: readonly Version[]): Findings {
  const [ours, theirs] = [byKey(found), byKey(right)]
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])]
  const all = keys.map(key => judgeKey(ours.get(key) ?? [], theirs.get(key) ?? []))
  const names = Object.keys(words) as (keyof Findings)[]
  return Object.fromEntries(names.map(name => [name, total(all.map(each => each[name]))])) as unknown as Findings
}

/** What is wrong in a few words; empty where the table is right. */
export function describeFindings(findings: Findings): string {
  const names = Object.keys(words) as (keyof Findings)[]
  return names
    .filter(name => findings[name] > 0)
    .map(name => `${findings[name].toLocaleString('en-US')} ${words[name][findings[name] === 1 ? 0 : 1]}`)
    .join(', ')
}
