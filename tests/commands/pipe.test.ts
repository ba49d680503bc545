import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../helpers/sources.ts'

// The flagship's graph is longer than a pipe holds.
const PRINT = `node ${join(root, 'bin', 'dataform.mjs')} compile ${root} --json`

function shell(command: string): string {
  const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout
}

it('a reader that closes the pipe early is no error: the command ends as it would have', () => {
  expect(shell(`${PRINT} | head -c 10 > /dev/null; echo "\${PIPESTATUS[0]}"`)).toBe('0\n')
})

it('a reader that is slow gets everything: the command does not end before', () => {
  const text = shell(`${PRINT} | (sleep 3; cat)`)
  expect(text.length).toBeGreaterThan(100_000)
  expect(() => JSON.parse(text)).not.toThrow()
})
