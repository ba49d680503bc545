import { join, resolve } from 'node:path'
import { folderOf } from './open-lake.ts'

/** The stage that the flagship's staging tables are copied from. */
export const LAKE_STAGE = 'TELCO_DB.STAGING.LAKE'

export interface PipelineOptions {
  readonly projectDir: string
  readonly lake: string
  readonly warehouse: string
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly badShare: number
  readonly quiet: boolean
}

/** How the framework is pointed at a lake and a warehouse. */
export function projectOf(options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>) {
  const { projectDir, lake, warehouse } = options
  const stages = { [LAKE_STAGE]: join(folderOf(options), 'staging') }
  return {
    projectDir,
    warehouse: { path: resolve(warehouse), stages },
    command: `customer360 run --lake ${lake} --warehouse ${warehouse}`,
  }
}
