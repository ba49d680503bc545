import { runSoak } from '../helpers/soak.ts'
import { memoryBench } from '../ingestion-lambda/bench.ts'
import { runWorld } from '../ingestion-lambda/worlds.ts'

/**
 * `npm run soak -- crashes`: worlds of deliveries whose ingestion crashes, comes again and comes out of order, in memory. That
 * the memory does what S3 does, tests/ingestion-lambda/worlds.test.ts shows.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const check = async (seed: number) => {
    const { crashes, events } = await runWorld(seed, async () => memoryBench())
    return { crashes, events }
  }
  return runSoak({ name: 'crashes', count: 100_000, check }, argv)
}
