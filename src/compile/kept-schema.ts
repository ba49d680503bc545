import * as v from 'valibot'
import { UserError } from '../error.ts'
import type { Lines } from './lines.ts'

const text = v.string('must be a string')
const list = v.array(text, 'must be a list of strings')
const words = v.union([text, list])
const reference = v.union([text, v.strictObject({ database: v.optional(text), schema: v.optional(text), name: text })])
const column = v.union([text, v.looseObject({ type: v.optional(text) })])

const KEPT = v.strictObject({
  type: v.optional(v.picklist(['scd2', 'copy'])),
  engines: v.optional(v.array(v.picklist(['duckdb', 'snowflake'], 'must be "duckdb" or "snowflake"'))),
  snowflake: v.optional(
    v.strictObject({
      secure: v.optional(v.boolean()),
      transient: v.optional(v.boolean()),
      clusterBy: v.optional(list),
    }),
    {},
  ),
  materialized: v.optional(v.boolean('must be true or false')),
  incrementalPredicates: v.optional(list),
  severity: v.optional(v.picklist(['error', 'warn'], 'must be "error" or "warn"')),
  scope: v.optional(v.picklist(['all', 'new'], 'must be "all" or "new"')),
  of: v.optional(reference),
  assertions: v.optional(
    v.looseObject({
      uniqueKey: v.optional(words),
      uniqueKeys: v.optional(v.array(list)),
      nonNull: v.optional(words),
      rowConditions: v.optional(list),
      severity: v.optional(v.picklist(['error', 'warn'], 'must be "error" or "warn"')),
      scope: v.optional(v.picklist(['all', 'new'], 'must be "all" or "new"')),
    }),
  ),
  key: v.optional(text),
  businessDate: v.optional(text),
  tracked: v.optional(list),
  untracked: v.optional(list),
  openStart: v.optional(v.boolean('must be true or false')),
  unknownMember: v.optional(v.record(text, text)),
  unknownKeys: v.optional(reference),
  surrogateKey: v.optional(text),
  protected: v.optional(v.boolean('must be true or false')),
  from: v.optional(v.pipe(text, v.regex(/^@[\w$]+\.[\w$]+\.[\w$]+\//, 'must look like @DATABASE.SCHEMA.STAGE/path/'))),
  fileFormat: v.optional(
    v.looseObject({ type: v.picklist(['PARQUET', 'CSV', 'JSON'], 'must be "PARQUET", "CSV" or "JSON"') }),
  ),
  pattern: v.optional(text),
  manifest: v.optional(text),
  columns: v.optional(v.record(text, column)),
})

/** Our config keys, checked, with the columns' types by name. */
export type Kept = Omit<v.InferOutput<typeof KEPT>, 'columns'> & {
  readonly columnTypes: Readonly<Record<string, string>>
}

/** What each type of ours cannot do without. */
const REQUIRED: Readonly<Record<string, readonly (keyof v.InferOutput<typeof KEPT>)[]>> = {
  scd2: ['key', 'businessDate', 'tracked'],
  copy: ['from', 'fileFormat', 'columns'],
}

/** Checks the keys that core never sees. Throws UserError naming the key and its line. */
export function keptSchema(
  config: Readonly<Record<string, unknown>>,
  place: { file: string; action: string; lines: Lines },
): Kept {
  const fail = (key: string, message: string): never => {
    const line = place.lines.lineOf(place.file, [key, 'config'])
    throw new UserError(`${key}: ${message}`, { file: place.file, line, action: place.action })
  }
  const result = v.safeParse(KEPT, config)
  if (!result.success) {
    const issue = result.issues[0]
    const path = issue.path?.map(part => String(part.key)) ?? ['config']
    return fail(
      path.at(-1) ?? 'config',
      issue.received === 'undefined' || issue.type !== 'strict_object' ? issue.message : 'is no key of this config',
    )
  }
  const { columns = {}, ...kept } = result.output
  for (const key of REQUIRED[kept.type ?? ''] ?? []) {
    if (result.output[key] === undefined) fail(kept.type ?? 'config', `a ${kept.type} needs ${key}`)
  }
  const types = Object.entries(columns).map(([name, column]) => [
    name,
    typeof column === 'string' ? '' : (column.type ?? ''),
  ])
  const untyped = kept.type === 'copy' ? types.find(([, type]) => type === '') : undefined
  if (untyped?.[0] !== undefined) fail(untyped[0], 'a column of a copy needs a type')
  return { ...kept, columnTypes: Object.fromEntries(types.filter(([, type]) => type !== '')) }
}
