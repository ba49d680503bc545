import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { UserError } from '../../error.ts'

/** Where a path of the credentials leads: `~/` is the home, others start at the project's folder. */
export function credentialsPath(path: string, folder: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path)
}

/**
 * Reads a secret that stands in a file of its own.
 *
 * @param key the key of the credentials that names the file
 * @throws UserError where it cannot be read
 */
export function readSecretFile(
  path: string,
  key: string,
  place: { readonly file: string; readonly folder: string },
): string {
  const found = credentialsPath(path, place.folder)
  try {
    return readFileSync(found, 'utf8').trim()
  } catch (cause) {
    throw new UserError(`the file that ${key} names cannot be read: ${found}`, {
      file: place.file,
      remedy: 'correct the path, or let this user read the file',
      cause,
    })
  }
}
