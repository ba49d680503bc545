import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'
import { startServer } from './server.ts'
import { hasVersity } from './versity.ts'

let project = ''
let source = ''

/** Calls functions of scripts/s3-server.mjs in a project of its own, whose server needs no module. */
function call(names: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const module = pathToFileURL(join(project, 'scripts', 's3-server.mjs')).href
  const code = `const server = await import(${JSON.stringify(module)}); ${names.map(name => `console.log(server.${name}() ?? '')`).join('; ')}`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { status: result.status, output: result.stdout.trim(), words: result.stderr }
}

const program = (word: string): string => `package main\n\nfunc main() { println("${word}") }\n`

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 's3-server-'))
  source = join(project, 'tests', 'ingestion-lambda', 's3-server')
  for (const folder of [join(project, 'scripts'), source]) mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'scripts', 's3-server.mjs'), join(project, 'scripts', 's3-server.mjs'))
  writeFileSync(join(source, 'go.mod'), 'module example\n\ngo 1.25.0\n')
  writeFileSync(join(source, 'go.sum'), '')
  writeFileSync(join(source, 'main.go'), program('one'))
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the second S3 server of the tests', () => {
  it('is not there without Go, and nothing is compiled; what needs it all the same fails', () => {
    const without = { PATH: join(project, 'scripts'), GOROOT: project }
    const none = call(['hasS3Server', 'ensureS3Server'], without)
    expect(none).toEqual({ status: 0, output: 'false', words: '' })
    const path = call(['s3ServerPath'], without)
    expect(path.status).toBe(1)
    expect(path.words).toContain('the S3 server of the tests is missing')
  })

  it.skipIf(!hasVersity)('is compiled once, and anew where its source changes', () => {
    const made = call(['ensureS3Server', 's3ServerPath'])
    expect(made.words).toContain('Compiling the S3 server of the tests (.local/s3-server)')
    expect(spawnSync(made.output, { encoding: 'utf8' }).stderr).toBe('one\n')
    const before = statSync(made.output).mtimeMs
    expect(call(['ensureS3Server', 'hasS3Server'], { PATH: '', GOROOT: project })).toMatchObject({
      output: 'true',
      words: '',
    })
    expect(statSync(made.output).mtimeMs).toBe(before)
    writeFileSync(join(source, 'main.go'), program('two'))
    expect(call(['s3ServerPath']).status).toBe(1)
    expect(spawnSync(call(['ensureS3Server', 's3ServerPath']).output, { encoding: 'utf8' }).stderr).toBe('two\n')
    expect(readdirSync(join(project, '.local', 's3-server'))).toHaveLength(1)
  })

  it.skipIf(!hasVersity)('that does not compile is an error with the words of the compiler, and leaves nothing', () => {
    writeFileSync(join(source, 'main.go'), 'package main\n\nfunc main() { none() }\n')
    const broken = call(['hasS3Server', 'ensureS3Server'])
    expect(broken.status).toBe(1)
    expect(broken.output).toBe('true')
    expect(broken.words).toContain('undefined: none')
    expect(readdirSync(join(project, '.local', 's3-server'))).toHaveLength(1)
  })

  it('a server that does not start is an error with its last words', async () => {
    const argv = ['-e', 'console.error("no folder"); process.exit(1)']
    await expect(startServer(process.execPath, argv, {})).rejects.toThrow('did not start:\nno folder')
  })
})
