import { UserError } from '../error.ts'
import type { Flag, Options } from './program.ts'
import type { Question } from './prompts.ts'

/** One key of a credentials file: how it is given by a flag, and how it is asked for. */
interface Field extends Question {
  readonly key: string
  /** As commander spells it. That of a secret names an environment variable. */
  readonly flag: string
}

type Values = Readonly<Record<string, string>>

const TYPE: Field = {
  key: 'type',
  flag: '--type <type>',
  message: 'What does this project run on?',
  choices: [
    ['snowflake', 'Snowflake'],
    ['duckdb', 'the embedded DuckDB'],
  ],
}
const PATH: Field = {
  key: 'path',
  flag: '--path <dir>',
  message: 'Folder of the warehouse, from the project',
  example: '.local/warehouse',
}
const CONNECTION: Field = {
  key: 'connection',
  flag: '--connection <name>',
  message: 'Name of an entry of ~/.snowflake/connections.toml; empty to enter a connection here',
  isOptional: true,
}
const ACCOUNT: Field = {
  key: 'accountId',
  flag: '--account <id>',
  message: 'Account',
  example: 'ORGANIZATION-ACCOUNT',
}
const USER: Field = { key: 'username', flag: '--user <name>', message: 'User' }
const AUTHENTICATOR: Field = {
  key: 'authenticator',
  flag: '--authenticator <name>',
  message: 'How does it log in?',
  choices: [
    ['SNOWFLAKE_JWT', 'with a key pair'],
    ['SNOWFLAKE', 'with a password'],
    ['PROGRAMMATIC_ACCESS_TOKEN', 'with a programmatic access token'],
    ['OAUTH', 'with an OAuth token'],
    ['WORKLOAD_IDENTITY', 'with the identity of the cloud it runs in'],
    ['EXTERNALBROWSER', 'in a browser'],
  ],
}
const KEY_PATH: Field = {
  key: 'privateKeyPath',
  flag: '--private-key-path <file>',
  message: 'File of the private key, from the project or from ~/',
}
const PASSPHRASE: Field = {
  key: 'privateKeyPassphrase',
  flag: '--passphrase-env <name>',
  message: 'Passphrase of the key; empty where it has none',
  isSecret: true,
  isOptional: true,
}
const PASSWORD: Field = { key: 'password', flag: '--password-env <name>', message: 'Password', isSecret: true }
const TOKEN: Field = { key: 'token', flag: '--token-env <name>', message: 'Token', isSecret: true }
const PROVIDER: Field = {
  key: 'workloadIdentityProvider',
  flag: '--identity-provider <name>',
  message: 'Which cloud?',
  choices: [
    ['AWS', 'AWS'],
    ['AZURE', 'Azure'],
    ['GCP', 'Google Cloud'],
  ],
}
const REST: readonly Field[] = [
  { key: 'role', flag: '--role <name>', message: 'Role; empty for the default', isOptional: true },
  { key: 'warehouse', flag: '--warehouse <name>', message: 'Warehouse; empty for the default', isOptional: true },
  { key: 'databaseName', flag: '--database <name>', message: 'Database; empty for none', isOptional: true },
]
/** Is never asked for: few have one. */
const ACCESS_URL: Field = {
  key: 'accessUrl',
  flag: '--access-url <url>',
  message: 'Address of a private endpoint',
  isOptional: true,
}

/** What each way to log in needs. */
const BY_AUTHENTICATOR: Readonly<Record<string, readonly Field[]>> = {
  SNOWFLAKE: [USER, PASSWORD],
  SNOWFLAKE_JWT: [USER, KEY_PATH, PASSPHRASE],
  OAUTH: [{ ...USER, isOptional: true }, TOKEN],
  PROGRAMMATIC_ACCESS_TOKEN: [USER, TOKEN],
  WORKLOAD_IDENTITY: [{ ...USER, isOptional: true }, PROVIDER],
  EXTERNALBROWSER: [USER],
}

const ALL = [
  ...[TYPE, PATH, CONNECTION, ACCOUNT, USER, AUTHENTICATOR, KEY_PATH, PASSPHRASE, PASSWORD, TOKEN, PROVIDER],
  ...[...REST, ACCESS_URL],
]

