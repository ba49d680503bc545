import { beforeAll, describe, expect, test } from 'vitest'
import { compileProject } from '../../src/compile/compile.ts'
import { openDuckDb } from '../../src/engines/duckdb/open.ts'
import type { Action, Graph } from '../../src/graph/types.ts'
import { runUnitTests } from '../../src/run/unit-tests.ts'
import { customer, event, failuresOf, flagship, type Line, openLine, plan, type Values } from './line.ts'

const CUSTOMER =
  'customer_id first_name last_name email phone gender date_of_birth address state country registration_date registration_channel plan_id status'
const EVENT = 'event_id customer_id event_type event_timestamp device_type ip_address network_type payload'
const PLAN =
  'plan_id plan_name plan_category monthly_price data_allowance_gb voice_minutes sms_allowance roaming_enabled validity_days'
const ORIGIN = 'business_date source_file row_hash'

/** What outside checks read: each relation with its columns, by the contract. There may be more. */
const RELATIONS: Readonly<Record<string, string>> = {
  'STAGING.STG_CUSTOMERS': `${CUSTOMER} ${ORIGIN} plan_known`,
  'STAGING.STG_PLANS': `${PLAN} ${ORIGIN}`,
  'STAGING.STG_ACTIVITY': `${EVENT} ${ORIGIN} snapshot_date snapshot_plan_id snapshot_status`,
  'DW.DIM_PLAN': `plan_sk ${PLAN}`,
  'DW.DIM_CUSTOMER': `customer_sk ${CUSTOMER} effective_start_date effective_end_date is_current known_from known_to`,
  'DW.DIM_CUSTOMER_HISTORY': `customer_sk ${CUSTOMER} effective_start_date effective_end_date known_from known_to`,
  'DW.FACT_ACTIVITY': `${EVENT} customer_sk plan_sk plan_id monthly_price`,
  'DW.ACTIVITY_AS_PUBLISHED': 'event_id customer_sk plan_id status event_timestamp',
  'DW.ACTIVITY_RESTATED': 'event_id customer_sk plan_id status event_timestamp',
  'MART.PLAN_AT_ACTIVITY': 'event_id event_timestamp customer_id plan_id',
  'MART.BEHAVIOUR_BY_MONTH': 'month events',
  'MART.USAGE_BY_PLAN': 'month plan_id events',
  'MART.CHURN_BY_PLAN': 'month plan_id active_at_start churned churn_rate',
}

describe('the flagship, compiled', () => {
  let graph: Graph
  beforeAll(async () => {
    graph = await compileProject({ projectDir: flagship() })
  })
  const assertions = (): readonly Action[] => graph.actions.filter(action => action.type === 'assertion')

  test('it has at least 40 assertions, fifteen of them daily, and each says its rule in words', () => {
    expect(assertions().length).toBeGreaterThanOrEqual(40)
    expect(assertions().filter(({ tags }) => tags.includes('daily'))).toHaveLength(15)
    expect(assertions().filter(action => !('description' in action) || !action.description)).toEqual([])
  })

  test('every model is described, and what writes a table of the warehouse is protected', () => {
    const models = graph.actions.filter(action => action.type !== 'assertion')
    expect(models.filter(action => !('description' in action) || !action.description)).toEqual([])
    const kept = models.filter(action => action.type === 'incremental' || action.type === 'scd2')
    expect(kept.map(({ target }) => target.name).sort()).toEqual([
      'ACTIVITY_ATTRIBUTION',
      'DIM_CUSTOMER',
      'DIM_PLAN',
      'FACT_ACTIVITY',
      'FACT_ACTIVITY_CONFLICT',
      'PLAN_PRICE',
    ])
    expect(kept.filter(action => !('protected' in action && action.protected))).toEqual([])
  })

  test('its unit tests all pass', async () => {
    const open = (databases: readonly string[]) => openDuckDb({ path: ':memory:', databases, stages: {}, create: true })
    const results = await runUnitTests(graph, open)
    expect(results.length).toBeGreaterThanOrEqual(12)
    expect(results.filter(({ messages }) => messages.length > 0)).toEqual([])
  })
})

