import type { SqlText, Target } from '../graph/types.ts'
import { escapeRegExp, segments } from './tokens.ts'

const PLAIN = /^[A-Z_][A-Z0-9_$]*$/
// Words that cannot stand unquoted as a name. Source: Snowflake's list of reserved and limited keywords.
const RESERVED = new Set(
  `ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS CURRENT
  CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING FOR
  FROM FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ISSUE JOIN LATERAL LEFT LIKE
  LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS
  SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES
  VIEW WHEN WHENEVER WHERE WITH`.split(/\s+/),
)

/** A name as it is stored (`FACT_ACTIVITY`), quoted only where Snowflake would read it otherwise. */
export function identifier(name: string): string {
  return PLAIN.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** A column as a config spells it: unquoted words are folded to upper case, as in a query. */
export function column(name: string): string {
  return identifier(storedName(name))
}

/** The name that a column of a config, or of a query in its own quotes, is stored by. */
export function storedName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name)) return name.toUpperCase()
  return /^"(?:[^"]|"")*"$/.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name
}

/** `DATABASE.SCHEMA.NAME`. */
export function relation(target: Target): string {
  return [target.database, target.schema, target.name].map(identifier).join('.')
}

/** A string literal. Backslashes are escapes in Snowflake's literals, so they are doubled like quotes. */
export function literal(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** Puts lines before and after a query; the result keeps telling where the query's own lines come from. */
export function wrap(query: SqlText, before: string, after = ''): SqlText {
  const line = query.line === undefined ? undefined : query.line - before.split('\n').length
  return { sql: [before, query.sql, after].filter(part => part !== '').join('\n'), file: query.file, line }
}

/** Replaces a relation's full name by another's wherever it stands as code; strings and comments are left alone. */
export function replaceRelation(sql: string, from: Target, to: Target): string {
  const escaped = escapeRegExp(relation(from))
  const pattern = new RegExp(`(?<![\\w$."])${escaped}(?![\\w$"])`, 'gi')
  return segments(sql)
    .map(segment => (segment.kind === 'code' ? segment.text.replace(pattern, relation(to)) : segment.text))
    .join('')
}
