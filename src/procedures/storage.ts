import { relation } from '../dialects/snowflake.ts'
import type { Target } from '../graph/types.ts'
import { keyOf } from '../plan/system.ts'
import type { TableStorage, WarehouseState } from '../plan/types.ts'
import type { Deployable } from './deployment.ts'

/** A table that is there and is kept otherwise than its config says. */
export interface StorageDifference {
  readonly target: Target
  readonly is: TableStorage
  readonly shall: TableStorage
}

/** The tables of a relation that are kept otherwise than the statements that would make them say. */
export function storageDifferences(each: Deployable, state: WarehouseState): readonly StorageDifference[] {
  return each.definitions.flatMap(({ target }) => {
    const is = state.relations.get(keyOf(target))?.storage
    const shall = wanted(each.statements, relation(target))
    if (is === undefined || shall === undefined) return []
    const difference = { target, is, shall }
    return changesKind(difference) || changesClustering(difference) ? [difference] : []
  })
}

const MAKES = /^create (transient )?table if not exists (\S+)/
/** Of a table that is made by a query in the first line, of one that is made by a list of columns in the last. */
const CLUSTERS = [/^[^\n]* cluster by \(([^\n]*)\) as\n/, /\n\) cluster by \(([^\n]*)\)$/]

function wanted(statements: readonly string[], name: string): TableStorage | undefined {
  const sql = statements.find(each => MAKES.exec(each)?.[2] === name)
  if (sql === undefined) return undefined
  const clusters = CLUSTERS.map(form => form.exec(sql)?.[1]).find(keys => keys !== undefined)
  return { isTransient: MAKES.exec(sql)?.[1] !== undefined, clusterBy: clusters ?? '' }
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
  const name = relation(target)
  const cluster = shall.clusterBy === '' ? '' : ` CLUSTER BY (${shall.clusterBy})`
  return `CREATE OR REPLACE ${shall.isTransient ? 'TRANSIENT ' : ''}TABLE ${name}${cluster} COPY GRANTS AS SELECT * FROM ${name}`
}
