import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'

interface Ended {
  readonly status: number | null
  readonly lastLine: string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script of scripts/ without the summary file of the run that this test is part of. */
function script(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ended {
  const { TEST_SUMMARY_FILE: _, FORBID_SKIPS: __, VITEST: ___, ...rest } = process.env
  const result = spawnSync(process.execPath, [join(root, 'scripts', name), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...rest, ...env },
  })
  const lastLine = result.stdout.trimEnd().split('\n').at(-1) ?? ''
  return { status: result.status, lastLine, stdout: result.stdout, stderr: result.stderr }
}

/** Runs `npm test`'s script on a folder with one file of tests. */
function testRun(text: string, env: Readonly<Record<string, string>> = {}): Ended {
  const folder = mkdtempSync(join(tmpdir(), 'scripts-'))
  try {
    writeFileSync(join(folder, 'a.test.js'), text)
    const reporter = JSON.stringify(join(root, 'tests', 'helpers', 'summary-reporter.ts'))
    writeFileSync(
      join(folder, 'vitest.config.mjs'),
      `export default { test: { globals: true, include: ['*.test.js'], reporters: ['default', ${reporter}] } }\n`,
    )
    return script('test.mjs', ['--root', folder, '--config', join(folder, 'vitest.config.mjs')], env)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('npm test', () => {
  it('ends with the counts and exit code 0 where nothing failed', () => {
    const run = testRun(`it('a', () => {}); it('b', () => {})\n`)
    expect(run.lastLine).toBe('2 passed, 0 failed, 0 skipped')
    expect(run.status).toBe(0)
  })

  it('counts what failed and what was skipped, and exits with 1', () => {
    const run = testRun(`it('a', () => {}); it('b', () => { throw new Error('b') }); it.skipIf(true)('c', () => {})\n`)
    expect(run.lastLine).toBe('1 passed, 1 failed, 1 skipped')
    expect(run.status).toBe(1)
  })

  it('counts a file that does not load as a failure', () => {
    const run = testRun(`import 'no-such-package'\nit('a', () => {})\n`)
    expect(run.lastLine).toBe('0 passed, 1 failed, 0 skipped')
    expect(run.status).toBe(1)
  })

  it('where skips are forbidden, allows those of the two optional suites alone', () => {
    const optional = `it('a', () => {}); it.skipIf(true)('[published sample] b', () => {})\n`
    expect(testRun(optional, { FORBID_SKIPS: '1' })).toMatchObject({
      status: 0,
      lastLine: '1 passed, 0 failed, 1 skipped',
    })
    const other = `it('a', () => {}); it.skipIf(true)('in a browser', () => {})\n`
    const refused = testRun(other, { FORBID_SKIPS: '1' })
    expect(refused).toMatchObject({ status: 1, lastLine: '1 passed, 0 failed, 1 skipped' })
    expect(refused.stdout).toContain('skipped: a.test.js: in a browser')
    expect(testRun(other).status).toBe(0)
  })
})

describe('npm run bench and npm run soak', () => {
  it.each([
    ['bench.mjs', 'no-such-bench', 'bench'],
    ['soak.mjs', 'no-such-soak', 'tests/soak'],
  ])('%s with an unknown name lists the names and exits with 2', (name, word, folder) => {
    const run = script(name, [word])
    expect(run.status).toBe(2)
    expect(run.stderr).toContain(`there is no "${word}" in ${folder}/`)
    expect(run.stderr).toContain('names: ')
  })

  it.each(['bench.mjs', 'soak.mjs'])('%s --help lists the names and ends well', name => {
    const run = script(name, ['--help'])
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(run.stdout).toContain('names: ')
  })
})

describe('files that are run', () => {
  it.each(['bin/dataform.mjs', 'bin/customer360.mjs', '.ci/run'])('%s is executable', path => {
    expect(statSync(join(root, path)).mode & 0o111).toBe(0o111)
  })
})
