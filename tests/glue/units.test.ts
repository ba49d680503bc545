import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildGlue } from '../../scripts/glue.mjs'
import { pythonPath } from '../../scripts/python.mjs'
import { root } from '../helpers/sources.ts'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glue-units-'))
  await buildGlue(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const python = (...args: readonly string[]) =>
  spawnSync(pythonPath(), args, {
    encoding: 'utf8',
    env: {
      ...process.env,
      PYTHONPATH: join(folder, 'telco.zip'),
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'eu-west-1',
    },
  })

describe('the jobs as they are built', () => {
  it('the modules keep their promises', () => {
    const { stderr } = python(join(root, 'tests', 'glue', 'units.py'))
    expect(stderr).toMatch(/Ran 1\d tests in [\d.]+s\n\nOK/)
  })

  it('the same sources make the same bytes', async () => {
    const hash = () =>
      createHash('sha256')
        .update(readFileSync(join(folder, 'telco.zip')))
        .digest('hex')
    const first = hash()
    await buildGlue(folder)
    expect(hash()).toBe(first)
  })

  it('a job without what it needs says so', () => {
    const { status, stderr } = python(join(folder, 'telco_clean.py'), '--run', 'r')
    expect([status, stderr]).toEqual([1, expect.stringContaining('the arguments are wrong')])
    expect(stderr).toContain('--lake')
  })
})
