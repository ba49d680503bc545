import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'
import { type Stage, stages, templates } from './templates.ts'

it('npm run synth writes a template a stage to target/cdk, with neither credentials nor network', () => {
  const { PATH, HOME } = process.env
  // A proxy that is not there: whoever asks the network fails.
  const env = {
    PATH,
    HOME,
    CDK_VALIDATION: 'false',
    HTTPS_PROXY: 'http://127.0.0.1:1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const script = join(root, 'scripts', 'synth.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: root, encoding: 'utf8', env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const path = (stage: Stage): string => join('target', 'cdk', `telco-customer360-${stage}.template.json`)
  expect(stdout).toBe(stages.map(stage => `wrote ${path(stage)}\n`).join(''))
  const made = templates()
  for (const stage of stages) expect(JSON.parse(readFileSync(join(root, path(stage)), 'utf8'))).toEqual(made[stage])
})
