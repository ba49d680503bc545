import { random } from '../../pipeline/feed/random.ts'
import type { Delivery, History, Load, Row, Text } from './model.ts'

/**
 * What a delivery may say of a key: one of three values, nothing, that it could not be read, or A in one row while another
 * one of it could not be read.
 */
const SIGNS = ['A', 'B', 'C', '.', '?', '!'] as const
type Sign = (typeof SIGNS)[number]

/** Of A and C only one attribute differs, and C has none at all. */
const VALUES: Readonly<Record<Exclude<Sign, '.' | '?'>, Pick<Row, 'a' | 'b'>>> = {
  A: { a: 'A', b: null },
  B: { a: '', b: 'B' },
  C: { a: null, b: null },
  '!': { a: 'A', b: null },
}

/** A delivery by its day; `…` after it is one with a row whose key nobody could read, `!` one of which every row could be. */
type Named = number | `${number}…` | `${number}!`

/** Every way in which so many deliveries may speak of a key, each a word of as many signs. */
const words = (length: number): readonly string[] =>
  length === 0 ? [''] : words(length - 1).flatMap(word => SIGNS.map(sign => `${word}${sign}`))

/** So many of them, evenly: a load of all would cost more than it shows. */
const someWords = (length: number, count = 100): readonly string[] => {
  const all = words(length)
  return all.filter(
    (_, index) => Math.floor((index * count) / all.length) !== Math.floor(((index + 1) * count) / all.length),
  )
}

/**
 * A history whose keys are what its deliveries say of them: `A.B` has the value A in the first delivery, is absent from the
 * second and has B in the third. Untracked attributes change by chance.
 */
function keysLike(all: readonly string[], ...loads: readonly (readonly Named[])[]): History {
  const { pick } = random(all.length)
  let place = 0
  const delivery = (named: Named): Delivery => {
    const text = String(named)
    const rows: Row[] = []
    const unreadable: Text[] = text.endsWith('…') ? [null] : []
    for (const k of all) {
      const sign = k[place] as Sign
      if (sign === '?' || sign === '!') unreadable.push(k)
      if (sign !== '.' && sign !== '?') rows.push({ k, ...VALUES[sign], u: pick(['u', 'u', 'u', 'v', null]) })
    }
    place += 1
    return { day: Number.parseInt(text, 10), rows, unreadable: text.endsWith('!') ? [] : unreadable }
  }
  return { limit: 1, loads: loads.map(batch => ({ batch: batch.map(delivery), approved: [], events: [] })) }
}

const manyKeys = (...loads: readonly (readonly Named[])[]): History =>
  keysLike(someWords(loads.flat().length), ...loads)

/** Each word by so many keys, so that events of many times meet it. */
const times = (count: number, all: readonly string[]): readonly string[] =>
  all.flatMap(word => Array.from({ length: count }, (_, index) => `${word} ${index}`))

const keys = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `k${from + index}`)

const day = (number: number, present: readonly string[], unreadable: readonly Text[] = []): Delivery => ({
  day: number,
  rows: present.map(k => ({ k, a: 'A', b: null, u: null })),
  unreadable,
})
const load = (...batch: readonly Delivery[]): Load => ({ batch, approved: [], events: [] })
const approving = (...batch: readonly Delivery[]): Load => ({ batch, approved: batch, events: [] })

/** Three of the ten keys of the day before are missing, one could not be read, twice, and one is new. */
const short = (number: number): Delivery => day(number, [...keys(1, 6), 'k12'], ['k7', 'k7'])

const HOLDS: readonly Load[] = [
  load(day(1, [])),
  load(day(0, keys(1, 11))),
  load(day(1, keys(1, 10))),
  load(day(3, keys(1, 10))),
  // A late day; in one load a day, one that is judged by the base of the first held one, and a whole one.
  load(short(2)),
  load(short(4), day(5, keys(1, 6)), day(6, keys(1, 10))),
  // Of two held contents of one day the first is approved.
  load(day(4, keys(1, 5))),
  approving(short(4)),
  load(day(4, keys(1, 5))),
  // A revised day, then with it the one that is compared with it; each once held and once not.
  load(day(6, keys(1, 8)), day(7, keys(1, 8))),
  load(day(6, [...keys(1, 10), ...keys(20, 29)]), day(7, keys(1, 10))),
  load(day(8, keys(1, 9)), day(8, keys(1, 3)), day(9, keys(1, 10))),
  // Days that do not tell of everybody are not held; one without a day before it is not either.
  load(day(10, keys(1, 2), [null]), day(11, keys(1, 10))),
  load(day(12, keys(1, 9)), day(-1, keys(40, 41))),
  // The same rows, and which could not be read is said once or twice: the same content.
  load(day(13, keys(1, 10), ['k50', 'k50', 'k51'])),
  load(day(13, keys(1, 10), ['k50', 'k51', 'k51'])),
]

