import { S3Client } from '@aws-sdk/client-s3'
import { type Counts, runSoak } from '../helpers/soak.ts'
import { startMoto } from '../ingestion-lambda/moto.ts'
import { race } from '../ingestion-lambda/racers.ts'
import { startVersity } from '../ingestion-lambda/versity.ts'

/** `npm run soak -- racers`: 200 rounds of sixteen handlers at once on one version, on each of two servers of S3. */
export async function run(argv: readonly string[]): Promise<number> {
  const [moto, versity] = [await startMoto(), await startVersity()]
  const clients = { moto: new S3Client(moto.config), versitygw: new S3Client(versity.config) }
  const check = async (seed: number): Promise<Counts> => {
    const told: [string, number][] = []
    for (const [name, client] of Object.entries(clients))
      for (const [outcome, count] of Object.entries(await race(seed, client)))
        told.push([`${outcome} on ${name}`, count])
    return Object.fromEntries(told)
  }
  try {
    return await runSoak({ name: 'racers', count: 200, check }, argv)
  } finally {
    for (const client of Object.values(clients)) client.destroy()
    await versity.stop()
    await moto.stop()
  }
}
