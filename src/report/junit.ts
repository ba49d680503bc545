import { targetName } from '../graph/types.ts'
import type { ActionResult, RunResult } from './results.ts'

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** Text for XML and HTML: markup escaped, characters that XML does not have taken out. */
export function escapeMarkup(text: string): string {
  return text
    .replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, character => NAMES[character] ?? '')
}

/** A run's assertions as JUnit XML: a suite for each relation; what did not run is skipped, a warning passes with a note. */
export function toJUnit(result: RunResult): string {
  const all = assertions(result)
  const names = [...new Set(all.map(suiteOf))]
  const body = names.map(name =>
    suite(
      name,
      all.filter(action => suiteOf(action) === name),
      result.startedAt,
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="assertions" ${counts(all)}>
${body.join('\n')}
</testsuites>
`
}

/** The assertions of a run. */
export function assertions(result: RunResult): readonly ActionResult[] {
  return result.actions.filter(action => action.type === 'assertion')
}

function suiteOf(action: ActionResult): string {
  return targetName(action.assertion?.parent ?? action.target)
}

function counts(cases: readonly ActionResult[]): string {
  const number = (...statuses: readonly string[]): number =>
    cases.filter(action => statuses.includes(action.status)).length
  const seconds = cases.reduce((sum, action) => sum + action.ms, 0) / 1000
  const errors = cases.filter(isError).length
  return `tests="${cases.length}" failures="${number('FAILED') - cases.filter(action => action.status === 'FAILED' && isError(action)).length}" errors="${errors}" skipped="${number('SKIPPED', 'DISABLED', 'CANCELLED')}" time="${seconds.toFixed(3)}"`
}

/** An assertion that could not be counted, as against one that counted rows. */
function isError(action: ActionResult): boolean {
  return (
    action.status === 'REFUSED' || action.status === 'TIMED_OUT' || (action.status === 'FAILED' && action.rows === null)
  )
}

function suite(name: string, cases: readonly ActionResult[], at: string): string {
  const body = cases.map(action => testCase(name, action))
  return `  <testsuite name="${escapeMarkup(name)}" ${counts(cases)} timestamp="${at.slice(0, 19)}">\n${body.join('\n')}\n  </testsuite>`
}

function testCase(suiteName: string, action: ActionResult): string {
  const open = `    <testcase name="${escapeMarkup(action.target.name)}" classname="${escapeMarkup(suiteName)}" time="${(action.ms / 1000).toFixed(3)}"`
  const content = outcome(action)
  return content === '' ? `${open}/>` : `${open}>\n${content}\n    </testcase>`
}

function outcome(action: ActionResult): string {
  const detail = escapeMarkup(
    [`${action.assertion?.rule}`, `${action.file}:${action.line}`, `rows: ${action.assertion?.failingRows}`].join('\n'),
  )
  const message = escapeMarkup(action.error ?? '')
  if (isError(action)) return `      <error message="${message}">${detail}</error>`
  if (action.status === 'FAILED') return `      <failure message="${message}">${detail}</failure>`
  if (action.status === 'WARNED')
    return `      <system-out>${escapeMarkup(`warning: ${action.error}`)}\n${detail}</system-out>`
  if (action.status === 'SUCCESSFUL') return ''
  return `      <skipped message="${message || action.status.toLowerCase()}"/>`
}
