import { checkFeed } from '../helpers/feed-check.ts'
import { type Counts, runSoak } from '../helpers/soak.ts'

/** One feed of 60 days, larger and with more faults than the tests' own, by turns. */
function check(seed: number): Promise<Counts> {
  const faults = [0.002, 0.01, 0.03][seed % 3] ?? 0.01
  return checkFeed(process.cwd(), { seed, customers: 400 + (seed % 5) * 200, days: 60, faults })
}

/** `npm run soak -- feed`: generated feeds with faults through the whole line, each fault found and each row accounted for. */
export function run(argv: readonly string[]): Promise<number> {
  return runSoak({ name: 'feed', count: 50, check }, argv)
}
