import { targetName } from '../graph/types.ts'
import { assertions } from './junit.ts'
import type { ActionResult, RunResult } from './results.ts'
import { summarise } from './summary.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A run as Markdown: the verdict, what failed with the SQL to see it, and a table of all assertions. */
export function toMarkdown(result: RunResult): string {
  const { passed, failed, warned, refused, notRun, verdict } = summarise(result)
  const failures = result.actions.filter(action => action.error !== null && action.status !== 'SKIPPED')
  const rows = assertions(result).map(
    action =>
      `| ${action.status} | ${cell(targetName(action.assertion?.parent ?? action.target))} | ${cell(action.assertion?.rule ?? '')} | ${action.assertion?.severity} | ${action.rows ?? ''} | ${action.file}:${action.line} |`,
  )
  return `# ${verdict}

${passed} passed, ${failed} failed, ${warned} warned, ${refused} refused, ${notRun} not run. Engine: ${result.engine}. Started ${result.startedAt}, ${result.ms} ms.

${failures.map(failure).join('\n')}
## Assertions

| Status | Relation | Rule | Severity | Failing rows | Where |
|---|---|---|---|---|---|
${rows.join('\n')}

Run it again: \`${result.command}\`
`
}

function failure(action: ActionResult): string {
  const see = action.assertion === undefined ? '' : `\n\n\`\`\`sql\n${action.assertion.failingRows}\n\`\`\``
  return `## ${action.status}: ${targetName(action.target)}

${action.file}:${action.line}: ${(action.error ?? '').replaceAll('\n', '  \n')}${see}
`
}
