import { UserError } from '../error.ts'
import { didYouMean } from '../project/nearest.ts'
import type { Lines } from './lines.ts'
import type { CoreError, CoreGraph, CoreTarget } from './protocol.ts'

interface Reading {
  readonly pattern: RegExp
  /** What is told: the message, and the words to look for in the file. */
  readonly tell: (
    match: RegExpExecArray,
    names: readonly string[],
  ) => { message: string; words: readonly string[]; remedy?: string | undefined }
}

/** Core's messages that carry no line, or more words than people need. First match wins. */
const READINGS: readonly Reading[] = [
  {
    pattern: /Could not resolve (.+)$/s,
    tell: ([, ref = ''], names) => unknownRef(ref, names),
  },
  {
    pattern: /Missing dependency detected: Action .* depends on "(.+?)" which does not exist/s,
    tell: ([, ref = ''], names) => unknownRef(ref, names),
  },
  {
    pattern: /Ambiguous Action name: (.+?)\. Did you mean one of: (.+)\.?$/s,
    tell: ([, ref = '', candidates = '']) => ({
      message: `ref ${words(ref).join('.')} is ambiguous: ${candidates.replace(/\.$/, '')}`,
      words: words(ref).slice(-1),
      remedy: 'name its schema too: ref("schema", "name")',
    }),
  },
  {
    pattern: /Duplicate (?:action name|canonical target) detected\.[\s\S]*?"(\{.*\})"/s,
    tell: ([, target = '']) => ({
      message: `two actions are called ${words(target).join('.')}`,
      words: [],
      remedy: 'rename one of them',
    }),
  },
  {
    pattern: /Unexpected property "(.+?)"/,
    tell: ([, key = '']) => ({
      message: `unknown key "${key}", or a value of the wrong type for it`,
      words: [key],
      remedy: 'see the config reference for the keys that this type of action takes',
    }),
  },
]

function unknownRef(
  ref: string,
  names: readonly string[],
): { message: string; words: readonly string[]; remedy?: string | undefined } {
  const parts = words(ref)
  return {
    message: `ref ${parts.join('.')} names no action of this project`,
    words: parts.slice(-1),
    remedy: didYouMean(parts.at(-1) ?? '', names) ?? 'declare it, or correct the name',
  }
}

/** The values of `{"schema":"a","name":"b"}` in the order database, schema, name; or of `"a.b"`. */
function words(text: string): readonly string[] {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null) {
      const target = value as Record<string, string>
      return [target.database, target.schema, target.name].filter((part): part is string => typeof part === 'string')
    }
    return String(value).split('.')
  } catch {
    return text.replaceAll('"', '').split('.')
  }
}

/** Core's errors, each once and with its place. */
export function coreErrors(graph: CoreGraph, lines: Lines, projectDir: string): readonly UserError[] {
  const names = [
    ...(graph.tables ?? []),
    ...(graph.operations ?? []),
    ...(graph.declarations ?? []),
    ...(graph.assertions ?? []),
  ].map(action => action.target.name)
  const found = new Map<string, UserError>()
  for (const error of graph.graphErrors?.compilationErrors ?? []) {
    // A cycle and two actions of one name are told by our own checks, with their files.
    if (/Cycle detected|Duplicate (action name|canonical target)/.test(error.message)) continue
    const made = located(error, names, lines, projectDir)
    found.set(`${made.place.file} ${made.message}`, made)
  }
  return [...found.values()]
}

function located(error: CoreError, names: readonly string[], lines: Lines, projectDir: string): UserError {
  const file = relativeFile(error.fileName ?? '', projectDir)
  const framed = frameLine(error.stack ?? '', file)
  for (const { pattern, tell } of READINGS) {
    const match = pattern.exec(error.message)
    if (match === null) continue
    const { message, words, remedy } = tell(match, names)
    return new UserError(message, { file, line: lines.lineOf(file, words) ?? framed, remedy })
  }
  const message = error.message.split('\n')[0] ?? error.message
  const quoted = [...error.message.matchAll(/["'`](\w[\w.]*)["'`]/g)].map(match => match[1] ?? '')
  return new UserError(message, { file, line: framed ?? lines.lineOf(file, quoted) })
}

function relativeFile(file: string, projectDir: string): string {
  return (file.startsWith(projectDir) ? file.slice(projectDir.length + 1) : file).replaceAll('\\', '/')
}

/** The line of a frame in this file; core's generated code keeps the source's lines in order. */
function frameLine(stack: string, file: string): number | undefined {
  const escaped = file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const line = new RegExp(`${escaped}:(\\d+)`).exec(stack)?.[1]
  return line === undefined ? undefined : Number(line)
}

/** `DATABASE.SCHEMA.NAME` as people read it. */
export function readable(target: CoreTarget): string {
  return [target.schema, target.name].filter(part => part !== undefined && part !== '').join('.')
}
