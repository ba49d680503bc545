import { column } from '../../dialects/snowflake.ts'
import type { Scd2Action, Target } from '../../graph/types.ts'
import { targetName } from '../../graph/types.ts'
import { ledger, workTable } from '../system.ts'

/** Columns that an scd2 relation has besides its key and attributes, in order, with their types. */
export const HISTORY_COLUMNS = [
  ['EFFECTIVE_START_DATE', 'timestamp_ntz'],
  ['EFFECTIVE_END_DATE', 'timestamp_ntz'],
  ['END_KNOWN_FROM', 'bigint'],
  ['IS_CURRENT', 'boolean'],
  ['KNOWN_FROM', 'bigint'],
  ['KNOWN_TO', 'bigint'],
  ['JOIN_START_DATE', 'timestamp_ntz'],
  ['TRACKED_HASH', 'varchar'],
] as const

/** Where the first version is joined from with `openStart`. */
export const BEGINNING = "'0001-01-01'::timestamp_ntz"

/** Everything that the statements of one scd2 name. */
export interface Scd2Names {
  readonly target: Target
  /** The earlier interval of versions whose end or belief changed other than by a close in order. */
  readonly history: Target
  readonly ledger: Target
  readonly days: Target
  readonly delta: Target
  /** What the ledger calls this relation. */
  readonly dataset: string
  readonly surrogate: string
  readonly key: string
  readonly day: string
  readonly tracked: readonly string[]
  readonly untracked: readonly string[]
  readonly unknownKeys: Target | undefined
  /** Every column of the relation, in order. */
  readonly columns: readonly string[]
}

/** The names of an scd2, folded as Snowflake folds them. */
export function scd2Names(action: Scd2Action): Scd2Names {
  const { target, scd2 } = action
  const [surrogate, key] = [column(scd2.surrogateKey), column(scd2.key)]
  const [tracked, untracked] = [scd2.tracked.map(column), scd2.untracked.map(column)]
  return {
    target,
    history: { ...target, name: `${target.name}_HISTORY` },
    ledger: ledger(target),
    days: workTable(target, 'DAYS'),
    delta: workTable(target, 'DELTA'),
    dataset: targetName(target),
    surrogate,
    key,
    day: column(scd2.businessDate),
    tracked,
    untracked,
    unknownKeys: scd2.unknownKeys,
    columns: [surrogate, key, ...tracked, ...untracked, ...HISTORY_COLUMNS.map(([name]) => name)],
  }
}
