import type { Effects } from '../src/effects.ts'
import { UserError } from '../src/error.ts'
import { loadContracts } from './contracts.ts'
import { openLake } from './open-lake.ts'
import type { PipelineOptions } from './project.ts'
import { loadWarehouse, type PipelineResult, prepare } from './run.ts'

export interface BackfillOptions extends PipelineOptions {
  readonly from: string
  readonly to: string
}

/**
 * Cleans, stages and loads the archived files of these days again, by the code of today. What comes out as before changes
 * nothing in the warehouse; other content is a revision of its day.
 *
 * @throws UserError where the archive has no file of these days
 */
export async function backfill(options: BackfillOptions, effects: Effects): Promise<PipelineResult> {
  const { projectDir, from, to, badShare } = options
  const within = ({ date }: { readonly date: string }): boolean => date >= from && date <= to
  const lake = await openLake(options, effects)
  const archive = await lake.archived()
  if (!archive.some(within))
    throw new UserError(`the archive has no file from ${from} to ${to}`, {
      file: options.lake,
      remedy: 'name days that were delivered; `customer360 status` shows what is loaded',
    })
  const tell = (text: string): void => {
    if (!options.quiet) effects.stdout(`${text}\n`)
  }
  const shared = { contracts: loadContracts(projectDir), again: within, only: within, tell }
  const { cleaned, staged } = await prepare(lake, archive, shared, { from, to, badShare })
  tell('loading the warehouse')
  const run = await loadWarehouse(options, lake, effects)
  return { files: [], cleaned, staged, run, isWaiting: false }
}
