import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'

let project = ''

/** Calls functions of scripts/python.mjs in a project of its own, whose requirements name no package. */
function call(names: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const module = pathToFileURL(join(project, 'scripts', 'python.mjs')).href
  const code = `const python = await import(${JSON.stringify(module)}); ${names.map(name => `console.log(python.${name}() ?? '')`).join('; ')}`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { status: result.status, output: result.stdout.trim(), words: result.stderr }
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'python-'))
  for (const folder of ['scripts', 'tests']) mkdirSync(join(project, folder))
  cpSync(join(root, 'scripts', 'python.mjs'), join(project, 'scripts', 'python.mjs'))
  writeFileSync(join(project, 'tests', 'requirements.txt'), '# one\n')
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the Python environment of the tests', () => {
  it('says what is missing where there is no Python, and what needs it fails', () => {
    const none = call(['ensurePython'], { PATH: join(project, 'tests') })
    expect(none.status).toBe(1)
    expect(none.words).toContain('some tests need Python 3.11, 3.12 or 3.13 with its venv module')
    const path = call(['pythonPath'])
    expect(path.status).toBe(1)
    expect(path.words).toContain('the Python environment .venv is missing')
  })

  it('is made once, and anew where the requirements change', () => {
    const made = call(['ensurePython', 'pythonPath'])
    expect(made.words).toContain('Making the Python environment of the tests (.venv)')
    expect(spawnSync(made.output, ['-c', 'import sys; print(sys.prefix)'], { encoding: 'utf8' }).stdout).toContain(
      '.venv',
    )
    const stamp = join(project, '.venv', 'installed')
    const before = statSync(stamp).mtimeMs
    expect(call(['ensurePython'])).toEqual({ status: 0, output: '', words: '' })
    expect(statSync(stamp).mtimeMs).toBe(before)
    writeFileSync(join(project, 'tests', 'requirements.txt'), '# two\n')
    expect(call(['pythonPath']).status).toBe(1)
    expect(call(['ensurePython']).words).toContain('Making the Python environment')
    expect(call(['pythonPath']).status).toBe(0)
  }, 120_000)

  it('every requirement is pinned to one version', () => {
    const lines = readFileSync(join(root, 'tests', 'requirements.txt'), 'utf8')
      .trim()
      .split('\n')
    expect(lines.filter(line => !line.startsWith('#') && !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([])
  })
})
