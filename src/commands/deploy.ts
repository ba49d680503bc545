import { compileProject } from '../compile/compile.ts'
import { UserError } from '../error.ts'
import { type CompiledProcedures, compileProcedures } from '../procedures/index.ts'
import { readCredentials } from '../project/credentials.ts'
import { counted } from '../report/results.ts'
import { carryOutDeploy, type DeployPlan, planDeploy, planScript } from '../run/deploy.ts'
import { openProject } from '../run/project-run.ts'
import { writeProcedures } from './procedures.ts'
import type { Verb } from './program.ts'
import { COMMON_FLAGS, duration, overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'

/** `dataform deploy`: makes in Snowflake what a project's procedures need, the procedures and their task. */
export const deploy: Verb = {
  name: 'deploy',
  args: ['[project-dir]'],
  summary: 'creates or changes tables, views, procedures and the task in Snowflake',
  flags: [
    { flags: '--dry-run', summary: 'prints the script, and executes nothing' },
    {
      flags: '--prune',
      summary: 'also drops what an earlier deployment made and the project no longer has; tables are only listed',
    },
    { flags: '--suspended', summary: 'leaves the task suspended' },
    { flags: '--credentials <file>', summary: 'instead of .df-credentials.json' },
    ...COMMON_FLAGS,
    ...PROJECT_FLAGS,
  ],
  run: async (args, options, effects) => {
    const project = {
      projectDir: projectDir(args, effects),
      overrides: overrides(options),
      credentialsFile: options.credentials as string | undefined,
    }
    const isDry = options.dryRun === true
    const graph = await compileProject({ ...project, timeoutMs: duration(options.timeout) })
    const compiled = compileProcedures(graph, project.projectDir)
    if (readCredentials(project.projectDir, project.credentialsFile).type !== 'snowflake') {
      if (!isDry)
        throw new UserError('a deployment is for Snowflake, and these credentials are for DuckDB', {
          remedy: WITHOUT_SNOWFLAKE,
        })
      effects.stdout(compiled.files.get('deploy.sql') ?? '')
      return 0
    }
    writeProcedures(graph, project.projectDir, effects)
    const controller = new AbortController()
    const stopListening = effects.onInterrupt(() => controller.abort(new Error('interrupted')))
    const engine = await openProject(project, graph, effects, !isDry)
    try {
      const plan = await planDeploy(compiled, engine, options.suspended === true)
      const isPruning = options.prune === true
      if (isDry) {
        effects.stdout(planScript(plan, compiled.database, isPruning))
        return 0
      }
      const isJson = options.json === true
      const done: string[] = []
      const onDone = (title: string): void => {
        done.push(title)
        if (!isJson) effects.stdout(`  ${title}\n`)
      }
      await carryOutDeploy(plan, compiled.database, engine, { isPruning, onDone, signal: controller.signal })
      if (isJson)
        effects.stdout(
          `${JSON.stringify({ done, equal: plan.equal, unused: plan.dropped.map(({ title }) => title) }, null, 2)}\n`,
        )
      else effects.stdout(closing(done, plan, compiled, isPruning))
      return 0
    } finally {
      stopListening()
      await engine.close()
    }
  },
}

const WITHOUT_SNOWFLAKE =
  'dataform deploy --dry-run prints the script; dataform call executes the procedures here and makes what they need by itself'

function closing(done: readonly string[], plan: DeployPlan, { tasks }: CompiledProcedures, isPruning: boolean): string {
  const asleep = tasks.texts.filter(task => !plan.resumed.includes(task)).map(({ name }) => name.name)
  const unused = plan.dropped.filter(({ statement }) => !isPruning || statement === undefined).map(({ title }) => title)
  return [
    `${counted(done.length, 'change')}, ${counted(plan.equal, 'thing')} equal and not touched`,
    ...(plan.pending.length > 0 && asleep.length > 0 ? [`suspended: ${asleep.join(', ')}`] : []),
    ...(unused.length > 0 ? [`not of this project any more: ${unused.join(', ')}`] : []),
    '',
  ].join('\n')
}
