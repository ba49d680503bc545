import { S3Client } from '@aws-sdk/client-s3'
import { runSoak } from '../helpers/soak.ts'
import { startMoto } from '../ingestion-lambda/moto.ts'
import { race } from '../ingestion-lambda/racers.ts'

/** `npm run soak -- racers`: 200 rounds of sixteen handlers at once on one version, on a server of S3. */
export async function run(argv: readonly string[]): Promise<number> {
  const moto = await startMoto()
  const client = new S3Client(moto.config)
  try {
    return await runSoak({ name: 'racers', count: 200, check: async seed => ({ ...(await race(seed, client)) }) }, argv)
  } finally {
    client.destroy()
    await moto.stop()
  }
}
