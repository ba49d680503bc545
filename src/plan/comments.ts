import { column, literal, relation } from '../dialects/snowflake.ts'
import type { Column, Target } from '../graph/types.ts'
import { generated } from './system.ts'
import type { RelationKind, Statement } from './types.ts'

/** COMMENT statements for a relation and its documented columns. A view's columns take none in Snowflake. */
export function comments(
  target: Target,
  kind: RelationKind,
  documented: { readonly description?: string | undefined; readonly columns: readonly Column[] },
): readonly Statement[] {
  const own =
    documented.description === undefined
      ? []
      : [`comment on ${kind} ${relation(target)} is ${literal(documented.description)}`]
  const columns = kind === 'view' ? [] : documented.columns
  return [
    ...own,
    ...columns
      .filter(described => described.description !== undefined)
      .map(
        described =>
          `comment on column ${relation(target)}.${column(described.name)} is ${literal(described.description ?? '')}`,
      ),
  ].map(sql => generated('execute', sql))
}
