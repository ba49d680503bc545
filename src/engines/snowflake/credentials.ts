import * as v from 'valibot'
import { UserError } from '../../error.ts'
import type { SnowflakeCredentials } from '../../project/credentials.ts'
import { readConnection } from './connections-file.ts'
import type { LoginOptions } from './driver.ts'
import { readPrivateKey } from './private-key.ts'
import { readSecretFile } from './secret-file.ts'

/** What opening a connection takes. */
export interface SnowflakeSettings {
  readonly login: LoginOptions
  /** What must never be shown. */
  readonly secrets: readonly string[]
  /** Who logs in where: `DATAFORM at MYORG-PROD`. */
  readonly who: string
  /** The file that errors name. */
  readonly file: string
  readonly statementTimeoutSeconds?: number | undefined
  readonly concurrency: number
}

const text = v.optional(v.pipe(v.string(), v.minLength(1)))
const count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)))
const PROVIDERS = ['AWS', 'AZURE', 'GCP', 'OIDC'] as const

/** Every key that a file of credentials may have; which it must have depends on how it logs in. */
const schema = v.strictObject({
  type: v.optional(v.literal('snowflake')),
  // Dataform 2's own.
  accountId: text,
  username: text,
  password: text,
  role: text,
  databaseName: text,
  warehouse: text,
  // Other ways to log in.
  authenticator: text,
  privateKey: text,
  privateKeyPath: text,
  privateKeyPassphrase: text,
  token: text,
  tokenPath: text,
  workloadIdentityProvider: v.optional(v.picklist(PROVIDERS)),
  workloadIdentityImpersonationPath: v.optional(v.array(v.string())),
  // A private endpoint instead of ACCOUNT.snowflakecomputing.com.
  accessUrl: text,
  // An entry of connections.toml instead of all of these.
  connection: text,
  connectionsFile: text,
  statementTimeoutSeconds: count,
  concurrency: count,
})

type Keys = v.InferOutput<typeof schema>
type Key = keyof Keys

/** One way to log in: what its keys must be, each of a list one of them, and what the driver is told. */
interface Authenticator {
  readonly needs: readonly (readonly Key[])[]
  readonly options: (keys: Keys, place: Place) => LoginOptions
}

interface Place {
  readonly file: string
  /** Relative paths start here. */
  readonly folder: string
}

const KEY_PAIR: Authenticator = {
  needs: [['username'], ['privateKey', 'privateKeyPath']],
  options: ({ privateKey, privateKeyPath, privateKeyPassphrase }, place) => ({
    privateKey: readPrivateKey({ privateKey, privateKeyPath, privateKeyPassphrase }, place),
  }),
}

const withToken = (needs: Authenticator['needs']): Authenticator => ({
  needs: [...needs, ['token', 'tokenPath']],
  options: ({ token, tokenPath }, place) => ({ token: token ?? readSecretFile(tokenPath ?? '', 'tokenPath', place) }),
})

/** By the driver's own names. A new way to log in is a line here. */
const AUTHENTICATORS: Readonly<Record<string, Authenticator>> = {
  SNOWFLAKE: { needs: [['username'], ['password']], options: ({ password }) => ({ password }) },
  SNOWFLAKE_JWT: KEY_PAIR,
  OAUTH: withToken([]),
  PROGRAMMATIC_ACCESS_TOKEN: withToken([['username']]),
  WORKLOAD_IDENTITY: {
    needs: [['workloadIdentityProvider']],
    options: (keys, place) => ({
      workloadIdentityProvider: keys.workloadIdentityProvider,
      workloadIdentityImpersonationPath: keys.workloadIdentityImpersonationPath?.slice(),
      ...(keys.workloadIdentityProvider === 'OIDC' && withToken([]).options(keys, place)),
    }),
  },
  // One window for all sessions of a run, where the account lets the driver keep what it was given.
  EXTERNALBROWSER: { needs: [], options: () => ({ clientStoreTemporaryCredential: true }) },
}

