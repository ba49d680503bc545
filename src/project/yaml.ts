import { isCollection, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { UserError } from '../error.ts'

/** Keys that would reach into an object's prototype. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** Plain data, and where its parts stand. */
export interface LocatedYaml {
  readonly data: unknown
  /** The line, from 1, of what a path leads to; of the nearest thing above it where there is no such thing. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** Reads YAML (JSON included) as plain data; see `locateYaml`. */
export function parseYaml(text: string, file: string): unknown {
  return locateYaml(text, file).data
}

/**
 * Reads YAML (JSON included) as plain data whose lines can be told.
 *
 * @param file what errors call the text
 * @throws UserError with file and line for text that is not YAML, for a key that is given twice and for keys that would
 *   change an object's prototype
 */
export function locateYaml(text: string, file: string): LocatedYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false })
  const error = document.errors[0]
  if (error !== undefined) {
    const message = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code
    throw new UserError(message, { file, line: lines.linePos(error.pos[0]).line, cause: error })
  }
  refuseForbiddenKeys(document.contents, file, lines)
  const lineOf: LocatedYaml['lineOf'] = path => lines.linePos(startOf(document.contents, path)).line
  return { data: document.toJS() as unknown, lineOf }
}

/** The offset of what a path leads to: its key's where it has one. */
function startOf(root: unknown, path: readonly (string | number)[]): number {
  let [node, start] = [root, 0]
  for (const key of path) {
    if (!isCollection(node)) break
    const pair = isMap(node) ? node.items.find(item => isNode(item.key) && String(item.key) === String(key)) : undefined
    const next: unknown = isMap(node) ? pair?.value : node.get(key, true)
    const named = pair?.key ?? next
    if (isNode(named) && named.range != null) start = named.range[0]
    node = next
  }
  return start
}

function refuseForbiddenKeys(node: unknown, file: string, lines: LineCounter): void {
  if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) return
  for (const item of node.items as readonly { key?: { value?: unknown; range?: [number] }; value?: unknown }[]) {
    if (typeof item.key?.value === 'string' && FORBIDDEN.has(item.key.value)) {
      const line = item.key.range === undefined ? undefined : lines.linePos(item.key.range[0]).line
      throw new UserError(`the key ${item.key.value} is not allowed`, { file, line, remedy: 'remove it or rename it' })
    }
    refuseForbiddenKeys('key' in item ? item.value : item, file, lines)
  }
}
