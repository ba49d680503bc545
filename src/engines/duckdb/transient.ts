import { tableName } from './copy-source.ts'
import { type Connection, cellText } from './driver.ts'
import { PLAIN, quotedName, quotedText } from './system.ts'

/**
 * The statement that makes a transient table again, with columns that are stored as they come; undefined where it has rows
 * or a key. Such a table is written anew by every load and read a few times: finding the best compression for it takes
 * longer than all of that. Only a declared column can say so, and most of these tables are made by a query.
 */
export async function storedAsItComes(
  table: readonly string[],
  { read }: Pick<Connection, 'read'>,
): Promise<string | undefined> {
  const name = tableName({ table })
  const { rows } = await read(
    `select name, type, "notnull", dflt_value, pk from pragma_table_info(${quotedText(name)}) where not exists (from ${name})`,
  )
  if (rows.length === 0 || rows.some(row => row[4] === true)) return undefined
  const columns = rows.map(([column = null, type = null, isRequired, given = null]) => {
    const required = isRequired === true ? ' not null' : ''
    const preset = given === null ? '' : ` default ${cellText(given)}`
    return `${quotedName(String(column))} ${type}${required}${preset}${PLAIN}`
  })
  return `create or replace table ${name} (${columns.join(', ')})`
}
