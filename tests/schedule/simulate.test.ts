import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeError, UserErrors } from '../../src/error.ts'
import { type SimulatedRun, type Supposition, simulate, type Tasks } from '../../src/schedule/index.ts'

const MINUTE = 60_000
const day = { from: new Date('2026-01-01T00:00Z'), until: new Date('2026-01-02T00:00Z') }
const hourly = { schedule: 'USING CRON 0 * * * * UTC', warehouse: 'W' }
const warehouse = 'W'

/** A run in a line: times of day, and the day of the month where it is not the first. */
function line({ task, scheduled, started, ended, state, attempt, reason }: SimulatedRun): string {
  const time = (at: Date | undefined): string => {
    if (at === undefined) return '-'
    const text = at.toISOString()
    const seconds = text.slice(17, 19) === '00' ? '' : text.slice(16, 19)
    return `${text.slice(8, 10) === '01' ? '' : `${text.slice(8, 10)}T`}${text.slice(11, 16)}${seconds}`
  }
  const words = [task, time(scheduled), time(started), time(ended), state]
  return [
    ...words,
    ...(attempt === 1 ? [] : [`attempt ${attempt}`]),
    ...(reason === undefined ? [] : [`(${reason})`]),
  ].join(' ')
}

const run = (tasks: Tasks, supposed: Supposition): readonly string[] => simulate(tasks, supposed).map(line)
const until = (time: string): { from: Date; until: Date } => ({
  from: day.from,
  until: new Date(`2026-01-01T${time}Z`),
})

describe('a task alone', () => {
  it('runs at the times of its schedule, not at the first moment and not at the last', () => {
    expect(run({ ROOT: hourly }, { ...until('03:00'), durations: { ROOT: 5 * MINUTE } })).toEqual([
      'ROOT 01:00 01:00 01:05 RAN',
      'ROOT 02:00 02:00 02:05 RAN',
    ])
  })

  it('runs an interval after it was resumed', () => {
    const tasks = { ROOT: { schedule: '10 MINUTES', warehouse } }
    const from = new Date('2026-01-01T09:03Z')
    expect(run(tasks, { from, until: new Date('2026-01-01T09:30Z'), durations: { ROOT: MINUTE } })).toEqual([
      'ROOT 09:13 09:13 09:14 RAN',
      'ROOT 09:23 09:23 09:24 RAN',
    ])
  })

  it('leaves out the times at which it still runs, and none where it ends just then', () => {
    expect(run({ ROOT: hourly }, { ...until('06:00'), durations: { ROOT: 50 * MINUTE } })).toHaveLength(5)
    expect(
      run({ ROOT: { ...hourly, timeout: '2 HOURS' } }, { ...until('04:30'), durations: { ROOT: 60 * MINUTE } }),
    ).toHaveLength(4)
    const long = { ROOT: { ...hourly, timeout: '3 HOURS' } }
    expect(run(long, { ...until('05:00'), durations: { ROOT: 61 * MINUTE } })).toEqual([
      'ROOT 01:00 01:00 02:01 RAN',
      'ROOT 02:00 - - SKIPPED (the run before it goes on until 2026-01-01T02:01:00.000Z)',
      'ROOT 03:00 03:00 04:01 RAN',
      'ROOT 04:00 - - SKIPPED (the run before it goes on until 2026-01-01T04:01:00.000Z)',
    ])
  })

  it('is ended by its timeout; without one by an hour, with 0 by seven days', () => {
    const supposed = { ...until('01:30'), durations: { ROOT: 8 * 24 * 60 * MINUTE } }
    expect(run({ ROOT: { ...hourly, timeout: '90 SECONDS' } }, supposed)).toEqual([
      'ROOT 01:00 01:00 01:01:30 TIMED_OUT (its time is over)',
    ])
    expect(run({ ROOT: hourly }, supposed)).toEqual(['ROOT 01:00 01:00 02:00 TIMED_OUT (its time is over)'])
    expect(run({ ROOT: { ...hourly, timeout: '0 S' } }, supposed)).toEqual([
      'ROOT 01:00 01:00 08T01:00 TIMED_OUT (its time is over)',
    ])
  })

  it('a run that takes just as long as it may has run', () => {
    const tasks = { ROOT: { ...hourly, timeout: '5 MINUTES' } }
    expect(run(tasks, { ...until('01:30'), durations: { ROOT: 5 * MINUTE } })).toEqual(['ROOT 01:00 01:00 01:05 RAN'])
  })

  it('is suspended after so many failures in a row, and its list ends', () => {
    const tasks = { ROOT: { ...hourly, suspendAfterFailures: 2 } }
    expect(run(tasks, { ...day, durations: { ROOT: MINUTE }, fails: () => true })).toEqual([
      'ROOT 01:00 01:00 01:01 FAILED (supposed to fail)',
      'ROOT 02:00 02:00 02:01 FAILED (supposed to fail)',
      'ROOT 03:00 - - SUSPENDED (suspended after 2 failed runs in a row of ROOT)',
    ])
  })

  it('a success between failures begins the count anew', () => {
    const tasks = { ROOT: { ...hourly, suspendAfterFailures: 2 } }
    const fails = (_: string, scheduled: Date) => scheduled.getUTCHours() !== 2
    const states = simulate(tasks, { ...until('06:00'), durations: { ROOT: MINUTE }, fails }).map(found => found.state)
    expect(states).toEqual(['FAILED', 'RAN', 'FAILED', 'FAILED', 'SUSPENDED'])
  })

  it('a run that is left out neither ends nor goes on with the count; one that is timed out counts', () => {
    const tasks = { ROOT: { ...hourly, timeout: '70 MINUTES', suspendAfterFailures: 2 } }
    const states = simulate(tasks, { ...day, durations: { ROOT: 120 * MINUTE } }).map(found => found.state)
    expect(states).toEqual(['TIMED_OUT', 'SKIPPED', 'TIMED_OUT', 'SUSPENDED'])
  })

  it('is suspended after ten failures where nothing is said, and never where 0 is', () => {
    const supposed = { ...day, durations: { ROOT: MINUTE }, fails: () => true }
    expect(run({ ROOT: hourly }, supposed).at(-1)).toContain('ROOT 11:00 - - SUSPENDED')
    const never = simulate({ ROOT: { ...hourly, suspendAfterFailures: 0 } }, supposed)
    expect(never.map(found => found.state)).toEqual(Array.from({ length: 23 }, () => 'FAILED'))
  })

  it('runs twice where clocks show its time twice, and not where they leap over it', () => {
    const tasks = { ROOT: { schedule: 'USING CRON 30 2 * * * Europe/Berlin', warehouse } }
    const autumn = { from: new Date('2026-10-24T12:00Z'), until: new Date('2026-10-26T00:00Z') }
    expect(run(tasks, { ...autumn, durations: { ROOT: MINUTE } })).toEqual([
      'ROOT 25T00:30 25T00:30 25T00:31 RAN',
      'ROOT 25T01:30 25T01:30 25T01:31 RAN',
    ])
    const spring = { from: new Date('2026-03-28T12:00Z'), until: new Date('2026-03-29T12:00Z') }
    expect(run(tasks, { ...spring, durations: { ROOT: MINUTE } })).toEqual([])
  })
})

