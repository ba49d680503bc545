import { random } from '../../pipeline/feed/random.ts'
import { type Counts, runSoak } from '../helpers/soak.ts'
import { openScene, type Scene } from '../kill/trial.ts'

/** Loads that are killed at a moment by the clock, after those at each statement. */
const MOMENTS = 100

/** The case of this number: before or after a statement, then moments. */
async function check(scene: Scene, seed: number): Promise<Counts> {
  const last = 2 * scene.statements
  if (seed > last) {
    await scene.trial({ afterMs: random(seed).between(20, scene.ms) })
    return { 'killed at a moment': 1 }
  }
  const when = seed % 2 === 0 ? 'before' : 'after'
  await scene.trial({ env: { KILL_AT: String(Math.ceil(seed / 2)), KILL_WHEN: when } })
  return { [`killed ${when} a statement`]: 1 }
}

/** `npm run soak -- kill`: a daily load is killed before and after each of its statements, and at random moments. */
export async function run(argv: readonly string[]): Promise<number> {
  const scene = await openScene()
  try {
    return await runSoak(
      { name: 'kill', count: 2 * scene.statements + MOMENTS, check: seed => check(scene, seed) },
      argv,
    )
  } finally {
    scene.close()
  }
}
