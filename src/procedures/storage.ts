import { relation } from '../dialects/snowflake.ts'
import type { CopyAction, RunnableAction, SnowflakeOptions, Target } from '../graph/types.ts'
import { scd2Names } from '../plan/scd2/names.ts'
import { keyOf } from '../plan/system.ts'
import type { TableStorage, WarehouseState } from '../plan/types.ts'

/** A table that is there and is kept otherwise than its config says. */
export interface StorageDifference {
  readonly target: Target
  readonly is: TableStorage
  readonly shall: TableStorage
}

/** The tables that an action's loads fill and keep: they are kept as its config says. */
export function keptTables(action: RunnableAction): readonly Target[] {
  return action.type === 'scd2' ? [action.target, scd2Names(action).history] : [action.target]
}

/** Those of an action's tables that are kept otherwise than its config says. */
export function storageDifferences(action: RunnableAction, state: WarehouseState): readonly StorageDifference[] {
  if (!('snowflake' in action)) return []
  const shall = storageOf(action.snowflake)
  return keptTables(action).flatMap(target => {
    const is = state.relations.get(keyOf(target))?.storage
    if (is === undefined) return []
    const difference = { target, is, shall }
    return changesKind(difference) || changesClustering(difference) ? [difference] : []
  })
}

function storageOf({ transient, clusterBy = [] }: SnowflakeOptions): TableStorage {
  return { isTransient: transient === true, clusterBy: clusterBy.join(', ') }
}

/** Keys as they compare: Snowflake writes `LINEAR(DAY, ID)` for `day,id`. */
function plain(clusterBy: string): string {
  return clusterBy
    .replace(/^LINEAR\((.*)\)$/is, '$1')
    .replaceAll(/\s/g, '')
    .toUpperCase()
}

/** Clusters a table by what its config says now: its rows stay, and Snowflake moves them in its own time. */
export function recluster(difference: StorageDifference): readonly string[] {
  const { target, shall } = difference
  if (!changesClustering(difference)) return []
  const change = shall.clusterBy === '' ? 'drop clustering key' : `cluster by (${shall.clusterBy})`
  return [`alter table ${relation(target)} ${change}`]
}

function changesClustering({ is, shall }: StorageDifference): boolean {
  return plain(is.clusterBy) !== plain(shall.clusterBy)
}

/** Whether a table must be made anew: none becomes transient, or permanent, in its place. */
export function changesKind({ is, shall }: StorageDifference): boolean {
  return is.isTransient !== shall.isTransient
}

/** What makes a table of the other kind with the rows of the one that is there. */
export function remake({ target, shall }: StorageDifference): string {
  return `${replaceTable(target, shall)} AS SELECT * FROM ${relation(target)}`
}

/** What makes a table of other columns, empty, in place of the one that is there. */
export function remakeEmpty({ target, snowflake }: CopyAction, columns: string): string {
  return replaceTable(target, storageOf(snowflake), ` (${columns})`)
}

function replaceTable(target: Target, { isTransient, clusterBy }: TableStorage, columns = ''): string {
  const cluster = clusterBy === '' ? '' : ` CLUSTER BY (${clusterBy})`
  return `CREATE OR REPLACE ${isTransient ? 'TRANSIENT ' : ''}TABLE ${relation(target)}${columns}${cluster} COPY GRANTS`
}