describe('a graph', () => {
  const graph: Tasks = {
    ROOT: hourly,
    STAGE: { after: ['ROOT'], warehouse },
    DIMENSION: { after: ['ROOT'], warehouse },
    FACT: { after: ['STAGE', 'DIMENSION'], warehouse },
    NOTIFY: { finalizer: 'ROOT', warehouse },
  }
  const durations = { ROOT: MINUTE, STAGE: 10 * MINUTE, DIMENSION: 2 * MINUTE, FACT: 5 * MINUTE, NOTIFY: MINUTE }

  it('runs each task after what it waits for, and the finalizer last', () => {
    expect(run(graph, { ...until('01:30'), durations })).toEqual([
      'ROOT 01:00 01:00 01:01 RAN',
      'STAGE 01:00 01:01 01:11 RAN',
      'DIMENSION 01:00 01:01 01:03 RAN',
      'FACT 01:00 01:11 01:16 RAN',
      'NOTIFY 01:00 01:16 01:17 RAN',
    ])
  })

  it('leaves out a time at which any of its tasks still runs, with its finalizer', () => {
    const slow = { ...durations, FACT: 48 * MINUTE }
    const found = run(graph, { ...until('03:30'), durations: slow })
    expect(found.filter(text => /^(ROOT|NOTIFY) .*02:00/.test(text))).toEqual([
      'NOTIFY 01:00 01:59 02:00 RAN',
      'ROOT 02:00 02:00 02:01 RAN',
      'NOTIFY 02:00 02:59 03:00 RAN',
    ])
    const slower = run(graph, { ...until('03:30'), durations: { ...slow, NOTIFY: 2 * MINUTE } })
    expect(slower.filter(text => text.includes(' 02:00 '))).toEqual([
      'ROOT 02:00 - - SKIPPED (the run before it goes on until 2026-01-01T02:01:00.000Z)',
    ])
  })

  it('what waits for a failed task does not run; the others and the finalizer do', () => {
    const fails = (task: string) => task === 'DIMENSION'
    expect(run(graph, { ...until('01:30'), durations, fails })).toEqual([
      'ROOT 01:00 01:00 01:01 RAN',
      'STAGE 01:00 01:01 01:11 RAN',
      'DIMENSION 01:00 01:01 01:03 FAILED (supposed to fail)',
      'FACT 01:00 - - SKIPPED (DIMENSION did not succeed)',
      'NOTIFY 01:00 01:11 01:12 RAN',
    ])
  })

  it('is suspended where one task fails so often in a row, and not where different ones do', () => {
    const tasks = { ...graph, ROOT: { ...hourly, suspendAfterFailures: 2 } }
    const same = simulate(tasks, { ...until('04:30'), durations, fails: task => task === 'STAGE' })
    expect(same.filter(found => found.task === 'ROOT').map(found => found.state)).toEqual(['RAN', 'RAN', 'SUSPENDED'])
    expect(same.at(-1)?.reason).toBe('suspended after 2 failed runs in a row of STAGE')
    const turns = (task: string, at: Date) => task === (at.getUTCHours() % 2 === 0 ? 'STAGE' : 'DIMENSION')
    const other = simulate(tasks, { ...until('04:30'), durations, fails: turns })
    expect(other.filter(found => found.task === 'ROOT').map(found => found.state)).toEqual(['RAN', 'RAN', 'RAN', 'RAN'])
  })

  it('is retried at once from what failed, and the finalizer waits for that', () => {
    const tasks = { ...graph, ROOT: { ...hourly, autoRetry: 2 } }
    const fails = (task: string, _: Date, attempt: number) => task === 'STAGE' && attempt < 3
    expect(run(tasks, { ...until('01:30'), durations, fails })).toEqual([
      'ROOT 01:00 01:00 01:01 RAN',
      'STAGE 01:00 01:01 01:11 FAILED (supposed to fail)',
      'DIMENSION 01:00 01:01 01:03 RAN',
      'FACT 01:00 - - SKIPPED (STAGE did not succeed)',
      'STAGE 01:00 01:11 01:21 FAILED attempt 2 (supposed to fail)',
      'FACT 01:00 - - SKIPPED attempt 2 (STAGE did not succeed)',
      'STAGE 01:00 01:21 01:31 RAN attempt 3',
      'FACT 01:00 01:31 01:36 RAN attempt 3',
      'NOTIFY 01:00 01:36 01:37 RAN',
    ])
  })

  it('retries that succeed leave no failure behind', () => {
    const tasks = { ROOT: { ...hourly, autoRetry: 1, suspendAfterFailures: 1 } }
    const fails = (_: string, __: Date, attempt: number) => attempt === 1
    const states = simulate(tasks, { ...until('02:30'), durations: { ROOT: MINUTE }, fails }).map(found => found.state)
    expect(states).toEqual(['FAILED', 'RAN', 'FAILED', 'RAN'])
  })

  it("the root's timeout is one of the whole graph, but for a task that has its own", () => {
    const tasks = { ...graph, ROOT: { ...hourly, timeout: '12 MINUTES' } }
    expect(run(tasks, { ...until('01:30'), durations })).toEqual([
      'ROOT 01:00 01:00 01:01 RAN',
      'STAGE 01:00 01:01 01:11 RAN',
      'DIMENSION 01:00 01:01 01:03 RAN',
      'FACT 01:00 01:11 01:12 TIMED_OUT (its time is over)',
      'NOTIFY 01:00 01:12 01:13 RAN',
    ])
    const own = { ...tasks, FACT: { after: ['STAGE', 'DIMENSION'], warehouse, timeout: '1 HOUR' } }
    expect(run(own, { ...until('01:30'), durations }).at(3)).toBe('FACT 01:00 01:11 01:16 RAN')
    const short = { ...graph, STAGE: { after: ['ROOT'], warehouse, timeout: '3 MINUTES' } }
    expect(run(short, { ...until('01:30'), durations }).at(1)).toBe(
      'STAGE 01:00 01:01 01:04 TIMED_OUT (its time is over)',
    )
  })

  it('two graphs run beside each other', () => {
    const two = { A: hourly, B: { schedule: '45 MINUTES', warehouse } }
    expect(run(two, { ...until('01:40'), durations: { A: MINUTE, B: MINUTE } })).toEqual([
      'B 00:45 00:45 00:46 RAN',
      'A 01:00 01:00 01:01 RAN',
      'B 01:30 01:30 01:31 RAN',
    ])
  })

  it('more times than are asked for at once', () => {
    const tasks = { ROOT: { schedule: '10 SECONDS', warehouse } }
    expect(simulate(tasks, { ...until('01:00'), durations: { ROOT: 1000 } })).toHaveLength(359)
  })
})