/**
 * Reads Snowflake's part of a credentials file.
 *
 * @throws UserError that names the file and the key, and no value
 */
export function snowflakeSettings({ options, file, folder }: SnowflakeCredentials): SnowflakeSettings {
  const place = { file, folder }
  const named = checked(options, place)
  if (named.connection === undefined) return settingsOf(named, place)
  const { keys, path } = readConnection(named.connection, named.connectionsFile, place)
  const { connection: _name, connectionsFile: _file, ...over } = named
  return settingsOf(checked({ ...keys, ...over }, { file: path, folder }), { file: path, folder })
}

function checked(options: Readonly<Record<string, unknown>>, { file }: Place): Keys {
  const result = v.safeParse(schema, options)
  if (result.success) return result.output
  const [issue] = result.issues
  const key = v.getDotPath(issue) ?? ''
  // The library's own message would quote what it found, which may be a secret.
  const message =
    issue.type === 'strict_object'
      ? `the key ${key} is none of Snowflake's credentials`
      : `the key ${key} is not what it must be: ${EXPECTED[issue.type] ?? issue.expected ?? issue.type}`
  throw new UserError(message, { file, remedy: `the keys are ${Object.keys(schema.entries).join(', ')}` })
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  min_length: 'a text that is not empty',
  number: 'a number',
  integer: 'a whole number',
  min_value: 'a number from 1',
  array: 'a list of texts',
}

function settingsOf(keys: Keys, place: Place): SnowflakeSettings {
  const authenticator = (keys.authenticator ?? impliedBy(keys)).toUpperCase()
  const form = AUTHENTICATORS[authenticator]
  if (form === undefined) {
    throw new UserError('the key authenticator names no way to log in', {
      file: place.file,
      remedy: `use one of ${Object.keys(AUTHENTICATORS).join(', ')}`,
    })
  }
  const missing = [['accountId'] as const, ...form.needs].find(names => names.every(name => keys[name] === undefined))
  if (missing !== undefined) {
    throw new UserError(`the key ${missing.join(' or ')} is missing, and ${authenticator} needs it`, {
      file: place.file,
      remedy: 'add it',
    })
  }
  refuseUnencrypted(keys, place)
  const own = form.options(keys, place)
  return {
    login: {
      account: keys.accountId,
      accessUrl: keys.accessUrl,
      username: keys.username,
      role: keys.role,
      database: keys.databaseName,
      warehouse: keys.warehouse,
      authenticator,
      application: 'dataform',
      // A wrong account would otherwise be tried for minutes.
      sfRetryMaxLoginRetries: 3,
      ...own,
    },
    secrets: [keys.password, keys.privateKey, keys.privateKeyPassphrase, keys.token, own.privateKey, own.token].filter(
      secret => secret !== undefined,
    ),
    who: [keys.username, keys.accountId].filter(part => part !== undefined).join(' at '),
    file: place.file,
    statementTimeoutSeconds: keys.statementTimeoutSeconds,
    // A browser's window for each session is one too many.
    concurrency: keys.concurrency ?? (authenticator === 'EXTERNALBROWSER' ? 1 : 4),
  }
}

/** As Dataform 2 had no such key: what is there says how to log in. */
function impliedBy(keys: Keys): string {
  if (keys.privateKey !== undefined || keys.privateKeyPath !== undefined) return 'SNOWFLAKE_JWT'
  if (keys.workloadIdentityProvider !== undefined) return 'WORKLOAD_IDENTITY'
  return 'SNOWFLAKE'
}

/** A password must not travel in clear, but to this machine itself. */
function refuseUnencrypted({ accessUrl }: Keys, { file }: Place): void {
  if (accessUrl === undefined) return
  const url = URL.canParse(accessUrl) ? new URL(accessUrl) : undefined
  if (url?.protocol === 'https:') return
  if (url?.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname)) return
  throw new UserError('the key accessUrl is no address that begins with https://', { file, remedy: 'correct it' })
}
