import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { failure } from '../engines/snowflake/wire-answers.ts'
import { startWireServer, type WireServer } from '../engines/snowflake/wire-server.ts'
import { pretendWarehouse } from '../engines/snowflake/wire-warehouse.ts'
import { dataform, project } from '../run/project.ts'
import { credentialsFile, SHOP } from './world.ts'

// The canaries: each must be found nowhere.
const PASSWORD = 'canary-password-0815'
const TOKEN = 'canary-token-0815'
const PASSPHRASE = 'canary passphrase 0815'
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE },
})
const CANARIES = [PASSWORD, TOKEN, PASSPHRASE, ...privateKey.split('\n').filter(line => /^[^-]/.test(line))]

let server: WireServer
beforeAll(async () => {
  server = await startWireServer(
    { name: 'DATAFORM', password: PASSWORD },
    { name: 'KEYS', publicKey },
    { name: 'TOKENS', accessToken: TOKEN },
  )
})
afterAll(() => server.close())
beforeEach(() => {
  pretendWarehouse(server)
})
afterEach(() => server.reset())

/** Every file below a folder as text. */
const written = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    : []

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['a password', { username: 'DATAFORM', password: PASSWORD }],
  [
    'an access token',
    { username: 'TOKENS', password: undefined, authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: TOKEN },
  ],
  ['a key with a passphrase', { username: 'KEYS', password: undefined, privateKey, privateKeyPassphrase: PASSPHRASE }],
])('%s is in no output, no statement and no file', async (_form, form) => {
  const folder = project({ '.df-credentials.json': credentialsFile(server, form), ...SHOP })
  const shown: string[] = []
  const run = async (status: number, ...args: readonly string[]): Promise<void> => {
    const ended = await dataform(folder, [...args, '--verbose'])
    expect(ended.stderr).not.toContain('This is a defect')
    expect(ended.status).toBe(status)
    shown.push(ended.stdout, ended.stderr)
  }
  await run(0, 'deploy', '--dry-run')
  const quoted = Object.values(form).join(' ')
  server.on(/VIEW|view DEMO\.MART/, failure(`unexpected '${quoted}'`))
  await run(1, 'deploy')
  server.on(/^call/i, failure(`unexpected '${quoted}'`))
  await run(1, 'call', 'SP_ALL')
  expect(shown.join('')).toContain('***')
  const files = [...written(join(folder, 'target')), ...written(join(folder, '.local'))]
  expect(files.length).toBeGreaterThan(3)
  const all = [...shown, ...server.received().map(each => JSON.stringify(each)), ...files]
  expect(CANARIES.filter(canary => all.some(text => text.includes(canary)))).toEqual([])
})
