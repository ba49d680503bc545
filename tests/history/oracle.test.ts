import { describe, expect, test } from 'vitest'
import { day, dim, known, ledger, load, loads, past, untracked } from './notation.ts'

// Every expected row is worked out by hand from what history means, none by running the oracle.
describe('days in order', () => {
  test('a change closes the version on the day that shows it, in place, and opens the next', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(2, { x: 'B' })))
    expect(dim(history)).toEqual(['x A [1,2)@2 first known [1,)', 'x B [2,) known [2,) current'])
    expect(past(history)).toEqual([])
    expect(known(history, 1)).toEqual(['x A [1,) first'])
    expect(known(history, 2)).toEqual(['x A [1,2) first', 'x B [2,)'])
  })

  test('A, B, A are three versions, and a missing day carries forward', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(2, { x: 'B' })), load(day(4, { x: 'A' })))
    expect(dim(history)).toEqual([
      'x A [1,2)@2 first known [1,)',
      'x A [4,) known [3,) current',
      'x B [2,4)@3 known [2,)',
    ])
  })

  test('a day without a change leaves no trace', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(2, { x: 'A' })))
    expect(dim(history)).toEqual(['x A [1,) first known [1,) current'])
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2'])
  })

  test('several days in one batch, however given, are published one by one', () => {
    const history = loads(load(day(2, { x: 'B' }), day(1, { x: 'A' }), day(3, { x: 'C' })))
    expect(dim(history)).toEqual([
      'x A [1,2)@2 first known [1,)',
      'x B [2,3)@3 known [2,)',
      'x C [3,) known [3,) current',
    ])
    expect(known(history, 2)).toEqual(['x A [1,2) first', 'x B [2,)'])
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1', 'day 2 rev 2 in 2', 'day 3 rev 3 in 3'])
  })

  test('a key that vanishes leaves a gap; its return opens a new version that is not the first', () => {
    const history = loads(load(day(1, { x: 'A', y: 'A' })), load(day(2, { y: 'A' })), load(day(3, { x: 'A', y: 'A' })))
    expect(dim(history)).toEqual(['x A [1,2)@2 first known [1,)', 'x A [3,) known [3,) current'])
    expect(dim(history, 'y')).toEqual(['y A [1,) first known [1,) current'])
    expect(known(history, 2)).toEqual(['x A [1,2) first'])
  })

  test('NULL, an empty string and absence are three different things', () => {
    const history = loads(
      load(day(1, { x: null, y: 'A' })),
      load(day(2, { x: '', y: 'A' })),
      load(day(3, { y: 'A' })),
      load(day(4, { x: null, y: 'A' })),
    )
    expect(dim(history)).toEqual([
      "x '' [2,3)@3 known [2,)",
      'x NULL [1,2)@2 first known [1,)',
      'x NULL [4,) known [4,) current',
    ])
  })

  test('an unreadable row carries the last value forward, until a day says that the key is gone', () => {
    const unreadable = [load(day(1, { x: 'A', y: 'A' })), load(day(2, { y: 'A' }, ['x']))]
    expect(dim(loads(...unreadable))).toEqual(['x A [1,) first known [1,) current'])
    expect(dim(loads(...unreadable, load(day(3, { y: 'A' }))))).toEqual(['x A [1,3)@3 first known [1,)'])
    expect(dim(loads(...unreadable, load(day(3, { x: 'B' }))))).toEqual([
      'x A [1,3)@3 first known [1,)',
      'x B [3,) known [3,) current',
    ])
  })

  test('a key first seen unreadable begins with its first readable row', () => {
    const history = loads(load(day(1, { y: 'A' }, ['x'])), load(day(2, { x: 'A', y: 'A' })))
    expect(dim(history)).toEqual(['x A [2,) first known [2,) current'])
  })

  test('absence from an incomplete snapshot says nothing, its rows count', () => {
    const history = loads(
      load(day(1, { x: 'A', y: 'A' })),
      load(day(2, { y: 'B', z: 'A' }, [null])),
      load(day(3, { y: 'B' })),
    )
    expect(dim(history)).toEqual(['x A [1,3)@3 first known [1,)'])
    expect(dim(history, 'y')).toEqual(['y A [1,2)@2 first known [1,)', 'y B [2,) known [2,) current'])
    expect(dim(history, 'z')).toEqual(['z A [2,3)@3 first known [2,)'])
    expect(known(history, 2)).toEqual(['x A [1,) first'])
  })

  test('an empty snapshot is none', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(2, {})), load(day(3, {}, ['x'])))
    expect(dim(history)).toEqual(['x A [1,) first known [1,) current'])
    expect(ledger(history)).toEqual(['day 1 rev 1 in 1'])
  })
})

