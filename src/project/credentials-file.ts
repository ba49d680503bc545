import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Writes a file of secrets: nobody but its owner reads it, not even while it is written. */
export function writeSecrets(path: string, values: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}`
  writeFileSync(part, `${JSON.stringify(values, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(part, path)
}

/** Whether git would take a file into a commit; false where there is no git, or no repository. */
export function isOpenToGit(path: string): boolean {
  const { status } = spawnSync('git', ['check-ignore', '--quiet', basename(path)], {
    cwd: dirname(path),
    stdio: 'ignore',
  })
  return status === 1
}
