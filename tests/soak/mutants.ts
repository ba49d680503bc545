import { AssertionError } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import fc from 'fast-check'
import { plan } from '../../src/plan/plan.ts'
import { withScratch } from '../helpers/scratch.ts'
import { type Counts, runSoak } from '../helpers/soak.ts'
import { attributionSql, checkAttribution } from '../history/attribution-sql.ts'
import { histories } from '../history/generator.ts'
import type { History } from '../history/model.ts'
import { compareOnScratch } from '../history/sql-case.ts'
import { widen } from '../history/widen.ts'
import { historyAction, openWorld } from '../history/world.ts'
import { EQUIVALENT } from '../mutation/equivalent.ts'
import { type Mutant, mutantsOf } from '../mutation/mutants.ts'

const SEED = 20250101
const drawn = fc
  .sample(histories, { seed: SEED, numRuns: 60 })
  .filter(({ loads }) => loads.length > 2)
  .slice(0, 24)
/** Side by side some key changes on every day: what only shows on days without a change needs narrow histories too. */
const samples: readonly History[] = drawn.map((history, index) => widen(history, index % 4 === 0 ? 40 : 1))

/** A statement with its hold's limit left open: histories differ in it. */
const LIMIT = /(?<=coalesce\(t\.vanished, 0\) > )[\d.e-]+/

interface Case {
  readonly mutant: Mutant
  readonly run: (
    history: History,
    seed: number,
    alter: (sql: string) => string,
    signal: AbortSignal,
  ) => Promise<unknown>
}

/** The statements of a load of the scd2, each once. */
function scd2Statements(): Promise<readonly string[]> {
  return withScratch(['TELCO_DB'], async engine => {
    await openWorld(engine, 0.5)
    const made = plan([historyAction(0.5)], await engine.state(['TELCO_DB']), {
      engine: 'duckdb',
      fullRefresh: false,
      fullAssertions: false,
    })
    return made.steps.flatMap(({ load }) => load.map(({ text }) => text.sql.replace(LIMIT, 'LIMIT')))
  })
}

async function cases(): Promise<readonly Case[]> {
  const model = attributionSql()
  const statements = (await scd2Statements()).flatMap(mutantsOf)
  return [
    ...statements.map(mutant => ({
      mutant,
      run: ((history, _, alter, signal) => compareOnScratch(history, alter, signal)) satisfies Case['run'],
    })),
    ...mutantsOf(model.query).map(mutant => ({
      mutant,
      run: ((history, seed, alter, signal) =>
        withScratch(['TELCO_DB'], engine =>
          checkAttribution(engine, model, history, { seed, alter, signal }),
        )) satisfies Case['run'],
    })),
  ]
}

/** A broken join may take for ever: so long may one history. */
const PATIENCE_MS = 20_000

/**
 * Whether some history shows that the statement is broken. Left out are those that no longer run, which anything would show,
 * and those that do not end.
 */
async function outcome({ mutant, run }: Case): Promise<'killed' | 'refused' | 'endless' | 'survived'> {
  const alter = (sql: string): string => {
    const limit = LIMIT.exec(sql)?.[0] ?? ''
    return sql.replace(LIMIT, 'LIMIT') === mutant.of ? mutant.sql.replace('LIMIT', limit) : sql
  }
  for (const [index, history] of samples.entries()) {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    try {
      await run(history, index, alter, signal)
    } catch (error) {
      if (signal.aborted) return 'endless'
      return error instanceof AssertionError ? 'killed' : 'refused'
    }
  }
  return 'survived'
}

/**
 * `npm run soak -- mutants`: each word of the SQL of history and of corrections is broken on its own, and random histories are
 * to show it. One that they do not show, and that tests/mutation/equivalent.ts does not explain, is counted as survived and
 * written to .local/survivors.txt: somebody has to look at it.
 */
export async function run(argv: readonly string[]): Promise<number> {
  // In an order of its own, so that what was done of them tells of all.
  const all = (await cases())
    .map(each => ({ each, at: createHash('md5').update(each.mutant.sql).digest('hex') }))
    .sort((one, other) => (one.at < other.at ? -1 : 1))
    .map(({ each }) => each)
  const check = async (seed: number): Promise<Counts> => {
    const found = all[seed - 1]
    if (found === undefined) return {}
    const end = await outcome(found)
    if (end !== 'survived') return { mutants: 1, [end]: 1 }
    if (EQUIVALENT.some(({ shown }) => found.mutant.shown.includes(shown))) return { mutants: 1, equivalent: 1 }
    mkdirSync('.local', { recursive: true })
    appendFileSync('.local/survivors.txt', `${seed} ${found.mutant.shown}\n`)
    return { mutants: 1, survived: 1 }
  }
  return runSoak({ name: 'mutants', count: all.length, check }, argv)
}
