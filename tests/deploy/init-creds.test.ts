import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pythonPath } from '../../scripts/python.mjs'
import type { Effects } from '../../src/effects.ts'
import { PASSWORD, USER } from '../engines/snowflake/account.ts'
import { table } from '../engines/snowflake/wire-answers.ts'
import { startWireServer, type WireServer } from '../engines/snowflake/wire-server.ts'
import { root } from '../helpers/sources.ts'
import { scratchFolder } from '../run/project.ts'
import { command } from './world.ts'

let server: WireServer
let folder: string
beforeEach(async () => {
  server = await startWireServer(USER)
  server.on(/^select current_user\(\)/, table(['U', 'R', 'W', 'V'], ['DATAFORM', 'LOADER', null, '9.30.1']))
  folder = scratchFolder()
})
afterEach(() => server.close())

const file = (): string => join(folder, '.df-credentials.json')
const written = (): unknown => JSON.parse(readFileSync(file(), 'utf8'))
const init = (args: readonly string[], env: Effects['env'] = {}) =>
  command(folder, ['init-creds', ...args], { env, isInteractive: false })
const withPassword = (...more: readonly string[]) =>
  init(['--type', 'snowflake', '--account', 'myorg-prod', '--user', 'DATAFORM', '--password-env', 'PASS', ...more], {
    PASS: PASSWORD,
  })
const url = (): readonly string[] => ['--access-url', server.url]

describe('with flags', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    [
      'a password',
      ['--account', 'o-a', '--user', 'U', '--password-env', 'S', '--role', 'R', '--warehouse', 'W', '--database', 'D'],
      { accountId: 'o-a', username: 'U', password: 'a secret', role: 'R', warehouse: 'W', databaseName: 'D' },
    ],
    [
      'a key pair',
      ['--account', 'o-a', '--user', 'U', '--private-key-path', '~/key.p8', '--passphrase-env', 'S'],
      { accountId: 'o-a', username: 'U', privateKeyPath: '~/key.p8', privateKeyPassphrase: 'a secret' },
    ],
    [
      'an access token',
      ['--account', 'o-a', '--user', 'U', '--authenticator', 'programmatic_access_token', '--token-env', 'S'],
      { accountId: 'o-a', authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', username: 'U', token: 'a secret' },
    ],
    [
      'the identity of a cloud',
      ['--account', 'o-a', '--authenticator', 'WORKLOAD_IDENTITY', '--identity-provider', 'aws'],
      { accountId: 'o-a', authenticator: 'WORKLOAD_IDENTITY', workloadIdentityProvider: 'AWS' },
    ],
    ['an entry of connections.toml', ['--connection', 'work', '--role', 'R'], { connection: 'work', role: 'R' }],
  ])('writes %s', async (_form, flags, keys) => {
    const { status, text } = await init(['--type', 'snowflake', ...flags], { S: 'a secret' })
    expect([status, text]).toEqual([0, 'wrote .df-credentials.json, which only you can read\n'])
    expect(written()).toEqual({ type: 'snowflake', ...keys })
  })

  test('writes DuckDB’s, and to another file', async () => {
    expect((await init(['--type', 'duckdb', '--path', 'w', '--credentials', 'other.json'])).status).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, 'other.json'), 'utf8'))).toEqual({ type: 'duckdb', path: 'w' })
  })

  test('only its owner reads the file, whatever the mask', async () => {
    await withPassword()
    expect((statSync(file()).mode & 0o777).toString(8)).toBe('600')
  })

  test.each<[string, readonly string[], string]>([
    ['nothing', [], '--type <type>'],
    ['a type alone', ['--type', 'snowflake'], '--account <id>'],
    ['no way to log in', ['--type', 'snowflake', '--account', 'o-a', '--user', 'U'], '--authenticator <name>'],
    [
      'no user and no password',
      ['--type', 'snowflake', '--account', 'o-a', '--authenticator', 'SNOWFLAKE'],
      '--user <name> and --password-env <name>',
    ],
    ['DuckDB without a folder', ['--type', 'duckdb'], '--path <dir>'],
  ])('without a terminal %s is refused with what is missing, and nothing is written', async (_what, flags, missing) => {
    const { status, stderr } = await init(flags)
    expect(status).toBe(2)
    expect(stderr).toBe(`error: there is no terminal to ask for the rest\n  = help: give ${missing}\n`)
    expect(existsSync(file())).toBe(false)
  })

  test.each<[string, readonly string[], string]>([
    ['an unknown type', ['--type', 'oracle'], '--type is none of snowflake, duckdb'],
    [
      'a secret instead of a variable’s name',
      ['--type', 'snowflake', '--account', 'o-a', '--user', 'U', '--password-env', 'canary-4711'],
      '--password-env names an environment variable that is not set',
    ],
    ['a password as a flag', ['--password=canary-4711'], "unknown option '--password'"],
    ['a token as a flag', ['--token', 'canary-4711'], "unknown option '--token'"],
  ])('%s is refused, and not repeated', async (_what, flags, message) => {
    const { status, text } = await init(flags)
    expect(status).toBe(2)
    expect(text).toContain(message)
    expect(text).not.toContain('canary')
    expect(existsSync(file())).toBe(false)
  })
})