describe('what cannot be simulated', () => {
  it('tasks that Snowflake would refuse, all faults at once', () => {
    const tasks = { ROOT: { ...hourly, autoRetry: 31 }, B: { warehouse } }
    expect(() => simulate(tasks, { ...day, durations: {} })).toThrow(UserErrors)
    expect(() => simulate(tasks, { ...day, durations: {} })).toThrow(
      /ROOT: autoRetry must be .*\nB: schedule is missing/,
    )
  })

  it('a task whose duration is not given', () => {
    try {
      simulate({ ROOT: hourly }, { ...day, durations: {} })
      expect.unreachable()
    } catch (error) {
      expect(describeError(error as never)).toBe(
        'how long ROOT takes is not given\n  = help: suppose a duration for ROOT',
      )
    }
  })

  it('a task that a stream triggers has no times, and nothing is made up for it', () => {
    expect(simulate({ ROOT: { when: 'TRUE', warehouse } }, { ...day, durations: { ROOT: 1 } })).toEqual([])
  })
})

describe('whatever is supposed', () => {
  const graph: Tasks = {
    ROOT: { ...hourly, autoRetry: 1, suspendAfterFailures: 3 },
    A: { after: ['ROOT'], warehouse },
    B: { after: ['ROOT'], warehouse, timeout: '20 MINUTES' },
    C: { after: ['A', 'B'], warehouse },
    END: { finalizer: 'ROOT', warehouse },
  }
  const minutes = fc.integer({ min: 0, max: 90 }).map(count => count * MINUTE)
  const supposition = fc.record({
    durations: fc.record({ ROOT: minutes, A: minutes, B: minutes, C: minutes, END: minutes }),
    failing: fc.array(
      fc.record({ task: fc.constantFrom('ROOT', 'A', 'B', 'C', 'END'), hour: fc.integer({ min: 1, max: 23 }) }),
    ),
  })

  it('runs of a graph do not overlap, a task starts after what it waits for, and each time is answered once', () => {
    fc.assert(
      fc.property(supposition, ({ durations, failing }) => {
        const fails = (task: string, at: Date) =>
          failing.some(one => one.task === task && one.hour === at.getUTCHours())
        const runs = simulate(graph, { ...day, durations, fails })
        let busyUntil = 0
        for (const scheduled of new Set(runs.map(one => one.scheduled.getTime()))) {
          const ofTime = runs.filter(one => one.scheduled.getTime() === scheduled)
          const isLeftOut = ofTime.length === 1 && ['SKIPPED', 'SUSPENDED'].includes(ofTime[0]?.state ?? '')
          expect(ofTime[0]?.state === 'SKIPPED').toBe(busyUntil > scheduled && ofTime[0]?.state !== 'SUSPENDED')
          for (const one of ofTime) {
            if (one.started !== undefined) expect(one.started.getTime()).toBeGreaterThanOrEqual(scheduled)
            const before = ofTime.filter(other => graph[one.task]?.after?.includes(other.task) && other.state === 'RAN')
            if (one.state === 'RAN' && one.task !== 'ROOT')
              for (const { ended } of before)
                expect(one.started?.getTime()).toBeGreaterThanOrEqual(ended?.getTime() ?? 0)
          }
          if (!isLeftOut) busyUntil = Math.max(...ofTime.map(one => one.ended?.getTime() ?? 0))
        }
        const hours = new Set(runs.map(one => one.scheduled.getUTCHours()))
        const isSuspended = runs.at(-1)?.state === 'SUSPENDED'
        expect([...hours]).toEqual(Array.from({ length: isSuspended ? hours.size : 23 }, (_, index) => index + 1))
      }),
      { seed: 20260101, numRuns: 200 },
    )
  })
})
