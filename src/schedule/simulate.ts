import { UserError, UserErrors } from '../error.ts'
import { readInterval } from './interval.ts'
import { nextRuns } from './next-runs.ts'
import { parseSchedule } from './schedule.ts'
import { checkTasks, graphsOf, type TaskGraph, type Tasks } from './task-graph.ts'

/** How a task's run ends, or why there is none. */
export type RunState = 'RAN' | 'SKIPPED' | 'FAILED' | 'TIMED_OUT' | 'SUSPENDED'

/** A run as it would be. */
export interface SimulatedRun {
  readonly task: string
  /** When the schedule asks for the graph that the run is part of. */
  readonly scheduled: Date
  /** Undefined where nothing runs. */
  readonly started: Date | undefined
  readonly ended: Date | undefined
  readonly state: RunState
  /** 1 for the first attempt; more where the graph is retried. */
  readonly attempt: number
  /** Why it is not RAN. */
  readonly reason: string | undefined
}

/** What is supposed about the runs. */
export interface Supposition {
  /** When the tasks are resumed. Runs are those after it. */
  readonly from: Date
  /** Runs are those before it. */
  readonly until: Date
  /** Milliseconds that each task takes. */
  readonly durations: Readonly<Record<string, number>>
  /** Whether a run fails at its end; none does where this is left out. */
  readonly fails?: (task: string, scheduled: Date, attempt: number) => boolean
}

const HOUR = 3_600_000
const SEVEN_DAYS = 7 * 24 * HOUR
/** Snowflake's own value where a root task names none. */
const FAILURES_BEFORE_SUSPENSION = 10
/** Times of a schedule that are asked for at once. */
const BATCH = 64

/**
 * What tasks would do, by a clock that is computed: Snowflake starts a graph at the times of its root's schedule, leaves out those
 * at which the graph's last run still goes, and suspends the root once a task failed in so many runs of the graph in a row.
 *
 * @returns the runs in order of their scheduled times, those of a graph as its tasks wait for each other; the first time after a
 *   suspension closes a graph's list
 * @throws UserErrors for tasks that Snowflake would refuse, UserError for one whose duration is not given
 */
export function simulate(tasks: Tasks, supposed: Supposition): readonly SimulatedRun[] {
  const faults = checkTasks(tasks)
  if (faults.length > 0) throw new UserErrors(faults.map(fault => new UserError(fault)))
  const unknown = Object.keys(tasks).find(name => supposed.durations[name] === undefined)
  if (unknown !== undefined)
    throw new UserError(`how long ${unknown} takes is not given`, { remedy: `suppose a duration for ${unknown}` })
  const runs = graphsOf(tasks).flatMap(graph => simulateGraph(tasks, graph, supposed))
  return runs.sort((a, b) => a.scheduled.getTime() - b.scheduled.getTime())
}

function simulateGraph(tasks: Tasks, graph: TaskGraph, supposed: Supposition): readonly SimulatedRun[] {
  const root = tasks[graph.root] ?? {}
  const most = root.suspendAfterFailures ?? FAILURES_BEFORE_SUSPENSION
  const inARow = new Map<string, number>()
  const runs: SimulatedRun[] = []
  let [busyUntil, suspendedBy] = [0, '']
  for (const scheduled of scheduledTimes(root.schedule, supposed)) {
    const idle = { task: graph.root, scheduled, started: undefined, ended: undefined, attempt: 1 }
    if (suspendedBy !== '') {
      const reason = `suspended after ${most} failed runs in a row of ${suspendedBy}`
      return [...runs, { ...idle, state: 'SUSPENDED', reason }]
    }
    if (scheduled.getTime() < busyUntil) {
      const reason = `the run before it goes on until ${new Date(busyUntil).toISOString()}`
      runs.push({ ...idle, state: 'SKIPPED', reason })
      continue
    }
    const { all, last } = runGraph(tasks, graph, scheduled, supposed)
    runs.push(...all)
    busyUntil = Math.max(...all.map(run => run.ended?.getTime() ?? 0))
    for (const { task, state } of last) {
      // What was skipped says nothing of a task: neither that it works nor that it fails.
      if (state === 'RAN') inARow.set(task, 0)
      else if (state !== 'SKIPPED') inARow.set(task, (inARow.get(task) ?? 0) + 1)
    }
    suspendedBy = last.find(({ task }) => most > 0 && (inARow.get(task) ?? 0) >= most)?.task ?? ''
  }
  return runs
}