describe('late days', () => {
  test('a late day splits a version: the part before closes in place, the part after is a new version', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(3, { x: 'A' })), load(day(2, { x: 'B' })))
    expect(dim(history)).toEqual([
      'x A [1,2)@3 first known [1,)',
      'x A [3,) known [3,) current',
      'x B [2,3)@3 known [3,)',
    ])
    expect(past(history)).toEqual([])
    expect(known(history, 2)).toEqual(['x A [1,) first'])
    expect(known(history, 3)).toEqual(['x A [1,2) first', 'x B [2,3)', 'x A [3,)'])
  })

  test('a late day that shows the next value moves the change and retires the later start', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(3, { x: 'B' })), load(day(2, { x: 'B' })))
    expect(dim(history)).toEqual([
      'x A [1,2)@3 first known [3,)',
      'x B [2,) known [3,) current',
      'x B [3,) known [2,3)',
    ])
    expect(past(history)).toEqual(['x A [1,3)@2 first known [1,3)'])
    expect(known(history, 2)).toEqual(['x A [1,3) first', 'x B [3,)'])
    expect(known(history, 3)).toEqual(['x A [1,2) first', 'x B [2,)'])
  })

  test('a late day between two others with another value than both moves one end', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(3, { x: 'B' })), load(day(2, { x: 'C' })))
    expect(dim(history)).toEqual([
      'x A [1,2)@3 first known [3,)',
      'x B [3,) known [2,) current',
      'x C [2,3)@3 known [3,)',
    ])
    expect(past(history)).toEqual(['x A [1,3)@2 first known [1,3)'])
  })

  test('a late day shortens a gap from behind', () => {
    const history = loads(
      load(day(1, { x: 'A', y: 'A' })),
      load(day(2, { y: 'A' })),
      load(day(4, { x: 'A', y: 'A' })),
      load(day(3, { x: 'A', y: 'A' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,2)@2 first known [1,)',
      'x A [3,) known [4,) current',
      'x A [4,) known [3,4)',
    ])
    expect(past(history)).toEqual([])
    expect(known(history, 3)).toEqual(['x A [1,2) first', 'x A [4,)'])
  })

  test('an earlier first day with another value takes over being first', () => {
    const history = loads(load(day(2, { x: 'A' })), load(day(1, { x: 'B' })))
    expect(dim(history)).toEqual(['x A [2,) known [2,) current', 'x B [1,2)@2 first known [2,)'])
    expect(past(history)).toEqual(['x A [2,) first known [1,2)'])
    expect(known(history, 1)).toEqual(['x A [2,) first'])
    expect(known(history, 2)).toEqual(['x B [1,2) first', 'x A [2,)'])
  })

  test('an earlier first day with the same value is a version that starts earlier', () => {
    const history = loads(load(day(2, { x: 'A' })), load(day(1, { x: 'A' })))
    expect(dim(history)).toEqual(['x A [1,) first known [2,) current', 'x A [2,) first known [1,2)'])
    expect(past(history)).toEqual([])
  })

  test('an earlier first day without the key changes nothing', () => {
    const history = loads(load(day(2, { x: 'A' })), load(day(1, { y: 'A' })))
    expect(dim(history)).toEqual(['x A [2,) first known [1,) current'])
    expect(dim(history, 'y')).toEqual(['y A [1,2)@2 first known [2,)'])
  })

  test('a batch out of order is one publication, with the number of its last revision', () => {
    const history = loads(load(day(2, { x: 'A' })), load(day(3, { x: 'C' }), day(1, { x: 'B' })))
    expect(ledger(history)).toEqual(['day 2 rev 1 in 1', 'day 1 rev 2 in 3', 'day 3 rev 3 in 3'])
    expect(dim(history)).toEqual([
      'x A [2,3)@3 known [3,)',
      'x B [1,2)@3 first known [3,)',
      'x C [3,) known [3,) current',
    ])
    expect(past(history)).toEqual(['x A [2,) first known [1,3)'])
    expect(known(history, 1)).toEqual(['x A [2,) first'])
  })

  test('a late day reaches over the unknown days after it', () => {
    const history = loads(
      load(day(1, { x: 'A', y: 'A' })),
      load(day(3, { y: 'A' }, ['x'])),
      load(day(4, { x: 'A', y: 'A' })),
      load(day(2, { x: 'B', y: 'A' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,2)@4 first known [1,)',
      'x A [4,) known [4,) current',
      'x B [2,4)@4 known [4,)',
    ])
  })
})

