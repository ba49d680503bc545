import { runSoak } from '../helpers/soak.ts'
import { checkParity } from '../procedures/parity.ts'

/** `npm run soak -- parity`: generated projects, loaded by `dataform run` and by their procedures, hold the same rows. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'parity', count: 200, check: seed => checkParity(seed) }, argv)
}
