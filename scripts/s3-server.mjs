// A second server of S3 for the tests: versitygw, compiled from tests/ingestion-lambda/s3-server into `.local/s3-server`, and anew
// where that changes. Go's own client fetches its modules, and compares each with go.sum.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'tests', 'ingestion-lambda', 's3-server')
const folder = join(root, '.local', 's3-server')

// Without optimization, and without what debuggers ask for, it compiles in two thirds of the time; it answers as fast, since it
// waits for disks and for the tests.
const COMPILE = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w']

/** The compiled server, under a name that says what it was made of: a build that was interrupted leaves none. */
function wanted() {
  const hash = createHash('sha256').update(JSON.stringify(COMPILE))
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(`\n${name}\n`).update(readFileSync(join(source, name)))
  return join(folder, `s3-server-${hash.digest('hex').slice(0, 16)}`)
}

/** Go where the path has it, or where its own installer puts it; undefined where there is none. */
function findGo() {
  const places = ['go', join(process.env.GOROOT ?? '/usr/local/go', 'bin', 'go')]
  return places.find(name => spawnSync(name, ['version']).status === 0)
}

/** Whether the server can be had here. Where it can, a build that fails is a failure; without Go, the suites that need it are skipped. */
export function hasS3Server() {
  return existsSync(wanted()) || findGo() !== undefined
}

/** Compiles the server where it is missing or out of date; does nothing without Go. Throws an Error that says what went wrong. */
export function ensureS3Server() {
  const server = wanted()
  if (existsSync(server)) return
  const go = findGo()
  if (go === undefined) return
  process.stderr.write('Compiling the S3 server of the tests (.local/s3-server), which takes a minute or two…\n')
  mkdirSync(folder, { recursive: true })
  const made = `${server}.${process.pid}`
  const { status, stdout, stderr, error } = spawnSync(go, ['build', ...COMPILE, '-o', made, '.'], {
    cwd: source,
    encoding: 'utf8',
    // Without C there is nothing to have but Go.
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
  })
  if (status !== 0) {
    rmSync(made, { force: true })
    const words = `${error?.message ?? ''}\n${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
    throw new Error(`the S3 server of the tests does not compile; Go 1.25 and a network are needed:\n${words}`)
  }
  renameSync(made, server)
  for (const name of readdirSync(folder))
    if (!join(folder, name).startsWith(server)) rmSync(join(folder, name), { force: true })
}

/** The compiled server. Throws where there is none: a suite that needs it fails and is not skipped. */
export function s3ServerPath() {
  const server = wanted()
  if (existsSync(server)) return server
  throw new Error('the S3 server of the tests is missing: the first lines of `npm test` say why, and Go 1.25 is needed')
}