describe('revised days', () => {
  test('a revision that takes a change back opens the version before it again and retires the rest', () => {
    const history = loads(
      load(day(1, { x: 'A' })),
      load(day(2, { x: 'B' })),
      load(day(3, { x: 'A' })),
      load(day(2, { x: 'A' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,) first known [4,) current',
      'x A [3,) known [3,4)',
      'x B [2,3)@3 known [2,4)',
    ])
    expect(past(history)).toEqual(['x A [1,2)@2 first known [1,4)'])
    expect(known(history, 1)).toEqual(['x A [1,) first'])
    expect(known(history, 3)).toEqual(['x A [1,2) first', 'x B [2,3)', 'x A [3,)'])
    expect(known(history, 4)).toEqual(['x A [1,) first'])
  })

  test('a revision moves a change to an earlier day', () => {
    const history = loads(
      load(day(1, { x: 'A' })),
      load(day(2, { x: 'A' })),
      load(day(3, { x: 'B' })),
      load(day(2, { x: 'B' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,2)@4 first known [4,)',
      'x B [2,) known [4,) current',
      'x B [3,) known [3,4)',
    ])
    expect(past(history)).toEqual(['x A [1,3)@3 first known [1,4)'])
  })

  test('a revision moves a change to a later day', () => {
    const history = loads(
      load(day(1, { x: 'A' })),
      load(day(2, { x: 'B' })),
      load(day(3, { x: 'B' })),
      load(day(2, { x: 'A' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,3)@4 first known [4,)',
      'x B [2,) known [2,4)',
      'x B [3,) known [4,) current',
    ])
    expect(past(history)).toEqual(['x A [1,2)@2 first known [1,4)'])
  })

  test('revised before an unknown day: the new value is carried into it', () => {
    const history = loads(
      load(day(1, { x: 'A', y: 'A' })),
      load(day(2, { x: 'B', y: 'A' })),
      load(day(3, { y: 'A' }, ['x'])),
      load(day(2, { x: 'C', y: 'A' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,2)@2 first known [1,)',
      'x B [2,) known [2,4)',
      'x C [2,) known [4,) current',
    ])
    expect(past(history)).toEqual([])
    expect(known(history, 3)).toEqual(['x A [1,2) first', 'x B [2,)'])
  })

  test('revised to unknown: the day before is carried forward', () => {
    const history = loads(
      load(day(1, { x: 'A', y: 'A' })),
      load(day(2, { x: 'B', y: 'A' })),
      load(day(2, { y: 'A' }, ['x'])),
    )
    expect(dim(history)).toEqual(['x A [1,) first known [3,) current', 'x B [2,) known [2,3)'])
    expect(past(history)).toEqual(['x A [1,2)@2 first known [1,3)'])
  })

  test('the first day revised to absence: the next version is first', () => {
    const history = loads(load(day(1, { x: 'A', y: 'A' })), load(day(2, { x: 'B', y: 'A' })), load(day(1, { y: 'A' })))
    expect(dim(history)).toEqual(['x A [1,2)@2 first known [1,3)', 'x B [2,) first known [3,) current'])
    expect(past(history)).toEqual(['x B [2,) known [2,3)'])
    expect(known(history, 3)).toEqual(['x B [2,) first'])
  })

  test('retired and believed again: the time in between is kept', () => {
    const history = loads(load(day(1, { x: 'A' })), load(day(1, { x: 'B' })), load(day(1, { x: ['A', 'new'] })))
    expect(dim(history)).toEqual(['x A [1,) first known [3,) current', 'x B [1,) first known [2,3)'])
    expect(past(history)).toEqual(['x A [1,) first known [1,2)'])
    expect(known(history, 1)).toEqual(['x A [1,) first'])
    expect(known(history, 2)).toEqual(['x B [1,) first'])
    expect(known(history, 3)).toEqual(['x A [1,) first'])
  })

  test('an end set by a late day, taken back and set again: each statement has its time', () => {
    const history = loads(
      load(day(1, { x: 'A' })),
      load(day(2, { x: 'B' })),
      load(day(2, { x: 'A' })),
      load(day(3, { x: 'C' })),
    )
    expect(dim(history)).toEqual([
      'x A [1,3)@4 first known [3,)',
      'x B [2,) known [2,3)',
      'x C [3,) known [4,) current',
    ])
    expect(past(history)).toEqual(['x A [1,2)@2 first known [1,3)'])
    expect(known(history, 3)).toEqual(['x A [1,) first'])
  })

  test('two revisions in one batch are one publication: the lower one was never believed', () => {
    const history = loads(load(day(1, { x: 'A' }), day(1, { x: 'B' })))
    expect(ledger(history)).toEqual(['day 1 rev 1 in 2', 'day 1 rev 2 in 2'])
    expect(dim(history)).toEqual(['x B [1,) first known [2,) current'])
    expect(past(history)).toEqual([])
  })
})

describe('the untracked attribute', () => {
  test('is that of the newest day by date, never by arrival, on every row of the key', () => {
    const history = loads(
      load(day(1, { x: ['A', 'p'] })),
      load(day(3, { x: ['B', 'q'] })),
      load(day(2, { x: ['A', 'r'] })),
    )
    expect(untracked(history)).toEqual(['q', 'q'])
    expect(dim(history)).toEqual(['x A [1,3)@2 first known [1,)', 'x B [3,) known [2,) current'])
  })

  test('that changes alone makes no version', () => {
    const history = loads(load(day(1, { x: ['A', 'p'] })), load(day(2, { x: ['A', ''] })))
    expect(dim(history)).toEqual(['x A [1,) first known [1,) current'])
    expect(untracked(history)).toEqual([''])
  })

  test('goes back to an older day where the newest loses the key, also on the retired row', () => {
    const history = loads(
      load(day(1, { x: ['A', 'p'], y: 'A' })),
      load(day(2, { x: ['B', 'q'], y: 'A' })),
      load(day(2, { y: 'A' })),
    )
    expect(untracked(history)).toEqual(['p', 'p'])
    expect(dim(history)).toEqual(['x A [1,2)@2 first known [1,)', 'x B [2,) known [2,3)'])
  })

  test('outlives the key, and is nobody’s once no snapshot has the key', () => {
    expect(untracked(loads(load(day(1, { x: ['A', 'p'], y: 'A' })), load(day(2, { y: 'A' }))))).toEqual(['p'])
    expect(untracked(loads(load(day(1, { x: ['A', 'p'], y: 'A' })), load(day(1, { y: 'A' }))))).toEqual([undefined])
  })
})
