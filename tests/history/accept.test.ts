import { describe, expect, test } from 'vitest'
import { accept } from './accept.ts'
import type { Accepted, Delivery } from './model.ts'
import { day, dim, ledger, load, loads } from './notation.ts'

/** The ledger after a first load of these. */
const loaded = (...batch: readonly Delivery[]): readonly Accepted[] => accept([], batch).accepted
const both = { x: 'A', y: 'A' }
const one = { x: 'A' }

/** What became of a batch, by the deliveries' own names. */
function outcome(before: readonly Accepted[], batch: Readonly<Record<string, Delivery>>, approved: Delivery[] = []) {
  const { accepted, held, dropped } = accept(before, Object.values(batch), approved)
  const names = (list: readonly Delivery[]) =>
    Object.keys(batch).filter(name => list.some(delivery => delivery === batch[name]))
  return { accepted: names(accepted.map(({ delivery }) => delivery)), held: names(held), dropped: names(dropped) }
}

describe('repeated content', () => {
  test('of a day is dropped: the ledger and the rows stay', () => {
    const history = loads(load(day(1, one)), load(day(1, one)), load(day(2, { x: 'B' })))
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2'])
    expect(dim(history)).toEqual(['x A [1,2)@2 first known [1,)', 'x B [2,) known [2,) current'])
  })

  test('is dropped also after a later revision of the day, which still holds', () => {
    const history = loads(load(day(1, one)), load(day(1, { x: 'B' })), load(day(1, one)))
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 1 rev 2 in 2'])
    expect(dim(history)).toEqual(['x A [1,) first known [1,2)', 'x B [1,) first known [2,) current'])
  })

  test('is dropped within one batch, which then is in order', () => {
    const history = loads(load(day(1, one), day(2, one), day(1, one)))
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2'])
  })

  test('of another day is a revision of its own', () => {
    expect(ledger(loads(load(day(1, one)), load(day(2, one))))).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2'])
  })

  test('is a set: the order of rows and of unreadable keys does not count, everything else does', () => {
    const before = loaded(day(1, both, ['z', 'w']))
    expect(
      outcome(before, {
        reordered: day(1, { y: 'A', x: 'A' }, ['w', 'z', 'w']),
        otherUnreadable: day(1, both, ['z']),
        otherUntracked: day(1, { x: ['A', 'new'], y: 'A' }, ['z', 'w']),
        nullForEmpty: day(1, { x: ['A', ''], y: 'A' }, ['z', 'w']),
      }),
    ).toEqual({ accepted: ['otherUnreadable', 'otherUntracked', 'nullForEmpty'], held: [], dropped: ['reordered'] })
  })
})

describe('a day on which too many keys vanish', () => {
  test('is held and changes nothing; approved, it is accepted', () => {
    const bad = day(2, one)
    const held = { limit: 0.1, loads: [load(day(1, both)), load(bad)] }
    expect(ledger(held)).toEqual(['day 1 rev 1 in 1'])
    expect(dim(held, 'y')).toEqual(['y A [1,) first known [1,) current'])
    const approved = { ...held, loads: [...held.loads, { ...load(day(2, one)), approved: [bad] }] }
    expect(ledger(approved)).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2'])
    expect(dim(approved, 'y')).toEqual(['y A [1,2)@2 first known [1,)'])
  })

  test('does not excuse the next: its base stands for the later days of the batch', () => {
    const batch = { bad: day(2, one), alsoBad: day(3, one), good: day(4, { ...both, z: 'A' }), bad2: day(5, one) }
    expect(outcome(loaded(day(1, both)), batch)).toEqual({
      accepted: ['good'],
      held: ['bad', 'alsoBad', 'bad2'],
      dropped: [],
    })
  })

  test('is compared with an earlier day of the batch where that is nearest, by its own rows', () => {
    const batch = { more: day(2, { ...both, z: 'A' }), bad: day(3, both), asBefore: day(4, { ...both, z: 'B' }) }
    expect(outcome(loaded(day(1, one)), batch)).toEqual({
      accepted: ['more', 'asBefore'],
      held: ['bad'],
      dropped: [],
    })
  })

  test('is compared with a loaded day as that is believed, unknown carried forward', () => {
    const before = loaded(day(1, both), day(2, one, ['y']))
    expect(outcome(before, { bad: day(3, one) }).held).toEqual(['bad'])
  })

  test('is compared with the revision of a loaded day that the batch brings', () => {
    expect(outcome(loaded(day(1, both)), { revised: day(1, one), next: day(2, one) })).toEqual({
      accepted: ['revised', 'next'],
      held: [],
      dropped: [],
    })
  })

  test('takes the lower revisions of the day in its batch with it', () => {
    const batch = { lower: day(2, both), bad: day(2, one), later: day(3, both) }
    expect(outcome(loaded(day(1, both)), batch)).toEqual({ accepted: ['later'], held: ['bad'], dropped: ['lower'] })
  })

  test('is judged by its highest revision alone', () => {
    const batch = { bad: day(2, one), better: day(2, both) }
    expect(outcome(loaded(day(1, both)), batch)).toEqual({ accepted: ['bad', 'better'], held: [], dropped: [] })
  })

  test('leaves the rest of the batch in order: published one by one', () => {
    const history = { limit: 0.1, loads: [load(day(1, both)), load(day(2, one), day(3, both), day(4, both))] }
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 3 rev 2 in 2', 'day 4 rev 3 in 3'])
  })

  test('approved in the middle of a batch counts like any day', () => {
    const fine = day(2, one)
    expect(outcome(loaded(day(1, both)), { fine, next: day(3, one) }, [fine])).toEqual({
      accepted: ['fine', 'next'],
      held: [],
      dropped: [],
    })
  })
})

describe('a day is never held', () => {
  test('where it is the earliest, also late', () => {
    expect(ledger({ limit: 0.1, loads: [load(day(2, both)), load(day(1, one))] })).toEqual([
      'day 2 rev 1 in 1',
      'day 1 rev 2 in 2',
    ])
  })

  test('where it is incomplete, or what is missing could not be read', () => {
    const batch = { incomplete: day(2, one, [null]), unreadable: day(2, one, ['y']) }
    expect(outcome(loaded(day(1, both)), batch).held).toEqual([])
  })

  test('where just the limit vanishes, or where keys only come', () => {
    const { held } = accept(loaded(day(1, both)), [day(2, one), day(3, both)], [], 0.5)
    expect(held).toEqual([])
  })
})
