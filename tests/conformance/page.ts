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
the construct's name, and not answered differently, but for the limits at the end. \`config { engines: ["snowflake"] }\` marks an action that is not for the local engine.

${topics.join('\n')}
## Refused, among others

| SQL | Named |
|---|---|
${refused.join('\n')}

## Limits

Types of columns are not known when a statement is translated. Where the types differ, these are not noticed; a cast makes them plain:

- a UNION of a text column with a column of numbers, dates or timestamps, or of a BOOLEAN column with one of numbers
- JOIN … USING of a text column and a column of numbers
- a FLOAT or a TIMESTAMP_NTZ that is inserted into a VARCHAR column

These end with an error where Snowflake answers: whole literals whose product or sum needs more than 32 bits, INT columns beyond 64 bits,
a NUMBER of more than 26 digits (20 before the point where it has a scale), more than 12 digits after the point. Snowflake's documentation
does not say how FLOATs halfway between two numbers are rounded; nothing is promised of them.
`
}
