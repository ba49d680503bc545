import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPeer } from './helpers/peers.ts'
import { machine, median, milliseconds, print } from './helpers/timing.ts'
import { timeDbtSnapshots } from './history/dbt.ts'
import { tenDays } from './history/scenarios.ts'
import { writeDeliveries } from './history/tool.ts'

/**
 * What a year of daily snapshots costs with dbt: it takes one snapshot a process, so 365 times the median of five, for
 * 10,000 customers of whom 50 change a day.
 */
export async function run(): Promise<number> {
  installPeer('dbt')
  const home = mkdtempSync(join(tmpdir(), 'bench-replay-'))
  try {
    const deliveries = tenDays.slice(0, 6)
    const files = await writeDeliveries(deliveries, join(home, 'deliveries'))
    const project = join(home, 'dbt')
    mkdirSync(project)
    const times = await timeDbtSnapshots(deliveries, files, project)
    print(`dbt snapshot, one process, median of ${times.length}: ${milliseconds(median(times))} (${machine()})`)
    print(`a year, 365 processes: ${((365 * median(times)) / 60_000).toFixed(1)} min`)
    return 0
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
