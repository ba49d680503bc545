import { targetName } from '../graph/types.ts'
import { assertions } from './junit.ts'
import type { ActionResult, RunResult } from './results.ts'
import { summarise } from './summary.ts'

/** Text on one line that reads as it is: no markup of Markdown or HTML in it counts, and it does not end a table's cell. */
function inline(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replaceAll(/[\\`*[<&|]/g, '\\$&')
}

/** Text in lines that reads as it is. */
function block(language: string, text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ')
  // A fence ends at one that is as long.
  const longest = Math.max(2, ...[...lines.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${lines}\n${fence}`
}

/** A run as Markdown: the verdict, what failed with the SQL to see it, and a table of all assertions. */
export function toMarkdown(result: RunResult): string {
  const { passed, failed, warned, refused, notRun, verdict } = summarise(result)
  const failures = result.actions.filter(action => action.error !== null && action.status !== 'SKIPPED')
  const rows = assertions(result).map(
    action =>
      `| ${action.status} | ${inline(targetName(action.assertion?.parent ?? action.target))} | ${inline(action.assertion?.rule ?? '')} | ${action.assertion?.severity} | ${action.rows ?? ''} | ${inline(`${action.file}:${action.line}`)} |`,
  )
  return `# ${verdict}

${passed} passed, ${failed} failed, ${warned} warned, ${refused} refused, ${notRun} not run. Engine: ${result.engine}. Started ${result.startedAt}, ${result.ms} ms.

${failures.map(failure).join('\n')}
## Assertions

| Status | Relation | Rule | Severity | Failing rows | Where |
|---|---|---|---|---|---|
${rows.join('\n')}

Run it again:

${block('sh', result.command)}
`
}

function failure(action: ActionResult): string {
  const see = action.assertion === undefined ? '' : `\n\n${block('sql', action.assertion.failingRows)}`
  return `## ${action.status}: ${inline(targetName(action.target))}

${inline(`${action.file}:${action.line}`)}

${block('', action.error ?? '')}${see}
`
}
