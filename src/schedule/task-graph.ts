import { checkTask, isRoot, type TaskOptions } from './task-options.ts'

/** Tasks by name. Names are compared as they are written. */
export type Tasks = Readonly<Record<string, TaskOptions>>

/** A root with what runs by it. */
export interface TaskGraph {
  readonly root: string
  /** The root and its children, each after what it waits for. */
  readonly order: readonly string[]
  readonly finalizer: string | undefined
}

/** The most tasks of a graph and the most children of a task. */
const LIMITS = { tasks: 1000, children: 100 }

/** What is wrong with tasks that are deployed together: what `checkTask` finds, and what the graph of them breaks. */
export function checkTasks(tasks: Readonly<Record<string, unknown>>): readonly string[] {
  const single = Object.entries(tasks).flatMap(([name, options]) =>
    checkTask(options).map(message => `${name}: ${message}`),
  )
  return single.length > 0 ? single : graphFaults(tasks as Tasks)
}

function graphFaults(tasks: Tasks): readonly string[] {
  const { children, finalizers } = linksOf(tasks)
  const found: string[] = []
  for (const [name, { after = [], finalizer }] of Object.entries(tasks)) {
    for (const before of after) {
      const earlier = tasks[before]
      if (earlier === undefined) found.push(`${name}: after names ${before}, which is no task here`)
      else if (earlier.finalizer !== undefined)
        found.push(`${name}: after names ${before}, and nothing runs after a finalizer`)
    }
    const finalized = finalizer === undefined ? undefined : tasks[finalizer]
    if (finalizer !== undefined && (finalized === undefined || !isRoot(finalized)))
      found.push(`${name}: finalizer names ${finalizer}, which is no root task here`)
    const ends = finalizers.get(name) ?? []
    if (ends.length > 1) found.push(`${name}: a root task has one finalizer, and ${ends.join(' and ')} are two`)
    if ((children.get(name)?.length ?? 0) > LIMITS.children)
      found.push(`${name}: ${LIMITS.children} tasks at most may run after one`)
  }
  return found.length > 0 ? found : shapeFaults(tasks)
}

/** Circles, children of two roots and graphs that are too large, once every name is known. */
function shapeFaults(tasks: Tasks): readonly string[] {
  const graphs = graphsOf(tasks)
  const times = new Map<string, number>()
  for (const name of graphs.flatMap(graph => graph.order)) times.set(name, (times.get(name) ?? 0) + 1)
  return [
    ...Object.keys(tasks)
      .filter(name => tasks[name]?.finalizer === undefined && !times.has(name))
      .map(name => `${name}: after leads into a circle, so it would never run`),
    ...Object.keys(tasks)
      .filter(name => (times.get(name) ?? 0) > 1)
      .map(name => `${name}: it runs after tasks of two root tasks, and a graph has one`),
    ...graphs
      .filter(({ order, finalizer }) => order.length + (finalizer === undefined ? 0 : 1) > LIMITS.tasks)
      .map(({ root }) => `${root}: its graph has more than ${LIMITS.tasks} tasks`),
  ]
}

/** What runs after each task, and what finalizes it. */
function linksOf(tasks: Tasks) {
  const [children, finalizers] = [new Map<string, string[]>(), new Map<string, string[]>()]
  const add = (links: Map<string, string[]>, to: string, name: string): void => {
    links.set(to, [...(links.get(to) ?? []), name])
  }
  for (const [name, { after = [], finalizer }] of Object.entries(tasks)) {
    for (const before of after) add(children, before, name)
    if (finalizer !== undefined) add(finalizers, finalizer, name)
  }
  return { children, finalizers }
}

/** The graphs of tasks, one for each root, in the order of the roots. */
export function graphsOf(tasks: Tasks): readonly TaskGraph[] {
  const { children, finalizers } = linksOf(tasks)
  return Object.keys(tasks)
    .filter(name => isRoot(tasks[name] ?? {}))
    .map(root => ({ root, order: orderFrom(tasks, root, children), finalizer: finalizers.get(root)?.[0] }))
}

function orderFrom(tasks: Tasks, root: string, children: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const members = new Set([root])
  for (const member of members) for (const child of children.get(member) ?? []) members.add(child)
  const order: string[] = []
  const waiting = new Set(members)
  for (let before = -1; before !== order.length; ) {
    before = order.length
    const ready = [...waiting].filter(name => (tasks[name]?.after ?? []).every(earlier => !waiting.has(earlier)))
    for (const name of ready) waiting.delete(name)
    order.push(...ready)
  }
  return order
}
