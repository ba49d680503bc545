import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import type { Counts } from '../helpers/soak.ts'
import { openFallible, PLANTED } from './failure.ts'
import { generateProject } from './projects.ts'
import { type Contents, makeWorld, type World } from './world.ts'

/** A warehouse before a call, and what the call does where nothing disturbs it. */
export interface Trials {
  /** Statements of the undisturbed call. */
  readonly statements: number
  /**
   * Lets the statement `at` fail and calls again; throws where a row differs, or where the failure was not told.
   *
   * @returns whether anything was committed before the failure
   */
  readonly trial: (at: number) => Promise<boolean>
}

/** Calls the master of a world once on a copy of a warehouse, and remembers what it held after each COMMIT. */
export async function openTrials(world: World, start: string): Promise<Trials> {
  const committed: Contents[] = []
  const calm = await copied(world, start, 'calm')
  const undisturbed = await openFallible(world, calm.name)
  committed.push(await undisturbed.contents())
  const { statements, error } = await undisturbed.call({
    onCommit: async () => void committed.push(await undisturbed.contents()),
  })
  assert.equal(error, undefined)
  const last = await undisturbed.contents()
  undisturbed.close()
  calm.remove()
  return {
    statements,
    trial: async at => {
      const own = await copied(world, start, `trial-${at}`)
      const warehouse = await openFallible(world, own.name)
      try {
        const failed = await warehouse.call({ at })
        assert.ok(failed.error instanceof Error, `statement ${at}: the error is raised again`)
        assert.match(failed.error.message, new RegExp(PLANTED))
        assert.deepEqual(await warehouse.contents(), committed[failed.commits], `statement ${at}: rolled back`)
        // The first two give the variables of the master their values: there is nobody yet who could handle an error.
        const runs = await warehouse.runs()
        const found = runs.filter(({ status, message }) => status === 'FAILED' && message.includes(PLANTED))
        if (at > 2) assert.ok(found.length > 0, `statement ${at}: the failure is in the audit`)
        if (found.length > 1) assert.ok(found.every(({ procedure, failedAt }) => procedure !== '' && failedAt !== null))
        const again = await warehouse.call()
        assert.equal(again.error, undefined, `statement ${at}: called again`)
        assert.deepEqual(await warehouse.contents(), last, `statement ${at}: called again, it holds the same`)
        return failed.commits > 0
      } finally {
        warehouse.close()
        own.remove()
      }
    },
  }
}

async function copied(world: World, from: string, name: string) {
  cpSync(world.warehousePath(from), world.warehousePath(name), { recursive: true })
  return { name, remove: () => rmSync(world.warehousePath(name), { recursive: true, force: true }) }
}

/**
 * Lets statements of a generated project's procedures fail, on its second load.
 *
 * @param share of its statements: 1 is each
 */
export async function checkFailures(seed: number, share: number): Promise<Counts> {
  const { files, events } = generateProject(seed)
  const world = await makeWorld(files)
  try {
    const [first, ...others] = events.filter(event => event.files.length > 0)
    const next = others[0]
    assert.ok(first !== undefined && next !== undefined)
    await world.happen(first)
    await world.call('start')
    await world.happen(next)
    const { statements, trial } = await openTrials(world, 'start')
    let committed = 0
    const step = Math.max(1, Math.round(1 / share))
    const wanted = Array.from({ length: statements }, (_, index) => index + 1).filter(at => (at + seed) % step === 0)
    for (const at of wanted) if (await trial(at)) committed += 1
    return { 'statements failed': wanted.length, 'after a commit': committed }
  } finally {
    world.close()
  }
}
