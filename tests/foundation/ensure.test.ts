import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'

let project: string

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), text)
}
const packages = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version, optional: true } } })

/** Calls `ensure()` with an npm that only leaves a mark; `fails` makes it end with 1. */
function ensure(fails = false): {
  readonly status: number | null
  readonly stdout: string
  readonly installed: boolean
} {
  write('bin/npm', `#!/bin/sh\necho npm says something\ntouch "${project}/npm-called"\nexit ${fails ? 1 : 0}\n`)
  chmodSync(join(project, 'bin', 'npm'), 0o755)
  const call = `import { ensure } from './scripts/ensure.mjs'; await ensure(); console.log('ready')`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', call], {
    cwd: project,
    encoding: 'utf8',
    env: { PATH: `${join(project, 'bin')}${delimiter}${process.env.PATH}` },
  })
  return { status, stdout, installed: existsSync(join(project, 'npm-called')) }
}

/** Sets a file's date, in seconds from now. */
function date(path: string, seconds: number): void {
  const when = Date.now() / 1000 + seconds
  utimesSync(join(project, path), when, when)
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ensure-'))
  mkdirSync(join(project, 'scripts'))
  for (const name of ['ensure.mjs', 'build.mjs']) {
    copyFileSync(join(root, 'scripts', name), join(project, 'scripts', name))
  }
  mkdirSync(join(project, 'src'))
  write('package-lock.json', packages('1.0.0'))
  // A bundle from the future is newer than every source: nothing is to be built here.
  write('dist/.stamp', String(Date.now() + 1e9))
})

afterEach(() => {
  rmSync(project, { recursive: true, force: true })
})

describe('ensure', () => {
  it('installs where nothing is installed, and leaves standard output to the command', () => {
    expect(ensure()).toEqual({ status: 0, stdout: 'ready\n', installed: true })
  })

  it('does not install again', () => {
    write('node_modules/.package-lock.json', packages('1.0.0'))
    expect(ensure()).toEqual({ status: 0, stdout: 'ready\n', installed: false })
  })

  it('does not install where only the lockfile’s date is newer, or an optional package is absent', () => {
    const installed = { packages: { 'node_modules/a': { version: '1.0.0' } } }
    write('node_modules/.package-lock.json', JSON.stringify(installed))
    date('node_modules/.package-lock.json', -100)
    expect(ensure()).toEqual({ status: 0, stdout: 'ready\n', installed: false })
  })

  it('installs where the lockfile names another version', () => {
    write('node_modules/.package-lock.json', packages('0.9.0'))
    date('node_modules/.package-lock.json', -100)
    expect(ensure()).toEqual({ status: 0, stdout: 'ready\n', installed: true })
  })

  it('ends with 1 where the installation fails', () => {
    expect(ensure(true)).toEqual({ status: 1, stdout: '', installed: true })
  })
})
