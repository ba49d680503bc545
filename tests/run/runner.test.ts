import { describe, expect, it } from 'vitest'
import type { Engine, StepOutcome } from '../../src/engines/engine.ts'
import { TransientError } from '../../src/engines/errors.ts'
import { RefusedConstruct, UserError } from '../../src/error.ts'
import type { AssertionAction } from '../../src/graph/types.ts'
import type { Confirmation, Step } from '../../src/plan/types.ts'
import type { ActionResult } from '../../src/report/results.ts'
import { type RunnerOptions, runPlan } from '../../src/run/runner.ts'
import { assertion, t, table } from '../plan/fixtures.ts'

type Behaviour = (signal: AbortSignal, attempt: number) => StepOutcome | Promise<StepOutcome>

/** An engine that does what it is told for each step, and remembers what it was asked. */
interface Fake extends Engine {
  readonly calls: string[]
}

function fakeEngine(behaviours: Readonly<Record<string, Behaviour>> = {}, over: Partial<Engine> = {}): Fake {
  const calls: string[] = []
  const attempts = new Map<string, number>()
  return {
    name: 'duckdb',
    concurrency: 2,
    calls,
    state: async () => ({ relations: new Map(), schemas: new Set() }),
    translate: async statement => statement.text.sql,
    setup: async () => void calls.push('setup'),
    run: async ({ target: { name } }, signal) => {
      signal.throwIfAborted()
      calls.push(name)
      const attempt = attempts.get(name) ?? 0
      attempts.set(name, attempt + 1)
      return (await behaviours[name]?.(signal, attempt)) ?? { rows: 1, executed: [`made ${name}`] }
    },
    confirm: async copies => void calls.push(`confirm ${copies.map(({ name }) => name).join(' ')}`),
    call: async () => ({ columns: [], rows: [], truncated: false }),
    query: async () => ({ columns: [], rows: [], truncated: false }),
    close: async () => undefined,
    ...over,
  }
}

function step(name: string, after: readonly string[] = [], over: Partial<Step> = {}): Step {
  return {
    action: table({ target: t(name) }),
    target: t(name),
    type: 'table',
    dependencies: after.map(each => t(each)),
    prepare: [{ kind: 'execute', text: { sql: `create ${name}`, file: 'x', line: 1 } }],
    load: [{ kind: 'write', text: { sql: `fill ${name}`, file: 'x', line: 1 } }],
    definitions: [],
    writes: [t(name)],
    ...over,
  }
}

function check(name: string, over: Partial<AssertionAction> = {}): Step {
  const action = assertion({ target: t(name), parent: t('PARENT'), ...over })
  return step(name, [], { action, type: 'assertion', severity: action.severity, failingRows: `select * from ${name}` })
}

async function run(
  engine: Engine,
  steps: readonly Step[],
  options: Partial<RunnerOptions> & { confirmations?: readonly Confirmation[] } = {},
): Promise<Readonly<Record<string, ActionResult>>> {
  const results = await runPlan({
    engine,
    plan: { engine: 'duckdb', setup: [], steps, confirmations: options.confirmations ?? [] },
    signal: new AbortController().signal,
    concurrency: 1,
    retries: 0,
    now: () => new Date('2025-01-02T03:04:05Z'),
    onStart: () => undefined,
    onEnd: () => undefined,
    ...options,
  })
  expect(results.map(({ target }) => target.name)).toEqual(steps.map(({ target }) => target.name))
  return Object.fromEntries(results.map(result => [result.target.name, result]))
}

/** Waits until the signal aborts, then throws as an engine does. */
const untilAborted: Behaviour = signal =>
  new Promise((_, reject) => {
    const stop = (): void => reject(new UserError('interrupted, and rolled back', { cause: signal.reason }))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })

