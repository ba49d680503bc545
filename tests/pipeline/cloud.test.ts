import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NAMES } from '../../infra/stages.ts'
import { cloudBackfill, type Pause } from '../../pipeline/cloud/backfill.ts'
import { openExecutions } from '../../pipeline/cloud/executions.ts'
import { CLOUD } from '../../pipeline/cloud/names.ts'
import { VERBS } from '../../pipeline/verbs.ts'
import { main } from '../../src/commands/program.ts'
import { useAws } from '../ingestion-lambda/moto.ts'
import { openLine } from './line.ts'

type Answer = Readonly<Record<string, unknown>>
/** What the server says to each call, by its name: the answers in turn, the last one again and again. */
let answers: Record<string, readonly Answer[]> = {}
let asked: { readonly call: string; readonly body: Answer }[] = []

/** A server that speaks the JSON of Step Functions and of Glue. */
const server = createServer((request, response) => {
  let text = ''
  request.on('data', chunk => {
    text += chunk
  })
  request.on('end', () => {
    const call = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const turn = asked.filter(each => each.call === call).length
    asked.push({ call, body: JSON.parse(text) as Answer })
    const all = answers[call] ?? [{ __type: 'UnknownOperationException' }]
    const answer = all[Math.min(turn, all.length - 1)] ?? {}
    response.writeHead('__type' in answer ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(answer))
  })
})
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return useAws(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterAll(() => void server.close())
beforeEach(() => {
  asked = []
  answers = {
    ListStateMachines: [
      { stateMachines: [{ name: 'other', stateMachineArn: 'arn:other' }], nextToken: 'more' },
      { stateMachines: [{ name: CLOUD.stateMachine, stateMachineArn: 'arn:machine' }] },
    ],
    StartExecution: [{ executionArn: 'arn:execution', startDate: 1 }],
  }
})

const entered = (id: number, name: string): Answer => ({
  id,
  type: 'TaskStateEntered',
  stateEnteredEventDetails: { name },
})
const failed = (id: number, error: string, cause: string): Answer => ({
  id,
  type: 'TaskFailed',
  taskFailedEventDetails: { error, cause },
})
const said = (...calls: readonly string[]) => asked.filter(({ call }) => calls.includes(call)).map(({ body }) => body)

/** Follows a backfill without waiting; `during` is done at each look. */
async function follow(during: (look: number) => void = () => undefined) {
  const line = openLine()
  let stop: () => void = () => undefined
  const effects = {
    ...line.effects,
    now: () => new Date('2025-02-01T10:20:30.400Z'),
    onInterrupt: (callback: () => void) => {
      stop = callback
      return () => undefined
    },
  }
  const waits: number[] = []
  const wait: Pause = async ms => {
    during(waits.push(ms))
  }
  const executions = openExecutions()
  const options = { from: '2025-01-01', to: '2025-01-31', quiet: false }
  const ended = await cloudBackfill(options, executions, effects, wait).finally(() => executions.close())
  return { ended, waits, printed: line.printed(), stop: () => stop() }
}

it('the names are those of the stack', () => {
  expect(CLOUD).toMatchObject({
    stateMachine: NAMES.stateMachine,
    jobs: { clean: NAMES.cleanJob, stage: NAMES.stageJob },
    jobLog: `${NAMES.logs.jobs}/error`,
  })
})

describe('backfill --cloud', () => {
  it('starts the machine with the days and follows it: states, attempts that failed and why, each once', async () => {
    const before = [entered(2, 'What is asked'), entered(4, 'Clean')]
    const again = [...before, failed(6, 'States.TaskFailed', JSON.stringify({ ErrorMessage: 'no room', Id: 'jr' }))]
    answers.DescribeExecution = [{ status: 'RUNNING' }, { status: 'RUNNING' }, { status: 'SUCCEEDED' }]
    answers.GetExecutionHistory = [
      { events: before },
      { events: again },
      { events: again, nextToken: 'more' },
      { events: [entered(8, 'Stage'), entered(9, 'Staged')] },
    ]
    const { ended, printed, waits } = await follow()
    expect(said('StartExecution')).toEqual([
      {
        stateMachineArn: 'arn:machine',
        name: 'backfill-2025-01-01-2025-01-31-20250201T102030',
        input: '{"from":"2025-01-01","to":"2025-01-31"}',
      },
    ])
    expect(ended).toMatchObject({ status: 'SUCCEEDED', arn: 'arn:execution', state: null })
    expect(printed.split('\n')).toEqual([
      'started backfill-2025-01-01-2025-01-31-20250201T102030',
      '  What is asked',
      '  Clean',
      '  Clean failed: States.TaskFailed: no room',
      '  Stage',
      '  Staged',
      '',
    ])
    expect(waits).toEqual([1000, 2000])
  })

  it('says where it failed, through the command: exit 1, the reason on stderr, one JSON document where asked', async () => {
    answers.DescribeExecution = [{ status: 'FAILED', error: 'RunFailed', cause: 'see the alert' }]
    const attempt = failed(3, 'States.TaskFailed', JSON.stringify({ ErrorMessage: 'JobError: all rows are bad' }))
    const unsent = failed(5, 'SNS.AuthorizationError', 'not allowed')
    const events = [entered(2, 'Clean'), attempt, entered(4, 'Alert'), unsent, entered(6, 'Failed')]
    answers.GetExecutionHistory = [{ events }]
    const argv = ['backfill', '--cloud', '--from', '2025-01-01', '--to', '2025-01-02']
    const line = openLine()
    expect(await main('customer360', '', VERBS, argv, line.effects)).toBe(1)
    expect(line.printed()).toMatch(
      /backfill-\S+ FAILED in Clean: States.TaskFailed: JobError: all rows are bad\nwhat to do: docs\/guides/,
    )
    expect(line.printed()).toContain('  Alert failed: SNS.AuthorizationError: not allowed\n')
    const quiet = openLine()
    expect(await main('customer360', '', VERBS, [...argv, '--json'], quiet.effects)).toBe(1)
    expect(JSON.parse(quiet.printed('stdout'))).toMatchObject({
      ...{ status: 'FAILED', state: 'Clean', error: 'States.TaskFailed' },
      cause: expect.stringContaining('all rows are bad'),
    })
  })

  it.each(['TIMED_OUT', 'ABORTED'])('%s is a failure with what Step Functions says of it', async end => {
    answers.DescribeExecution = [{ status: end, error: 'States.Timeout', cause: 'too long' }]
    const events = [entered(2, 'Clean'), failed(4, 'States.TaskFailed', 'once'), entered(6, 'Stage')]
    answers.GetExecutionHistory = [{ events }]
    expect((await follow()).ended).toMatchObject({ status: end, state: 'Stage', error: 'States.Timeout' })
  })

  it('a look that fails is made again; after some in vain it is said that the run goes on', async () => {
    const busy = { __type: 'AccessDeniedException', message: 'for now' }
    answers.DescribeExecution = [busy, busy, { status: 'SUCCEEDED' }]
    answers.GetExecutionHistory = [{ events: [] }]
    expect((await follow()).ended.status).toBe('SUCCEEDED')
    asked = []
    answers.DescribeExecution = [busy]
    await expect(follow()).rejects.toThrow(
      /goes on in the cloud and cannot be followed: AccessDeniedException: for now/,
    )
  })

  it.each([
    ['2025-01-31', '2025-01-01'],
    ['2025-02-30', '2025-03-01'],
  ])('days that cannot be are refused: %s to %s', async (from, to) => {
    const line = openLine()
    const argv = ['backfill', '--cloud', '--from', from, '--to', to]
    expect([await main('customer360', '', VERBS, argv, line.effects), asked]).toEqual([2, []])
  })

  it('Ctrl-C stops following; the run goes on', async () => {
    answers.DescribeExecution = [{ status: 'RUNNING' }]
    answers.GetExecutionHistory = [{ events: [entered(2, 'Clean')] }]
    let stop: () => void = () => undefined
    const line = openLine()
    const effects = {
      ...line.effects,
      onInterrupt: (callback: () => void) => {
        stop = callback
        return () => undefined
      },
    }
    const argv = ['backfill', '--cloud', '--from', '2025-01-01', '--to', '2025-01-02']
    const exit = main('customer360', '', VERBS, argv, effects)
    while (said('GetExecutionHistory').length === 0) await new Promise(resolve => setTimeout(resolve, 20))
    stop()
    expect(await exit).toBe(130)
    expect(line.printed()).toContain('goes on in the cloud')
    expect(said('StopExecution')).toEqual([])
  })

  it.each([
    ['ListStateMachines', [{ stateMachines: [] }], ['no state machine telco-customer360', 'AWS_REGION']],
    ['StartExecution', [{ __type: 'AccessDeniedException', message: 'no' }], ['AccessDeniedException', 'permission']],
  ])('%s that does not go well is told with what to do', async (call, given, words) => {
    answers[call] = given
    const line = openLine()
    const argv = ['backfill', '--cloud', '--from', '2025-01-01', '--to', '2025-01-02']
    expect(await main('customer360', '', VERBS, argv, line.effects)).toBe(1)
    expect(words.filter(word => !line.printed().includes(word))).toEqual([])
  })

  it.each([
    ['--lake', 'x'],
    ['--warehouse', 'x'],
    ['--bad-share', '0.1'],
  ])('%s does not go with it', async (...flag) => {
    const line = openLine()
    const argv = ['backfill', '--cloud', '--from', '2025-01-01', '--to', '2025-01-02', ...flag]
    expect(await main('customer360', '', VERBS, argv, line.effects)).toBe(2)
    expect(asked).toEqual([])
  })
})

describe('status --cloud', () => {
  const run = (job: string, execution: string, state: string, more: Answer = {}): Answer => ({
    Id: `jr_${job}_${execution}`,
    JobRunState: state,
    StartedOn: 1735711200 + Number(execution.slice(-1)) * 86_400,
    ExecutionTime: 75,
    Arguments: { '--run': execution, '--mode': 'run', '--from': '0001-01-01', '--to': '9999-12-31' },
    ...more,
  })
  const show = async (clean: readonly Answer[], stage: readonly Answer[], ...flags: readonly string[]) => {
    answers.GetJobRuns = [{ JobRuns: clean }, { JobRuns: stage }]
    const line = openLine()
    const exit = await main('customer360', '', VERBS, ['status', '--cloud', ...flags], line.effects)
    return { exit, printed: line.printed('stdout') }
  }

  it('shows the newest runs first, with execution, state, time and error', async () => {
    const { exit, printed } = await show(
      [run('c', 'day-1', 'SUCCEEDED'), run('c', 'day-2', 'FAILED', { ErrorMessage: 'JobError: 3 of 4 rows\nmore' })],
      [run('s', 'day-1', 'SUCCEEDED')],
    )
    expect(exit).toBe(0)
    expect(said('GetJobRuns').map(({ JobName }) => JobName)).toEqual([CLOUD.jobs.clean, CLOUD.jobs.stage])
    expect(printed.indexOf('day-2')).toBeLessThan(printed.indexOf('day-1'))
    expect(printed).toMatch(
      /clean +jr_c_day-2 +day-2 +all that is new +FAILED +2025-01-03T06:00:00\.000Z +75 +JobError: 3 of 4 rows/,
    )
    expect(printed.trimEnd().split('\n').at(-1)).toBe(
      'clean failed (FAILED) in day-2: JobError: 3 of 4 rows; stage has not started; its log: /aws-glue/telco-customer360/error, stream jr_c_day-2; what to do: docs/guides/aws.md#a-run-failed',
    )
  })

  it.each([
    [[], [], 'nothing has run yet'],
    [[run('c', 'day-1', 'SUCCEEDED')], [run('s', 'day-1', 'SUCCEEDED')], 'all is well: day-1 is staged'],
    [
      [run('c', 'day-2', 'SUCCEEDED')],
      [run('s', 'day-1', 'SUCCEEDED')],
      'clean has ended in day-2, and stage has not started',
    ],
    [
      [run('c', 'day-1', 'SUCCEEDED')],
      [run('s', 'day-0', 'SUCCEEDED', { StartedOn: 2e9 }), run('s', 'day-1', 'SUCCEEDED')],
      'all is well: day-1 is staged',
    ],
    [
      [run('c', 'by-hand-1', 'SUCCEEDED', { Arguments: {} })],
      [run('s', 'x-1', 'SUCCEEDED', { Arguments: {} })],
      'by hand',
    ],
    [[run('c', 'day-1', 'RUNNING')], [], 'clean is RUNNING in day-1'],
    [
      [run('c', 'day-1', 'SUCCEEDED')],
      [run('s', 'day-1', 'TIMEOUT')],
      'stage failed (TIMEOUT) in day-1: Glue gives no reason',
    ],
  ])('says where the newest run stands: %#', async (clean, stage, verdict) => {
    const { exit, printed } = await show(clean, stage)
    expect([exit, printed.trimEnd().split('\n').at(-1)]).toEqual([0, expect.stringContaining(verdict)])
    asked = []
    const { printed: json } = await show(clean, stage, '--json')
    expect(JSON.parse(json)).toMatchObject({ verdict: expect.stringContaining(verdict) })
  })

  it('a job that is not there is told with what to do', async () => {
    answers.GetJobRuns = [{ __type: 'EntityNotFoundException', message: 'Job telco-clean not found' }]
    const line = openLine()
    expect(await main('customer360', '', VERBS, ['status', '--cloud'], line.effects)).toBe(1)
    expect(line.printed()).toContain('deploy the stack of docs/guides/aws.md')
  })
})
