import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Job, type Machine, openMachine } from './machine.ts'

const DAY = { date: '2025-01-01', attempt: '1' }
const well: Job = async () => undefined

/** A job that fails so many times, and then does not. */
function failing(which: string, times: number): Job {
  let left = times
  return async name => {
    if (name !== which || left === 0) return
    left -= 1
    throw new Error(`no ${name}`)
  }
}

const enteredOf = (events: readonly { readonly type: string; readonly state: string }[]): readonly string[] =>
  events.filter(({ type }) => type === 'StateEntered').map(({ state }) => state)
const errorOf = (machine: Machine): string | undefined => machine.alerts[0]?.Message.error.Error

// The jobs are Spark's own in tests/glue/line.test.ts and machine.test.ts; here they are what the machine has to live with.
describe('the state machine, executed', () => {
  it('cleans, then stages, with the execution’s name', async () => {
    const asked: (readonly string[])[] = []
    const machine = await openMachine({ job: async (name, argv) => void asked.push([name, ...argv]) })
    expect(await machine.start(DAY, 'day-2025-01-01-1')).toMatchObject({ status: 'SUCCEEDED', last: 'Staged' })
    const days = ['--mode', 'run', '--from', '0001-01-01', '--to', '9999-12-31', '--run', 'day-2025-01-01-1']
    expect(asked).toEqual([
      ['clean', ...days],
      ['stage', ...days],
    ])
    expect(machine.alerts).toEqual([])
  })

  it.each([1, 2])('F43 tries a job again that has failed %d times, and alerts nobody', async times => {
    const machine = await openMachine({ job: failing('clean', times) })
    expect((await machine.start(DAY)).status).toBe('SUCCEEDED')
    expect(machine.runs).toEqual([...Array.from({ length: times }, () => 'clean failed'), 'clean well', 'stage well'])
    expect(machine.alerts).toEqual([])
  })

  it('F44 job A always fails: it stops, B never starts, one alert says why', async () => {
    const machine = await openMachine({ job: failing('clean', 99) })
    const ended = await machine.start(DAY, 'day-2025-01-01-1')
    expect(ended).toMatchObject({ status: 'FAILED', last: 'Failed' })
    expect(machine.runs).toEqual(['clean failed', 'clean failed', 'clean failed'])
    expect(machine.alerts).toHaveLength(1)
    expect(machine.alerts[0]).toMatchObject({
      Subject: 'Telco Customer 360: a run failed',
      Message: { execution: 'arn:day-2025-01-01-1', error: { Error: 'States.TaskFailed', Cause: 'no clean' } },
    })
  })

  it('F45 job B times out: stopped, not tried again, one alert; it can be run again', async () => {
    let isSlow = true
    const job: Job = async (name, _, stop) => {
      if (name === 'stage' && isSlow) await sleep(60_000, undefined, { signal: stop })
    }
    const machine = await openMachine({ job, timeout: 1 })
    expect(await machine.start(DAY)).toMatchObject({ status: 'FAILED', last: 'Failed' })
    expect([machine.alerts.length, errorOf(machine)]).toEqual([1, 'States.Timeout'])
    expect(machine.runs).toEqual(['clean well', 'stage stopped'])
    isSlow = false
    expect((await machine.start({ ...DAY, attempt: '2' })).status).toBe('SUCCEEDED')
  })

  it('F46 the schedule fires twice: one execution, named by date and attempt', async () => {
    const machine = await openMachine({ job: well })
    const tick = { scheduled: '2025-01-01T06:00:00Z', attempt: '1' }
    expect((await machine.start(tick)).last).toBe('Started')
    expect((await machine.start(tick)).last).toBe('Started before')
    expect((await machine.started.get('day-2025-01-01-1'))?.status).toBe('SUCCEEDED')
    expect(machine.runs).toEqual(['clean well', 'stage well'])
    expect(machine.alerts).toEqual([])
  })

  it('F47 two days overlap: one run of a job at a time, the other waits for its turn', async () => {
    let inside = 0
    let most = 0
    const job: Job = async name => {
      if (name !== 'clean') return
      inside += 1
      most = Math.max(most, inside)
      await sleep(300)
      inside -= 1
    }
    const machine = await openMachine({ job })
    const both = await Promise.all([machine.start(DAY), machine.start({ ...DAY, date: '2025-01-02' })])
    expect(both.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    expect(most).toBe(1)
    const waited = both.flatMap(({ events }) => events).filter(({ type }) => type === 'StateRetried')
    expect(waited.length).toBeGreaterThan(0)
    expect(machine.alerts).toEqual([])
  })

  it('a backfill names its days to both jobs', async () => {
    const asked: string[] = []
    const machine = await openMachine({ job: async (name, argv) => void asked.push([name, ...argv].join(' ')) })
    await machine.start({ from: '2025-01-01', to: '2025-01-31' }, 'mend')
    const days = '--mode backfill --from 2025-01-01 --to 2025-01-31 --run mend'
    expect(asked).toEqual([`clean ${days}`, `stage ${days}`])
  })

  it.each([{}, { from: '2025-01-01' }, { date: 'today' }])(
    'alerts of the input %j, and starts nothing',
    async input => {
      const machine = await openMachine({ job: well })
      const ended = await machine.start(input as Record<string, string>)
      expect([ended.status, machine.runs, errorOf(machine)]).toEqual(['FAILED', [], 'InputNotUnderstood'])
      expect(enteredOf(ended.events)).toEqual(['What is asked', 'Input not understood', 'Alert', 'Failed'])
    },
  )
})