const HELD_TOGETHER: readonly Load[] = [
  load(day(0, keys(1, 10))),
  load(day(3, keys(1, 10))),
  // Keys that are missing on one day could not be read on another one of the load.
  load(day(1, keys(4, 10)), day(5, keys(4, 10), keys(1, 3))),
  // After the first held day some look good beside the day before, some do not, and one lacks just what it may lack.
  load(
    ...[day(7, keys(1, 10)), short(8), short(9), day(10, keys(1, 9)), day(11, [...keys(1, 6), 'k12'])],
    ...[day(12, keys(1, 10)), day(12, keys(1, 2))],
  ),
  load(short(8), short(9)),
  { ...load(short(8), short(9)), approved: [short(9)] },
  // The newest day is revised and goes on; days before and after all at once.
  load(day(10, [...keys(1, 9), 'k12']), day(11, [...keys(1, 9), 'k12'])),
  load(day(2, keys(1, 10)), day(13, [...keys(1, 9), 'k12'])),
  // A revised day with keys that could not be read, one of them twice.
  load(day(13, [...keys(1, 6), 'k12'], ['k7', 'k7'])),
]

/** All change on one day, and nobody comes or goes. */
const together = (number: number, a: Text): Delivery => ({
  day: number,
  rows: keys(1, 40).map(k => ({ k, a, b: null, u: null })),
  unreadable: [],
})

const alone = (number: number, a: Text): Load =>
  load({ day: number, rows: [{ k: 'x', a, b: null, u: null }], unreadable: [] })

/** Between the first and the last load their events were joined to versions that had no end yet. */
export const GONE_AGAIN = {
  name: 'keys that had gone return, and go again',
  history: keysLike(times(8, ['A.A.', 'B.B.', 'A.B.', 'AAAA']), [1, 2], [3], [4]),
}

/**
 * Histories made by hand, in which each load holds many situations: they show most of what can be broken in the SQL. Those
 * that show most come first.
 */
export const SITUATIONS: readonly { readonly name: string; readonly history: History }[] = [
  { name: 'a day between two others, and before all', history: manyKeys([2], ['6!'], [4], [1]) },
  { name: 'a revised day, and days that go on', history: manyKeys([1], ['2!'], [2], [5]) },
  { name: 'several days at once from which too many keys vanish', history: { limit: 0.1, loads: HELD_TOGETHER } },
  { name: 'snapshots from which too many keys vanish', history: { limit: 0.1, loads: HOLDS } },
  { name: 'a day before one that was revised', history: manyKeys(['1!'], [5], ['5!'], [3]) },
  { name: 'a revised day and others at once', history: manyKeys([1], [3], ['3!', 5, 2]) },
  { name: 'several days at once, then one between', history: manyKeys([1, 3], ['5!', 4]) },
  { name: 'days before and after at once', history: manyKeys(['5!'], [3, '7!'], [1]) },
  { name: 'a snapshot that does not tell of everybody', history: manyKeys([1], [3], ['4…'], [2]) },
  { name: 'one that does not tell of everybody, revised', history: manyKeys([1], ['3…'], ['2!'], [3]) },
  { name: 'what came late does not tell of everybody', history: manyKeys([1], ['4!'], ['2…'], [3]) },
  { name: 'two deliveries of a day', history: manyKeys([1], [3, 3], ['2!']) },
  { name: 'days in order', history: manyKeys([1], ['2!'], [3], ['5!']) },
  { name: 'a late day, then the first one is revised', history: manyKeys([1, 7], ['4!'], [1]) },
  { name: 'a late day, then that one is revised', history: manyKeys([1, '8!'], [5], [5]) },
  { name: 'days after a gap, and a late one', history: manyKeys([1, 4], ['7!'], [9], [8]) },
  {
    name: 'an end that goes, comes back and moves twice',
    history: keysLike(times(8, ['A..A...', 'A..A.A.', 'B..BB..', 'A.AA.B.']), [1, 7, 10], [7], [7], [5], [3]),
  },
  GONE_AGAIN,
  { name: 'one key alone is told anew', history: { limit: 1, loads: [alone(5, 'A'), alone(6, 'A'), alone(3, 'B')] } },
  {
    name: 'all keys change on one day',
    history: {
      limit: 1,
      loads: [together(1, 'A'), together(3, 'B'), together(5, 'A'), together(3, 'A')].map(each => load(each)),
    },
  },
]
