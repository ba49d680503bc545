import { createHash } from 'node:crypto'
import { firstKeyword } from '../dialects/statements.ts'
import { RefusedConstruct, UserError } from '../error.ts'
import type { SqlText } from '../graph/types.ts'
import { openCache } from './cache.ts'
import { check } from './checks.ts'
import { withoutClustering } from './clustering.ts'
import { type CopyInto, copyInto } from './copy-into.ts'
import { mergeText } from './merge-text.ts'
import { type Json, loadParser } from './parser.ts'
import { constructLine } from './places.ts'
import { PRELUDE_VERSION } from './prelude.ts'
import { rewrite } from './rewrite.ts'
import { madeTransient } from './transient-table.ts'
import { type Fields, isObject } from './tree.ts'

/** Raised with every change of what is refused or rewritten: remembered translations are then made anew. */
const TRANSLATOR_VERSION = `7.${PRELUDE_VERSION}`

/** One statement in DuckDB's SQL. */
export interface Translation {
  readonly sql: string
  /** A COPY INTO is no SQL for DuckDB: it is carried out from this. */
  readonly copy?: CopyInto | undefined
  /** The parts of the name of a transient table that it makes, which DuckDB has no word for. */
  readonly transient?: readonly string[] | undefined
}

export interface Translator {
  /**
   * Translates one Snowflake statement.
   *
   * @param macros the schema that holds the prelude, e.g. `TELCO_DB.SF`
   * @throws RefusedConstruct for what is outside the verified subset, UserError for what is no Snowflake SQL; both with file and line
   */
  readonly translate: (text: SqlText, macros: string) => Promise<Translation>
  /** Writes what was learned to the cache's file. */
  readonly flush: () => void
}

/** Makes a translator. Translations are remembered in `cacheFile`, where one is given. */
export function createTranslator({ cacheFile }: { readonly cacheFile?: string | undefined } = {}): Translator {
  const cache = openCache<Translation>(cacheFile)
  return {
    flush: cache.flush,
    translate: async (text, macros) => {
      const key = createHash('sha256')
        .update(`${TRANSLATOR_VERSION}\n${macros}\n${text.sql}`)
        .digest('hex')
        .slice(0, 32)
      const known = cache.get(key)
      if (known !== undefined) return known
      const made = await translateNew(text, macros)
      cache.set(key, made)
      return made
    },
  }
}

async function translateNew(text: SqlText, macros: string): Promise<Translation> {
  const parser = await loadParser()
  const statement = parseOne(text, parser.parse)
  const refuse = (construct: string): never => {
    throw new RefusedConstruct(construct, { file: text.file || undefined, line: constructLine(text, construct) })
  }
  if (isObject(statement.copy)) return { sql: text.sql, copy: copyInto(statement.copy, refuse) }
  const kind = Object.keys(statement)[0] ?? ''
  if (!STATEMENTS.has(kind)) refuse(OPAQUE.has(kind) ? firstKeyword(text.sql) : kind.toUpperCase().replaceAll('_', ' '))
  check(statement, text.sql, refuse)
  const first = (sql: string): Json => parser.parse(sql)[0] ?? null
  const tree = rewrite(withoutGrants(statement), {
    refuse,
    parse: first,
  })
  try {
    const sql =
      isObject(tree) && isObject(tree.merge)
        ? mergeText(tree.merge, { parse: first, toDuckDb: parser.toDuckDb, refuse })
        : parser.toDuckDb(tree)
    const transient = madeTransient(statement)
    return { sql: withSchema(sql, macros), ...(transient !== undefined && { transient }) }
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`this statement cannot be translated: ${(error as Error).message}`, {
      file: text.file,
      line: text.line,
      cause: error,
    })
  }
}

const OPAQUE_OR_MACRO = /\/\*[\s\S]*?\*\/|--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\bSF_\w+(?=\()/gi

/**
 * Gives the macros their schema in DuckDB's text. Before, they have no schema: the parser leaves the arguments of a function
 * with one untranslated.
 */
function withSchema(sql: string, macros: string): string {
  return sql.replaceAll(OPAQUE_OR_MACRO, found => (/^SF_/i.test(found) ? `${macros}.${found.toUpperCase()}` : found))
}

/** Statements of the subset. */
const STATEMENTS = new Set(
  'select union intersect except values subquery insert update delete merge create_table create_view create_schema drop_table drop_view comment'.split(
    ' ',
  ),
)

/** What the parser keeps as text, because it does not know more of it. */
const OPAQUE = new Set(['command', 'raw'])

function parseOne(text: SqlText, parse: (sql: string) => readonly Json[]): Fields {
  let statements: readonly Json[]
  try {
    statements = parse(withoutClustering(text.sql))
  } catch (error) {
    const message = (error as Error).message
    const line = /line (\d+)/.exec(message)?.[1]
    throw new UserError(
      `this is no Snowflake SQL that the parser knows: ${message.replace(/^Parse error at line \d+, column \d+: /, '')}`,
      {
        file: text.file || undefined,
        line: text.line === undefined || line === undefined ? text.line : text.line + Number(line) - 1,
        remedy: 'correct the statement; if Snowflake takes it as it is, mark the action engines: ["snowflake"]',
        cause: error,
      },
    )
  }
  const [statement] = statements
  if (statements.length === 1 && isObject(statement)) return statement
  throw new UserError(`one statement was expected here and ${statements.length} were found`, {
    file: text.file || undefined,
    line: text.line,
  })
}

/** DuckDB has no grants to keep. */
function withoutGrants(statement: Fields): Fields {
  const { create_table: create, create_view: view } = statement
  if (isObject(view)) return { create_view: { ...view, copy_grants: false } }
  return isObject(create) ? { create_table: { ...create, copy_grants: false } } : statement
}
