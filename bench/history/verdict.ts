import { describeFindings, judge } from './judge.ts'
import type { Scenario } from './scenarios.ts'
import type { Outcome } from './tool.ts'

/** One cell of the printed table. */
export interface Verdict {
  /** `refused`: it did not take a snapshot that is in order, and said so. */
  readonly word: 'right' | 'wrong' | 'refused'
  readonly detail: string
  /** Nothing that the tool said told of anything wrong. */
  readonly green: boolean
}

/** Judges what a tool left after a scenario, by what is in its table and by what it refused. */
export function verdictOf({ deliveries, right }: Scenario, { versions, refused, green }: Outcome): Verdict {
  const said = [...refused].map(([index, words]) => ({
    broken: deliveries[index]?.broken === true,
    words: firstLine(words),
  }))
  const findings = describeFindings(judge(versions, right))
  const taken = deliveries.some((delivery, index) => delivery.broken === true && !refused.has(index))
  const silent = green && refused.size === 0
  const tests = green ? '' : 'its tests fail'
  const wrong = [taken ? 'took the broken snapshot' : '', findings].filter(word => word !== '')
  const refusal = said.find(({ broken }) => !broken)
  if (refusal !== undefined) return { word: 'refused', detail: `refused: ${refusal.words}`, green: silent }
  const refusals = said.map(({ words }) => `refused: ${words}`)
  if (wrong.length === 0) return { word: 'right', detail: ['right', ...refusals].join('; '), green: silent }
  return { word: 'wrong', detail: [...wrong, tests].filter(word => word !== '').join('; '), green: silent }
}

function firstLine(words: string): string {
  const line = words.trim().split('\n')[0] ?? ''
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}
