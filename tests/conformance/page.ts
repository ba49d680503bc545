import type { Construct } from './subset/construct.ts'
import { REFUSED } from './subset/refused.ts'
import { SUBSET } from './subset.ts'

const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')}\``

function answerOf({ answer }: Construct): string {
  if (answer === null) return 'NULL'
  if (typeof answer === 'string') return answer === '' ? 'an empty text' : code(answer)
  return answer.map(row => code(row.map(cell => cell ?? 'NULL').join(', '))).join('; ')
}

/** The subset as a page for readers. */
export function subsetPage(): string {
  const topics = Object.entries(SUBSET).map(([topic, constructs]) => {
    const rows = constructs.map(
      each =>
        `| ${each.name.replaceAll('|', '\\|')} | ${[...each.before, each.sql].map(code).join('; ')} | ${answerOf(each)} |`,
    )
    return `## ${topic}\n\n| Construct | SQL | Answer |\n|---|---|---|\n${rows.join('\n')}\n`
  })
  const refused = REFUSED.map(([sql, word]) => `| ${code(sql)} | ${word.toUpperCase()} |`)
  return `# The SQL that runs on both engines

Projects are written in Snowflake's SQL. The local engine executes what is listed here, with the answer that Snowflake's
documentation gives; each line is a test (tests/conformance). Everything else is refused before it runs, with file, line and
the construct's name, and never answered differently. \`config { engines: ["snowflake"] }\` marks an action that is not for the local engine.

${topics.join('\n')}
## Refused, among others

| SQL | Named |
|---|---|
${refused.join('\n')}
`
}
