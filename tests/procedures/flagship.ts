import { cpSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyProject } from '../../bench/helpers/project.ts'
import { clean } from '../../pipeline/clean.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { generate } from '../../pipeline/feed/generate.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { land } from '../../pipeline/land.ts'
import { stage } from '../../pipeline/stage.ts'
import { withWorker } from '../../pipeline/worker.ts'
import { openWorld, type World } from './world.ts'

/** The flagship with a small feed of its own. */
export interface FlagshipWorld extends World {
  /** Lands and stages these days of the feed, from 1. */
  readonly deliver: (...days: readonly number[]) => Promise<void>
}

/** Copies the flagship of this repository into a new folder. Returns the copy. */
export function copyFlagship(folder: string): string {
  const projectDir = join(folder, 'flagship')
  copyProject(process.cwd(), projectDir)
  return projectDir
}

/** Opens the flagship with an empty lake, and a feed of six days with faults. */
export async function openFlagship(): Promise<FlagshipWorld> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'procedures-')))
  const projectDir = copyFlagship(folder)
  const [feed, lake] = [join(folder, 'feed'), join(folder, 'lake')]
  generate({ out: feed, customers: 40, days: 6, start: '2025-01-01', seed: 3, faults: 0.01 })
  const staging = join(lake, 'staging')
  mkdirSync(staging, { recursive: true })
  const world = await openWorld({ projectDir, folder, stage: staging, stageName: 'TELCO_DB.STAGING.LAKE' })
  let number = 0
  return {
    ...world,
    deliver: async (...days) => {
      number += 1
      const part = join(folder, `part-${number}`)
      const isOf = (path: string): boolean =>
        !/_\d{8}\./.test(path) || days.some(day => path.includes(`_2025010${day}.`))
      cpSync(feed, part, { recursive: true, filter: isOf })
      land(part, lake)
      const shared = { lake, contracts: loadContracts(projectDir), tell: () => undefined }
      await ingest(lake, shared.contracts, () => undefined)
      await withWorker(async worker => {
        await clean(worker, { ...shared, badShare: 0.5 })
        await stage(worker, shared)
      })
    },
  }
}