describe('a step that goes well', () => {
  it('is told with its rows, both texts, its place and its start', async () => {
    const { A } = await run(fakeEngine(), [step('A')])
    expect(A).toEqual({
      target: t('A'),
      type: 'table',
      status: 'SUCCESSFUL',
      start: '2025-01-02T03:04:05.000Z',
      ms: expect.any(Number),
      rows: 1,
      sql: ['create A', 'fill A'],
      executed: ['made A'],
      error: null,
      file: 'definitions/x.sqlx',
      line: 1,
    })
  })

  it('has no rows where the engine counts none', async () => {
    const { A } = await run(fakeEngine({ A: () => ({ executed: [] }) }), [step('A')])
    expect(A).toMatchObject({ status: 'SUCCESSFUL', rows: null })
  })

  it('setup comes first, once, and not at all where there is nothing to run', async () => {
    const engine = fakeEngine()
    await run(engine, [step('A'), step('B')])
    expect(engine.calls).toEqual(['setup', 'A', 'B'])
    const idle = fakeEngine()
    await run(idle, [])
    expect(idle.calls).toEqual([])
  })

  it('start and end are told as they happen; a skipped step only ends', async () => {
    const said: string[] = []
    await run(
      fakeEngine({
        A: () => {
          throw new UserError('no')
        },
      }),
      [step('A'), step('B', ['A']), step('C', [], { skip: 'disabled' })],
      {
        onStart: ({ target }) => said.push(`start ${target.name}`),
        onEnd: ({ target, status, error }) => said.push(`${status} ${target.name} ${error}`),
      },
    )
    expect(said.sort()).toEqual(['DISABLED C null', 'FAILED A no', 'SKIPPED B DW.A did not end well', 'start A'])
  })
})

describe('errors', () => {
  const busy: Behaviour = (_, attempt) => {
    if (attempt < 2) throw new TransientError(`conflict ${attempt}`)
    return { rows: 7, executed: ['at last'] }
  }

  it('a transient one is tried again, as often as allowed', async () => {
    const engine = fakeEngine({ A: busy })
    const { A } = await run(engine, [step('A')], { retries: 2 })
    expect(A).toMatchObject({ status: 'SUCCESSFUL', rows: 7, error: null })
    expect(engine.calls).toEqual(['setup', 'A', 'A', 'A'])
  })

  it('a transient one fails when the tries are used up', async () => {
    for (const retries of [0, 1]) {
      const engine = fakeEngine({ A: busy })
      const { A } = await run(engine, [step('A')], { retries })
      expect(A).toMatchObject({ status: 'FAILED', error: `conflict ${retries}` })
      expect(engine.calls.filter(call => call === 'A')).toHaveLength(retries + 1)
    }
  })

  it('any other one is not tried again; its place and remedy are told, not its stack', async () => {
    const engine = fakeEngine({
      A: () => {
        throw new UserError('no such column', { file: 'a.sqlx', line: 7, action: 'DW.A', remedy: 'look' })
      },
    })
    const { A, B } = await run(engine, [step('A'), step('B', ['A'])], { retries: 5 })
    expect(A).toMatchObject({ status: 'FAILED', rows: null, error: 'a.sqlx:7 (DW.A): no such column\n  = help: look' })
    expect(B).toMatchObject({ status: 'SKIPPED', error: 'DW.A did not end well', start: null, executed: [] })
    expect(engine.calls).toEqual(['setup', 'A'])
  })

  it('a defect of ours keeps its stack', async () => {
    const { A } = await run(
      fakeEngine({
        A: () => {
          throw new TypeError('x is not a function')
        },
      }),
      [step('A')],
    )
    expect(A?.error).toMatch(/^TypeError: x is not a function\n\s+at /)
  })

  it('a refused construct is REFUSED, and is not tried again', async () => {
    const engine = fakeEngine({
      A: () => {
        throw new RefusedConstruct('MATCH_RECOGNIZE', { file: 'a.sqlx', line: 3 })
      },
    })
    const { A } = await run(engine, [step('A')], { retries: 3 })
    expect(A?.status).toBe('REFUSED')
    expect(A?.error).toMatch(/^a\.sqlx:3: MATCH_RECOGNIZE is outside/)
    expect(engine.calls).toEqual(['setup', 'A'])
  })
})

