import type { Flag, Options } from '../../src/commands/program.ts'
import type { Effects } from '../../src/effects.ts'
import { UserError } from '../../src/index.ts'
import { print } from '../verb-flags.ts'

export const cloudFlag = (summary: string): Flag => ({ flags: '--cloud', summary })

/** Flags of a lake and a warehouse on this machine. */
const LOCAL = ['lake', 'warehouse', 'badShare'] as const

function refuseLocal(options: Options): void {
  const given = LOCAL.find(name => options[name] !== undefined)
  if (given === undefined) return
  throw new UserError(`--cloud does not go with --${given === 'badShare' ? 'bad-share' : given}`, {
    exitCode: 2,
    remedy: 'the stack knows its own lake; leave one of the two out',
  })
}

/** `status --cloud`. The SDK is loaded only here, as it is large. */
export async function showCloudStatus(options: Options, effects: Effects): Promise<number> {
  refuseLocal(options)
  const [{ openJobRuns }, { cloudStatus, cloudStatusText }] = await Promise.all([
    import('./job-runs.ts'),
    import('./status.ts'),
  ])
  const runs = openJobRuns()
  try {
    const standing = await cloudStatus(runs)
    if (options.json === true) print(effects, standing)
    else effects.stdout(cloudStatusText(standing))
    return 0
  } finally {
    runs.close()
  }
}

/** `backfill --cloud`: 0 where it succeeded, 130 where nobody follows it any more, else 1. */
export async function followCloudBackfill(
  range: { readonly from: string; readonly to: string },
  options: Options,
  effects: Effects,
): Promise<number> {
  refuseLocal(options)
  const [{ openExecutions }, { cloudBackfill, cloudBackfillText }] = await Promise.all([
    import('./executions.ts'),
    import('./backfill.ts'),
  ])
  const executions = openExecutions()
  try {
    const ended = await cloudBackfill({ ...range, quiet: options.json === true }, executions, effects)
    if (options.json === true) print(effects, ended)
    else (ended.status === 'SUCCEEDED' ? effects.stdout : effects.stderr)(cloudBackfillText(ended))
    return ended.status === 'SUCCEEDED' ? 0 : ended.status === 'FOLLOWED_NO_MORE' ? 130 : 1
  } finally {
    executions.close()
  }
}
