import { describe, expect, it } from 'vitest'
import { checkFeed } from '../helpers/feed-check.ts'
import { root } from '../helpers/sources.ts'

describe('a generated feed with faults, through the whole line', () => {
  it('60 days: every fault on the list is found, nothing else is, every row is accounted for, a second run is a no-op', async () => {
    const counts = await checkFeed(root, { seed: 11, customers: 200, days: 60, faults: 0.02 })
    expect(counts.days).toBe(60)
    expect(counts.faults).toBeGreaterThan(100)
  }, 180_000)
})
