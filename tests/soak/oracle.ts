import { type Counts, runSoak } from '../helpers/soak.ts'
import { incremental } from '../history/incremental.ts'
import { checkHistories, invariants, sameAs } from '../history/invariants.ts'
import { replay } from '../history/oracle.ts'

const properties = [...invariants, sameAs(incremental())]

/** A thousand random histories, on each every invariant; a failing one is shown as small as it gets. */
async function check(seed: number): Promise<Counts> {
  return checkHistories(replay, properties, { seed, numRuns: 1_000 })
}

/** `npm run soak -- oracle`: the oracle of history against its own invariants. Each case is 1,000 histories. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'oracle', count: 1_000, check }, argv)
}
