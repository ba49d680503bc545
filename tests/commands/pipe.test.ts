import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'

it('a reader that closes the pipe early is no error: the command ends as it would have', () => {
  // The flagship's graph is longer than a pipe holds, so the rest of it is written to nobody.
  const command = `node ${join(root, 'bin', 'dataform.mjs')} compile ${root} --json | head -c 10 > /dev/null; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
})