describe('assertions', () => {
  const rows =
    (count: number): Behaviour =>
    () => ({ rows: count, executed: [`count ${count}`] })

  it('pass without rows', async () => {
    const { C } = await run(fakeEngine({ C: rows(0) }), [check('C')])
    expect(C).toMatchObject({ status: 'SUCCESSFUL', rows: 0, error: null })
  })

  it('fail with rows, and say how many', async () => {
    const { ONE, MANY } = await run(fakeEngine({ ONE: rows(1), MANY: rows(3) }), [check('ONE'), check('MANY')])
    expect(ONE).toMatchObject({ status: 'FAILED', rows: 1, error: 'Assertion failed: query returned 1 row.' })
    expect(MANY).toMatchObject({
      status: 'FAILED',
      rows: 3,
      executed: ['count 3'],
      error: 'Assertion failed: query returned 3 rows.',
    })
  })

  it('of severity warn are WARNED and do not block; of severity error do', async () => {
    const { W, AFTER, E, BLOCKED } = await run(fakeEngine({ W: rows(2), E: rows(2) }), [
      check('W', { severity: 'warn' }),
      step('AFTER', ['W']),
      check('E'),
      step('BLOCKED', ['E']),
    ])
    expect(W).toMatchObject({ status: 'WARNED', rows: 2, error: 'Assertion warned: query returned 2 rows.' })
    expect([AFTER?.status, E?.status, BLOCKED?.status]).toEqual(['SUCCESSFUL', 'FAILED', 'SKIPPED'])
  })

  it('that cannot be executed fail, also with severity warn: nobody knows whether they hold', async () => {
    const { W } = await run(
      fakeEngine({
        W: () => {
          throw new UserError('no such table')
        },
      }),
      [check('W', { severity: 'warn' })],
    )
    expect(W).toMatchObject({ status: 'FAILED', rows: null, error: 'no such table' })
  })

  it('are told with their rule, severity, scope, parent and the SQL of their rows', async () => {
    const { C } = await run(fakeEngine({ C: rows(0) }), [
      check('C', { rule: { kind: 'uniqueKey', columns: ['A', 'B'] }, scope: 'new', severity: 'warn' }),
    ])
    expect(C?.assertion).toEqual({
      severity: 'warn',
      scope: 'new',
      rule: 'A, B is unique',
      parent: t('PARENT'),
      failingRows: 'select * from C',
    })
  })
})

describe('time-outs', () => {
  it('a step that takes longer is TIMED_OUT, with the limit, and blocks; others go on', async () => {
    const { SLOW, AFTER, QUICK } = await run(
      fakeEngine({ SLOW: untilAborted }),
      [step('SLOW'), step('AFTER', ['SLOW']), step('QUICK')],
      { timeoutMs: 60, retries: 3 },
    )
    expect(SLOW).toMatchObject({ status: 'TIMED_OUT', error: 'took more than 0.06 s, and was rolled back' })
    expect([AFTER?.status, QUICK?.status]).toEqual(['SKIPPED', 'SUCCESSFUL'])
  })

  it('the limit is for an action with all its tries', async () => {
    const engine = fakeEngine({
      A: () => {
        throw new TransientError('conflict')
      },
    })
    const { A } = await run(engine, [step('A')], { timeoutMs: 80, retries: 50 })
    expect(A?.status).toBe('TIMED_OUT')
    expect(A?.ms).toBeLessThan(2000)
  })
})

