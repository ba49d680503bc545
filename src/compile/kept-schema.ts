import * as v from 'valibot'
import { column } from '../dialects/snowflake.ts'
import { escapeRegExp } from '../dialects/tokens.ts'
import { UserError, UserErrors } from '../error.ts'
import { FRESHNESS, fieldFaults } from './freshness-schema.ts'
import type { Lines } from './lines.ts'

const text = v.string('must be a string')
const list = v.array(text, 'must be a list of strings')
const words = v.union([text, list])
const reference = v.union([text, v.strictObject({ database: v.optional(text), schema: v.optional(text), name: text })])
const describedColumn = v.union([text, v.looseObject({ type: v.optional(text) })])

const KEPT = v.strictObject({
  type: v.optional(v.picklist(['scd2', 'copy'])),
  engines: v.optional(v.array(v.picklist(['duckdb', 'snowflake'], 'must be "duckdb" or "snowflake"'))),
  snowflake: v.optional(
    v.strictObject({
      secure: v.optional(v.boolean()),
      transient: v.optional(v.boolean()),
      clusterBy: v.optional(list),
      primaryKey: v.optional(list),
      foreignKeys: v.optional(v.record(text, text, 'must be { column: "RELATION" }')),
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
  ledger: v.optional(v.strictObject({ of: reference, businessDate: text, source: text })),
  revision: v.optional(text),
  rowHash: v.optional(text),
  source: v.optional(text),
  maxVanishedShare: v.optional(
    v.pipe(
      v.number('must be a number from 0 to 1'),
      v.minValue(0, 'must be a number from 0 to 1'),
      v.maxValue(1, 'must be a number from 0 to 1'),
    ),
  ),
  protected: v.optional(v.boolean('must be true or false')),
  from: v.optional(v.pipe(text, v.regex(/^@[\w$]+\.[\w$]+\.[\w$]+\//, 'must look like @DATABASE.SCHEMA.STAGE/path/'))),
  fileFormat: v.optional(
    v.objectWithRest(
      { type: v.picklist(['PARQUET', 'CSV', 'JSON'], 'must be "PARQUET", "CSV" or "JSON"') },
      v.union(
        [v.string(), v.number(), v.boolean()],
        'must be a text, a number or true or false, as Snowflake spells the option',
      ),
    ),
  ),
  pattern: v.optional(text),
  manifest: v.optional(text),
  columns: v.optional(v.record(text, describedColumn)),
  freshness: v.optional(FRESHNESS),
})

/** Our config keys, checked, with the columns' types by name. */
export type Kept = Omit<v.InferOutput<typeof KEPT>, 'columns'> & {
  readonly columnTypes: ReadonlyMap<string, string>
}

/** What each type of ours cannot do without. */
const REQUIRED: Readonly<Record<string, readonly (keyof v.InferOutput<typeof KEPT>)[]>> = {
  scd2: ['key', 'businessDate', 'tracked'],
  copy: ['from', 'fileFormat', 'columns'],
}

/** Checks the keys that core never sees. Throws UserErrors naming each wrong key and its line. */
export function keptSchema(
  config: Readonly<Record<string, unknown>>,
  place: { file: string; action: string; lines: Lines },
): Kept {
  const { file, action, lines } = place
  const fail = (key: string, message: string, line = lines.lineOf(file, [key, 'config'])): UserError =>
    new UserError(`${key}: ${message}`, { file, line, action })
  const result = v.safeParse(KEPT, config)
  if (!result.success) {
    throw new UserErrors(
      result.issues.map(issue => {
        const path = issue.path?.map(part => String(part.key)) ?? ['config']
        const isUnknown = issue.type === 'strict_object' && issue.expected === 'never'
        const message = isUnknown ? 'is no key of this config' : issue.message
        return fail(path.join('.'), message, lineOfPath(lines.of(file), path) ?? lines.lineOf(file, ['config']))
      }),
    )
  }
  const { columns = {}, ...kept } = result.output
  const types = Object.entries(columns).map(([name, described]): [string, string] => [
    name,
    typeof described === 'string' ? '' : (described.type ?? ''),
  ])
  const missing = (REQUIRED[kept.type ?? ''] ?? []).filter(key => result.output[key] === undefined)
  const untyped = kept.type === 'copy' ? types.flatMap(([name, type]) => (type === '' ? [name] : [])) : []
  const fieldLine = (): number | undefined => lineOfPath(lines.of(file), ['freshness', 'field'])
  const columnNames = kept.type === 'copy' ? types.map(([name]) => name) : undefined
  const errors = [
    ...fieldFaults(kept.freshness, kept.type, columnNames).map(fault => fail('freshness.field', fault, fieldLine())),
    ...missing.map(key => fail(kept.type ?? 'config', `a ${kept.type} needs ${key}`)),
    ...untyped.map(name => fail(name, 'a column of a copy needs a type')),
    ...twice(kept).map(name => fail(name, 'a column of an scd2 is its key, tracked or untracked: one of them, once')),
  ]
  if (errors.length > 0) throw new UserErrors(errors)
  return { ...kept, columnTypes: new Map(types.filter(([, type]) => type !== '')) }
}

/** The columns of an scd2 that are named more than once, as they are written the last time. */
function twice({ type, surrogateKey, key, tracked = [], untracked = [] }: Partial<Kept>): readonly string[] {
  if (type !== 'scd2') return []
  const names = [surrogateKey ?? (key === undefined ? [] : `${key}_sk`), key ?? [], tracked, untracked].flat()
  return names.filter((name, index) => names.findIndex(other => column(other) === column(name)) < index)
}

/** The line of a key within the keys that it stands in, as far as they are written out. */
function lineOfPath(lines: readonly string[], path: readonly string[]): number | undefined {
  return path.reduce<number | undefined>((line, key) => {
    const escaped = escapeRegExp(key)
    const pattern = new RegExp(`(?<![\\w$])["']?${escaped}["']?\\s*:`)
    const index = lines.findIndex((text, at) => at + 1 >= (line ?? 1) && pattern.test(text))
    return index < 0 ? line : index + 1
  }, undefined)
}
