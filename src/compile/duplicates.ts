import { UserError } from '../error.ts'
import type { Lines } from './lines.ts'
import type { CoreError } from './protocol.ts'

export const DUPLICATE = /Duplicate (?:action name|canonical target) detected\.[\s\S]*?"(\{.*\})"/s

/**
 * Names that are used twice. Core takes all actions of such a name out of its graph and leaves an error for each, so that
 * this is the only place where they are seen.
 */
export function duplicateErrors(errors: readonly CoreError[], lines: Lines): readonly UserError[] {
  const files = new Map<string, string[]>()
  for (const { message, fileName = '' } of errors) {
    // The name before suffixes is the same fault again.
    const target = /Duplicate action name/.test(message) ? DUPLICATE.exec(message)?.[1] : undefined
    if (target !== undefined) files.set(target, [...(files.get(target) ?? []), fileName])
  }
  const found = [...files].map(([target, where]) => ({ ...(JSON.parse(target) as Named), where }))
  // An action's inline assertions are there twice because it is.
  const own = found.filter(({ name }) => !found.some(other => name.includes(`${other.name}_assertions_`)))
  return own.flatMap(({ schema, name, where }) => {
    const places = where.map((file, index) => ({ file, line: lineOf(file, name, where.indexOf(file), index, lines) }))
    const [first, ...others] = places
    const message = `${[schema, name].filter(Boolean).join('.')} is defined twice, first in ${first?.file}:${first?.line}`
    return others.map(place => new UserError(message, { ...place, remedy: 'rename one of the two' }))
  })
}

interface Named {
  readonly schema?: string
  readonly name: string
}

/** A SQLX file defines one action; in others the name stands at each of the calls. */
function lineOf(file: string, name: string, first: number, index: number, lines: Lines): number {
  if (file.endsWith('.sqlx')) return lines.lineOf(file, ['config']) ?? 1
  const found = lines.of(file).flatMap((line, at) => (line.includes(name) ? [at + 1] : []))
  return found[index - first] ?? found[0] ?? 1
}
