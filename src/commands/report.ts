import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../error.ts'
import { projectPaths } from '../project/paths.ts'
import { toMarkdown } from '../report/markdown.ts'
import type { RunResult } from '../report/results.ts'
import { writeReports } from '../report/write.ts'
import type { Verb } from './program.ts'
import { projectDir } from './project-flags.ts'

/** `dataform report`: renders the last run again. */
export const report: Verb = {
  name: 'report',
  args: ['[project-dir]'],
  summary: "renders the last run's assertions again",
  flags: [
    { flags: '--open', summary: 'shows the page in the browser' },
    { flags: '--json', summary: 'prints one JSON document and nothing else' },
  ],
  run: async (args, options, effects) => {
    const { target } = projectPaths(projectDir(args, effects))
    const file = join(target, 'run.json')
    if (!existsSync(file))
      throw new UserError('there is no run to report', { file, remedy: 'run `dataform run` first' })
    const result = JSON.parse(readFileSync(file, 'utf8')) as RunResult
    const page = writeReports(join(target, 'assertions'), result)
    if (options.json === true) effects.stdout(readFileSync(join(target, 'assertions', 'report.json'), 'utf8'))
    else effects.stdout(`${toMarkdown(result)}\nReport: ${page}\n`)
    if (options.open === true)
      spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [page], { stdio: 'ignore', detached: true }).unref()
    return 0
  },
}
