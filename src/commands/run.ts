import type { Effects } from '../effects.ts'
import { targetName } from '../graph/types.ts'
import type { Statement } from '../plan/types.ts'
import { projectPaths } from '../project/paths.ts'
import { counted } from '../report/results.ts'
import { summarise } from '../report/summary.ts'
import { planProject, type RunOptions, runProject } from '../run/project-run.ts'
import { type Options, type Verb, wholeNumber } from './program.ts'
import {
  COMMON_FLAGS,
  duration,
  overrides,
  PROJECT_FLAGS,
  projectDir,
  SELECTION_FLAGS,
  selection,
} from './project-flags.ts'

/** `dataform run`: compiles, plans and executes. */
export const run: Verb = {
  name: 'run',
  args: ['[project-dir]'],
  summary: 'runs the project on its warehouse',
  flags: [
    { flags: '--dry-run', summary: 'prints what would be executed, and executes nothing' },
    { flags: '--run-tests', summary: 'runs the unit tests first, and nothing else where one fails' },
    {
      flags: '--action-retry-limit <n>',
      summary: 'further tries where the engine fails for a moment',
      parse: wholeNumber,
    },
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    { flags: '--full-refresh', summary: 'builds tables anew instead of adding to them' },
    { flags: '--full-assertions', summary: 'checks whole relations, also where only new rows are asked for' },
    ...SELECTION_FLAGS,
    ...COMMON_FLAGS,
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    const settings = runOptions(args, options, effects)
    const isJson = options.json === true
    if (!isJson && options.dryRun !== true) effects.stdout('Compiling...\n\n')
    if (options.dryRun === true) return dryRun(settings, options, effects)
    if (options.runTests === true) {
      const { testProject } = await import('./test.ts')
      // With --json stdout is the run's alone.
      const code = await testProject(settings, false, { ...effects, stdout: isJson ? effects.stderr : effects.stdout })
      if (code !== 0) return code
    }
    if (!isJson) effects.stdout('Running...\n')
    const result = await runProject(settings, effects)
    if (isJson) effects.stdout(`${JSON.stringify(result, null, 2)}\n`)
    else {
      const { verdict, passed } = summarise(result)
      const page = `${projectPaths(settings.projectDir).target}/assertions/report.html`
      effects.stdout(
        `\n${verdict}. ${counted(result.actions.length, 'action')}, ${counted(passed, 'assertion')} passed, ${(result.ms / 1000).toFixed(1)} s.\nReport: ${page}\n`,
      )
    }
    return result.exitCode
  },
}

function runOptions(args: readonly string[], options: Options, effects: Effects): RunOptions {
  return {
    projectDir: projectDir(args, effects),
    overrides: overrides(options),
    credentialsFile: options.credentials as string | undefined,
    selection: selection(options),
    fullRefresh: options.fullRefresh === true,
    fullAssertions: options.fullAssertions === true,
    retries: options.actionRetryLimit as number | undefined,
    timeoutMs: duration(options.timeout),
    quiet: options.json === true,
  }
}

/** Prints the very statements that a run would execute, in the engine's text. */
async function dryRun(settings: RunOptions, options: Options, effects: Effects): Promise<number> {
  const { engine, plan } = await planProject(settings, effects, false)
  try {
    const show = async (statements: readonly Statement[]): Promise<readonly { sql: string; executed: string }[]> => {
      const shown = []
      for (const statement of statements)
        shown.push({ sql: statement.text.sql, executed: await engine.translate(statement) })
      return shown
    }
    const steps = [{ name: 'setup', note: '', statements: await show(plan.setup) }]
    for (const step of plan.steps) {
      const note = step.skip === undefined ? '' : ` (${step.skip === 'disabled' ? 'disabled' : 'not for this engine'})`
      const statements = await show([...step.prepare, ...step.load]).catch((error: Error) => [
        { sql: '', executed: `-- ${error.message}` },
      ])
      steps.push({ name: targetName(step.target), note: `${step.type}${note}`, statements })
    }
    if (options.json === true) effects.stdout(`${JSON.stringify(steps, null, 2)}\n`)
    else for (const step of steps) effects.stdout(dryRunText(step, options.verbose === true))
    return 0
  } finally {
    await engine.close()
  }
}

function dryRunText(
  step: { name: string; note: string; statements: readonly { sql: string; executed: string }[] },
  verbose: boolean,
): string {
  const lines = step.statements.map(({ sql, executed }) =>
    verbose ? `-- Snowflake:\n${sql.replaceAll(/^/gm, '--   ')}\n${executed};` : `${executed};`,
  )
  return `-- ${step.name}${step.note === '' ? '' : ` [${step.note}]`}\n${lines.join('\n')}\n\n`
}
