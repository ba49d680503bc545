import { describe, expect, it } from 'vitest'
import { memoryBench, s3Bench } from './bench.ts'
import { describeOnS3, useS3 } from './s3-servers.ts'
import { runWorld } from './worlds.ts'

describe('worlds of deliveries, with crashes', () => {
  it('F36 F1 F2 F3 F4 F5 F42: whatever crashes and comes again in whatever order, the end is right', async () => {
    let crashes = 0
    for (let seed = 1; seed <= 300; seed += 1)
      crashes += (await runWorld(seed, async () => memoryBench()).catch(error => failAt(seed, error))).crashes
    expect(crashes).toBeGreaterThan(400)
  })
})

describeOnS3('worlds of deliveries, with crashes', ({ start }) => {
  const s3 = useS3(start)

  it('F36: the same worlds on a server of S3 come to the same end as in memory', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const there = await runWorld(seed, () => s3Bench(s3.client)).catch(error => failAt(seed, error))
      expect(there, `seed ${seed}`).toEqual(await runWorld(seed, async () => memoryBench()))
    }
  })
})

function failAt(seed: number, error: unknown): never {
  throw new Error(`the world of seed ${seed}`, { cause: error })
}
