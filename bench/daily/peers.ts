import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { literal, openDatabase } from '../helpers/duckdb.ts'
import { installPeer, type TimedCall, timePeer } from '../helpers/peers.ts'
import { median, megabytes, milliseconds, print, progress } from '../helpers/timing.ts'
import { dbtProject } from './dbt-project.ts'
import { feedPath } from './feed.ts'
import type { PeerProject } from './peer-project.ts'
import { dayOf } from './rows.ts'
import { sqlmeshProject } from './sqlmesh-project.ts'
import type { Bench } from './states.ts'

const repetitions = 3

/** Puts a day's files where the peers' projects read them. */
function deliver(bench: Bench, project: string, day: number): void {
  for (const dataset of ['customers', 'plans', 'activity_logs'])
    cpSync(join(bench.feed, 'staging', feedPath(dataset, day)), join(project, `${dataset}.parquet`))
}

function load(bench: Bench, { peer, first, later }: PeerProject, folder: string, day: number): Promise<TimedCall> {
  deliver(bench, folder, day)
  return timePeer(peer, day === 1 ? first : later, folder, `${dayOf(day + 1)}T06:00:00+00:00`)
}

async function counts({ database, counts: sql }: PeerProject, folder: string): Promise<readonly number[]> {
  const reader = await openDatabase()
  try {
    await reader.run(`attach ${literal(join(folder, database))} as warehouse (read_only)`)
    return await reader.numbers(sql)
  } finally {
    reader.close()
  }
}

/**
 * Times the same daily load with dbt-duckdb and SQLMesh: staging tables, the dimension, the fact and 15 checks in one process.
 * Each has loaded two days before, which is what it takes to have a history and warm caches.
 */
export async function measurePeers(bench: Bench, short: number): Promise<void> {
  print(`\npeers, in order after 2 days, medians of ${repetitions}`)
  for (const project of [dbtProject, sqlmeshProject]) {
    installPeer(project.peer)
    const [state, copy] = ['state', 'copy'].map(name => join(bench.states, `${project.peer}-${name}`)) as [
      string,
      string,
    ]
    if (!existsSync(join(state, 'loaded'))) {
      rmSync(state, { recursive: true, force: true })
      for (const [name, text] of Object.entries(project.files)) {
        mkdirSync(dirname(join(state, name)), { recursive: true })
        writeFileSync(join(state, name), text)
      }
      for (const day of [1, short])
        progress(`${project.peer}: day ${day} in ${milliseconds((await load(bench, project, state, day)).ms)}`)
      writeFileSync(join(state, 'loaded'), '')
    }
    const calls: TimedCall[] = []
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      rmSync(copy, { recursive: true, force: true })
      cpSync(state, copy, { recursive: true })
      calls.push(await load(bench, project, copy, short + 1))
    }
    const [versions, facts] = await counts(project, copy)
    const [ms, peak] = [median(calls.map(each => each.ms)), median(calls.map(each => each.peak))]
    print(
      `  ${project.peer.padEnd(46)} ${milliseconds(ms).padStart(10)} ${megabytes(peak).padStart(10)}   ${versions} versions, ${facts} facts`,
    )
    rmSync(copy, { recursive: true, force: true })
  }
}
