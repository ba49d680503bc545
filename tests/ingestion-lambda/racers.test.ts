import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Moto, startMoto } from './moto.ts'
import { race } from './racers.ts'

let moto: Moto
let client: S3Client
beforeAll(async () => {
  moto = await startMoto()
  client = new S3Client(moto.config)
})
afterAll(async () => {
  client?.destroy()
  await moto?.stop()
})

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

  it('F37 so it is on a server of S3', async () => {
    for (let seed = 1; seed <= 4; seed += 1) await race(seed, client)
  })
})
