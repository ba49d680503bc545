import assert, { AssertionError } from 'node:assert/strict'
import { UserError } from '../../src/error.ts'
import type { Step } from '../../src/plan/types.ts'
import { executeOn } from '../helpers/scratch.ts'
import { type AttributionSql, checkAttribution, type Look } from '../history/attribution-sql.ts'
import { type Act, actsOf, checkTables, checkTold } from '../history/compare.ts'
import { FINE, GUARDS, TWICE } from '../history/guards.ts'
import type { History } from '../history/model.ts'
import { sameRows } from '../history/same-rows.ts'
import { openWorld, type World } from '../history/world.ts'
import { type Lab, statementsOf, withLab } from './lab.ts'
import type { Mutant } from './mutants.ts'

/** What became of a mutant that was shown: `failed` where it runs and ends with an error on some data. */
export type Verdict = 'killed' | 'failed' | 'refused' | 'endless'

/** A statement with its hold's limit left open: histories differ in it. */
const LIMIT = /(?<=coalesce\(t\.vanished, 0\) > )[\d.e-]+/
export const withoutLimit = (sql: string): string => sql.replace(LIMIT, 'LIMIT')

const broken = (mutant: Mutant) => (sql: string) => {
  const limit = LIMIT.exec(sql)?.[0] ?? ''
  return withoutLimit(sql) === mutant.of ? mutant.sql.replace('LIMIT', limit) : sql
}

/** A broken join may take for ever: so long may a history take from it on. */
const PATIENCE_MS = 120_000
const UNKNOWN = /^(Binder|Parser|Catalog|Not implemented|Syntax) Error/

/** What an error says of a mutant. One that no longer runs would be shown by anything: it tells nothing of the histories. */
function verdictOf(error: unknown, signal: AbortSignal): Verdict {
  if (signal.aborted) return 'endless'
  if (error instanceof AssertionError) return 'killed'
  if (error instanceof UserError || (error instanceof Error && UNKNOWN.test(error.message))) return 'refused'
  return 'failed'
}

const unbroken = (sql: string): string => sql

/** A history in the middle of being gone through by the SQL as it is. */
interface Scene {
  readonly lab: Lab
  readonly world: World
  readonly acts: readonly Act[]
  /** What is left behind after each load. */
  readonly dumps: readonly string[]
}

async function check(world: World, act: Act, written: number): Promise<void> {
  await checkTables(world, act, written)
  await checkTold(world, act)
}

/** Goes through a history; returns what is left behind after each load. */
async function play({ world, acts }: Pick<Scene, 'world' | 'acts'>, begin: (index: number) => void): Promise<string[]> {
  const dumps: string[] = []
  for (const [index, act] of acts.entries()) {
    begin(index)
    await check(world, act, await world.load(act.load))
    dumps.push(await world.dump())
    if (!act.isRepeat) await world.crowd()
  }
  return dumps
}

/** Goes on from a statement that is broken, until it is shown or what is left behind is what the unbroken SQL leaves. */
async function goOn({ lab, world, acts, dumps }: Scene, load: number, step: Step, index: number, effect: string) {
  if ((await lab.effectOf(step, index)) === effect) return
  let written = await lab.run(step, index + 1)
  let before = dumps[load - 1]
  for (const [at, act] of acts.entries()) {
    if (at < load) continue
    if (at > load) written = await world.load(act.load)
    await check(world, act, written)
    const dump = await world.dump()
    if (dump === dumps[at]) return
    if (act.isRepeat) assert.ok(dump === before, 'a load of what was loaded leaves other rows')
    else await world.crowd()
    before = dump
  }
}

/**
 * Shows one history to mutants of the statements of a load. Each is tried at each place where its statement stands, in the
 * loads that `isTried` picks: it does what the unbroken one does there, or the history goes on from there with it.
 */
