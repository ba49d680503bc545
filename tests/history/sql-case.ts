import fc from 'fast-check'
import { openScratch } from '../helpers/scratch.ts'
import { type Compared, compareHistory } from './compare.ts'
import { histories } from './generator.ts'
import type { History } from './model.ts'
import { widen } from './widen.ts'

/** How many histories one case puts side by side. */
export const GROUPS = 40

/** Compares one history, on a warehouse of its own, with the oracle. */
export async function compareOnScratch(history: History, alter?: (sql: string) => string): Promise<Compared> {
  const engine = await openScratch(['TELCO_DB'])
  try {
    return await compareHistory(engine, history, alter)
  } finally {
    await engine.close()
  }
}

/** Random histories through the SQL, `GROUPS` a case; a failing case is shown as small as it gets. */
export async function checkSql(settings: { readonly seed: number; readonly numRuns: number }): Promise<Compared> {
  let total: Compared = { loads: 0, deliveries: 0, rows: 0 }
  const property = fc.asyncProperty(
    histories.map(history => widen(history, GROUPS)),
    async history => {
      const compared = await compareOnScratch(history)
      total = {
        loads: total.loads + compared.loads,
        deliveries: total.deliveries + compared.deliveries,
        rows: total.rows + compared.rows,
      }
    },
  )
  await fc.assert(property, settings)
  return total
}
