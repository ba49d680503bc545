import { assertions } from './junit.ts'
import { type ActionResult, counted, type RunResult, type Status } from './results.ts'

/** Assertions in the five heaps that people ask for. */
export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly warned: number
  readonly refused: number
  readonly notRun: number
  /** One sentence: how the run ended. */
  readonly verdict: string
  readonly isGood: boolean
}

const count = (actions: readonly ActionResult[], ...statuses: readonly Status[]): number =>
  actions.filter(action => statuses.includes(action.status)).length

/** Counts a run's assertions and says how it ended. */
export function summarise(result: RunResult): Summary {
  const checked = assertions(result)
  const failed = count(checked, 'FAILED', 'TIMED_OUT')
  const warned = count(checked, 'WARNED')
  const broken = count(result.actions, 'FAILED', 'TIMED_OUT', 'REFUSED') - failed
  const isGood = result.exitCode === 0
  const parts = [
    failed > 0 ? `${counted(failed, 'assertion')} failed` : '',
    broken > 0 ? `${counted(broken, 'action')} failed` : '',
    warned > 0 ? counted(warned, 'warning') : '',
  ].filter(part => part !== '')
  const verdict =
    result.exitCode === 130 ? 'Interrupted' : isGood ? ['All is well', ...parts].join(', with ') : parts.join(', ')
  return {
    passed: count(checked, 'SUCCESSFUL'),
    failed,
    warned,
    refused: count(checked, 'REFUSED'),
    notRun: count(checked, 'SKIPPED', 'DISABLED', 'CANCELLED'),
    verdict,
    isGood,
  }
}
