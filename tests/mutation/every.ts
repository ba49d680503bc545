import { plan } from '../../src/plan/plan.ts'
import { withScratch } from '../helpers/scratch.ts'
import { historyAction, openWorld } from '../history/world.ts'
import { type Mutant, mutantsOf } from './mutants.ts'
import { withoutLimit } from './trials.ts'

/** The statements of a load of the scd2, each once. */
function scd2Statements(): Promise<readonly string[]> {
  return withScratch(['TELCO_DB'], async engine => {
    await openWorld(engine, 0.5)
    const made = plan([historyAction(0.5)], await engine.state(['TELCO_DB']), {
      engine: 'duckdb',
      fullRefresh: false,
      fullAssertions: false,
    })
    return made.steps.flatMap(({ load }) => load.map(({ text }) => withoutLimit(text.sql)))
  })
}

/** Every mutant of the SQL of history and of the query of corrections, each once. */
export async function everyMutant(corrections: string): Promise<readonly Mutant[]> {
  const all = [...(await scd2Statements()), corrections].flatMap(mutantsOf)
  return [...new Map(all.map(mutant => [mutant.sql, mutant])).values()]
}
