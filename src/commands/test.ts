import { compileProject } from '../compile/compile.ts'
import type { Effects } from '../effects.ts'
import { readCredentials } from '../project/credentials.ts'
import type { ProjectOptions } from '../run/project-run.ts'
import { runUnitTests } from '../run/unit-tests.ts'
import type { Verb } from './program.ts'
import { COMMON_FLAGS, duration, overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'

/** `dataform test`: the project's unit tests, each on a scratch DuckDB. */
export const test: Verb = {
  name: 'test',
  args: ['[project-dir]'],
  summary: "runs the project's unit tests",
  flags: [
    { flags: '--credentials <file>', summary: 'accepted; unit tests run on a scratch DuckDB' },
    ...COMMON_FLAGS,
    ...PROJECT_FLAGS,
  ],
  run: (args, options, effects) =>
    testProject(
      {
        projectDir: projectDir(args, effects),
        overrides: overrides(options),
        credentialsFile: options.credentials as string | undefined,
        compileTimeoutMs: duration(options.timeout),
      },
      options.json === true,
      effects,
    ),
}

/** Runs the unit tests and prints one line each. Returns the exit code. */
export async function testProject(options: ProjectOptions, isJson: boolean, effects: Effects): Promise<number> {
  // Not used here, but a file that is named and cannot be read is a mistake with any verb.
  if (options.credentialsFile !== undefined) readCredentials(options.projectDir, options.credentialsFile)
  const graph = await compileProject({
    projectDir: options.projectDir,
    overrides: options.overrides,
    timeoutMs: options.compileTimeoutMs,
  })
  const { openDuckDb } = await import('../engines/duckdb/open.ts')
  const results = await runUnitTests(graph, databases =>
    openDuckDb({ path: ':memory:', databases, stages: {}, create: true }),
  )
  const failed = results.filter(result => result.messages.length > 0)
  if (isJson) effects.stdout(`${JSON.stringify({ tests: results }, null, 2)}\n`)
  else if (results.length === 0) effects.stdout('This project has no unit tests.\n')
  else {
    for (const { name, file, line, messages } of results) {
      effects.stdout(`${name}: ${messages.length === 0 ? 'passed' : 'failed'}\n`)
      if (messages.length > 0)
        effects.stdout(
          `  ${file}:${line}\n${messages.map(message => `  ${message.replaceAll('\n', '\n  ')}\n`).join('')}`,
        )
    }
    effects.stdout(`\n${results.length - failed.length} passed, ${failed.length} failed\n`)
  }
  return failed.length === 0 ? 0 : 1
}
