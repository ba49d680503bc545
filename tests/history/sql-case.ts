import fc from 'fast-check'
import { withScratch } from '../helpers/scratch.ts'
import { type Compared, compareHistory } from './compare.ts'
import { histories } from './generator.ts'
import type { History } from './model.ts'
import { smallestOf } from './smaller.ts'
import { widen } from './widen.ts'

/** How many histories one case puts side by side. */
export const GROUPS = 40

type Alter = (sql: string) => string

/** Compares one history, on a warehouse of its own, with the oracle. */
export function compareOnScratch(history: History, alter?: Alter): Promise<Compared> {
  return withScratch(['TELCO_DB'], engine => compareHistory(engine, history, { alter }))
}

const kindOf = (error: unknown): string => (error instanceof Error ? error.name : String(error))

/** A wide history's comparison; where it fails, the error shows the smallest history that does. */
async function compareWide(history: History, alter?: Alter): Promise<Compared> {
  try {
    return await compareOnScratch(history, alter)
  } catch (error) {
    const smallest = await smallestOf(history, GROUPS, one =>
      compareOnScratch(one, alter).then(
        () => false,
        (other: unknown) => kindOf(other) === kindOf(error),
      ),
    )
    throw new Error(`the SQL and the oracle differ after ${JSON.stringify(smallest)}`, { cause: error })
  }
}

/** Random histories through the SQL, `GROUPS` a case. */
export async function checkSql(
  settings: { readonly seed: number; readonly numRuns: number },
  alter?: Alter,
): Promise<Compared> {
  let total: Compared = { loads: 0, deliveries: 0, rows: 0 }
  for (const history of fc.sample(histories, settings)) {
    const { loads, deliveries, rows } = await compareWide(widen(history, GROUPS), alter)
    total = { loads: total.loads + loads, deliveries: total.deliveries + deliveries, rows: total.rows + rows }
  }
  return total
}
