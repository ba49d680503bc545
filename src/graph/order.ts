import { type Action, targetKey } from './types.ts'

/** Actions in an order in which each comes after those it depends on; otherwise as given. Cycles must be refused before. */
export function inOrder<A extends Action>(actions: readonly A[]): readonly A[] {
  const byKey = new Map(actions.map(action => [targetKey(action.target), action]))
  const done = new Set<string>()
  const ordered: A[] = []
  const visit = (action: A): void => {
    const key = targetKey(action.target)
    if (done.has(key)) return
    done.add(key)
    for (const dependency of action.dependencies) {
      const before = byKey.get(targetKey(dependency))
      if (before !== undefined) visit(before)
    }
    ordered.push(action)
  }
  for (const action of actions) visit(action)
  return ordered
}

/** The actions of one cycle, the first again at the end; none where there is no cycle. */
export function findCycle(actions: readonly Action[]): readonly Action[] {
  const byKey = new Map(actions.map(action => [targetKey(action.target), action]))
  const finished = new Set<string>()
  const path: Action[] = []
  const visit = (action: Action): readonly Action[] => {
    const start = path.indexOf(action)
    if (start >= 0) return [...path.slice(start), action]
    if (finished.has(targetKey(action.target))) return []
    path.push(action)
    for (const dependency of action.dependencies) {
      const next = byKey.get(targetKey(dependency))
      const found = next === undefined ? [] : visit(next)
      if (found.length > 0) return found
    }
    path.pop()
    finished.add(targetKey(action.target))
    return []
  }
  for (const action of actions) {
    const found = visit(action)
    if (found.length > 0) return found
  }
  return []
}
