/** A construct of the SQL that both engines answer alike, and the answer that Snowflake documents. */
export interface Construct {
  readonly name: string
  /** Statements that are executed before, on relations of the schema W. */
  readonly before: readonly string[]
  /** A query, or an expression, which is then the one column of a query. */
  readonly sql: string
  /** Rows as texts; one text is one row of one cell. NULL is null; numbers without zeros at their end, texts as they are. */
  readonly answer: string | null | readonly (readonly (string | null)[])[]
}

export const c = (name: string, sql: string, answer: Construct['answer']): Construct => ({
  name,
  before: [],
  sql,
  answer,
})

/** What statements leave behind. */
export const after = (
  name: string,
  before: readonly string[],
  sql: string,
  answer: Construct['answer'],
): Construct => ({ name, before, sql, answer })

/** Three rows with a NULL. */
export const ROWS = "(values (1, 'a'), (2, 'b'), (null, 'c')) as t (x, y)"