export function showHistory(
  history: History,
  mutants: readonly Mutant[],
  isTried: (act: Act, load: number) => boolean = () => true,
): Promise<ReadonlyMap<Mutant, Verdict>> {
  return withLab(async lab => {
    const world = await openWorld(lab.engine, history.limit)
    const acts = actsOf(history, 'together')
    const verdicts = new Map<Mutant, Verdict>()
    const dumps = await lab.aside(unbroken, () => play({ world, acts }, () => undefined))
    let load = 0
    lab.watch(async (step, index) => {
      const act = acts[load]
      if (act === undefined || !isTried(act, load)) return
      const text = withoutLimit(statementsOf(step)[index]?.text.sql ?? '')
      const alive = mutants.filter(mutant => mutant.of === text && !verdicts.has(mutant))
      if (alive.length === 0) return
      const effect = await lab.aside(unbroken, () => lab.effectOf(step, index))
      for (const mutant of alive) {
        const signal = AbortSignal.timeout(PATIENCE_MS)
        await lab
          .aside(broken(mutant), () => goOn({ lab, world, acts, dumps }, load, step, index, effect), signal)
          .catch((error: unknown) => verdicts.set(mutant, verdictOf(error, signal)))
      }
    })
    await play({ world, acts }, at => {
      load = at
    })
    return verdicts
  })
}

/** Shows one history with events to mutants of the query of corrections: each answers what is due, or something else. */
export function showCorrections(
  model: AttributionSql,
  history: History,
  seed: number,
  mutants: readonly Mutant[],
): Promise<ReadonlyMap<Mutant, Verdict>> {
  return withLab(async lab => {
    const verdicts = new Map<Mutant, Verdict>()
    const look: Look = async (answer, due) => {
      for (const mutant of mutants.filter(each => each.of === model.query && !verdicts.has(each))) {
        const signal = AbortSignal.timeout(PATIENCE_MS)
        await lab
          .aside(unbroken, async () => sameRows(await answer(mutant.sql), due), signal)
          .catch((error: unknown) => verdicts.set(mutant, verdictOf(error, signal)))
      }
    }
    await checkAttribution(lab.engine, model, history, seed, look)
    return verdicts
  })
}

/**
 * Shows what stops a load: a key that stands twice must stop it whatever is broken before, and guards must say of work tables
 * that are filled by hand what they say when whole.
 */
export function showStops(mutants: readonly Mutant[]): Promise<ReadonlyMap<Mutant, Verdict>> {
  return withLab(async lab => {
    const world = await openWorld(lab.engine, 1)
    await world.load(FINE)
    const verdicts = new Map<Mutant, Verdict>()
    const attempt = (mutant: Mutant, use: () => Promise<unknown>): Promise<unknown> => {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      return lab
        .aside(broken(mutant), use, signal)
        .catch((error: unknown) => verdicts.set(mutant, verdictOf(error, signal)))
    }
    const stop = await messageOf(() => lab.aside(unbroken, () => world.load(TWICE)))
    assert.match(stop, /not unique/)
    for (const mutant of mutants) {
      if (!/^(insert into \S+DAYS|select)/.test(mutant.of)) continue
      await attempt(mutant, async () => assert.equal(await messageOf(() => world.load(TWICE)), stop))
      for (const { fill, says } of GUARDS.filter(({ says: [first = ''] }) => mutant.of.includes(first.slice(0, 20))))
        if (!verdicts.has(mutant))
          await attempt(mutant, async () => {
            await executeOn(lab.engine, fill)
            sameRows((await lab.engine.query({ sql: mutant.sql, file: '' }, 100)).rows.map(String), says)
          })
    }
    return verdicts
  })
}

/** The message of the guard that stops something; empty where nothing does. Other errors go on. */
const messageOf = (use: () => Promise<unknown>): Promise<string> =>
  use().then(
    () => '',
    (error: unknown) => {
      if (error instanceof AssertionError) return error.message
      throw error
    },
  )
