import { type Counts, runSoak } from '../helpers/soak.ts'
import { checkHistories } from '../history/invariants.ts'
import { replay } from '../history/oracle.ts'
import { time } from '../history/time.ts'

const properties = time.filter(({ name }) => name.startsWith('V13'))

/** A thousand random histories: after every load, the rows as known at every point so far. */
async function check(seed: number): Promise<Counts> {
  return checkHistories(replay, properties, { seed, numRuns: 1_000 })
}

/** `npm run soak -- knowledge`: the knowledge axis alone. Each case is 1,000 histories. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'knowledge', count: 250, check }, argv)
}
