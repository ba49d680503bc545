import pLimit from 'p-limit'
import { targetKey } from '../graph/types.ts'
import type { Step } from '../plan/types.ts'
import type { Status } from '../report/results.ts'

/** Ends that let what depends on an action run. */
const GOOD: ReadonlySet<Status> = new Set(['SUCCESSFUL', 'WARNED', 'DISABLED'])

export interface ScheduleOptions {
  /** Steps at once. */
  readonly concurrency: number
  readonly isCancelled: () => boolean
  /** Carries a step out. Must not throw. */
  readonly execute: (step: Step) => Promise<Status>
  /** Told of a step that is not carried out, with the reason. */
  readonly skip: (step: Step, status: Status, reason: string) => void
}

/** Runs steps, each after those it depends on, a table never by two at once; what depends on a bad end is skipped. */
export async function schedule(steps: readonly Step[], options: ScheduleOptions): Promise<ReadonlyMap<string, Status>> {
  const limit = pLimit(options.concurrency)
  const ends = new Map<string, Status>()
  const running = new Map<string, Promise<void>>()
  const writers = new Map<string, Promise<void>>()
  const finish = (step: Step, status: Status, reason?: string): void => {
    ends.set(targetKey(step.target), status)
    if (reason !== undefined) options.skip(step, status, reason)
  }
  for (const step of steps) {
    const before = step.dependencies.map(target => running.get(targetKey(target)))
    const tables = step.writes.map(targetKey)
    const work = Promise.all([...before, ...tables.map(table => writers.get(table))]).then(async () => {
      const blocked = step.dependencies.find(target => !GOOD.has(ends.get(targetKey(target)) ?? 'SUCCESSFUL'))
      if (step.skip === 'disabled') return finish(step, 'DISABLED', 'disabled')
      if (step.skip === 'engine') return finish(step, 'SKIPPED', 'not for this engine')
      if (blocked !== undefined) return finish(step, 'SKIPPED', `${blocked.schema}.${blocked.name} did not end well`)
      await limit(async () => {
        // Asked when its turn has come: an interrupt may be older than that, and yet newer than the queue.
        if (options.isCancelled()) return finish(step, 'CANCELLED', 'interrupted')
        finish(step, await options.execute(step))
      })
    })
    running.set(targetKey(step.target), work)
    for (const table of tables) writers.set(table, work)
  }
  await Promise.all(running.values())
  return ends
}
