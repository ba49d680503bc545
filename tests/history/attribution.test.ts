import { expect, test } from 'vitest'
import { attributions } from './attribution.ts'
import type { Event, History, Load } from './model.ts'
import { day, load } from './notation.ts'

const event = (id: string, k: string, at: number): Event => ({ id, k, at, fileDay: Math.floor(at) })
const withEvents = (of: Load, ...events: readonly Event[]): Load => ({ ...of, events })

/** Each event's version as published and as restated: its value and start, or none. */
function shown(history: History): readonly string[] {
  return attributions(history).map(({ event, published, restated }) => {
    const [then, now] = [published, restated].map(version => (version ? `${version.a}@${version.start}` : 'none'))
    return `${event.id} ${then} ${now}`
  })
}

test('an event keeps the version it was published with; restated, it has the one believed now', () => {
  const history = {
    limit: 1,
    loads: [
      withEvents(load(day(2, { x: 'A', y: 'A' })), event('before', 'x', 0.5), event('on', 'x', 2)),
      withEvents(load(day(4, { y: 'A' })), event('open', 'x', 3.75), event('gap', 'x', 4), event('stranger', 'v', 4)),
      withEvents(load(day(3, { x: 'B', y: 'A' })), event('split', 'x', 3.75)),
      withEvents(load(day(1, { x: 'C', y: 'A' })), event('early', 'y', 0.5)),
    ],
  }
  expect(shown(history)).toEqual([
    'before A@2 C@1',
    'on A@2 A@2',
    'open A@2 B@3',
    'gap none none',
    'stranger none none',
    'split B@3 B@3',
    'early A@1 A@1',
  ])
})

test('an event of a key that comes later finds it restated', () => {
  const history = {
    limit: 1,
    loads: [withEvents(load(day(1, { y: 'A' })), event('late', 'x', 1.5)), load(day(2, { x: 'A', y: 'A' }))],
  }
  expect(shown(history)).toEqual(['late none A@2'])
})
