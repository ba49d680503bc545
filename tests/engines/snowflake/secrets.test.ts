import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../../../src/engines/engine.ts'
import { maskOf } from '../../../src/engines/snowflake/mask.ts'
import { describeError, UserError } from '../../../src/error.ts'
import { never, statement, step } from '../world.ts'
import { open } from './account.ts'
import { failure, inserted, table } from './wire-answers.ts'
import { startWireServer, type WireServer } from './wire-server.ts'

// The canaries: each must be found nowhere.
const PASSWORD = 'canary-password-4711'
const PASSPHRASE = 'canary passphrase 4711'
const OAUTH = 'canary-oauth-token-4711'
const ACCESS = 'canary-access-token-4711'
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE },
})
const keyLines = privateKey.split('\n').filter(line => line !== '' && !line.startsWith('-----'))
const CANARIES = [PASSWORD, PASSPHRASE, encodeURIComponent(PASSPHRASE), OAUTH, ACCESS, ...keyLines]

/** Everything that this process has printed, by any way. */
let printed: string[]
let server: WireServer
beforeAll(async () => {
  server = await startWireServer(
    { name: 'DATAFORM', password: PASSWORD },
    { name: 'KEYS', publicKey },
    { name: 'TOKENS', oauthToken: OAUTH, accessToken: ACCESS },
  )
})
afterAll(() => server.close())
beforeEach(() => {
  server.reset()
  printed = []
  const keep = (text: unknown): boolean => {
    printed.push(String(text))
    return true
  }
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(keep)
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation(
      (...parts: unknown[]) => void keep(parts.map(part => inspect(part)).join(' ')),
    )
  return () => vi.restoreAllMocks()
})

/** An error with all that hangs on it: what people see, its stack, its causes and their fields. */
function everything(error: unknown): string {
  const told = error instanceof UserError ? describeError(error) : ''
  return `${told}\n${inspect(error, { depth: 20, showHidden: true })}\n${JSON.stringify(error)}`
}

async function failing(work: Promise<unknown>): Promise<string> {
  const end = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (end === undefined) throw new Error('this was expected to fail')
  return everything(end)
}

const expectNoCanary = (text: string): void => {
  for (const canary of CANARIES) expect(text.includes(canary), `${canary.slice(0, 6)}… in ${text}`).toBe(false)
}

const FORMS: readonly [string, Readonly<Record<string, unknown>>][] = [
  ['password', { username: 'DATAFORM', password: PASSWORD }],
  ['key pair', { username: 'KEYS', password: undefined, privateKey, privateKeyPassphrase: PASSPHRASE }],
  ['OAuth', { username: 'TOKENS', password: undefined, authenticator: 'OAUTH', token: OAUTH }],
  [
    'access token',
    { username: 'TOKENS', password: undefined, authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: ACCESS },
  ],
]

describe.each(FORMS)('with a login by %s', (_name, form) => {
  /** The session's own token is a secret as well: the server takes note of what it gave. */
  const work = async (use: (engine: Engine) => Promise<string>): Promise<void> => {
    const engine = await open(server, form)
    const text = await use(engine)
    await engine.close()
    for (const shown of [text, ...printed]) {
      expectNoCanary(shown)
      expect(shown).not.toMatch(/session-[0-9a-f-]{36}|master-[0-9a-f-]{36}/)
    }
    expect(printed.filter(line => !/NodeVersionSupportWarning|AWS SDK/.test(line))).toEqual([])
  }
  const query = (engine: Engine) => engine.query({ sql: 'select 1', file: '--sql', line: 1 }, 1)

  test('an error that quotes the secret is masked, with its cause', () =>
    work(async engine => {
      const quoted = [PASSWORD, PASSPHRASE, OAUTH, ACCESS, privateKey].filter(secret =>
        Object.values(form).includes(secret),
      )
      server.on('select 1', failure(`syntax error near '${quoted.join(' ')}'\n${quoted.join('\n')}`))
      const text = await failing(query(engine))
      expect(text).toContain('***')
      return text
    }))

  test('an error of HTTP and a lost session hold no request with its headers', () =>
    work(async engine => {
      const texts: string[] = []
      for (const answer of [{ http: { status: 403, times: 99 } }, { session: 'gone' as const }]) {
        server.on('select 1', answer)
        texts.push(await failing(query(engine)))
      }
      return texts.join('\n')
    }))

  test('a run that goes well prints nothing, and tags nothing with it', () =>
    work(async engine => {
      server.on('insert into T select 1', inserted(1))
      server.on('select 1', table(['A'], ['1']))
      const outcome = await engine.run(step([statement('insert into T select 1', 'write')]), never)
      const rows = await query(engine)
      return JSON.stringify([outcome, rows, server.received()])
    }))
})

test.each([
  ['password', { username: 'NOBODY', password: PASSWORD }],
  ['OAuth', { username: 'NOBODY', password: undefined, authenticator: 'OAUTH', token: ACCESS }],
  [
    'access token',
    { username: 'NOBODY', password: undefined, authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: OAUTH },
  ],
  ['key pair', { username: 'NOBODY', password: undefined, privateKey, privateKeyPassphrase: PASSPHRASE }],
  ['wrong passphrase', { username: 'KEYS', password: undefined, privateKey, privateKeyPassphrase: `${PASSPHRASE}!` }],
  ['unknown key', { username: 'DATAFORM', password: PASSWORD, tokn: ACCESS }],
  ['wrong type', { username: 'DATAFORM', password: [PASSWORD] }],
  ['unknown authenticator', { username: 'DATAFORM', password: PASSWORD, authenticator: PASSWORD }],
])('a refused login by %s shows no secret', async (_name, form) => {
  expectNoCanary(await failing(open(server, form)))
  expectNoCanary(printed.join('\n'))
})

describe('the mask', () => {
  test('hides a secret, each line of it, and its encoded forms', () => {
    const mask = maskOf(['pass word/1', 'line-one\nline-two'])
    expect(mask('a pass word/1 b')).toBe('a *** b')
    expect(mask('?p=pass%20word%2F1')).toBe('?p=***')
    expect(mask('only line-two')).toBe('only ***')
  })

  test('hides the longer of two secrets that begin alike, and leaves short texts alone', () => {
    expect(maskOf(['secret', 'secret-and-more'])('secret-and-more secret')).toBe('*** ***')
    expect(maskOf(['a'])('a banana')).toBe('a banana')
  })

  test('hides nothing where there is no secret', () => {
    expect(maskOf([])('text')).toBe('text')
  })
})
