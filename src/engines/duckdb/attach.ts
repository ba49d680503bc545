import { lstatSync } from 'node:fs'
import { UserError } from '../../error.ts'
import type { Connection } from './driver.ts'
import { cannotOpen, damaged } from './errors.ts'
import { prepareDatabase, quotedName, quotedText } from './system.ts'

/**
 * Rows of a group, half of what DuckDB takes by itself. Groups that a load fills go into the file at once; the rest is written
 * to the log before the commit and to the file after it, which cost the load of a snapshot of a hundred thousand rows 0.3 s.
 * Files keep the groups that they have.
 */
export const GROUP_ROWS = 61_440

/** DuckDB's statement that attaches a file of the warehouse under a name, to be written. */
export function attachStatement(file: string, name: string): string {
  return `attach ${quotedText(file)} as ${quotedName(name)} (type duckdb, row_group_size ${GROUP_ROWS})`
}

/**
 * Attaches a database's file under a name, and makes it where it is missing.
 *
 * @param file an absolute path, or `:memory:`
 * @throws UserError that names the file, and says how to restore it
 */
export async function attachDatabase(connection: Connection, file: string, name: string): Promise<void> {
  if (file !== ':memory:') refuseUnsafe(file)
  try {
    await connection.execute(attachStatement(file, name))
  } catch (error) {
    throw cannotOpen(file, error)
  }
  await prepareDatabase(connection, name)
}

/** What would destroy a file, or hide that it is lost. */
function refuseUnsafe(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() === true || (found?.isFile() === true && found.nlink > 1)) {
    throw new UserError(`${file} is a link to a file, or has a second name`, {
      remedy:
        "put the file itself there, or link the warehouse's folder: opened under two names at once it would be destroyed",
    })
  }
  // DuckDB would make an empty file and drop what was committed last.
  if (found === undefined && lstatSync(`${file}.wal`, { throwIfNoEntry: false }) !== undefined)
    throw damaged(file, `${file}.wal is there and the file is not`)
}
