import assert from 'node:assert/strict'
import type { Counts } from '../helpers/soak.ts'
import { type Generated, generateProject } from './projects.ts'
import { type Contents, makeWorld, type World } from './world.ts'

/** Statuses of a run that went well. */
const WELL = new Set(['SUCCESSFUL', 'WARNED', 'DISABLED'])

/**
 * Loads a generated project event by event: one warehouse by `dataform run`, the other by its compiled procedures. After
 * each event both hold the same rows.
 *
 * @param mostEvents how many of its events happen, from the first
 */
export async function checkParity(seed: number, mostEvents = Number.POSITIVE_INFINITY): Promise<Counts> {
  const whole = generateProject(seed)
  const project = { ...whole, events: whole.events.slice(0, mostEvents) }
  try {
    const world = await makeWorld(project.files)
    try {
      return await compare(world, project)
    } finally {
      world.close()
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${described(seed, project)}\n--- what happened\n${reason}`)
  }
}

async function compare(world: World, { events, kinds }: Generated): Promise<Counts> {
  let [rows, waiting] = [0, 0]
  for (const [index, event] of events.entries()) {
    await world.happen(event)
    const run = await world.run('run')
    const failed = run.actions.filter(({ status }) => !WELL.has(status))
    assert.deepEqual(
      failed.map(({ target, error }) => `${target.name}: ${error}`),
      [],
      `${index} ${event.title}: dataform run`,
    )
    const result = String((await world.call('call')).rows[0]?.[0])
    if (result === 'WAITING') waiting += 1
    const [expected, found] = [await world.contents('run'), await world.contents('call')]
    // Before the first file a run makes what needs none, such as an unknown member; WAITING makes nothing.
    const isEarly = event.files.length === 0 && index === 0
    assert.deepEqual(found, isEarly && result === 'WAITING' ? {} : expected, `${index} ${event.title}: ${result}`)
    rows += rowsOf(found)
  }
  return { projects: 1, ...kinds, events: events.length, 'times WAITING': waiting, 'rows compared': rows }
}

const rowsOf = (contents: Contents): number => Object.values(contents).reduce((sum, { length }) => sum + length, 0)

/** What a project is, for whoever looks for the fault. */
function described(seed: number, { files, events }: Generated): string {
  const shown = Object.entries(files).map(([file, text]) => `--- ${file}\n${text}`)
  const told = events.map(({ title, files: staged }) => `${title}: ${staged.map(({ path }) => path).join(', ')}`)
  return `the project of seed ${seed}\n${shown.join('\n')}\n--- events\n${told.join('\n')}`
}
