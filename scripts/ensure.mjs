// What every command does first: install from the lockfile and build, each only where it is missing or out of date.
// Uses Node's own modules alone, since it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Runs `npm ci` where node_modules is missing or older than the lockfile. Exits the process when it fails. */
function ensureInstalled() {
  const installed = statSync(join(root, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false })
  const lock = statSync(join(root, 'package-lock.json'))
  if (installed && installed.mtimeMs >= lock.mtimeMs) return
  process.stderr.write('Installing packages (npm ci)…\n')
  // stdout belongs to the command's own output (`--json`), so npm may write to stderr only.
  const npm = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    process.stderr.write(`npm ci failed in ${root}: see its message above, then run the command again.\n`)
    process.exit(1)
  }
}

/** Installs and builds where needed; a second call costs a few milliseconds. */
export async function ensure() {
  // A published package ships dist/ without src/: nothing to build there.
  if (!existsSync(join(root, 'src'))) return
  ensureInstalled()
  const { build, isBuilt } = await import('./build.mjs')
  if (!isBuilt()) await build()
}
