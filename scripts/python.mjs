// The Python environment of the tests: `.venv`, installed from tests/requirements.txt and made anew where that changes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = join(root, '.venv')
const requirements = join(root, 'tests', 'requirements.txt')
// Written last, so that an installation that was interrupted is done again.
const stamp = join(folder, 'installed')
const python = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin', 'python')

const wanted = () => createHash('sha256').update(readFileSync(requirements)).digest('hex')
const isInstalled = () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()

/** A Python that the pinned packages have wheels for, 3.11 first, since that is what the pins were made with. */
function findPython() {
  const asked = 'import ensurepip, venv, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
  const found = ['python3.11', 'python3', 'python3.12', 'python3.13', 'python'].find(
    name => spawnSync(name, ['-c', asked]).status === 0,
  )
  if (found !== undefined) return found
  throw new Error('some tests need Python 3.11, 3.12 or 3.13 with its venv module: install it and call again')
}

function must(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return
  const words = `${error?.message ?? ''}\n${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
  throw new Error(`${program} ${args.join(' ')} failed; mend it and call again:\n${words}`)
}

/** Makes `.venv` where it is missing or holds other versions. Throws an Error that says what is missing. */
export function ensurePython() {
  if (isInstalled()) return
  process.stderr.write('Making the Python environment of the tests (.venv)…\n')
  rmSync(folder, { recursive: true, force: true })
  must(findPython(), ['-m', 'venv', folder])
  process.stderr.write('Installing tests/requirements.txt into it…\n')
  must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
  writeFileSync(stamp, wanted())
}

/** The environment's interpreter. Throws where there is no environment: a suite that needs it fails and is not skipped. */
export function pythonPath() {
  if (isInstalled()) return python
  throw new Error('the Python environment .venv is missing: the first lines of this run say why')
}
