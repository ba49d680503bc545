import aslValidator from 'asl-validator'
import { describe, expect, it } from 'vitest'
import { NAMES, STAGES } from '../../infra/stages.ts'
import definition from '../../infra/state-machine.asl.json' with { type: 'json' }
import { ofType, propertiesOf, stages, templates } from './templates.ts'

interface Retrier {
  readonly ErrorEquals: readonly string[]
  readonly MaxAttempts: number
  readonly IntervalSeconds?: number
  readonly BackoffRate?: number
  readonly MaxDelaySeconds?: number
  readonly JitterStrategy?: string
}
interface State {
  readonly Type: string
  readonly Resource?: string
  readonly Next?: string
  readonly Default?: string
  readonly End?: boolean
  readonly TimeoutSeconds?: number
  readonly Parameters?: Readonly<Record<string, unknown>>
  readonly Choices?: readonly { readonly Next: string }[]
  readonly Retry?: readonly Retrier[]
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[]
}
const states = definition.States as Readonly<Record<string, State>>
const state = (name: string): State => states[name] ?? { Type: 'missing' }
const tasks = Object.entries(states).filter(([, { Type }]) => Type === 'Task')
const jobs = ['Clean', 'Stage'] as const

/** Where a state may lead. */
const nexts = ({ Next, Default, Choices = [], Catch = [] }: State): readonly string[] =>
  [Next, Default, ...Choices.map(each => each.Next), ...Catch.map(each => each.Next)].filter(each => each !== undefined)

/** Every way from the start to an end. */
function paths(from: string, before: readonly string[] = []): readonly (readonly string[])[] {
  if (before.includes(from)) throw new Error(`a circle at ${from}`)
  const path = [...before, from]
  const ways = nexts(state(from))
  return ways.length === 0 ? [path] : ways.flatMap(next => paths(next, path))
}

const made = templates()

