import { expect, it } from 'vitest'
import { attributionSql } from '../history/attribution-sql.ts'
import { idle } from './equivalent.ts'
import { everyMutant } from './every.ts'

it('what is explained as changing nothing is a mutant of the SQL as it is', async () => {
  const all = await everyMutant(attributionSql().query)
  expect(all.length).toBeGreaterThan(600)
  expect(idle(all)).toEqual([])
})
