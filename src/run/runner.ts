import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, StepOutcome } from '../engines/engine.ts'
import { isTransient } from '../engines/registry.ts'
import { describeError, RefusedConstruct, UserError } from '../error.ts'
import { targetKey } from '../graph/types.ts'
import type { Plan, Step } from '../plan/types.ts'
import type { ActionResult, Status } from '../report/results.ts'
import { counted, ruleInWords } from '../report/results.ts'
import { schedule } from './scheduler.ts'

export interface RunnerOptions {
  readonly engine: Engine
  readonly plan: Plan
  readonly signal: AbortSignal
  readonly concurrency: number
  /** Further tries of a step whose engine failed for a moment. */
  readonly retries: number
  /** Milliseconds for one action; undefined is no limit. */
  readonly timeoutMs?: number | undefined
  readonly now: () => Date
  readonly onStart: (step: Step) => void
  readonly onEnd: (result: ActionResult) => void
}

/** Carries a plan out and tells how each action ended, in the order of the plan. */
export async function runPlan(options: RunnerOptions): Promise<readonly ActionResult[]> {
  const { engine, plan, signal } = options
  const results = new Map<string, ActionResult>()
  const end = (result: ActionResult): Status => {
    results.set(targetKey(result.target), result)
    options.onEnd(result)
    return result.status
  }
  if (plan.steps.length > 0 && !signal.aborted) {
    await engine.setup(plan, signal).catch(error => {
      // An interrupt in the middle of it is no error: every step is told as cancelled below.
      if (!signal.aborted) throw error
    })
  }
  const ends = await schedule(plan.steps, {
    concurrency: options.concurrency,
    isCancelled: () => signal.aborted,
    skip: (step, status, reason) => void end({ ...blank(step), status, error: status === 'DISABLED' ? null : reason }),
    execute: async step => {
      options.onStart(step)
      return end(await execute(step, options))
    },
  })
  const used = plan.confirmations.filter(({ copy, after }) =>
    [copy, ...after].every(target => ends.get(targetKey(target)) === 'SUCCESSFUL'),
  )
  if (used.length > 0) await engine.confirm(used.map(({ copy }) => copy))
  return plan.steps.flatMap(step => results.get(targetKey(step.target)) ?? [])
}

async function execute(step: Step, options: RunnerOptions): Promise<ActionResult> {
  const start = options.now()
  const began = performance.now()
  const done = (status: Status, outcome?: StepOutcome, error?: unknown): ActionResult => ({
    ...blank(step),
    status,
    start: start.toISOString(),
    ms: Math.round(performance.now() - began),
    rows: outcome?.rows ?? null,
    executed: outcome?.executed ?? [],
    ...((outcome?.notices ?? []).length > 0 && { notices: outcome?.notices }),
    error: error === undefined ? null : message(error),
  })
  const timeout = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs)
  const signal = timeout === undefined ? options.signal : AbortSignal.any([options.signal, timeout])
  for (let attempt = 0; ; attempt++) {
    try {
      const outcome = await options.engine.run(step, signal)
      const failing = step.type === 'assertion' && (outcome.rows ?? 0) > 0
      if (!failing) return done('SUCCESSFUL', outcome)
      const [status, word] =
        step.severity === 'warn' ? (['WARNED', 'warned'] as const) : (['FAILED', 'failed'] as const)
      return done(status, outcome, `Assertion ${word}: query returned ${counted(outcome.rows ?? 0, 'row')}.`)
    } catch (error) {
      if (options.signal.aborted) return done('CANCELLED', undefined, 'interrupted, and rolled back')
      if (timeout?.aborted === true)
        return done('TIMED_OUT', undefined, `took more than ${(options.timeoutMs ?? 0) / 1000} s, and was rolled back`)
      if (error instanceof RefusedConstruct) return done('REFUSED', undefined, error)
      if (!isTransient(error) || attempt >= options.retries) return done('FAILED', undefined, error)
      // Full jitter: two that met must not meet again.
      await sleep(Math.random() * 100 * 2 ** attempt, undefined, { signal }).catch(() => undefined)
    }
  }
}

function message(error: unknown): string {
  if (typeof error === 'string') return error
  if (error instanceof UserError) return describeError(error)
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function blank(step: Step): ActionResult {
  const { action } = step
  return {
    target: step.target,
    type: step.type,
    status: 'SKIPPED',
    start: null,
    ms: 0,
    rows: null,
    sql: [...step.prepare, ...step.load].map(statement => statement.text.sql),
    executed: [],
    error: null,
    file: action.file,
    line: action.line,
    ...(action.type === 'assertion' && {
      assertion: {
        severity: action.severity,
        scope: step.scope ?? action.scope,
        rule: ruleInWords(action),
        parent: action.parent ?? null,
        failingRows: step.failingRows ?? '',
      },
    }),
  }
}