describe('the flagship, loaded', () => {
  let line: Line
  let rows: Readonly<Record<string, readonly Values[]>>
  beforeAll(async () => {
    line = openLine()
    // So many that one who vanishes is no reason to hold the snapshot.
    const others = Array.from({ length: 20 }, (_, number) => customer(`O${number}`))
    line.deliver('2025-01-01', {
      customers: [customer('C1'), customer('C2'), ...others],
      plans: [plan('P1'), plan('P2', { monthly_price: '20.00' })],
      events: [
        event('before-all', 'C1', '2019-06-01T00:00:00Z'),
        event('day', 'C1', '2025-01-01T10:00:00Z', { event_type: 'data_session', payload: { mb_used: 12.5 } }),
      ],
    })
    line.deliver('2025-01-03', {
      customers: [customer('C1', { plan_id: 'P2' }), ...others],
      plans: [plan('P1'), plan('P2', { monthly_price: '20.00' })],
      events: [
        event('last-second', 'C1', '2025-01-02T23:59:59.999Z'),
        event('start', 'C1', '2025-01-03T00:00:00Z'),
        event('start-elsewhere', 'C1', '2025-01-03T05:30:00+05:30'),
        event('last-of-C2', 'C2', '2025-01-02T23:59:59Z'),
        event('gone', 'C2', '2025-01-03T00:00:00Z'),
        event('nobody', 'C9', '2025-01-03T01:00:00Z'),
      ],
    })
    expect(failuresOf(await line.run())).toEqual([])
    rows = await line.dump()
  })

  test.each(Object.entries(RELATIONS))('%s has the columns of the contract', async (relation, columns) => {
    // Asked by name: a missing one is an error that names it.
    await line.ask(`select ${columns.split(' ').join(', ')} from TELCO_DB.${relation}`)
  })

  test('a plain DuckDB that attaches the file reads every relation, views too', () => {
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(RELATIONS)))
    expect(rows['DW.ACTIVITY_RESTATED']).toHaveLength(8)
    expect(rows['MART.PLAN_AT_ACTIVITY']).toHaveLength(8)
  })

  test('an event keeps its payload as JSON, and usage is summed out of it', async () => {
    expect(
      await line.ask(
        "select payload:mb_used::number(10,2) from TELCO_DB.DW.FACT_ACTIVITY where event_id = 'day'",
        'select sum(data_mb) from TELCO_DB.MART.USAGE_BY_PLAN',
        'select sum(data_mb) from TELCO_DB.MART.BEHAVIOUR_BY_MONTH',
      ),
    ).toEqual([[['12.50']], [['12.500']], [['12.500']]])
    expect(rows['DW.FACT_ACTIVITY']?.map(row => row.payload ?? row.PAYLOAD)).toContain('{"mb_used":12.5}')
  })

  test('the unknown member: key -1, id UNKNOWN, once, and not current', async () => {
    expect(
      await line.ask(
        "select customer_id, plan_id, is_current, known_to from TELCO_DB.DW.DIM_CUSTOMER where customer_sk = -1 or customer_id = 'UNKNOWN'",
        "select plan_sk, plan_id from TELCO_DB.DW.DIM_PLAN where plan_sk = -1 or plan_id = 'UNKNOWN'",
      ),
    ).toEqual([[['UNKNOWN', 'UNKNOWN', 'false', null]], [['-1', 'UNKNOWN']]])
  })

  test('keys are whole numbers above the unknown one, each of one row', async () => {
    const [found] = await line.ask(
      `select count(*) = count(distinct customer_sk), min(iff(customer_sk = -1, null, customer_sk)) > 0 from TELCO_DB.DW.DIM_CUSTOMER
union all select count(*) = count(distinct plan_sk), min(iff(plan_sk = -1, null, plan_sk)) > 0 from TELCO_DB.DW.DIM_PLAN`,
    )
    expect(found).toEqual([
      ['true', 'true'],
      ['true', 'true'],
    ])
  })

  test('F81 a version holds from its start to before its end: an event exactly at the start is of the new one', async () => {
    expect(
      await line.ask(
        `select customer_id, plan_id, effective_start_date, effective_end_date, is_current from TELCO_DB.DW.DIM_CUSTOMER
where customer_id like 'C%' order by 1, 3`,
        'select event_id, plan_id, monthly_price, customer_sk = -1 from TELCO_DB.DW.FACT_ACTIVITY order by event_timestamp, event_id',
      ),
    ).toEqual([
      [
        ['C1', 'P1', '2025-01-01 00:00:00', '2025-01-03 00:00:00', 'false'],
        ['C1', 'P2', '2025-01-03 00:00:00', null, 'true'],
        ['C2', 'P1', '2025-01-01 00:00:00', '2025-01-03 00:00:00', 'false'],
      ],
      [
        ['before-all', 'P1', '10.00', 'false'],
        ['day', 'P1', '10.00', 'false'],
        ['last-of-C2', 'P1', '10.00', 'false'],
        ['last-second', 'P1', '10.00', 'false'],
        ['gone', 'UNKNOWN', null, 'true'],
        ['start', 'P2', '20.00', 'false'],
        ['start-elsewhere', 'P2', '20.00', 'false'],
        ['nobody', 'UNKNOWN', null, 'true'],
      ],
    ])
  })

  test('the two views of an event agree while nothing was corrected', async () => {
    expect(rows['DW.ACTIVITY_AS_PUBLISHED']).toEqual(rows['DW.ACTIVITY_RESTATED'])
  })
})
