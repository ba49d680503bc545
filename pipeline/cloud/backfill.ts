import { setTimeout } from 'node:timers/promises'
import type { Effects } from '../../src/effects.ts'
import { UserError } from '../../src/index.ts'
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
  const followed = { execution, arn, error: null, cause: null }
  try {
    const watch = watcher(arn, executions, tell)
    for (let look = 0, missed = 0; !interrupted.signal.aborted; look += 1) {
      try {
        const { status, error = null, cause = null } = await watch.look()
        missed = 0
        if (status === 'SUCCEEDED') return { ...followed, status, state: null }
        // The machine's last word only says that it failed; why, its last failed attempt has said.
        if (status !== 'RUNNING') return { ...followed, status, error, cause, state: watch.state(), ...watch.failure() }
      } catch (problem) {
        if (!(problem instanceof UserError)) throw problem
        missed += 1
        if (missed === MISSES)
          throw new UserError(`${execution} goes on in the cloud and cannot be followed: ${problem.message}`, {
            cause: problem,
            remedy: 'do not start it again; look at it with: customer360 status --cloud',
          })
      }
      await wait(WAITS[Math.min(look, WAITS.length - 1)] ?? 0, interrupted.signal)
    }
    return { ...followed, status: 'FOLLOWED_NO_MORE', state: watch.state() }
  } finally {
    ignore()
  }
}

/** Looks in vain, one after the other, after which nobody follows any more. */
const MISSES = 5
/** States that come after the one that matters. */
const ENDS: ReadonlySet<string> = new Set(['Alert', 'Failed'])

/** Why an execution failed: its last attempt that did. */
type Failure = Required<Pick<CloudBackfilled, 'error' | 'cause' | 'state'>>

/** Looks at an execution, and tells of each thing that happened once. */
function watcher(arn: string, executions: Executions, tell: (text: string) => void) {
  let seen = 0
  let at: string | null = null
  let state: string | null = null
  let failure: Failure | undefined
  const take = ({ entered, failed }: Happening): void => {
    if (entered !== undefined) {
      at = entered
      // Another attempt enters no state anew: who gets here has left the one before behind.
      if (!ENDS.has(entered)) [state, failure] = [entered, undefined]
      tell(`  ${entered}`)
    }
    if (failed === undefined) return
    const { error, cause } = failed
    if (at === null || !ENDS.has(at)) failure = { error, cause, state: at }
    tell(`  ${at ?? 'a state'} failed: ${error}${cause === '' ? '' : `: ${reasonOf(cause)}`}`)
  }
  return {
    look: async (): Promise<Execution> => {
      // First the status: what happened until it is then in the history.
      const execution = await executions.describe(arn)
      for (const happening of await executions.history(arn)) {
        if (happening.id <= seen) continue
        seen = happening.id
        take(happening)
      }
      return execution
    },
    /** The last state that matters. */
    state: () => state,
    failure: () => failure,
  }
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
