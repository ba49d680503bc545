import { beforeAll, describe, expect, test } from 'vitest'
import type { ProceduresConfig } from '../../src/procedures/config.ts'
import type { ActionLoad } from '../../src/procedures/loads.ts'
import type { Members } from '../../src/procedures/members.ts'
import { plannedTasks, renderTasks, taskOptions } from '../../src/procedures/task.ts'
import { checkTasks } from '../../src/schedule/index.ts'
import { checkTexts, type Finding } from '../helpers/check-text.ts'
import { table } from '../plan/fixtures.ts'

const load = (type: 'copy' | 'table'): ActionLoad =>
  ({ action: { ...table(), type }, load: [], writes: [] }) as unknown as ActionLoad

/** A procedure that copies alone, which may wait, and one that does not. */
const MEMBERS: readonly Members[] = [
  { procedure: { name: 'SP_LOAD_STAGING', tags: ['a'] }, loads: [load('copy')], assertions: [] },
  { procedure: { name: 'SP_LOAD_FACTS', tags: ['b'], comment: 'Facts.' }, loads: [load('table')], assertions: [] },
]

const config = (task: Partial<ProceduresConfig['task']>): ProceduresConfig => ({
  schema: 'OPS',
  procedures: MEMBERS.map(({ procedure }) => procedure),
  master: { name: 'SP_ALL', lease: '1 HOUR' },
  task: { name: 'TASK_ALL', form: 'single', schedule: 'USING CRON 0 6 * * * UTC', warehouse: 'WH', ...task },
})

const FORMS: Readonly<Record<string, ProceduresConfig>> = {
  single: config({}),
  serverless: config({
    warehouse: undefined,
    serverless: { initialSize: 'SMALL', maxSize: 'LARGE' },
    timeout: '90 MINUTES',
    suspendAfterFailures: 2,
    autoRetry: 1,
    errorIntegration: 'ALERTS',
    successIntegration: 'NEWS',
    comment: "It's daily",
    parameters: { TIMEZONE: 'UTC', LOCK_TIMEOUT: 60 },
  }),
  graph: config({ form: 'graph', timeout: '2 HOURS', suspendAfterFailures: 3 }),
  'graph with a finalizer': config({
    form: 'graph',
    finalizer: { name: 'TASK_AFTER', sql: 'CALL DB.OPS.SP_TELL();', comment: 'Tells.' },
  }),
}

const textsOf = (form: string): readonly string[] => {
  const planned = plannedTasks(FORMS[form] as ProceduresConfig, MEMBERS, 'DB')
  return renderTasks(planned, 'OPS', 'DB').flatMap(({ statements }) => statements)
}

let findings: readonly Finding[]
beforeAll(async () => {
  findings = await checkTexts(
    new Map(
      Object.keys(FORMS).map(form => [
        form,
        textsOf(form)
          .map(sql => `${sql};`)
          .join('\n\n'),
      ]),
    ),
  )
}, 300_000)

describe.each(Object.keys(FORMS))('the form %s', form => {
  test('is read without a fault by sqlfluff and by the validator of tasks', () => {
    expect(findings.filter(({ name }) => name === form)).toEqual([])
  })

  test('has options that Snowflake takes together', () => {
    expect(checkTasks(taskOptions(plannedTasks(FORMS[form] as ProceduresConfig, MEMBERS, 'DB')))).toEqual([])
  })
})

test('one task calls the master, without overlap', () => {
  expect(textsOf('single')).toEqual([
    `CREATE OR REPLACE TASK DB.OPS.TASK_ALL
  WAREHOUSE = WH
  SCHEDULE = 'USING CRON 0 6 * * * UTC'
  ALLOW_OVERLAPPING_EXECUTION = FALSE
AS
CALL DB.OPS.SP_ALL()`,
  ])
})

test('options that Snowflake has are written as it spells them', () => {
  const [text = ''] = textsOf('serverless')
  for (const line of [
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'SMALL'",
    "SERVERLESS_TASK_MAX_STATEMENT_SIZE = 'LARGE'",
    'USER_TASK_TIMEOUT_MS = 5400000',
    'SUSPEND_TASK_AFTER_NUM_FAILURES = 2',
    'TASK_AUTO_RETRY_ATTEMPTS = 1',
    'ERROR_INTEGRATION = ALERTS',
    'SUCCESS_INTEGRATION = NEWS',
    "COMMENT = 'It''s daily'",
    "TIMEZONE = 'UTC'",
    'LOCK_TIMEOUT = 60',
  ])
    expect(text).toContain(`  ${line}\n`)
  expect(text).not.toContain('WAREHOUSE = WH')
})

test('in a graph each procedure has its task, after the one before, and none runs where staging waits', () => {
  const [root = '', child = ''] = textsOf('graph')
  expect(root).toContain("SCHEDULE = 'USING CRON 0 6 * * * UTC'")
  expect(root).toContain('CALL DB.OPS.SP_LOAD_STAGING() INTO :result')
  expect(root).toContain('CALL SYSTEM$SET_RETURN_VALUE(:result)')
  expect(child).toContain('CREATE OR REPLACE TASK DB.OPS.TASK_LOAD_FACTS')
  expect(child).toContain('AFTER DB.OPS.TASK_ALL')
  expect(child).toContain("WHEN SYSTEM$GET_PREDECESSOR_RETURN_VALUE() <> 'WAITING'")
  expect(child).not.toMatch(/SCHEDULE|OVERLAPPING|SUSPEND_TASK/)
})

test('a finalizer ends the graph of the root', () => {
  const text = textsOf('graph with a finalizer').at(-1)
  expect(text).toContain('CREATE OR REPLACE TASK DB.OPS.TASK_AFTER')
  expect(text).toContain('FINALIZE = DB.OPS.TASK_ALL')
  expect(text).toMatch(/AS\nCALL DB\.OPS\.SP_TELL\(\)$/)
})
