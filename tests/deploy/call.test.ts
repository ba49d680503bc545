import { afterEach, beforeEach, expect, test } from 'vitest'
import { USER } from '../engines/snowflake/account.ts'
import { failure, table } from '../engines/snowflake/wire-answers.ts'
import { startWireServer, type WireServer } from '../engines/snowflake/wire-server.ts'
import { project, SETTINGS } from '../run/project.ts'
import { command, credentialsFile, edit, SHOP } from './world.ts'

const AUDIT = ['PROCEDURE', 'STATUS', 'ROWS_WRITTEN', 'STARTED_AT', 'ENDED_AT', 'FAILED_AT', 'MESSAGE']
const CALL = 'call DEMO.DATAFORM.SP_ALL()'

let server: WireServer
let folder: string
beforeEach(async () => {
  server = await startWireServer(USER)
  folder = project({ '.df-credentials.json': credentialsFile(server), ...SHOP })
  server.on(/^select run_id/, table(['RUN_ID'], ['run of yesterday']))
  server.on(CALL, table(['SP_ALL'], ['SP_LOAD 7 rows. ']))
  server.on(
    /PROCEDURE_RUNS r where[\s\S]* and r.run_id <> 'run of yesterday' order by/,
    table(
      AUDIT,
      ['SP_LOAD', 'SUCCEEDED', '7', '2025-01-31 06:00:00', '2025-01-31 06:00:05', null, null],
      ['SP_ALL', 'SUCCEEDED', '7', '2025-01-31 06:00:00', '2025-01-31 06:00:06', null, 'SP_LOAD 7 rows. '],
    ),
  )
})
afterEach(() => server.close())

test('a call is sent as it is; its value and what its procedures wrote down are shown', async () => {
  const { status, stdout, stderr } = await command(folder, ['call', 'SP_ALL'])
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^SP_LOAD 7 rows\. \n\nprocedure +status +rows_written/)
  expect(stdout).toMatch(/\nSP_LOAD +SUCCEEDED +7 /)
  expect(server.statements()[1]).toBe(CALL)
  expect(server.statements()).toHaveLength(3)
})

test('--json gives the same as one document', async () => {
  const { stdout } = await command(folder, ['call', 'SP_ALL', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    result: 'SP_LOAD 7 rows. ',
    runs: [{ procedure: 'SP_LOAD', status: 'SUCCEEDED', rows_written: '7', failed_at: null }, { procedure: 'SP_ALL' }],
  })
})

test('a name with its schema is called as it is written, and a database that needs quotes gets them', async () => {
  server.on('call OTHER.JOBS.SP_X()', table(['SP_X'], ['done']))
  expect((await command(folder, ['call', 'OTHER.JOBS.SP_X'])).stdout).toMatch(/^done\n/)
  edit(folder, 'dataform.json', JSON.stringify({ ...SETTINGS, defaultDatabase: 'my-db' }))
  server.on('call "MY-DB".DATAFORM.SP_ALL()', table(['SP_ALL'], ['quoted']))
  expect((await command(folder, ['call', 'SP_ALL'])).stdout).toMatch(/^quoted\n/)
})

test('an error of the procedure is shown with its audit, and ends with 1', async () => {
  const message =
    "Uncaught exception of type 'STATEMENT_ERROR' on line 37 at position 4 : Numeric value 'x' is not recognized"
  server.on(CALL, failure(message, '100038', 'P0001'))
  const { status, stdout, stderr } = await command(folder, ['call', 'SP_ALL'])
  expect(status).toBe(1)
  expect(stdout).toMatch(/^procedure +status +rows_written/)
  expect(stderr).toContain(`error: DEMO.DATAFORM.SP_ALL: ${message}`)
})

test('what nobody has deployed is said as Snowflake says it', async () => {
  const message = (what: string): string => `SQL compilation error:\n${what} does not exist or not authorized.`
  server.on(/PROCEDURE_RUNS/, failure(message("Object 'DEMO.DATAFORM.PROCEDURE_RUNS'"), '002003', '02000'))
  server.on(CALL, failure(message('Unknown user-defined function DEMO.DATAFORM.SP_ALL'), '002141', '42601'))
  const { status, stdout, stderr } = await command(folder, ['call', 'SP_ALL'])
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('Unknown user-defined function DEMO.DATAFORM.SP_ALL')
})

test.each([
  ['call', ['call', 'SP_ALL'], /^call/, 'what it had not committed was rolled back: call again'],
  ['deploy', ['deploy'], /^create schema/, 'deploy again: it goes on where it stood, and resumes the task'],
])('Ctrl-C cancels the statement of a %s, and ends with 130', async (_verb, argv, statement, remedy) => {
  server.on(/INFORMATION_SCHEMA/, table(['SCHEMA_NAME', 'TABLE_NAME', 'TABLE_TYPE', 'COLUMN_NAME']))
  server.on(statement, { ...table(['A']), hangs: 'until cancelled' })
  let interrupt: () => void = () => undefined
  const onInterrupt = (callback: () => void): (() => void) => {
    interrupt = callback
    return () => undefined
  }
  const ended = command(folder, argv, { onInterrupt })
  await expect.poll(() => server.statements().some(sql => statement.test(sql)), { timeout: 20_000 }).toBe(true)
  interrupt()
  const { status, stderr } = await ended
  expect(server.counts.cancels).toBe(1)
  expect([status, stderr]).toEqual([130, `error: interrupted\n  = help: ${remedy}\n`])
})
