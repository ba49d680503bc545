import { setTimeout } from 'node:timers/promises'
import type { Effects } from '../../src/effects.ts'
import type { Execution, Executions, Happening } from './executions.ts'
import { CLOUD } from './names.ts'

export interface CloudBackfill {
  readonly from: string
  readonly to: string
  /** Says nothing but the end. */
  readonly quiet: boolean
}

/** How a backfill in the cloud ended, or that nobody follows it any more. */
export interface CloudBackfilled {
  readonly execution: string
  readonly arn: string
  readonly status: Execution['status'] | 'FOLLOWED_NO_MORE'
  readonly error: string | null
  readonly cause: string | null
  /** The state that failed last. */
  readonly state: string | null
}

/** Between two looks, in milliseconds: quick at first, as a mistake shows at once. A job takes minutes. */
const WAITS = [1_000, 2_000, 5_000, 10_000]

export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>
const pause: Pause = (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined)

/** Starts the state machine for these days and follows it to its end, or until Ctrl-C: then it goes on without us. */
export async function cloudBackfill(
  { from, to, quiet }: CloudBackfill,
  executions: Executions,
  effects: Effects,
  wait: Pause = pause,
): Promise<CloudBackfilled> {
  const tell = (text: string): void => {
    if (!quiet) effects.stdout(`${text}\n`)
  }
  const second = effects
    .now()
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z$/g, '')
  const execution = `backfill-${from}-${to}-${second}`
  const arn = await executions.start(CLOUD.stateMachine, execution, { from, to })
  tell(`started ${execution}`)
  const interrupted = new AbortController()
  const ignore = effects.onInterrupt(() => interrupted.abort())
  try {
    let seen = 0
    let state: string | null = null
    for (let look = 0; ; look += 1) {
      // First the status: what happened until it is then in the history.
      const { status, error = null, cause = null } = await executions.describe(arn)
      for (const happening of await executions.history(arn)) {
        if (happening.id <= seen) continue
        seen = happening.id
        tell(textOf(happening, state))
        if (happening.entered !== undefined && !ENDS.has(happening.entered)) state = happening.entered
      }
      if (status !== 'RUNNING')
        return { execution, arn, status, error, cause, state: status === 'SUCCEEDED' ? null : state }
      if (interrupted.signal.aborted)
        return { execution, arn, status: 'FOLLOWED_NO_MORE', error: null, cause: null, state }
      await wait(WAITS[Math.min(look, WAITS.length - 1)] ?? 0, interrupted.signal)
    }
  } finally {
    ignore()
  }
}

/** States that come after the one that matters. */
const ENDS: ReadonlySet<string> = new Set(['Alert', 'Failed'])

function textOf({ entered, failed }: Happening, state: string | null): string {
  if (failed === undefined) return `  ${entered}`
  return `  ${state ?? 'a state'} failed: ${failed.error}${failed.cause === '' ? '' : `: ${reasonOf(failed.cause)}`}`
}

/** Glue's cause is the whole run as JSON; its message says what people want to know. */
function reasonOf(cause: string): string {
  try {
    const { ErrorMessage } = JSON.parse(cause) as { readonly ErrorMessage?: string }
    return ErrorMessage ?? cause
  } catch {
    return cause
  }
}

/** The end as people read it. */
export function cloudBackfillText({ execution, status, error, cause, state }: CloudBackfilled): string {
  if (status === 'SUCCEEDED') return `${execution} has succeeded: its days are staged, and the next load takes them\n`
  if (status === 'FOLLOWED_NO_MORE')
    return `${execution} goes on in the cloud; look at it with: customer360 status --cloud\n`
  const why = [error, cause === null ? null : reasonOf(cause)].filter(Boolean).join(': ')
  return `${execution} ${status}${state === null ? '' : ` in ${state}`}${why === '' ? '' : `: ${why}`}\nwhat to do: ${CLOUD.runbook}\n`
}
