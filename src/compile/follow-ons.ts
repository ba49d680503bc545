import { basename } from 'node:path'
import { escapeRegExp } from '../dialects/tokens.ts'
import { describeError, UserError } from '../error.ts'
import type { Lines } from './lines.ts'

/** A ref to an action that is not there. */
export class UnknownRef extends UserError {
  /** The action's name as the ref has it, without its schema. */
  readonly wanted: string

  constructor(message: string, wanted: string, options: ConstructorParameters<typeof UserError>[1]) {
    super(message, options)
    this.wanted = wanted
  }
}

/**
 * Each error once, without those that only follow from another: what a broken file would have defined is missing elsewhere,
 * and goes away with the cause.
 */
export function rootCauses(errors: readonly UserError[], lines: Lines): readonly UserError[] {
  const once = [...new Map(errors.map(error => [describeError(error), error])).values()]
  const broken = once
    .filter(error => !(error instanceof UnknownRef))
    .flatMap(error => error.place.file ?? [])
    .filter((file, index, files) => files.indexOf(file) === index)
  return once.filter(error => {
    const others = broken.filter(file => file !== error.place.file)
    if (error instanceof UnknownRef) return !others.some(file => mayDefine(file, error.wanted, lines))
    const include = /^(\w+) is not defined$/.exec(error.message)?.[1]
    return include === undefined || !others.includes(`includes/${include}.js`)
  })
}

/** Whether a file that did not compile may be where an action is defined. */
function mayDefine(file: string, name: string, lines: Lines): boolean {
  const same = (other: string | undefined): boolean => other?.toLowerCase() === name.toLowerCase()
  const text = lines.of(file).join('\n')
  if (file.endsWith('.sqlx')) {
    return same(basename(file, '.sqlx')) || same(/\bname["']?\s*:\s*["'`]([^"'`]+)/.exec(text)?.[1])
  }
  const escaped = escapeRegExp(name)
  return new RegExp(`(?<![\\w$])(?<!\\b(?:ref|resolve)\\(\\s*["'\`])${escaped}(?![\\w$])`, 'i').test(text)
}