/** Nothing for a task that a stream triggers: when that happens is not known here. */
function* scheduledTimes(schedule: string | undefined, { from, until }: Supposition): Generator<Date> {
  if (schedule === undefined) return
  const parsed = parseSchedule(schedule)
  for (let after = from; ; ) {
    const times = nextRuns(parsed, after, BATCH)
    for (const time of times) {
      if (time >= until) return
      yield time
    }
    const last = times.at(-1)
    if (last === undefined) return
    after = last
  }
}

/** A run of a graph: every run of its tasks, and how each task's last one ended. */
function runGraph(tasks: Tasks, graph: TaskGraph, scheduled: Date, supposed: Supposition) {
  const attempts = 1 + (tasks[graph.root]?.autoRetry ?? 0)
  const all: SimulatedRun[] = []
  const last = new Map<string, SimulatedRun>()
  let begins = scheduled.getTime()
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const task of graph.order) {
      if (last.get(task)?.state === 'RAN') continue
      const run = runChild(tasks, task, { graph, scheduled, begins, attempt, last, supposed })
      last.set(task, run)
      all.push(run)
    }
    begins = Math.max(...all.map(run => run.ended?.getTime() ?? 0))
    if ([...last.values()].every(run => run.state === 'RAN')) break
  }
  if (graph.finalizer !== undefined) {
    const { finalizer } = graph
    const limit = begins + (ownTimeout(tasks, finalizer) ?? HOUR)
    const run = runTask(finalizer, { scheduled, started: begins, limit, attempt: 1 }, supposed)
    last.set(finalizer, run)
    all.push(run)
  }
  return { all, last: [...last.values()] }
}

interface GraphRun {
  readonly graph: TaskGraph
  readonly scheduled: Date
  /** When this attempt begins, in milliseconds since 1970. */
  readonly begins: number
  readonly attempt: number
  readonly last: ReadonlyMap<string, SimulatedRun>
  readonly supposed: Supposition
}

/** A task waits for all that it runs after, and is left out where one of them did not succeed. */
function runChild(tasks: Tasks, task: string, run: GraphRun): SimulatedRun {
  const { graph, scheduled, begins, attempt, last, supposed } = run
  const earlier = (tasks[task]?.after ?? []).map(name => last.get(name))
  const missing = earlier.find(before => before?.state !== 'RAN')
  if (missing !== undefined) {
    const reason = `${missing.task} did not succeed`
    return { task, scheduled, started: undefined, ended: undefined, state: 'SKIPPED', attempt, reason }
  }
  const started = Math.max(begins, ...earlier.map(before => before?.ended?.getTime() ?? 0))
  // A timeout of the root is one of the whole graph, but for a child that has its own.
  const graphTimeout = ownTimeout(tasks, graph.root)
  const own = ownTimeout(tasks, task)
  const isOfGraph = task === graph.root || own === undefined
  const limit = isOfGraph && graphTimeout !== undefined ? begins + graphTimeout : started + (own ?? HOUR)
  return runTask(task, { scheduled, started, limit, attempt }, supposed)
}

function runTask(
  task: string,
  { scheduled, started, limit, attempt }: { scheduled: Date; started: number; limit: number; attempt: number },
  { durations, fails }: Supposition,
): SimulatedRun {
  const due = started + (durations[task] ?? 0)
  const isLate = due > limit
  const ended = new Date(Math.max(started, Math.min(due, limit)))
  const isFailed = !isLate && fails?.(task, scheduled, attempt) === true
  const state = isLate ? 'TIMED_OUT' : isFailed ? 'FAILED' : 'RAN'
  const reason = isLate ? 'its time is over' : isFailed ? 'supposed to fail' : undefined
  return { task, scheduled, started: new Date(started), ended, state, attempt, reason }
}

/** Milliseconds; 0 stands for the most there is. Undefined where the task names none. */
function ownTimeout(tasks: Tasks, task: string): number | undefined {
  const written = tasks[task]?.timeout
  const seconds = written === undefined ? undefined : readInterval(written)
  return seconds === 0 ? SEVEN_DAYS : seconds === undefined ? undefined : seconds * 1000
}
