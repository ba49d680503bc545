import type { Effects } from '../effects.ts'
import { targetName } from '../graph/types.ts'
import type { Step } from '../plan/types.ts'
import { type ActionResult, counted } from '../report/results.ts'

/** What people see while a plan runs. */
export interface Progress {
  readonly start: (step: Step) => void
  readonly end: (result: ActionResult) => void
  /** Takes what is redrawn off the terminal. */
  readonly stop: () => void
}

const DONE: Readonly<Record<ActionResult['type'], string>> = {
  table: 'Table created',
  view: 'View created',
  incremental: 'Table loaded',
  scd2: 'History loaded',
  copy: 'Stage loaded',
  operations: 'Operation completed successfully',
  assertion: 'Assertion passed',
}

/** One line an action; on a terminal also a line below that says what runs now. */
export function showProgress(effects: Effects, total: number, quiet: boolean): Progress {
  if (quiet) return { start: () => undefined, end: () => undefined, stop: () => undefined }
  const running = new Set<string>()
  let finished = 0
  const clear = (): void => {
    if (effects.isTerminal) effects.stderr('\r\u001b[2K')
  }
  const draw = (): void => {
    if (!effects.isTerminal || running.size === 0) return
    const text = `[${finished}/${total}] ${[...running].join(', ')}`
    effects.stderr(text.length > effects.columns - 1 ? `${text.slice(0, effects.columns - 2)}…` : text)
  }
  return {
    start: step => {
      running.add(targetName(step.target))
      clear()
      draw()
    },
    end: result => {
      finished += 1
      running.delete(targetName(result.target))
      clear()
      const line = lineOf(result)
      if (result.status === 'FAILED' || result.status === 'REFUSED' || result.status === 'TIMED_OUT')
        effects.stderr(`${line}\n`)
      else effects.stdout(`${line}\n`)
      for (const notice of result.notices ?? []) effects.stderr(`  ${notice}\n`)
      draw()
    },
    stop: clear,
  }
}

/** What is said of one ended action. */
export function lineOf(result: ActionResult): string {
  const name = targetName(result.target)
  const indented = (text: string): string => text.replaceAll('\n', '\n  ')
  if (result.status === 'SUCCESSFUL') {
    const rows = result.rows === null || result.type === 'assertion' ? '' : `, ${counted(result.rows, 'row')}`
    return `${DONE[result.type]}: ${name} (${result.ms} ms${rows})`
  }
  if (
    result.type === 'assertion' &&
    (result.status === 'FAILED' || result.status === 'WARNED') &&
    result.rows !== null
  ) {
    const word = result.status === 'WARNED' ? 'Assertion warned' : 'Assertion failed'
    return `${word}: ${name}: ${counted(result.rows, 'row')}; see them with: ${result.assertion?.failingRows}`
  }
  if (result.status === 'DISABLED') return `Disabled: ${name}`
  if (result.status === 'SKIPPED') return `Skipping: ${name} (${result.error})`
  return `${result.status}: ${name}\n  ${indented(result.error ?? '')}`
}