/** A flag for each key, so that nobody has to be asked. */
export const CREDENTIAL_FLAGS: readonly Flag[] = ALL.map(({ flag, message, isSecret, choices }) => ({
  flags: flag,
  summary:
    choices !== undefined
      ? choices.map(([value]) => value).join(', ')
      : isSecret === true
        ? `the environment variable that holds it: ${message.replace(/;.*/, '').toLowerCase()}`
        : message.replace(/; empty.*/, ''),
}))

/** `--private-key-path <file>` as commander calls it: privateKeyPath. */
function optionOf({ flag }: Field): string {
  return flag.replace(/^--| <.*/g, '').replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** Whether any key was given by a flag. */
export function givesCredentials(options: Options): boolean {
  return ALL.some(field => options[optionOf(field)] !== undefined)
}

/** Where answers come from: flags, the environment, and a person where there is one. */
interface Sources {
  readonly options: Options
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ask: ((question: Question) => Promise<string | undefined>) | undefined
}

/**
 * The keys of a credentials file.
 *
 * @throws UserError where a flag is no possible answer, or where something is needed and nobody can be asked
 */
export async function collectCredentials(sources: Sources): Promise<Values> {
  const answer = answersFrom(sources)
  const type = await answer([TYPE])
  if (type.type === 'duckdb') return { ...type, ...(await answer([PATH])) }
  const wantsHere = given(ACCOUNT, sources) !== undefined
  const connection = wantsHere ? {} : await answer([CONNECTION])
  if (connection.connection !== undefined) return { ...type, ...connection, ...(await answer(overrides(sources))) }
  const account = await answer([ACCOUNT])
  const authenticator = impliedAuthenticator(sources) ?? (await answer([AUTHENTICATOR])).authenticator ?? ''
  const login = await answer(BY_AUTHENTICATOR[authenticator] ?? [])
  // Without the key these two are understood, as Dataform 2 wrote them.
  const isImplied = authenticator === 'SNOWFLAKE' || authenticator === 'SNOWFLAKE_JWT'
  const more = await answer([...REST, ...(given(ACCESS_URL, sources) === undefined ? [] : [ACCESS_URL])])
  return { ...type, ...account, ...(isImplied ? {} : { authenticator }), ...login, ...more }
}

const given = (field: Field, { options }: Sources): string | undefined => options[optionOf(field)] as string | undefined

/** What flags lay over an entry of connections.toml; nobody is asked for it. */
const overrides = (sources: Sources): readonly Field[] => REST.filter(field => given(field, sources) !== undefined)

/** What was given says how to log in. */
function impliedAuthenticator(sources: Sources): string | undefined {
  if (given(AUTHENTICATOR, sources) !== undefined) return undefined
  if (given(KEY_PATH, sources) !== undefined) return 'SNOWFLAKE_JWT'
  return given(PASSWORD, sources) === undefined ? undefined : 'SNOWFLAKE'
}

function answersFrom(sources: Sources): (fields: readonly Field[]) => Promise<Values> {
  return async fields => {
    const entries: (readonly [string, string])[] = []
    const missing: Field[] = []
    for (const field of fields) {
      const value = fromFlag(field, sources) ?? (sources.ask === undefined ? undefined : await sources.ask(field))
      if (value !== undefined) entries.push([field.key, value])
      else if (field.isOptional !== true) missing.push(field)
    }
    if (missing.length === 0) return Object.fromEntries(entries)
    throw new UserError('there is no terminal to ask for the rest', {
      remedy: `give ${missing.map(({ flag }) => flag).join(' and ')}`,
      exitCode: 2,
    })
  }
}

function fromFlag(field: Field, sources: Sources): string | undefined {
  const value = given(field, sources)
  if (value === undefined) return undefined
  const name = field.flag.replace(/ .*/, '')
  if (field.isSecret === true) {
    const secret = sources.env[value]
    if (secret === undefined || secret === '')
      throw new UserError(`${name} names an environment variable that is not set`, {
        remedy: 'give the name of one, and never the secret itself',
        exitCode: 2,
      })
    return secret
  }
  const choices = field.choices?.map(([choice]) => choice)
  const found = choices?.find(choice => choice.toUpperCase() === value.toUpperCase())
  if (choices !== undefined && found === undefined)
    throw new UserError(`${name} is none of ${choices.join(', ')}`, { exitCode: 2 })
  return found ?? value
}
