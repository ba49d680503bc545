import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { account } from '../../../infra/snowflake/command.ts'
import { root } from '../../helpers/sources.ts'
import { scripts } from './scripts.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'account-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function call(...argv: readonly string[]) {
  let stdout = ''
  let stderr = ''
  const code = account(argv, root, folder, { stdout: text => (stdout += text), stderr: text => (stderr += text) })
  return { code, stdout, stderr }
}

describe('npm run account', () => {
  it('writes the scripts where it is told, and lists them', () => {
    const { code, stdout } = call('--stage', 'dev', '--out', 'sql')
    expect(code).toBe(0)
    expect(stdout.split('\n')).toContain(join('sql', '10_roles.sql'))
    for (const [path, text] of scripts('dev')) expect(readFileSync(join(folder, 'sql', path), 'utf8')).toBe(text)
  })

  it('takes away what it rendered before and no longer does, and nothing else', () => {
    call('--stage', 'dev', '--out', 'sql')
    cpSync(join(folder, 'sql', '10_roles.sql'), join(folder, 'sql', '15_old.sql'))
    writeFileSync(join(folder, 'sql', 'own.sql'), 'select 1;\n')
    call('--stage', 'prod', '--out', 'sql')
    expect(existsSync(join(folder, 'sql', '15_old.sql'))).toBe(false)
    expect(readFileSync(join(folder, 'sql', 'own.sql'), 'utf8')).toBe('select 1;\n')
  })

  it('keeps the teardown apart from what is run in order', () => {
    call('--stage', 'dev', '--out', '.')
    expect(readdirSync(folder).filter(name => /teardown|row_access/.test(name))).toEqual(['teardown'])
  })

  it('drops the database in the teardown only with --include-data', () => {
    const teardown = () => readFileSync(join(folder, 'teardown', 'teardown.sql'), 'utf8')
    call('--stage', 'dev', '--out', '.')
    expect(teardown()).not.toContain('drop database')
    call('--stage', 'dev', '--out', '.', '--include-data')
    expect(teardown()).toContain('drop database')
  })

  it.each([[[]], [['--stage', 'test']], [['--stage', 'dev', '--force']], [['dev']]])('%j is wrong usage', argv => {
    const { code, stderr } = call(...argv)
    expect(code).toBe(2)
    expect(stderr).toContain('usage: npm run account -- --stage dev|prod')
  })

  it('runs as a script, with paths relative to where it was called', () => {
    const run = spawnSync(process.execPath, [join(root, 'scripts', 'account.mjs'), '--stage', 'prod', '--out', 'sql'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, INIT_CWD: folder },
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
    expect(readFileSync(join(folder, 'sql', '10_roles.sql'), 'utf8')).toBe(scripts('prod').get('10_roles.sql'))
  })
})
