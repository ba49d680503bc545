import { AGGREGATES } from './subset/aggregates.ts'
import { CONDITIONS } from './subset/conditions.ts'
import type { Construct } from './subset/construct.ts'
import { DATES } from './subset/dates.ts'
import { JSON_PATHS } from './subset/json.ts'
import { NUMBERS } from './subset/numbers.ts'
import { QUERIES } from './subset/queries.ts'
import { STATEMENTS } from './subset/statements.ts'
import { TEXTS } from './subset/texts.ts'

/** The verified subset, by topic. */
export const SUBSET: Readonly<Record<string, readonly Construct[]>> = {
  Numbers: NUMBERS,
  Texts: TEXTS,
  'Dates and times': DATES,
  'Conditions and NULL': CONDITIONS,
  'Semi-structured data': JSON_PATHS,
  Queries: QUERIES,
  'Aggregates and windows': AGGREGATES,
  Statements: STATEMENTS,
}