test('a file that is there stays as it is', async () => {
  writeFileSync(file(), '{}')
  chmodSync(file(), 0o640)
  const { status, stderr } = await withPassword()
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^error: \.df-credentials\.json: this file is there already, and stays as it is\n {2}= help: remove it/,
  )
  expect(readFileSync(file(), 'utf8')).toBe('{}')
})

describe('git', () => {
  const git = (...args: readonly string[]): void => {
    expect(spawnSync('git', args, { cwd: folder }).status).toBe(0)
  }
  const WARNING = 'git does not ignore .df-credentials.json: add a line to .gitignore before you commit\n'

  test('is warned of where it would take the file, and left alone', async () => {
    git('init', '--quiet')
    const { status, stderr } = await withPassword()
    expect([status, stderr]).toEqual([0, `${WARNING}  .df-credentials.json\n`])
    expect(existsSync(join(folder, '.gitignore'))).toBe(false)
  })

  test('is not spoken of where it ignores the file, or where there is none', async () => {
    expect((await withPassword()).stderr).toBe('')
    const [first] = [folder]
    folder = scratchFolder()
    expect(folder).not.toBe(first)
    git('init', '--quiet')
    writeFileSync(join(folder, '.gitignore'), '.df-*\n')
    expect((await withPassword()).stderr).toBe('')
  })
})

describe('--test-connection', () => {
  test('logs in after writing, and says as whom', async () => {
    const { status, stdout } = await withPassword(...url(), '--test-connection')
    expect(status).toBe(0)
    expect(stdout).toContain('logged in as DATAFORM, role LOADER, warehouse none, Snowflake 9.30.1\n')
  })

  test('alone tests the file that is there, and changes nothing', async () => {
    await withPassword(...url())
    const before = readFileSync(file(), 'utf8')
    const { status, stdout } = await init(['--test-connection'])
    expect([status, stdout]).toEqual([0, 'logged in as DATAFORM, role LOADER, warehouse none, Snowflake 9.30.1\n'])
    expect(readFileSync(file(), 'utf8')).toBe(before)
  })

  test('tells a wrong password, and not what it was', async () => {
    const { status, text } = await init(
      [
        '--type',
        'snowflake',
        '--account',
        'myorg-prod',
        '--user',
        'DATAFORM',
        '--password-env',
        'P',
        ...url(),
        '--test-connection',
      ],
      { P: 'canary-wrong-4711' },
    )
    expect(status).toBe(1)
    expect(text).toContain('error: .df-credentials.json: Snowflake refused the login of DATAFORM at myorg-prod')
    expect(text).not.toContain('canary')
  })

  test('opens a DuckDB', async () => {
    const { status, stdout } = await init(['--type', 'duckdb', '--path', 'w', '--test-connection'])
    expect([status, stdout]).toEqual([0, 'wrote .df-credentials.json, which only you can read\nDuckDB in w\n'])
  })
})

describe('on a terminal', () => {
  const ENTER = '\r'
  const DOWN = '\u001b[B'
  /** Types an answer at each text that is shown; what the terminal showed in all. */
  const type = async (steps: readonly (readonly [shown: string, typed: string])[], ...args: readonly string[]) => {
    const bin = [process.execPath, join(root, 'bin', 'dataform.mjs'), 'init-creds', ...args]
    const child = spawn(pythonPath(), [join(root, 'tests/deploy/terminal.py'), JSON.stringify(steps), ...bin], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, TERM: 'xterm' },
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    const status = await new Promise<number | null>(settle => child.on('close', settle))
    return { status, shown }
  }
  const QUESTIONS = [
    ['What does this project run on?', ENTER],
    ['connections.toml', ENTER],
    ['Account', `myorg-prod${ENTER}`],
    ['How does it log in?', `${DOWN}${ENTER}`],
    ['User', `DATAFORM${ENTER}`],
    ['Password', `${PASSWORD}${ENTER}`],
    ['Role', `LOADER${ENTER}`],
    ['Warehouse', ENTER],
    ['Database', ENTER],
  ] as const

  test('asks for what is needed, shows no secret, and writes it', async () => {
    const { status, shown } = await type(QUESTIONS)
    expect(status).toBe(0)
    expect(shown).toContain('wrote .df-credentials.json')
    expect(written()).toEqual({
      ...{ type: 'snowflake', accountId: 'myorg-prod', username: 'DATAFORM' },
      ...{ password: PASSWORD, role: 'LOADER' },
    })
    expect(shown).not.toContain(PASSWORD)
    expect(shown).not.toContain(PASSWORD.slice(0, 6))
  })

  test('asks before it replaces a file, and no is the answer of Enter', async () => {
    writeFileSync(file(), '{}')
    const no = await type([['Replace it?', ENTER]])
    expect(no.status).toBe(1)
    expect(readFileSync(file(), 'utf8')).toBe('{}')
    const yes = await type([['Replace it?', `y`]], '--type', 'duckdb', '--path', 'w')
    expect(yes.status).toBe(0)
    expect(written()).toEqual({ type: 'duckdb', path: 'w' })
    expect((statSync(file()).mode & 0o777).toString(8)).toBe('600')
  })

  test('Ctrl-C at a question writes nothing, and ends with 130', async () => {
    const { status, shown } = await type([...QUESTIONS.slice(0, 5), ['Password', 'half\u0003']])
    expect(status).toBe(130)
    expect(shown).toContain('error: interrupted, and nothing was written')
    expect(existsSync(file())).toBe(false)
  })
})
