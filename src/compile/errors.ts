import { escapeRegExp } from '../dialects/tokens.ts'
import { UserError } from '../error.ts'
import { didYouMean } from '../project/nearest.ts'
import { duplicateErrors } from './duplicates.ts'
import { UnknownRef } from './follow-ons.ts'
import type { Lines } from './lines.ts'
import type { CompileAnswer, CoreError, CoreTarget } from './protocol.ts'
import { sourceLine } from './source-line.ts'

const AMBIGUOUS = /Ambiguous Action name: (.+?)\. Did you mean one of: (.+?)\.?$/s

type Told = { message: string; words: readonly string[]; remedy?: string | undefined; wanted?: string | undefined }

interface Reading {
  readonly pattern: RegExp
  /** What is told: the message, and the words to look for in the file; `wanted` where a ref finds nothing. */
  readonly tell: (match: RegExpExecArray, names: readonly string[]) => Told
}

const TYPES = ['table', 'view', 'incremental', 'scd2', 'copy', 'assertion', 'operations', 'declaration', 'test']

/** Keys that a config may have on some type of action. */
const CONFIG_KEYS = [
  ...['type', 'name', 'schema', 'dataset', 'database', 'project', 'filename', 'tags', 'disabled', 'description'],
  ...['columns', 'dependencies', 'dependencyTargets', 'dependOnDependencyAssertions', 'hermetic', 'hasOutput'],
  ...['assertions', 'uniqueKey', 'uniqueKeys', 'nonNull', 'rowConditions', 'severity', 'scope', 'of', 'engines'],
  ...['protected', 'onSchemaChange', 'incrementalPredicates', 'materialized', 'snowflake', 'preOps', 'postOps'],
  ...['key', 'businessDate', 'tracked', 'untracked', 'openStart', 'unknownMember', 'unknownKeys', 'surrogateKey'],
  ...['from', 'fileFormat', 'pattern', 'manifest', 'freshness'],
]

/** What an actions.yaml and dependencyTargets call what a config block may still call by its older name. */
const NEWER_NAMES: ReadonlyMap<string, string> = new Map([
  ['schema', 'call it dataset here'],
  ['database', 'call it project here'],
])

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
    pattern: AMBIGUOUS,
    tell: ([, ref = '', candidates = '']) => ({
      message: `ref ${words(ref).join('.')} is ambiguous: ${candidates}`,
      words: words(ref).slice(-1),
      remedy: 'name its schema too: ref("schema", "name")',
    }),
  },
  {
    pattern: /Unexpected property "(.+?)"/,
    tell: ([, key = '']) => ({
      message: CONFIG_KEYS.includes(key)
        ? `the key "${key}" does not belong here, or its value has the wrong type`
        : `unknown key "${key}"`,
      words: [`${key}:`, `"${key}":`, key],
      remedy:
        NEWER_NAMES.get(key) ??
        (CONFIG_KEYS.includes(key) ? undefined : didYouMean(key, CONFIG_KEYS)) ??
        'see the config reference for the keys that this type of action takes',
    }),
  },
  {
    pattern: /Unrecognized (?:action|table) type: (.*)$/,
    tell: ([, type = '']) => ({
      message: `unknown type "${type}"`,
      words: [type],
      remedy: didYouMean(type, TYPES) ?? `the types are ${TYPES.join(', ')}`,
    }),
  },
]

function unknownRef(ref: string, names: readonly string[]): Told {
  const parts = words(ref)
  const wanted = parts.at(-1) ?? ''
  return {
    message: `ref ${parts.join('.')} names no action of this project`,
    words: [wanted],
    remedy: didYouMean(wanted, names) ?? 'declare it, or correct the name',
    wanted,
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

/** What our own checks tell, with files and lines. */
const TOLD_ELSEWHERE =
  /Circular dependency detected|Semi-colons are not allowed at the end|Duplicate (action|canonical)/

/** Errors of core and of the child, with their places. */
export function coreErrors(
  { graph, errors, scripts }: Pick<CompileAnswer, 'graph' | 'errors' | 'scripts'>,
  lines: Lines,
  projectDir: string,
): readonly UserError[] {
  const actions = [graph.tables, graph.operations, graph.declarations, graph.assertions].flatMap(list => list ?? [])
  const names = actions.map(action => action.target.name)
  const found = (graph.graphErrors?.compilationErrors ?? []).map(error => ({
    ...error,
    fileName: relativeFile(error.fileName ?? '', projectDir),
  }))
  const told = [...errors, ...found].filter(({ message }) => !TOLD_ELSEWHERE.test(message) && !isAmongTwins(message))
  const context = { names, lines, projectDir, scripts }
  return [...duplicateErrors(found, lines), ...told.map(error => located(error, context))]
}

/** Two actions of one name make every ref to them ambiguous; the name is what has to change. */
function isAmongTwins(message: string): boolean {
  const candidates = AMBIGUOUS.exec(message)?.[2]?.split(', ')
  return candidates !== undefined && new Set(candidates).size === 1
}

interface Context {
  readonly names: readonly string[]
  readonly lines: Lines
  readonly projectDir: string
  readonly scripts: Readonly<Record<string, string>>
}

function located(error: CoreError, { names, lines, projectDir, scripts }: Context): UserError {
  const { fileName: file = '', stack = '' } = error
  const script = Object.hasOwn(scripts, file) ? scripts[file] : undefined
  const frame = frameLine(stack, file)
  const framed =
    frame === undefined || script === undefined ? frame : sourceLine(script.split('\n'), frame, lines.of(file))
  // Where nothing points at a line, the action's first one is shown.
  const start = file === '' ? undefined : (lines.lineOf(file, ['config']) ?? 1)
  for (const { pattern, tell } of READINGS) {
    const match = pattern.exec(error.message)
    if (match === null) continue
    const { message, words, remedy, wanted } = tell(match, names)
    const options = { file, line: lines.lineOf(file, words) ?? framed ?? start, remedy }
    return wanted === undefined ? new UserError(message, options) : new UnknownRef(message, wanted, options)
  }
  const message = (error.message.split('\n')[0] ?? error.message) + thrownIn(stack, file, projectDir)
  const quoted = [...error.message.matchAll(/["'`](?:[\w./-]*\/)?(\w[\w.]*)["'`]/g)].map(match => match[1] ?? '')
  const line = error.line ?? framed ?? lines.lineOf(file, quoted) ?? start
  return new UserError(message, { file, line, remedy: error.remedy })
}

/** Where an error comes out of an include that a definition called. */
function thrownIn(stack: string, file: string, projectDir: string): string {
  const escaped = escapeRegExp(projectDir)
  const [, thrown, line] = new RegExp(`${escaped}/((?:definitions|includes)/[^:\\n]+):(\\d+)`).exec(stack) ?? []
  return thrown === undefined || thrown === file || !thrown.startsWith('includes/') ? '' : ` (in ${thrown}:${line})`
}

function relativeFile(file: string, projectDir: string): string {
  return (file.startsWith(projectDir) ? file.slice(projectDir.length + 1) : file).replaceAll('\\', '/')
}

/** The line of a frame in this file; core's generated code keeps the source's lines in order. */
function frameLine(stack: string, file: string): number | undefined {
  const escaped = escapeRegExp(file)
  const line = new RegExp(`${escaped}:(\\d+)`).exec(stack)?.[1]
  return line === undefined ? undefined : Number(line)
}

/** `DATABASE.SCHEMA.NAME` as people read it. */
export function readable(target: CoreTarget): string {
  return [target.schema, target.name].filter(part => part !== undefined && part !== '').join('.')
}
