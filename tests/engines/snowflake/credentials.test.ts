import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { snowflakeSettings } from '../../../src/engines/snowflake/credentials.ts'
import { openSnowflake } from '../../../src/engines/snowflake/open.ts'
import { UserError } from '../../../src/error.ts'
import { readCredentials } from '../../../src/project/credentials.ts'
import { temporaryFolder, userError } from '../world.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const PASSPHRASE = 'open sesame'
const encrypted = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE },
})

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text, { mode: 0o600 })
}
/** What a project with these credentials reads. */
const read = (given: Readonly<Record<string, unknown>>) => {
  put('.df-credentials.json', JSON.stringify(given))
  const credentials = readCredentials(folder)
  if (credentials.type !== 'snowflake') throw new Error(`read as ${credentials.type}`)
  return credentials
}
const settings = (given: Readonly<Record<string, unknown>>) => snowflakeSettings(read(given))
const refusal = (given: Readonly<Record<string, unknown>>): UserError => {
  try {
    settings(given)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('this was expected to be refused')
}

const DATAFORM_2 = {
  accountId: 'myorg-prod',
  username: 'DATAFORM',
  password: 'a password',
  role: 'LOADER',
  databaseName: 'TELCO_DB',
  warehouse: 'LOAD_WH',
}

describe('the keys', () => {
  test("Dataform 2's file works as it is", () => {
    const { login, secrets, who, concurrency } = settings(DATAFORM_2)
    expect(login).toMatchObject({
      account: 'myorg-prod',
      username: 'DATAFORM',
      password: 'a password',
      role: 'LOADER',
      database: 'TELCO_DB',
      warehouse: 'LOAD_WH',
      authenticator: 'SNOWFLAKE',
    })
    expect([secrets, who, concurrency]).toEqual([['a password'], 'DATAFORM at myorg-prod', 4])
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['one that is unknown', { pasword: 'x' }, 'the key pasword is none of'],
    ['one that is no text', { password: 12345678 }, 'the key password is not what it must be: a text'],
    ['one that is empty', { username: '' }, 'the key username is not what it must be: a text that is not empty'],
    [
      'a time-out of no time',
      { statementTimeoutSeconds: 0 },
      'the key statementTimeoutSeconds is not what it must be: a number from 1',
    ],
    ['one that is missing', { password: undefined }, 'the key password is missing, and SNOWFLAKE needs it'],
    ['no account', { accountId: undefined, type: 'snowflake' }, 'the key accountId is missing'],
    ['an unknown authenticator', { authenticator: 'MAGIC' }, 'the key authenticator names no way to log in'],
    ['no key of a key pair', { authenticator: 'snowflake_jwt' }, 'the key privateKey or privateKeyPath is missing'],
    ['no token', { authenticator: 'OAUTH' }, 'the key token or tokenPath is missing'],
    ['no provider', { authenticator: 'WORKLOAD_IDENTITY' }, 'the key workloadIdentityProvider is missing'],
    [
      'an unknown provider',
      { workloadIdentityProvider: 'IBM' },
      'the key workloadIdentityProvider is not what it must be',
    ],
    [
      'an address in clear',
      { accessUrl: 'http://myorg.example.com' },
      'the key accessUrl is no address that begins with https://',
    ],
    ['an address that is none', { accessUrl: 'nowhere' }, 'the key accessUrl is no address'],
  ])('%s is told by its name and its file', (_name, over, message) => {
    const error = refusal({ ...DATAFORM_2, ...over })
    expect(error.message).toContain(message)
    expect(error.place.file).toBe('.df-credentials.json')
    expect(JSON.stringify([error.message, error.remedy])).not.toContain('12345678')
  })

  test('workload identity takes a provider, and a token only from OIDC', () => {
    const base = { accountId: 'myorg-prod', type: 'snowflake' }
    expect(settings({ ...base, workloadIdentityProvider: 'AWS' }).login).toMatchObject({
      authenticator: 'WORKLOAD_IDENTITY',
      workloadIdentityProvider: 'AWS',
    })
    put('token', 'the-oidc-token\n')
    const oidc = settings({ ...base, workloadIdentityProvider: 'OIDC', tokenPath: 'token' })
    expect(oidc.login.token).toBe('the-oidc-token')
    expect(oidc.secrets).toEqual(['the-oidc-token'])
  })

  test('an external browser opens one window, for one session', () => {
    const { login, concurrency } = settings({ accountId: 'myorg-prod', authenticator: 'externalbrowser' })
    expect([login.authenticator, concurrency]).toEqual(['EXTERNALBROWSER', 1])
  })

  test('a file that is missing, or a key that is none, is told without its content', () => {
    const base = { accountId: 'myorg-prod', username: 'DATAFORM' }
    expect(refusal({ ...base, privateKeyPath: 'no.p8' }).message).toBe(
      `the file that privateKeyPath names cannot be read: ${join(folder, 'no.p8')}`,
    )
    expect(refusal({ ...base, privateKey: 'not a key at all' }).message).toBe('the key of privateKey cannot be read')
    const wrong = refusal({ ...base, privateKey: encrypted.privateKey, privateKeyPassphrase: 'a wrong one' })
    expect([wrong.message, wrong.remedy]).toEqual([
      'the key of privateKey cannot be read with privateKeyPassphrase',
      'correct privateKeyPassphrase',
    ])
  })
})

describe('connections.toml', () => {
  const FILE = `[prod]
account = "myorg-prod"
user = "DATAFORM"
password = "from toml"
database = "TELCO_DB"
client_session_keep_alive = true

[ci]
account = "myorg-ci"
user = "CI"
private_key_file = "ci.p8"
private_key_file_pwd = "${PASSPHRASE}"
`

  test('an entry is named instead of all keys, and others of ours win over it', () => {
    put('connections.toml', FILE)
    const { login, secrets, file } = settings({
      connection: 'prod',
      connectionsFile: 'connections.toml',
      role: 'LOADER',
    })
    expect(login).toMatchObject({ account: 'myorg-prod', username: 'DATAFORM', password: 'from toml', role: 'LOADER' })
    expect([secrets, file]).toEqual([['from toml'], join(folder, 'connections.toml')])
  })

  test('an entry with a key pair reads its key', () => {
    put('connections.toml', FILE)
    put('ci.p8', encrypted.privateKey)
    const { login } = settings({ connection: 'ci', connectionsFile: 'connections.toml' })
    expect([login.authenticator, login.privateKey]).toEqual([
      'SNOWFLAKE_JWT',
      expect.stringContaining('BEGIN PRIVATE KEY'),
    ])
  })

  test('what is wrong with it is told without its lines', () => {
    const given = { connection: 'prod', connectionsFile: 'connections.toml' }
    expect(refusal(given).message).toContain('connections.toml for the connection prod')
    put('connections.toml', '[prod]\naccount = "myorg-prod"\npassword = "hunter2hunter2\n')
    const broken = refusal(given)
    expect([broken.message, broken.place.line]).toEqual(['this file is no TOML', 3])
    put('connections.toml', '[dev]\naccount = "x"\n')
    expect(refusal(given)).toMatchObject({ message: 'there is no connection prod', remedy: 'name one of dev' })
    put('connections.toml', '[prod]\naccount = "x"\nuser = 7\n')
    expect(refusal(given)).toMatchObject({
      message: 'the key username is not what it must be: a text',
      place: { file: join(folder, 'connections.toml') },
    })
  })
})

describe('a login', () => {
  let server: WireServer
  beforeAll(async () => {
    server = await startWireServer(
      { name: 'PLAIN', publicKey: keys.publicKey },
      { name: 'SECRETIVE', publicKey: encrypted.publicKey },
      { name: 'TOKENS', oauthToken: 'good-oauth-token', accessToken: 'good-access-token' },
    )
  })
  afterAll(() => server.close())

  const login = async (given: Readonly<Record<string, unknown>>) => {
    const credentials = read({ accountId: 'myorg-prod', accessUrl: server.url, ...given })
    const engine = await openSnowflake({ credentials, project: 'telco' })
    await engine.close()
    return server.logins.at(-1)
  }

  test.each<[string, () => Record<string, unknown>]>([
    ['a key in the file itself', () => ({ username: 'PLAIN', privateKey: keys.privateKey })],
    ['the path of a key', () => ({ username: 'PLAIN', privateKeyPath: 'key.p8' })],
    [
      'an encrypted key in the file itself',
      () => ({ username: 'SECRETIVE', privateKey: encrypted.privateKey, privateKeyPassphrase: PASSPHRASE }),
    ],
    [
      'the path of an encrypted key',
      () => ({ username: 'SECRETIVE', privateKeyPath: 'secret.p8', privateKeyPassphrase: PASSPHRASE }),
    ],
  ])('by %s is signed with it', async (_name, given) => {
    put('key.p8', keys.privateKey)
    put('secret.p8', encrypted.privateKey)
    expect(await login(given())).toMatchObject({ AUTHENTICATOR: 'SNOWFLAKE_JWT' })
  })

  test('by a token of OAuth, and by a programmatic access token', async () => {
    expect(await login({ authenticator: 'OAUTH', token: 'good-oauth-token' })).toMatchObject({ AUTHENTICATOR: 'OAUTH' })
    put('pat', 'good-access-token\n')
    expect(
      await login({ username: 'TOKENS', authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', tokenPath: 'pat' }),
    ).toMatchObject({ AUTHENTICATOR: 'PROGRAMMATIC_ACCESS_TOKEN' })
  })

  test.each<[string, Record<string, unknown>, string]>([
    [
      'an expired token of OAuth',
      { authenticator: 'OAUTH', token: 'old-oauth-token' },
      'renew the token: it has expired',
    ],
    [
      'an invalid access token',
      { username: 'TOKENS', authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: 'old-access-token' },
      'renew the token: it is invalid, or has expired',
    ],
    [
      "another user's key",
      { username: 'SECRETIVE', privateKey: keys.privateKey },
      "correct username, or give the user the key's public half: alter user … set rsa_public_key = '…'",
    ],
  ])('by %s is refused with what to do', async (_name, given, remedy) => {
    const error = await userError(login(given))
    expect(error.message).toContain('Snowflake refused the login of')
    expect([error.remedy, error.place.file]).toEqual([remedy, '.df-credentials.json'])
  })

  test('at an address where nobody answers tells the address of the account', async () => {
    const gone = await startWireServer()
    await gone.close()
    const error = await userError(login({ ...DATAFORM_2, accessUrl: gone.url }))
    expect(error.message).toMatch(/^DATAFORM at myorg-prod cannot be reached: /)
  })
})
