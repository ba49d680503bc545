import type { RunnableAction } from '../graph/types.ts'
import type { PlanOptions, Step, WarehouseState } from './types.ts'

/** What every materialization is given besides its action. */
export interface PlanContext {
  readonly state: WarehouseState
  readonly options: PlanOptions
  /** Whether some assertion of this plan wants the rows that this action adds (`targetKey`). */
  readonly wantsDelta: (key: string) => boolean
  /** The delta that a step of this plan leaves, by the `targetKey` of its action. */
  readonly deltas: ReadonlyMap<string, NonNullable<Step['delta']>>
}

/** The part of a step that a materialization decides. */
export type Materialized = Pick<Step, 'prepare' | 'load'> &
  Partial<Pick<Step, 'definitions' | 'delta' | 'writes' | 'failingRows' | 'scope'>>

/** One way of making one type of action. */
export type Materialization<A extends RunnableAction> = (action: A, context: PlanContext) => Materialized
