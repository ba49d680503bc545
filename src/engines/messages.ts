import { UserError } from '../error.ts'
import { targetName } from '../graph/types.ts'
import type { Statement, Step } from '../plan/types.ts'

/**
 * What the first column of a statement's rows means: the count of an assertion, notices for people, or why a guard stops.
 *
 * @param notices gets those of a `notice`
 * @returns the count; undefined where there is none
 * @throws UserError for the rows of a guard
 */
export function heed(
  kind: Statement['kind'],
  messages: readonly string[],
  step: Step,
  notices: string[],
): number | undefined {
  if (kind === 'count') return Number(messages[0] ?? 0)
  if (kind === 'notice') return void notices.push(...messages)
  if (messages.length === 0) return undefined
  const { file, line } = step.action
  throw new UserError(messages.join('; '), { file, line, action: targetName(step.target) })
}
