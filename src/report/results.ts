import type { AssertionAction, Target } from '../graph/types.ts'
import type { Step } from '../plan/types.ts'

/** How an action ended. WARNED is a warn-assertion with rows, REFUSED is SQL outside the local subset. */
export type Status = 'SUCCESSFUL' | 'FAILED' | 'SKIPPED' | 'DISABLED' | 'CANCELLED' | 'TIMED_OUT' | 'REFUSED' | 'WARNED'

/** One action of a run, as `target/run.json` has it. */
export interface ActionResult {
  readonly target: Target
  readonly type: Step['type']
  readonly status: Status
  /** ISO 8601, UTC; null where it never started. */
  readonly start: string | null
  readonly ms: number
  /** Rows written; of an assertion the failing rows; null where there is no such number. */
  readonly rows: number | null
  /** Snowflake's text. */
  readonly sql: readonly string[]
  /** The engine's text of what was executed. */
  readonly executed: readonly string[]
  readonly error: string | null
  /** What people must be told, though all went well; absent where there is nothing. */
  readonly notices?: readonly string[] | undefined
  readonly file: string
  readonly line: number
  readonly assertion?: AssertionResult | undefined
}

/** What a report says of an assertion. */
export interface AssertionResult {
  readonly severity: 'error' | 'warn'
  readonly scope: 'all' | 'new'
  /** The rule in plain words. */
  readonly rule: string
  readonly parent: Target | null
  /** The SQL that shows the failing rows. */
  readonly failingRows: string
}

export interface RunResult {
  readonly startedAt: string
  readonly ms: number
  readonly engine: string
  readonly exitCode: number
  /** The command that runs it again. */
  readonly command: string
  readonly actions: readonly ActionResult[]
}

/** A run's exit code: 130 interrupted, 1 where something failed or was refused, else 0. */
export function exitCodeOf(actions: readonly ActionResult[], interrupted: boolean): number {
  if (interrupted) return 130
  return actions.some(action => FAILURES.has(action.status)) ? 1 : 0
}

const FAILURES: ReadonlySet<Status> = new Set(['FAILED', 'TIMED_OUT', 'REFUSED'])

/** What an assertion checks, in words. */
export function ruleInWords(action: AssertionAction): string {
  if (action.description !== undefined) return action.description
  if (action.rule?.kind === 'uniqueKey') return `${action.rule.columns.join(', ')} is unique`
  if (action.rule?.kind === 'rowConditions') return `every row: ${action.rule.conditions.join('; ')}`
  return `no row of ${action.target.name}`
}

/** `1 row`, `3 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
