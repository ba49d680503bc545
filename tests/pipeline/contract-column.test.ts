import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyFlagship, customer, event, failuresOf, openLine, plan } from './line.ts'

/** Adds a column to the customers' contract of a project, and nothing else. */
function addColumn(projectDir: string): void {
  const file = join(projectDir, 'includes/contracts/customers.yaml')
  const column =
    '  - { name: loyalty_tier, type: VARCHAR, accepted: [bronze, gold], tracked: true, personal_data: true, description: The tier }\n'
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n${column}`)
}

const day = (date: string, tier: string | null) => ({
  customers: [customer('C1', { loyalty_tier: tier }), customer('C2', tier === null ? {} : { loyalty_tier: 'tin' })],
  plans: [plan('P1')],
  events: [event(`E-${date}`, 'C1', `${date}T10:00:00Z`)],
})

describe('a column that is added to a contract, in one place', () => {
  test('is validated, cleaned, staged and tracked; a warehouse with history stops and says what it needs', async () => {
    const projectDir = copyFlagship()
    const old = openLine({ projectDir })
    old.deliver('2025-01-01', day('2025-01-01', null))
    expect(failuresOf(await old.run())).toEqual([])
    addColumn(projectDir)
    const line = openLine({ projectDir })
    line.deliver('2025-01-01', day('2025-01-01', 'bronze'))
    line.deliver('2025-01-02', day('2025-01-02', 'gold'))
    const result = await line.run()
    expect(failuresOf(result)).toEqual([])
    expect(result.cleaned.map(({ dataset, bad }) => [dataset, bad])).toEqual([
      ['customers', 1],
      ['customers', 1],
      ['plans', 0],
      ['plans', 0],
      ['activity_logs', 0],
      ['activity_logs', 0],
    ])
    expect(
      await line.ask(
        'select customer_id, loyalty_tier, is_current from TELCO_DB.DW.DIM_CUSTOMER where customer_sk <> -1 order by effective_start_date',
        'select customer_id, loyalty_tier from TELCO_DB.STAGING.STG_CUSTOMERS order by business_date',
      ),
    ).toEqual([
      [
        ['C1', 'bronze', 'false'],
        ['C1', 'gold', 'true'],
      ],
      [
        ['C1', 'bronze'],
        ['C1', 'gold'],
      ],
    ])
    old.deliver('2025-01-02', day('2025-01-02', 'gold'))
    const stopped = await old.run()
    expect(stopped.run.exitCode).toBe(1)
    expect(failuresOf(stopped).find(text => text.startsWith('DIM_CUSTOMER FAILED'))).toMatch(
      /LOYALTY_TIER[\s\S]*ALTER TABLE/i,
    )
  })
})
