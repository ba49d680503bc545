/** Config keys that are ours, by the type of action they may stand on. */
const ANY = ['engines', 'snowflake']
/** On everything that is a relation. */
const RELATION = ['freshness']
const KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'scd2',
    [
      ...['key', 'businessDate', 'tracked', 'untracked', 'openStart', 'unknownMember', 'unknownKeys'],
      ...['surrogateKey', 'protected', 'revision', 'rowHash', 'source', 'maxVanishedShare', ...RELATION],
    ],
  ],
  ['copy', ['from', 'fileFormat', 'pattern', 'manifest', ...RELATION]],
  ['assertion', ['severity', 'scope', 'of']],
  ['view', ['materialized', ...RELATION]],
  ['incremental', ['ledger', ...RELATION]],
  ...['table', 'declaration'].map((type): [string, readonly string[]] => [type, RELATION]),
])

/** Types that core does not have: it is handed a table. */
export const OWN_TYPES: ReadonlySet<string> = new Set(['scd2', 'copy'])

const INLINE = ['severity', 'scope']

/** Takes the keys that core refuses off a config; returns both halves. The input is left alone. */
export function splitConfig(config: Readonly<Record<string, unknown>>): {
  core: Record<string, unknown>
  kept: Record<string, unknown>
} {
  const type = typeof config.type === 'string' ? config.type : 'operations'
  const ours = new Set([...ANY, ...(KEYS.get(type) ?? [])])
  const core: Record<string, unknown> = {}
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(config)) (ours.has(key) ? kept : core)[key] = value
  if (isRecord(config.assertions)) {
    // Core adds to the lists that it is handed.
    kept.assertions = structuredClone(config.assertions)
    core.assertions = Object.fromEntries(Object.entries(config.assertions).filter(([key]) => !INLINE.includes(key)))
  }
  if (OWN_TYPES.has(type)) {
    kept.type = type
    core.type = 'table'
  }
  if (type === 'copy' && isRecord(config.columns)) {
    kept.columns = config.columns
    core.columns = Object.fromEntries(
      Object.entries(config.columns).map(([name, column]) => [name, withoutType(column)]),
    )
  }
  if (Array.isArray(config.incrementalPredicates)) {
    kept.incrementalPredicates = config.incrementalPredicates
    delete core.incrementalPredicates
  }
  return { core, kept }
}

function withoutType(column: unknown): unknown {
  if (!isRecord(column)) return column
  const { type: _, ...rest } = column
  return rest
}

/** Whether a value is a plain object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
