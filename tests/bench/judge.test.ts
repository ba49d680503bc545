import { describe, expect, it } from 'vitest'
import { describeFindings, judge } from '../../bench/history/judge.ts'
import { rightHistory, type Version } from '../../bench/history/right.ts'

/** `A 1-3` is the value A from day 1 until day 3, `C 3-` is still open; all of one customer. */
function versions(...texts: readonly string[]): readonly Version[] {
  const day = (n: string): string => `2025-01-0${n}`
  return texts.map(text => {
    const [, value = '', start = '', end = ''] = /^(\w+) (\d)-(\d?)$/.exec(text) ?? []
    return { key: 'k', value, start: day(start), end: end === '' ? null : day(end) }
  })
}

const verdict = (found: readonly Version[], right: readonly Version[]): string => describeFindings(judge(found, right))

describe('the judge of version tables', () => {
  const right = versions('A 1-2', 'B 2-3', 'C 3-')

  it.each([
    ['the right table, in any order', ['C 3-', 'A 1-2', 'B 2-3'], ''],
    ['a late day that is left out', ['A 1-3', 'C 3-'], '1 value lost, 1 version with wrong dates'],
    [
      'a late day that closes what came after it',
      ['A 1-3', 'C 3-2', 'B 2-'],
      '1 value lost, 1 version empty or reversed, 1 overlap, 1 newest value wrong, 2 versions with wrong dates',
    ],
    [
      'a late day that is taken for the newest',
      ['A 1-3', 'C 3-4', 'B 4-'],
      '1 value lost, 1 newest value wrong, 2 versions with wrong dates, 1 version that never was',
    ],
    ['a version that is empty', ['A 1-2', 'B 2-3', 'B 3-3', 'C 3-'], '1 version empty or reversed'],
    ['a version that is there twice', ['A 1-2', 'A 1-2', 'B 2-3', 'C 3-'], '1 version twice'],
    ['a version cut in two', ['A 1-2', 'B 2-3', 'C 3-4', 'C 4-'], '1 version with wrong dates'],
    ['two open versions', ['A 1-2', 'B 2-', 'C 3-'], '1 overlap, 1 newest value wrong, 1 version with wrong dates'],
    ['an empty table', [], '3 values lost, 1 newest value wrong'],
  ])('%s', (_, found, expected) => {
    expect(verdict(versions(...found), right)).toBe(expected)
  })

  it.each([
    ['kept', ['A 1-2', 'A 3-'], ''],
    ['erased by one long version', ['A 1-'], '1 gap erased, 2 versions with wrong dates'],
    ['erased by two versions that touch', ['A 1-2', 'A 2-'], '1 gap erased, 1 version with wrong dates'],
    [
      'hidden by a version that was closed too late',
      ['A 1-9', 'A 3-'],
      '1 overlap, 1 gap erased, 1 version with wrong dates',
    ],
  ])('a gap that is %s', (_, found, expected) => {
    expect(verdict(versions(...found), versions('A 1-2', 'A 3-'))).toBe(expected)
  })

  it('a customer who is gone for good has no value afterwards', () => {
    expect(verdict(versions('A 1-'), versions('A 1-2'))).toBe(
      '1 gap erased, 1 newest value wrong, 1 version with wrong dates',
    )
  })

  it('a customer whom no snapshot has', () => {
    expect(verdict(versions('A 1-'), [])).toBe('1 newest value wrong, 1 version that never was')
  })

  it('counts over all customers', () => {
    const of = (key: string): Version => ({ key, value: 'A', start: '2025-01-01', end: null })
    expect(judge([of('a')], [of('a'), of('b'), of('c')])).toMatchObject({ lost: 2, newest: 2, misdated: 0 })
  })
})

describe('the right history', () => {
  const snapshot = (day: number, ...values: readonly string[]) => ({
    day: `2025-01-0${day}`,
    rows: values.map(value => ({ key: 'k', value, since: '2025-01-01' })),
  })

  it.each([
    ['is the same in every order', [snapshot(1, 'A'), snapshot(3, 'C'), snapshot(2, 'B')], ['A 1-2', 'B 2-3', 'C 3-']],
    ['does not change by a replay', [snapshot(1, 'A'), snapshot(3, 'C'), snapshot(1, 'A')], ['A 1-3', 'C 3-']],
    ['has a gap where a customer was absent', [snapshot(1, 'A'), snapshot(2), snapshot(3, 'A')], ['A 1-2', 'A 3-']],
    ['takes the last delivery of a day', [snapshot(1, 'A'), snapshot(2, 'B'), snapshot(2, 'C')], ['A 1-2', 'C 2-']],
    [
      'has three versions for A, B, A',
      [snapshot(1, 'A'), snapshot(2, 'B'), snapshot(3, 'A')],
      ['A 1-2', 'B 2-3', 'A 3-'],
    ],
  ])('%s', (_, deliveries, expected) => {
    expect(rightHistory(deliveries)).toEqual(versions(...expected))
  })
})
