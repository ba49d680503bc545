import { isDdl, splitStatements } from '../dialects/statements.ts'
import type { SqlText } from '../graph/types.ts'
import type { Statement } from './types.ts'

/**
 * Splits operations into what may come before the transaction and what belongs in it. Only DDL at the very beginning is
 * `prepare`: DDL that follows DML may need its rows, so it stays where it was written.
 */
export function splitOperations(texts: readonly SqlText[]): {
  prepare: readonly Statement[]
  load: readonly Statement[]
} {
  const statements = texts.flatMap(splitStatements).map((text): Statement => ({ kind: 'execute', text }))
  const firstLoad = statements.findIndex(statement => !isDdl(statement.text.sql))
  const cut = firstLoad < 0 ? statements.length : firstLoad
  return { prepare: statements.slice(0, cut), load: statements.slice(cut) }
}
