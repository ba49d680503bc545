import type { Effects } from '../src/effects.ts'
import { UserError } from '../src/error.ts'
import { clean } from './clean.ts'
import { loadContracts } from './contracts.ts'
import { archived } from './lake.ts'
import { loadWarehouse, type PipelineOptions, type PipelineResult } from './run.ts'
import { stage } from './stage.ts'
import { withWorker } from './worker.ts'

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
  const { projectDir, lake, warehouse, from, to } = options
  const within = ({ date }: { readonly date: string }): boolean => date >= from && date <= to
  if (!archived(lake).some(within))
    throw new UserError(`the archive has no file from ${from} to ${to}`, {
      file: lake,
      remedy: 'name days that were delivered; `customer360 status` shows what is loaded',
    })
  const tell = (text: string): void => {
    if (!options.quiet) effects.stdout(`${text}\n`)
  }
  const shared = { lake, contracts: loadContracts(projectDir), again: within, tell }
  const { cleaned, staged } = await withWorker(async worker => ({
    cleaned: await clean(worker, { ...shared, from, to, badShare: options.badShare }),
    staged: await stage(worker, { ...shared, only: within }),
  }))
  tell('loading the warehouse')
  const run = await loadWarehouse({ projectDir, lake, warehouse, quiet: true }, effects)
  return { files: [], cleaned, staged, run, isWaiting: false }
}
