import { UserError } from '../error.ts'
import { findCycle } from '../graph/order.ts'
import { type Action, targetKey, targetName } from '../graph/types.ts'
import type { Lines } from './lines.ts'

/** What core does not find, or finds without a place: names used twice, cycles, a query that ends in a semicolon. */
export function checkActions(actions: readonly Action[], lines: Lines): readonly UserError[] {
  return [...duplicates(actions), ...semicolons(actions), ...cycles(actions, lines)]
}

function duplicates(actions: readonly Action[]): readonly UserError[] {
  const seen = new Map<string, Action>()
  return actions.flatMap(action => {
    const first = seen.get(targetKey(action.target))
    if (first === undefined) {
      seen.set(targetKey(action.target), action)
      return []
    }
    const message = `${targetName(action.target)} is defined twice, first in ${first.file}:${first.line}`
    return [new UserError(message, { file: action.file, line: action.line, remedy: 'rename one of the two' })]
  })
}

function semicolons(actions: readonly Action[]): readonly UserError[] {
  return actions.flatMap(action => {
    const texts = 'incrementalQuery' in action ? [action.query, action.incrementalQuery] : []
    const query = ('query' in action ? [action.query, ...texts] : []).find(({ sql }) => /;\s*$/.test(sql))
    if (query === undefined) return []
    const line = query.line === undefined ? action.line : query.line + query.sql.trimEnd().split('\n').length - 1
    return [
      new UserError('a query must not end with a semicolon', {
        file: action.file,
        line,
        action: targetName(action.target),
        remedy: 'remove the semicolon; a query is wrapped into a larger statement',
      }),
    ]
  })
}

function cycles(actions: readonly Action[], lines: Lines): readonly UserError[] {
  const found = findCycle(actions)
  const [first, second] = found
  if (first === undefined || second === undefined) return []
  const path = found.map(action => targetName(action.target)).join(' → ')
  const line = lines.lineOf(first.file, [second.target.name, second.target.name.toLowerCase()]) ?? first.line
  return [
    new UserError(`these actions depend on each other: ${path}`, {
      file: first.file,
      line,
      remedy: 'remove one of the refs',
    }),
    ...cycles(
      actions.filter(action => !found.includes(action)),
      lines,
    ),
  ]
}
