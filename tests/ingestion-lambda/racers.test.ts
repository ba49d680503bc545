import { describe, expect, it } from 'vitest'
import { race } from './racers.ts'
import { describeOnS3, useS3 } from './s3-servers.ts'

describe('sixteen handlers at once on one version', () => {
  it('F37 one wins each conditional write, all say the same, and there is one archived object', async () => {
    const totals = { accepted: 0, rejected: 0 }
    for (let seed = 1; seed <= 200; seed += 1) {
      const { accepted, rejected } = await race(seed)
      totals.accepted += accepted
      totals.rejected += rejected
    }
    expect(totals.accepted + totals.rejected).toBe(200)
    expect(Math.min(totals.accepted, totals.rejected)).toBeGreaterThan(30)
  })
})

describeOnS3('sixteen handlers at once on one version', ({ name, start }) => {
  const s3 = useS3(start)

  it('F37 one wins each conditional write, all say the same, and there is one archived object', async () => {
    // moto answers one request at a time, and takes long for it.
    const rounds = name === 'moto' ? 4 : 5
    for (let seed = 1; seed <= rounds; seed += 1) await race(seed, s3.client)
  })
})
