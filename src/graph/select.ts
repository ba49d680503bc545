import picomatch from 'picomatch'
import { UserError } from '../error.ts'
import { didYouMean } from '../project/nearest.ts'
import { type Action, type Graph, targetKey, targetName } from './types.ts'

/** Which actions are meant; nothing means all. */
export interface Selection {
  /** Globs on `NAME`, `SCHEMA.NAME` or `DATABASE.SCHEMA.NAME`, without regard to case. */
  readonly actions?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly includeDependencies?: boolean | undefined
  readonly includeDependents?: boolean | undefined
}

/**
 * The actions that a selection means, in the graph's order.
 *
 * @throws UserError for a name or tag that selects nothing, with the nearest there are
 */
export function selectActions(graph: Graph, selection: Selection): readonly Action[] {
  const { actions: globs = [], tags = [] } = selection
  if (globs.length === 0 && tags.length === 0) return graph.actions
  const named = globs.flatMap(glob => matching(graph, glob))
  const tagged = tags.flatMap(tag => withTag(graph, tag))
  const chosen = new Set([...named, ...tagged].map(action => targetKey(action.target)))
  if (selection.includeDependencies === true) spread(graph.actions, chosen, upwards)
  if (selection.includeDependents === true) spread(graph.actions, chosen, downwards)
  return graph.actions.filter(action => chosen.has(targetKey(action.target)))
}

function names(action: Action): readonly string[] {
  return [action.target.name, targetName(action.target), targetKey(action.target)]
}

function matching(graph: Graph, glob: string): readonly Action[] {
  // Of an empty pattern, as a comma at the end of a list leaves it, picomatch makes a stack trace.
  const isMatch = glob === '' ? () => false : picomatch(glob, { nocase: true })
  const found = graph.actions.filter(action => names(action).some(name => isMatch(name)))
  if (found.length > 0) return found
  const known = graph.actions.map(action => (glob.includes('.') ? targetName(action.target) : action.target.name))
  throw new UserError(`no action is called ${glob}`, {
    remedy: didYouMean(glob, known) ?? 'see `dataform compile` for the names',
  })
}

function withTag(graph: Graph, tag: string): readonly Action[] {
  const found = graph.actions.filter(action => action.tags.includes(tag))
  if (found.length > 0) return found
  const known = [...new Set(graph.actions.flatMap(action => action.tags))]
  throw new UserError(`no action has the tag ${tag}`, {
    action: tag,
    remedy: didYouMean(tag, known) ?? 'see the tags in the config blocks',
  })
}

/** Adds neighbours to the chosen until nothing is new. */
function spread(
  actions: readonly Action[],
  chosen: Set<string>,
  next: (action: Action, chosen: ReadonlySet<string>) => readonly string[],
): void {
  for (let size = -1; size !== chosen.size; ) {
    size = chosen.size
    for (const action of actions) for (const key of next(action, chosen)) chosen.add(key)
  }
}

function upwards(action: Action, chosen: ReadonlySet<string>): readonly string[] {
  return chosen.has(targetKey(action.target)) ? action.dependencies.map(targetKey) : []
}

function downwards(action: Action, chosen: ReadonlySet<string>): readonly string[] {
  return action.dependencies.some(target => chosen.has(targetKey(target))) ? [targetKey(action.target)] : []
}
