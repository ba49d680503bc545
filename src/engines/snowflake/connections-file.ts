import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'smol-toml'
import { UserError } from '../../error.ts'
import { credentialsPath } from './secret-file.ts'

const DEFAULT_FILE = '~/.snowflake/connections.toml'

/** Keys of connections.toml and ours. Others are settings of other tools. */
const KEYS: Readonly<Record<string, string>> = {
  account: 'accountId',
  user: 'username',
  username: 'username',
  password: 'password',
  role: 'role',
  database: 'databaseName',
  warehouse: 'warehouse',
  authenticator: 'authenticator',
  private_key: 'privateKey',
  private_key_raw: 'privateKey',
  private_key_file: 'privateKeyPath',
  private_key_path: 'privateKeyPath',
  private_key_passphrase: 'privateKeyPassphrase',
  private_key_file_pwd: 'privateKeyPassphrase',
  token: 'token',
  token_file_path: 'tokenPath',
  workload_identity_provider: 'workloadIdentityProvider',
}

/**
 * Reads an entry of Snowflake's connections.toml, the file that its other clients share.
 *
 * @param file instead of `~/.snowflake/connections.toml`
 * @returns the entry by the names of our credentials, and the file's path
 * @throws UserError where the file or the entry is missing, or is no TOML
 */
export function readConnection(
  name: string,
  file: string | undefined,
  place: { readonly file: string; readonly folder: string },
): { readonly keys: Readonly<Record<string, unknown>>; readonly path: string } {
  const path = credentialsPath(file ?? DEFAULT_FILE, place.folder)
  if (!existsSync(path)) {
    throw new UserError(`there is no ${path} for the connection ${name}`, {
      file: place.file,
      remedy: 'create it, or name another file as connectionsFile',
    })
  }
  const entries = parsed(path)
  const entry = entries[name]
  if (typeof entry !== 'object' || entry === null) {
    throw new UserError(`there is no connection ${name}`, {
      file: path,
      remedy: `name one of ${Object.keys(entries).join(', ') || 'those that the file will have'}`,
    })
  }
  const keys = Object.entries(entry).flatMap(([key, value]) => {
    const ours = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    return ours === undefined ? [] : [[ours, value] as const]
  })
  return { keys: Object.fromEntries(keys), path }
}

function parsed(path: string): Readonly<Record<string, unknown>> {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The library's message quotes the line, which may hold a secret.
    const line = error instanceof Error && 'line' in error ? Number(error.line) : undefined
    throw new UserError('this file is no TOML', { file: path, line, remedy: 'correct it' })
  }
}
