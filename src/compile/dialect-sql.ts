import { identifier, literal } from '../dialects/snowflake.ts'
import type { CoreTarget } from './protocol.ts'

/** What core asks for while it writes SQL, answered for Snowflake. */
export const compilationSql = {
  resolveTarget(target: CoreTarget): string {
    return [target.database, target.schema, target.name]
      .filter((part): part is string => part !== undefined && part !== '')
      .map(part => identifier(part.toUpperCase()))
      .join('.')
  },
  sqlString: literal,
  indexAssertion(relation: string, keys: readonly string[]): string {
    const list = keys.join(', ')
    return `select ${list}, count(1) as index_row_count\nfrom ${relation}\ngroup by ${list}\nhaving count(1) > 1`
  },
  rowConditionsAssertion(relation: string, conditions: readonly string[]): string {
    return conditions
      .map(
        condition =>
          `select ${literal(condition)} as failing_row_condition, *\nfrom ${relation}\nwhere not (${condition})`,
      )
      .join('\nunion all\n')
  },
}
