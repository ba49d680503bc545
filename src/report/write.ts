import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHtml } from './html.ts'
import { assertions, toJUnit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import type { RunResult } from './results.ts'
import { summarise } from './summary.ts'

/** Every form of a run's report, by file name. */
const FORMS: Readonly<Record<string, (result: RunResult) => string>> = {
  'junit.xml': toJUnit,
  'report.json': toJson,
  'report.md': toMarkdown,
  'report.html': toHtml,
}

/** Writes all forms into a folder, each replaced as a whole. Returns the HTML page's path. */
export function writeReports(folder: string, result: RunResult): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, render] of Object.entries(FORMS)) {
    const file = join(folder, name)
    writeFileSync(`${file}.${process.pid}`, render(result))
    renameSync(`${file}.${process.pid}`, file)
  }
  return join(folder, 'report.html')
}

function toJson(result: RunResult): string {
  const { startedAt, ms, engine, exitCode, command } = result
  return `${JSON.stringify({ startedAt, ms, engine, exitCode, command, summary: summarise(result), assertions: assertions(result) }, null, 2)}\n`
}