describe('the state machine', () => {
  it('is one that the validator accepts', () => {
    // It writes into what it is given.
    expect(aslValidator(structuredClone(definition), { checkPaths: true, checkArn: true })).toMatchObject({
      isValid: true,
      errors: [],
    })
  })

  it('F57 a catch that swallows: every path ends in success, or in failure after an alert', () => {
    const all = paths(definition.StartAt)
    expect(all.length).toBeGreaterThan(10)
    const ends = all.map(path => [state(path.at(-1) ?? '').Type, path.includes('Alert')])
    expect(ends.filter(([end, isAlerted]) => (end === 'Succeed') === isAlerted)).toEqual([])
    expect(new Set(ends.map(([end]) => end))).toEqual(new Set(['Succeed', 'Fail']))
    expect(new Set(all.flat())).toEqual(new Set(Object.keys(states)))
    // What is caught leads to the alert and nowhere else, but for a day that has been started before.
    for (const [name, { Catch = [] }] of tasks) {
      expect(Catch.at(-1)?.ErrorEquals, name).toEqual(['States.ALL'])
      const other = Catch.filter(each => !['Alert', 'Failed'].includes(each.Next)).map(each => each.ErrorEquals)
      expect(other, name).toEqual(name === 'Start the day' ? [['StepFunctions.ExecutionAlreadyExistsException']] : [])
    }
    expect(state('Alert').Next).toBe('Failed')
  })

  it('F57 a failure that the run cannot announce itself rings an alarm', () => {
    for (const stage of stages) {
      const { Metrics } = propertiesOf(made[stage], 'Alarmrunfailed') as {
        Metrics: { MetricStat?: { Metric: { MetricName: string } }; Expression?: string }[]
      }
      const counted = Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.MetricName ?? [])
      expect(counted).toEqual(['ExecutionsFailed', 'ExecutionsAborted', 'ExecutionsTimedOut'])
    }
  })

  it('F43 job A fails once: its own failure is tried again, with growing and scattered pauses', () => {
    for (const name of jobs) {
      const own = state(name).Retry?.at(-1)
      expect(own).toMatchObject({ ErrorEquals: ['States.TaskFailed'], JitterStrategy: 'FULL', BackoffRate: 2 })
      expect(own?.MaxAttempts).toBeGreaterThanOrEqual(2)
    }
    for (const [name, { Retry = [] }] of tasks)
      for (const retrier of Retry.filter(each => each.MaxAttempts > 0)) {
        expect(retrier.ErrorEquals, name).not.toContain('States.ALL')
        expect(retrier.JitterStrategy, name).toBe('FULL')
        expect(retrier.MaxDelaySeconds, name).toBeGreaterThan(0)
      }
  })

  it('F43 what no attempt can mend is not tried again', () => {
    for (const name of jobs)
      expect(state(name).Retry?.[0]).toMatchObject({
        MaxAttempts: 0,
        ErrorEquals: expect.arrayContaining(['Glue.EntityNotFoundException', 'Glue.InvalidInputException']),
      })
  })

  it('F44 job A always fails: B is reached through A alone, and A leads to one alert', () => {
    const before = Object.entries(states).filter(([, each]) => nexts(each).includes('Stage'))
    expect(before.map(([name]) => name)).toEqual(['Clean'])
    expect(state('Clean').Catch).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: 'Alert' }])
    const failing = paths('Clean').filter(path => path[1] === 'Alert')
    expect(new Set(failing.map(path => path.join(', ')))).toEqual(new Set(['Clean, Alert, Failed']))
    expect(tasks.filter(([, { Resource }]) => Resource?.includes('sns:publish')).map(([name]) => name)).toEqual([
      'Alert',
    ])
  })

  it('F45 job B times out: the machine stops the job before Glue does, and a time-out is not tried again', () => {
    for (const name of jobs) {
      expect(state(name).Retry?.flatMap(each => each.ErrorEquals)).not.toContain('States.Timeout')
      for (const { jobMinutes } of Object.values(STAGES))
        expect(state(name).TimeoutSeconds).toBeLessThan(jobMinutes * 60)
    }
    for (const [name, { TimeoutSeconds }] of tasks) expect(TimeoutSeconds, name).toBeGreaterThan(0)
  })

  it('F46 the schedule fires twice: the execution is named by date and attempt, and a taken name is success', () => {
    expect(state('Start the day').Parameters).toMatchObject({
      'StateMachineArn.$': '$$.StateMachine.Id',
      'Name.$': "States.Format('day-{}-{}', $.date, $.attempt)",
    })
    expect(state('Start the day').Catch?.[0]).toMatchObject({ Next: 'Started before' })
    expect(state('Started before').Type).toBe('Succeed')
    for (const stage of stages) {
      const { Input } = propertiesOf(made[stage], 'Daily').Target as { Input: string }
      // The attempt is not the schedule's count of deliveries, which would make two names of one day.
      expect(JSON.parse(Input)).toEqual({ scheduled: '<aws.scheduler.scheduled-time>', attempt: '1' })
    }
  })

  it('F47 two days overlap: a job runs once at a time, and whoever finds it taken waits', () => {
    for (const stage of stages)
      for (const [name, job] of ofType(made[stage], 'AWS::Glue::Job'))
        expect(job.Properties.ExecutionProperty, name).toEqual({ MaxConcurrentRuns: 1 })
    for (const name of jobs) {
      const turn = state(name).Retry?.find(each => each.ErrorEquals.includes('Glue.ConcurrentRunsExceededException'))
      expect((turn?.MaxAttempts ?? 0) * (turn?.MaxDelaySeconds ?? 0)).toBeGreaterThan(2 * 3600)
    }
  })

  it('passes a backfill on as job arguments, and takes all days otherwise', () => {
    for (const name of jobs)
      expect(state(name).Parameters?.Arguments).toEqual({
        '--mode.$': '$.days.mode',
        '--from.$': '$.days.from',
        '--to.$': '$.days.to',
        '--run.$': '$$.Execution.Name',
      })
    expect(state('Days again').Parameters).toEqual({ days: { mode: 'backfill', 'from.$': '$.from', 'to.$': '$.to' } })
    expect(definition.States['All that is new'].Result).toEqual({
      mode: 'run',
      from: '0001-01-01',
      to: '9999-12-31',
    })
  })

  it('gets the names that it leaves open from the template', () => {
    const open = new Set([...JSON.stringify(definition).matchAll(/\$\{(\w+)\}/g)].map(match => match[1]))
    for (const stage of stages) {
      const machine = propertiesOf(made[stage], 'Run')
      expect(new Set(Object.keys(machine.DefinitionSubstitutions as object))).toEqual(open)
      expect(JSON.parse(String(machine.DefinitionString))).toEqual(definition)
      expect(machine).toMatchObject({
        StateMachineName: NAMES.stateMachine,
        TracingConfiguration: { Enabled: true },
        LoggingConfiguration: { Level: 'ALL' },
      })
    }
  })
})
