import { UserError } from '../error.ts'
import type { Target } from '../graph/types.ts'
import { didYouMean } from '../project/nearest.ts'
import { readable } from './errors.ts'
import { UnknownRef } from './follow-ons.ts'
import { isRecord } from './kept-keys.ts'
import type { Lines } from './lines.ts'
import type { CoreGraph, CoreTarget } from './protocol.ts'
import { fold } from './to-graph.ts'

/**
 * Resolves refs of our own config keys and of unit tests, as core does: by name, by schema and name, or by all three, without
 * regard to case and by the name before or after suffixes.
 */
export function resolver(graph: CoreGraph, lines: Lines): (ref: unknown, file: string) => Target {
  const actions = [...(graph.tables ?? []), ...(graph.operations ?? []), ...(graph.declarations ?? [])]
  return (ref, file) => {
    const wanted = parts(ref)
    const found = actions.filter(
      action => matches(action.target, wanted) || matches(action.canonicalTarget ?? action.target, wanted),
    )
    const [only] = found
    if (only !== undefined && found.length === 1) return fold(only.target)
    const line = lines.lineOf(file, [wanted.name, 'config'])
    if (only === undefined) {
      const names = actions.map(action => action.target.name)
      throw new UnknownRef(`${readable(wanted)} names no action of this project`, wanted.name, {
        file,
        line,
        remedy: didYouMean(wanted.name, names) ?? 'declare it, or correct the name',
      })
    }
    const candidates = found.map(action => readable(action.target)).join(', ')
    throw new UserError(`${wanted.name} is ambiguous: ${candidates}`, { file, line, remedy: 'name its schema too' })
  }
}

function parts(ref: unknown): CoreTarget {
  if (isRecord(ref)) {
    const word = (value: unknown): Record<string, string> | undefined =>
      typeof value === 'string' ? { value } : undefined
    const [database, schema] = [word(ref.database ?? ref.project)?.value, word(ref.schema ?? ref.dataset)?.value]
    return { ...(database && { database }), ...(schema && { schema }), name: String(ref.name ?? '') }
  }
  const list = (Array.isArray(ref) ? ref.map(String) : String(ref ?? '').split('.')) as string[]
  const [name = '', schema, database] = [...list].reverse()
  return { ...(database && { database }), ...(schema && { schema }), name }
}

function matches(target: CoreTarget, wanted: CoreTarget): boolean {
  const same = (one: string | undefined, other: string | undefined): boolean =>
    other === undefined || one?.toUpperCase() === other.toUpperCase()
  return same(target.name, wanted.name) && same(target.schema, wanted.schema) && same(target.database, wanted.database)
}
