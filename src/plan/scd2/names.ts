import { column } from '../../dialects/snowflake.ts'
import type { Scd2Action, SnowflakeOptions, Target } from '../../graph/types.ts'
import { targetName } from '../../graph/types.ts'
import { approvals, held, ledger, workTable } from '../system.ts'

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
/** Later than every end; see `holdsOn` for why an open end is written as a date. */
const FOREVER = "'9999-12-31'::timestamp_ntz"

/** Everything that the statements of one scd2 name. */
export interface Scd2Names {
  readonly target: Target
  /** The earlier statements about versions whose end or belief changed other than by a first end. */
  readonly history: Target
  readonly ledger: Target
  readonly held: Target
  readonly approvals: Target
  /** Work: the deliveries of the batch, and what the ledger says of them. */
  readonly days: Target
  /** Work: what the batch says otherwise than is believed, by key and day. */
  readonly touched: Target
  /** Work: versions that the batch opens, ends, replaces, retires or believes again. */
  readonly delta: Target
  /** Who was seen, or could not be read, on days whose snapshot does not tell of everybody. */
  readonly sightings: Target
  /** The values of untracked attributes by day, of keys that had more than one. */
  readonly untrackedLog: Target
  /** Work: keys of which the batch changes what is in that log, or enters it. */
  readonly untrackedKeys: Target
  /** Work: what the batch puts into that log. */
  readonly untrackedNext: Target
  /** What the ledger calls this relation. */
  readonly dataset: string
  readonly surrogate: string
  readonly key: string
  readonly day: string
  /** The column that orders the deliveries of one day; undefined where a day comes once a batch. */
  readonly revision: string | undefined
  /** The column that identifies a row's content; undefined hashes key and attributes. */
  readonly rowHash: string | undefined
  /** The column that names the file a row comes from. */
  readonly source: string | undefined
  readonly tracked: readonly string[]
  readonly untracked: readonly string[]
  readonly unknownKeys: Target | undefined
  readonly maxVanishedShare: number
  readonly openStart: boolean
  /** How Snowflake keeps the relation and its history. */
  readonly snowflake: SnowflakeOptions
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
    held: held(target),
    approvals: approvals(target),
    days: workTable(target, 'DAYS'),
    touched: workTable(target, 'TOUCHED'),
    delta: workTable(target, 'DELTA'),
    sightings: workTable(target, 'SIGHTINGS'),
    untrackedLog: workTable(target, 'UNTRACKED'),
    untrackedKeys: workTable(target, 'UNTRACKED_KEYS'),
    untrackedNext: workTable(target, 'UNTRACKED_NEXT'),
    dataset: targetName(target),
    surrogate,
    key,
    day: column(scd2.businessDate),
    revision: scd2.revision === undefined ? undefined : column(scd2.revision),
    rowHash: scd2.rowHash === undefined ? undefined : column(scd2.rowHash),
    source: scd2.source === undefined ? undefined : column(scd2.source),
    tracked,
    untracked,
    unknownKeys: scd2.unknownKeys,
    maxVanishedShare: scd2.maxVanishedShare,
    openStart: scd2.openStart,
    snowflake: action.snowflake,
    columns: [surrogate, key, ...tracked, ...untracked, ...HISTORY_COLUMNS.map(([name]) => name)],
  }
}

/**
 * Whether the believed version `version`, which is not the unknown member, holds on `day`. An open end is compared as a date:
 * `end is null or …` in a join keeps DuckDB from a range comparison and is many times slower.
 */
export function holdsOn(names: Scd2Names, version: string, day: string): string {
  return `${begunOn(names, version, day)} and coalesce(${version}.effective_end_date, ${FOREVER}) > ${day}`
}

/** Whether the believed version `version`, which is not the unknown member, starts on `day` or before. */
export function begunOn({ surrogate }: Scd2Names, version: string, day: string): string {
  return `${version}.known_to is null and ${version}.${surrogate} <> -1
    and ${version}.effective_start_date <= ${day}`
}