describe('an interrupt', () => {
  it('CANCELs what runs and what has not begun, and tells both in words', async () => {
    const controller = new AbortController()
    const engine = fakeEngine({
      A: signal => {
        const ended = untilAborted(signal, 0)
        controller.abort(new Error('interrupted'))
        return ended
      },
    })
    const { A, B, C } = await run(engine, [step('A'), step('B'), step('C', ['A'])], { signal: controller.signal })
    expect(A).toMatchObject({ status: 'CANCELLED', error: 'interrupted, and rolled back' })
    expect(B).toMatchObject({ status: 'CANCELLED', error: 'interrupted', start: null })
    expect(C).toMatchObject({ status: 'SKIPPED', error: 'DW.A did not end well' })
    expect(engine.calls).toEqual(['setup', 'A'])
  })

  it('is not kept waiting by a time limit', async () => {
    const controller = new AbortController()
    const engine = fakeEngine({
      A: signal => {
        setTimeout(() => controller.abort(new Error('interrupted')), 5)
        return untilAborted(signal, 0)
      },
    })
    const { A } = await run(engine, [step('A')], { signal: controller.signal, timeoutMs: 60_000 })
    expect(A?.status).toBe('CANCELLED')
  }, 5000)

  it('before anything has begun, CANCELs everything and touches nothing', async () => {
    const engine = fakeEngine()
    const { A, B } = await run(engine, [step('A'), step('B')], { signal: AbortSignal.abort(new Error('interrupted')) })
    expect([A?.status, B?.status]).toEqual(['CANCELLED', 'CANCELLED'])
    expect(engine.calls).toEqual([])
  })

  it('during the setup, CANCELs everything', async () => {
    const controller = new AbortController()
    const engine = fakeEngine(
      {},
      {
        setup: async (_, signal) => {
          controller.abort(new Error('interrupted'))
          signal.throwIfAborted()
        },
      },
    )
    const { A } = await run(engine, [step('A')], { signal: controller.signal })
    expect(A).toMatchObject({ status: 'CANCELLED', error: 'interrupted' })
    expect(engine.calls).toEqual([])
  })

  it('an error of the setup that is no interrupt is thrown', async () => {
    const engine = fakeEngine({}, { setup: () => Promise.reject(new UserError('the disk is full')) })
    await expect(run(engine, [step('A')])).rejects.toThrow('the disk is full')
  })

  it('while a step waits for its next try, does not wait with it', async () => {
    const controller = new AbortController()
    const engine = fakeEngine({
      A: (_, attempt) => {
        if (attempt === 12) setTimeout(() => controller.abort(new Error('interrupted')), 5)
        throw new TransientError('conflict')
      },
    })
    // The thirteenth pause is minutes long; the ones before it are made short.
    const random = Math.random
    let pauses = 0
    Math.random = () => (pauses++ < 12 ? 0 : 0.9)
    try {
      const { A } = await run(engine, [step('A')], { signal: controller.signal, retries: 50 })
      expect(A).toMatchObject({ status: 'CANCELLED', error: 'interrupted, and rolled back' })
    } finally {
      Math.random = random
    }
  }, 5000)
})

describe('confirmations', () => {
  const confirmations: readonly Confirmation[] = [
    { copy: t('STG'), after: [t('FACT'), t('DIM')] },
    { copy: t('OTHER'), after: [] },
  ]
  const steps = [step('STG'), step('OTHER'), step('FACT', ['STG']), step('DIM', ['STG'])]
  const failing: Behaviour = () => {
    throw new UserError('no')
  }

  it('a copy is confirmed after all that reads it went well, and after everything else', async () => {
    const engine = fakeEngine()
    await run(engine, steps, { confirmations })
    expect(engine.calls).toEqual(['setup', 'STG', 'OTHER', 'FACT', 'DIM', 'confirm STG OTHER'])
  })

  it('is not confirmed where one of its readers fails, while another copy is', async () => {
    const engine = fakeEngine({ DIM: failing })
    await run(engine, steps, { confirmations })
    expect(engine.calls.at(-1)).toBe('confirm OTHER')
  })

  it('is not confirmed where the copy itself fails, and nothing is called where nothing is to be confirmed', async () => {
    const engine = fakeEngine({ STG: failing, OTHER: failing })
    await run(engine, steps, { confirmations })
    expect(engine.calls).toEqual(['setup', 'STG', 'OTHER'])
  })

  it('is not confirmed where a reader was not part of this run', async () => {
    const engine = fakeEngine()
    await run(engine, steps.slice(0, 3), { confirmations })
    expect(engine.calls.at(-1)).toBe('confirm OTHER')
  })

  it('is not confirmed where a reader was cancelled', async () => {
    const controller = new AbortController()
    const cancelled = fakeEngine({
      DIM: signal => {
        const ended = untilAborted(signal, 0)
        controller.abort(new Error('interrupted'))
        return ended
      },
    })
    await run(cancelled, steps, { confirmations: confirmations.slice(0, 1), signal: controller.signal })
    expect(cancelled.calls).toEqual(['setup', 'STG', 'OTHER', 'FACT', 'DIM'])
  })
})
