import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ourAnswer } from './daily/answers.ts'
import { makeFeed } from './daily/feed.ts'
import { feedSize } from './daily/rows.ts'
import { type Bench, loadCommand, showMorning } from './daily/states.ts'
import { installPeer } from './helpers/peers.ts'
import { copyProject } from './helpers/project.ts'
import { findRoot } from './helpers/root.ts'
import { machine, median, megabytes, milliseconds, print, progress, timeNode } from './helpers/timing.ts'
import { timeDbtSnapshots } from './history/dbt.ts'
import { tenDays } from './history/scenarios.ts'
import { writeDeliveries } from './history/tool.ts'

const customers = 10_000
const days = 365

/** A year of snapshots loaded into an empty warehouse by one run, with its daily checks; milliseconds. */
async function timeOurs(home: string): Promise<number> {
  const root = findRoot()
  const size = feedSize(customers)
  const feed = join(root, '.local', 'bench', 'replay', 'feed')
  const made = Array.from({ length: days }, (_, at) => at + 1)
  const files = await makeFeed(feed, size, { last: days, made, revised: days - 1 }, progress)
  const project = join(home, 'project')
  copyProject(root, project)
  const bench: Bench = { root, size, isWritten: false, feed, files, states: home, project, reference: undefined }
  showMorning(bench, { day: days })
  const warehouse = join(home, 'warehouse')
  mkdirSync(warehouse)
  const { ms, peak } = timeNode(loadCommand(bench, warehouse, 'daily'), root)
  const { versions, facts } = await ourAnswer(warehouse)
  print(`ours, one process: ${milliseconds(ms)}, ${megabytes(peak)}: ${versions} versions, ${facts} facts`)
  return ms
}

/**
 * What a year of daily snapshots costs, for 10,000 customers of whom 50 change a day: this project takes them in one run;
 * dbt takes one snapshot a process, so 365 times the median of five.
 */
export async function run(): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'bench-replay-'))
  try {
    const ours = await timeOurs(home)
    installPeer('dbt')
    const deliveries = tenDays.slice(0, 6)
    const written = await writeDeliveries(deliveries, join(home, 'deliveries'))
    const project = join(home, 'dbt')
    mkdirSync(project)
    const times = await timeDbtSnapshots(deliveries, written, project)
    print(`dbt snapshot, one process, median of ${times.length}: ${milliseconds(median(times))} (${machine()})`)
    const theirs = days * median(times)
    print(`a year, ${days} processes: ${(theirs / 60_000).toFixed(1)} min, ${(theirs / ours).toFixed(0)} times as long`)
    return 0
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
