import fc from 'fast-check'
import { checkHistory } from '../helpers/scd2-check.ts'
import { histories } from '../helpers/scd2-world.ts'
import { openScratch } from '../helpers/scratch.ts'
import { type Counts, runSoak } from '../helpers/soak.ts'

/** One random history, loaded in random batches on a DuckDB of its own and compared with the oracle after each. */
async function check(seed: number): Promise<Counts> {
  // A first sample is drawn near the edges (few days, equal values); without that bias histories are long. Take both in turn.
  const [batches = []] = fc.sample(seed % 2 === 0 ? histories : fc.noBias(histories), { seed, numRuns: 1 })
  const engine = await openScratch(['TELCO_DB'])
  try {
    await checkHistory(engine, batches)
  } finally {
    await engine.close()
  }
  return { histories: 1, batches: batches.length, days: batches.reduce((days, batch) => days + batch.length, 0) }
}

/** `npm run soak -- scd2`: random histories of a dimension against an independent model. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'scd2', count: 3_000, check }, argv)
}
