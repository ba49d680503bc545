import { compileProject } from '../compile/compile.ts'
import type { Effects } from '../effects.ts'
import { UserError } from '../error.ts'
import { compileProcedures } from '../procedures/index.ts'
import { simulate } from '../schedule/index.ts'
import type { Options } from './program.ts'
import { duration, overrides, projectDir } from './project-flags.ts'
import { textTable } from './table.ts'

const [DAYS, TAKES, DAY_MS] = [7, '10m', 86_400_000] as const

/** Shows when Snowflake would start the tasks, and what would come of it. */
export async function simulateTasks(args: readonly string[], options: Options, effects: Effects): Promise<number> {
  const folder = projectDir(args, effects)
  const { tasks } = compileProcedures(
    await compileProject({ projectDir: folder, overrides: overrides(options) }),
    folder,
  )
  const names = Object.keys(tasks.options)
  if (names.length === 0)
    throw new UserError('this project has no task', {
      file: 'definitions/procedures.yaml',
      remedy: 'write task: there',
    })
  const from = options.from === undefined ? effects.now() : new Date(String(options.from))
  if (Number.isNaN(from.getTime()))
    throw new UserError(`--from takes a time such as 2025-01-31T12:00:00Z, not ${options.from}`, { exitCode: 2 })
  const until = new Date(from.getTime() + ((options.days as number | undefined) ?? DAYS) * DAY_MS)
  const takes = duration(options.takes ?? TAKES) ?? 0
  const runs = simulate(tasks.options, { from, until, durations: Object.fromEntries(names.map(name => [name, takes])) })
  if (options.json === true) {
    effects.stdout(`${JSON.stringify(runs, null, 2)}\n`)
    return 0
  }
  const rows = runs.map(({ task, scheduled, started, ended, state, reason }) => [
    task,
    shown(scheduled),
    shown(started),
    shown(ended),
    state,
    reason ?? '',
  ])
  effects.stdout(`${textTable(['task', 'scheduled (UTC)', 'started', 'ended', 'state', ''], rows)}\n`)
  return 0
}

const shown = (time: Date | undefined): string => time?.toISOString().slice(0, 19).replace('T', ' ') ?? ''
