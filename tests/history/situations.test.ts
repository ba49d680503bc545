import { describe, expect, test } from 'vitest'
import { plan } from '../../src/plan/plan.ts'
import { executeOn, withScratch } from '../helpers/scratch.ts'
import { OPTIONS } from '../plan/fixtures.ts'
import { compareHistory } from './compare.ts'
import { FINE, GUARDS } from './guards.ts'
import { SITUATIONS } from './situations.ts'
import { historyAction, openWorld } from './world.ts'

/** The first of them show most; `npm run soak -- mutants` goes through all. */
const SHARE = 3

describe('V21 what the oracle gives, gives the SQL too', () => {
  test.each(SITUATIONS.slice(0, SHARE))(
    '$name',
    async ({ history }) => {
      const { rows } = await withScratch(['TELCO_DB'], engine =>
        compareHistory(engine, history, { repeat: 'together' }),
      )
      expect(rows).toBeGreaterThan(100)
    },
    180_000,
  )
})

describe('guards of a load', () => {
  test.each(GUARDS)('$name', async ({ fill, says }) => {
    await withScratch(['TELCO_DB'], async engine => {
      const world = await openWorld(engine, 1)
      await world.load(FINE)
      await executeOn(engine, fill)
      const [step] = plan([historyAction(1)], await engine.state(['TELCO_DB']), OPTIONS).steps
      const [first = ''] = says
      const guard = step?.load.find(({ kind, text }) => kind === 'guard' && text.sql.includes(first.slice(0, 20)))
      const { rows } = await engine.query({ sql: guard?.text.sql ?? '', file: '' }, 100)
      expect(rows.map(String)).toEqual(says)
    })
  })
})
