import v8 from 'node:v8'

/** A piece of a syntax tree: a node is an object whose one key is its kind. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** What is used of the parser. */
export interface Parser {
  /** Parses Snowflake SQL into a list of statements; throws its own message, which names a line and a column. */
  readonly parse: (sql: string) => readonly Json[]
  /** Writes a tree as Snowflake SQL and translates that to DuckDB's. */
  readonly toDuckDb: (tree: Json) => string
}

let loaded: Promise<Parser> | undefined

/** Loads the parser once, and only where something must be parsed: it is 23 MB of WebAssembly. */
export function loadParser(): Promise<Parser> {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Parser> {
  // Without this, V8 optimises the module in the background for seconds, and the process does not end before that.
  v8.setFlagsFromString('--liftoff-only')
  const { Dialect, generate, parse, transpile } = await import('@polyglot-sql/sdk')
  const text = (result: { success: boolean; sql?: string[]; error?: string | null }): string => {
    const [sql] = result.sql ?? []
    if (!result.success || sql === undefined) throw new Error(result.error ?? 'no SQL was generated')
    return sql
  }
  return {
    parse: sql => {
      const result = parse(sql, Dialect.Snowflake)
      if (!result.success) throw new Error(result.error ?? 'the parser gives no reason')
      return result.ast as Json[]
    },
    toDuckDb: tree =>
      text(
        transpile(
          text(generate([tree] as unknown as Parameters<typeof generate>[0], Dialect.Snowflake)),
          Dialect.Snowflake,
          Dialect.DuckDB,
        ),
      ),
  }
}
