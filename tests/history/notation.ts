import type { Delivery, History, Load, Statement, Text, Version, VersionRow } from './model.ts'
import { asKnown, inOrder, ledgerOf, storage } from './oracle.ts'

const show = (value: Text): string => (value === null ? 'NULL' : value === '' ? "''" : value)
const until = (end: number | null): string => (end === null ? '' : String(end))

/** A day's snapshot: keys and their `a`, or `[a, u]`; `b` is NULL. */
export function day(
  number: number,
  rows: Readonly<Record<string, Text | readonly [a: Text, u: Text]>>,
  unreadable: readonly Text[] = [],
): Delivery {
  const list = Object.entries(rows).map(([k, value]) => {
    const [a, u] = typeof value === 'object' && value !== null ? value : [value, null]
    return { k, a, b: null, u }
  })
  return { day: number, rows: list, unreadable }
}

/** A load of these deliveries. */
export const load = (...batch: readonly Delivery[]): Load => ({ batch, approved: [], events: [] })

/** Loads one after the other, of which nothing is held. */
export const loads = (...list: readonly Load[]): History => ({ limit: 1, loads: list })

const showVersion = ({ k, a, start, end, first }: Version, endKnown = ''): string =>
  `${k} ${show(a)} [${start},${until(end)})${endKnown}${first ? ' first' : ''}`

const showStatement = (row: Statement): string =>
  `${showVersion(row, row.endKnownFrom === null ? '' : `@${row.endKnownFrom}`)} known [${row.knownFrom},${until(row.knownTo)})`

const showRow = (row: VersionRow): string => `${showStatement(row)}${row.isCurrent ? ' current' : ''}`

/** The rows of one key as text: `x A [1,2)@4 first known [3,) current` has its end known from 4 on and all of it from 3 on. */
export const dim = (history: History, k = 'x'): readonly string[] =>
  inOrder(storage(history).dim)
    .filter(row => row.k === k)
    .map(showRow)
    .sort()

/** The earlier statements about one key as text. */
export const past = (history: History, k = 'x'): readonly string[] =>
  storage(history)
    .history.filter(row => row.k === k)
    .map(showStatement)
    .sort()

/** What is known of one key at a publication's number. */
export const known = (history: History, point: number, k = 'x'): readonly string[] =>
  asKnown(storage(history), point)
    .filter(row => row.k === k)
    .map(version => showVersion(version))

/** The untracked attribute on each row of one key. */
export const untracked = (history: History, k = 'x'): readonly (Text | undefined)[] =>
  storage(history)
    .dim.filter(row => row.k === k)
    .map(({ u }) => u)

/** The ledger as text: day, revision and publication. */
export const ledger = (history: History): readonly string[] =>
  ledgerOf(history).map(({ day, revSeq, publication }) => `day ${day} rev ${revSeq} in ${publication}`)
