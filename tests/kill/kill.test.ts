import { afterAll, beforeAll, expect, test } from 'vitest'
import { random } from '../../pipeline/feed/random.ts'
import { openScene, type Scene } from './trial.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
}, 120_000)
afterAll(() => scene?.close())

/** The share of the moments that is tried here; `npm run soak -- kill` tries them all. */
const SHARE = 2

test('F64 a load killed before or after a statement leaves what the next run makes right, to the very rows', async () => {
  expect(scene.statements).toBeGreaterThan(100)
  const { between } = random(20250101)
  for (let trial = 0; trial < SHARE; trial += 1) {
    const env = { KILL_AT: String(between(1, scene.statements)), KILL_WHEN: trial % 2 === 0 ? 'before' : 'after' }
    await scene.trial({ env })
  }
}, 240_000)

test('F64 at any moment, too', async () => {
  const { between } = random(7)
  for (let trial = 0; trial < SHARE / 2; trial += 1) await scene.trial({ afterMs: between(50, scene.ms) })
}, 120_000)
