import { compileProject } from '../compile/compile.ts'
import { relation } from '../dialects/snowflake.ts'
import type { Effects } from '../effects.ts'
import { UserError } from '../error.ts'
import { type CompiledProcedures, compileProcedures, type TaskText, writeScript } from '../procedures/index.ts'
import { readCredentials } from '../project/credentials.ts'
import { counted } from '../report/results.ts'
import { carryOutDeploy, type DeployPlan, deploySteps, planDeploy } from '../run/deploy.ts'
import { openProject } from '../run/project-run.ts'
import { interruptible } from './interruptible.ts'
import { writeProcedures } from './procedures.ts'
import type { Options, Verb } from './program.ts'
import { COMMON_FLAGS, duration, overrides, PROJECT_FLAGS, projectDir } from './project-flags.ts'

/** `dataform deploy`: makes in Snowflake what a project's procedures need, the procedures and their task. */
export const deploy: Verb = {
  name: 'deploy',
  args: ['[project-dir]'],
  summary: 'creates or changes tables, views, procedures and the task in Snowflake',
  flags: [
    { flags: '--dry-run', summary: 'prints what would be executed, and only reads' },
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
    const project = projectOf(args, options, effects)
    const graph = await compileProject({ ...project, timeoutMs: duration(options.timeout) })
    const compiled = compileProcedures(graph, project.projectDir)
    const credentials = readCredentials(project.projectDir, project.credentialsFile)
    const isDry = options.dryRun === true
    if (credentials.type !== 'snowflake') {
      if (!isDry) throw refusal(credentials.implicit)
      effects.stdout(compiled.files.get('deploy.sql') ?? '')
      return 0
    }
    writeProcedures(graph, project.projectDir, effects)
    return interruptible(effects, 'deploy again: it goes on where it stood, and resumes the task', async signal => {
      const engine = await openProject(project, graph, effects, !isDry)
      try {
        const isPruning = options.prune === true
        const plan = await planDeploy(compiled, engine, { keepSuspended: options.suspended === true, isPruning })
        const steps = deploySteps(plan, isPruning)
        if (isDry) {
          effects.stdout(steps.length === 0 ? '-- Nothing to do\n' : writeScript(steps))
          return 0
        }
        const done: string[] = []
        const onDone = (title: string): void => {
          done.push(title)
          if (options.json !== true) effects.stdout(`  ${title}\n`)
        }
        await carryOutDeploy(steps, engine, onDone, signal)
        const told = summary(done, plan, compiled, isPruning)
        effects.stdout(options.json === true ? `${JSON.stringify(told, null, 2)}\n` : closing(told, plan))
        return 0
      } finally {
        await engine.close()
      }
    })
  },
}

function projectOf(args: readonly string[], options: Options, effects: Effects) {
  return {
    projectDir: projectDir(args, effects),
    overrides: overrides(options),
    credentialsFile: options.credentials as string | undefined,
  }
}

/** Nothing is deployed to an embedded database. */
function refusal(hasNoFile: boolean): UserError {
  const why = hasNoFile ? 'there is no .df-credentials.json' : 'these credentials are for DuckDB'
  return new UserError(`a deployment is for Snowflake, and ${why}`, {
    remedy:
      'dataform init-creds --type snowflake asks for what a connection needs; dataform deploy --dry-run prints the script without one; dataform call executes the procedures here',
  })
}

/** What a deployment did, as `--json` prints it. */
interface Summary {
  readonly done: readonly string[]
  readonly equal: number
  /** What was deployed once and is still there. */
  readonly unused: readonly string[]
  readonly suspended: readonly string[]
}

function summary(
  done: readonly string[],
  { equal, dropped, asleep, pending, resumed }: DeployPlan,
  { tasks }: CompiledProcedures,
  isPruning: boolean,
): Summary {
  const kept = dropped.filter(({ statements }) => !isPruning || statements.length === 0)
  const left = tasks.texts.filter(task => asleep.includes(task) || (pending.length > 0 && !resumed.includes(task)))
  return { done, equal, unused: kept.map(({ title }) => title), suspended: left.map(({ name }) => name.name) }
}

function closing({ done, equal, unused, suspended }: Summary, { asleep }: DeployPlan): string {
  const byUs = suspended.filter(name => !asleep.some(task => task.name.name === name))
  return [
    `${counted(done.length, 'change')}, ${counted(equal, 'thing')} equal and not touched`,
    ...(byUs.length === 0 ? [] : [`suspended: ${byUs.join(', ')}`]),
    ...asleep.map(sleeping),
    ...(unused.length === 0 ? [] : [`not of this project any more: ${unused.join(', ')}`]),
    '',
  ].join('\n')
}

const sleeping = ({ name }: TaskText): string =>
  `${name.name} was suspended before and stays so: alter task ${relation(name)} resume`
