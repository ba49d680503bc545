import { assertions } from './junit.ts'
import type { ActionResult, RunResult, Status } from './results.ts'

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
    failed > 0 ? `${failed} assertion${failed === 1 ? '' : 's'} failed` : '',
    broken > 0 ? `${broken} action${broken === 1 ? '' : 's'} failed` : '',
    warned > 0 ? `${warned} warning${warned === 1 ? '' : 's'}` : '',
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
