import { type Counts, runSoak } from '../helpers/soak.ts'
import { checkWorld } from '../history/whole-world.ts'

/** `npm run soak -- worlds`: whole worlds through the command line, in any order, with revisions, holds and backfills. */
export function run(argv: readonly string[]): Promise<number> {
  const check = (seed: number): Promise<Counts> => checkWorld(process.cwd(), seed)
  return runSoak({ name: 'worlds', count: 200, check }, argv)
}
