import type { Flag, Options } from '../src/commands/program.ts'
import type { Effects } from '../src/effects.ts'
import type { PipelineOptions } from './project.ts'
import type { PipelineResult } from './run.ts'
import { jsonOf, runSummary } from './summary.ts'
import { places, print, share } from './verb-flags.ts'

export const BAD_SHARE: Flag = {
  flags: '--bad-share <share>',
  summary: 'fails where more of a file is bad; 0.5 unless told',
  parse: share,
}

/** The settings that every verb that loads the warehouse has. */
export const loadSettings = (options: Options, effects: Effects): PipelineOptions => ({
  ...places(options, effects),
  badShare: (options.badShare as number | undefined) ?? 0.5,
  quiet: options.json === true,
})

/** Tells what a load did; returns its exit code. */
export function tellLoad(result: PipelineResult, options: Options, effects: Effects): number {
  if (options.json === true) print(effects, jsonOf(result))
  else effects.stdout(runSummary(result))
  return result.run.exitCode
}
