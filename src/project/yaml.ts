import { isCollection, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import { UserError } from '../error.ts'

/** Keys that would reach into an object's prototype. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Reads YAML (JSON included) as plain data.
 *
 * @param file what errors call the text
 * @throws UserError with file and line for text that is not YAML, for a key that is given twice and for keys that would
 *   change an object's prototype
 */
export function parseYaml(text: string, file: string): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false })
  const error = document.errors[0]
  if (error !== undefined) {
    const message = error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code
    throw new UserError(message, { file, line: lines.linePos(error.pos[0]).line, cause: error })
  }
  refuseForbiddenKeys(document.contents, file, lines)
  return document.toJS() as unknown
}

/**
 * The line of a value of YAML, by the keys and indexes that lead to it; of what is not there, that of the nearest one around it.
 *
 * @param text YAML that can be read
 */
export function locateYaml(text: string, path: readonly (string | number)[]): number {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  let [node, start]: [unknown, number] = [document.contents, 0]
  for (const key of path) {
    if (!isCollection(node)) break
    const pair = isMap(node) ? node.items.find(item => isNode(item.key) && String(item.key) === String(key)) : undefined
    const next: unknown = pair?.value ?? (isMap(node) ? undefined : node.get(key, true))
    const named = pair?.key ?? next
    if (isNode(named) && named.range != null) start = named.range[0]
    node = next
  }
  return lines.linePos(start).line
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
