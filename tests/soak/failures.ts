import { type Counts, runSoak } from '../helpers/soak.ts'
import { openFlagship } from '../procedures/flagship.ts'
import { checkFailures, openTrials } from '../procedures/trials.ts'

/** Generated projects of which each statement fails, before those of the flagship. */
const PROJECTS = 5

/** `npm run soak -- failures`: each statement of the procedures fails once, the whole is called again. */
export async function run(argv: readonly string[]): Promise<number> {
  const world = await openFlagship()
  try {
    await world.deliver(1, 2, 4)
    await world.call('start')
    await world.deliver(3, 5)
    const { statements, trial } = await openTrials(world, 'start')
    const check = async (seed: number): Promise<Counts> => {
      if (seed <= PROJECTS) return checkFailures(seed, 1)
      const isLate = await trial(seed - PROJECTS)
      return { 'statements failed': 1, 'after a commit': isLate ? 1 : 0 }
    }
    return await runSoak({ name: 'failures', count: PROJECTS + statements, check }, argv)
  } finally {
    world.close()
  }
}
