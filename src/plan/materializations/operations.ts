import type { OperationsAction } from '../../graph/types.ts'
import type { Materialization } from '../context.ts'
import { splitOperations } from '../operations-split.ts'

/** Statements as they were written. */
export const operations: Materialization<OperationsAction> = action => ({
  ...splitOperations(action.queries),
  writes: action.hasOutput ? [action.target] : [],
})
