import { type Action, targetName } from './types.ts'

/** The graph in Graphviz' language, dependencies pointing to what depends on them. */
export function toDot(actions: readonly Action[]): string {
  const quote = (text: string): string => `"${text.replaceAll('"', '\\"')}"`
  const nodes = actions.map(
    action => `  ${quote(targetName(action.target))} [label=${quote(`${targetName(action.target)} [${action.type}]`)}]`,
  )
  const edges = actions.flatMap(action =>
    action.dependencies.map(dependency => `  ${quote(targetName(dependency))} -> ${quote(targetName(action.target))}`),
  )
  return ['digraph dataform {', '  rankdir = LR', '  node [shape = box]', ...nodes, ...edges, '}'].join('\n')
}
