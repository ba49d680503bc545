import { column, literal, relation } from '../../dialects/snowflake.ts'
import { UserError } from '../../error.ts'
import { type CopyAction, type FileFormat, targetName } from '../../graph/types.ts'
import { comments } from '../comments.ts'
import type { Materialization } from '../context.ts'
import { splitOperations } from '../operations-split.ts'
import { definition, dropOtherKind, generated, isCurrent, keepGrants, storageWords } from '../system.ts'
import { splitAfter } from './table.ts'

/** A table of declared columns that holds what the newest load brought: no new file, no change. */
export const copy: Materialization<CopyAction> = (action, { state, options }) => {
  const { target } = action
  const { transient, cluster } = storageWords(action.snowflake)
  const columns = action.columns.map(declared => `  ${column(declared.name)} ${declared.type}`).join(',\n')
  const create = `create or replace ${transient}table ${relation(target)} (\n${columns}\n)`
  // Without its clustering: that changes where the table is, and the rows of its last load stay.
  const wanted = definition(target, 'table', [`${create}${keepGrants(options)}`])
  const pattern = action.pattern === undefined ? '' : `\npattern = ${literal(action.pattern)}`
  const load = `copy into ${relation(target)}
from ${action.from}
file_format = (${fileFormat(action.fileFormat)})
match_by_column_name = case_insensitive${pattern}`
  const making = [
    ...dropOtherKind(target, 'table', state),
    generated('execute', `${create}${cluster}${keepGrants(options)}`),
    ...comments(target, 'table', action),
  ]
  const before = splitOperations(action.preOperations)
  return {
    prepare: [...before.prepare, ...(isCurrent(wanted, state) && !options.fullRefresh ? [] : making)],
    load: [
      ...before.load,
      { kind: 'copy', text: { sql: load, file: action.file, line: action.line }, manifest: action.manifest },
      ...splitAfter(action.postOperations),
    ],
    definitions: [wanted],
    writes: [target],
  }
}

/** What a copy reads, taken apart for a COPY INTO of files by name. */
export interface CopyHead {
  readonly target: CopyAction['target']
  /** `DATABASE.SCHEMA.STAGE`. */
  readonly stage: string
  /** Below the stage; '' is the whole stage. */
  readonly path: string
  readonly manifest: string
  readonly pattern: string | undefined
  /** Options besides those that choose files. */
  readonly options: string
}

/**
 * Takes a copy apart for a procedure, which chooses the files itself.
 *
 * @throws UserError where it has no manifest: a procedure cannot tell new files from a listing
 */
export function copyHead(action: CopyAction): CopyHead {
  const { target, from, manifest, pattern, file, line } = action
  if (manifest === undefined) {
    throw new UserError('a procedure can only load a copy that has a manifest', {
      file,
      line,
      action: targetName(target),
      remedy: 'name the list of files that may be read: manifest: "manifest.json"',
    })
  }
  const slash = from.indexOf('/')
  return {
    target,
    stage: from.slice(1, slash),
    path: from.slice(slash + 1),
    manifest,
    pattern,
    options: `FILE_FORMAT = (${fileFormat(action.fileFormat)}) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`,
  }
}

function fileFormat(format: FileFormat): string {
  const options = Object.entries(format.options).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? literal(value) : String(value)}`,
  )
  return [`type = ${format.type}`, ...options].join(' ')
}
