// What every command does first: install from the lockfile and build, each only where it is missing or out of date.
// Uses Node's own modules alone, since it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lockFile = join(root, 'package-lock.json')
// npm's own record of what it put into node_modules.
const installedFile = join(root, 'node_modules', '.package-lock.json')

/**
 * Whether node_modules holds what the lockfile pins. Dates decide where they can, since this runs before every command; a
 * checkout that only touched the lockfile's date is told apart by content, so that it costs no new installation.
 */
function isInstalled() {
  const installed = statSync(installedFile, { throwIfNoEntry: false })
  if (!installed) return false
  if (installed.mtimeMs >= statSync(lockFile).mtimeMs) return true
  const have = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  const want = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const differs = ([path, entry]) =>
    path !== '' && have[path]?.version !== entry.version && !(entry.optional && have[path] === undefined)
  if (Object.entries(want).some(differs)) return false
  const now = new Date()
  utimesSync(installedFile, now, now)
  return true
}

/** Runs `npm ci` where node_modules is missing or holds other versions. Exits the process when it fails. */
function ensureInstalled() {
  if (isInstalled()) return
  process.stderr.write('Installing packages (npm ci)…\n')
  // stdout belongs to the command's own output (`--json`), so npm may write to stderr only. The build needs the
  // development packages, also where NODE_ENV is production.
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'], {
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
  if (isBuilt()) return
  try {
    await build()
  } catch (error) {
    // esbuild has already shown what does not parse, and where.
    if (!Array.isArray(error.errors)) throw error
    process.stderr.write('The build failed: mend what is shown above, then run the command again.\n')
    process.exit(1)
  }
}
