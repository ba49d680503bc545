import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRoot } from './root.ts'
import { progress } from './timing.ts'

/** The tools that measurements compare with, each with its requirement files in the order they are installed. */
const peers = {
  dbt: [
    { file: 'dbt.txt', options: [] },
    { file: 'dbt-no-deps.txt', options: ['--no-deps'] },
  ],
  sqlmesh: [{ file: 'sqlmesh.txt', options: [] }],
} as const

export type PeerName = keyof typeof peers

/** How a call of a peer ended. */
export interface PeerCall {
  /** The exit code. */
  readonly status: number
  /** Standard output and standard error. */
  readonly output: string
}

/** What is set for every call: no telemetry, no colours, nothing of the user's own settings for these tools. */
const quiet = {
  DO_NOT_TRACK: '1',
  DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  SQLMESH__DISABLE_ANONYMIZED_ANALYTICS: 'true',
  NO_COLOR: '1',
  PYTHONUTF8: '1',
}

const binaries = process.platform === 'win32' ? 'Scripts' : 'bin'
const venv = (peer: PeerName): string => join(findRoot(), '.local', 'bench', 'peers', peer)
const requirement = (file: string): string => join(findRoot(), 'bench', 'peers', file)
const python = (peer: PeerName): string => join(venv(peer), binaries, 'python')

/** A Python that the pinned packages have wheels for. Throws where this machine has none. */
function findPython(): string {
  const asked = 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
  const found = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'].find(
    name => spawnSync(name, ['-c', asked]).status === 0,
  )
  if (found === undefined) throw new Error('the peers need Python 3.11, 3.12 or 3.13 on the PATH: install one of them')
  return found
}

function must(program: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return
  const words = `${error?.message ?? ''}\n${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n')
  throw new Error(`${program} ${args.join(' ')} failed; mend it and call again:\n${words}`)
}

/** Installs a peer into a virtual environment below `.local/bench/peers`, once for each content of its requirement files. */
export function installPeer(peer: PeerName): void {
  const hash = createHash('sha256')
  for (const { file } of peers[peer]) hash.update(readFileSync(requirement(file)))
  const wanted = hash.digest('hex')
  const stamp = join(venv(peer), 'installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  progress(`installing ${peer} from PyPI…`)
  rmSync(venv(peer), { recursive: true, force: true })
  mkdirSync(venv(peer), { recursive: true })
  must(findPython(), ['-m', 'venv', venv(peer)])
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  for (const { file, options } of peers[peer]) must(python(peer), [...install, ...options, '-r', requirement(file)])
  writeFileSync(stamp, wanted)
}

function call(program: string, args: readonly string[], cwd: string): Promise<PeerCall> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...quiet }, maxBuffer: 64 * 1024 * 1024 }
    execFile(program, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code
      if (typeof status === 'number') resolve({ status, output: `${stdout}\n${stderr}`.trim() })
      else reject(error)
    })
  })
}

/** A command line. */
type Command = readonly [program: string, ...args: string[]]

const dbtCommand = (args: readonly string[]): Command => [
  join(venv('dbt'), binaries, 'dbt'),
  '--no-version-check',
  '--no-use-colors',
  ...args,
]

const sqlmeshCommand = (args: readonly string[], moment: string): Command => [
  python('sqlmesh'),
  requirement('sqlmesh_at.py'),
  moment,
  ...args,
]

/** Runs `dbt ARGS` in the folder of a dbt project. Rejects only where it could not be started. */
export function runDbt(args: readonly string[], project: string): Promise<PeerCall> {
  const [program, ...rest] = dbtCommand(args)
  return call(program, rest, project)
}

/** Runs `sqlmesh ARGS` in the folder of a SQLMesh project, with its clock at `moment` (ISO 8601 with its zone). */
export function runSqlmesh(args: readonly string[], project: string, moment: string): Promise<PeerCall> {
  const [program, ...rest] = sqlmeshCommand(args, moment)
  return call(program, rest, project)
}

/** A call that was measured. */
export interface TimedCall {
  readonly ms: number
  /** The most memory that one of its processes had resident, in MB. */
  readonly peak: number
}

/** Runs a peer's command as `runDbt` and `runSqlmesh` do, and measures it. Throws where it does not end with 0. */
export async function timePeer(
  peer: PeerName,
  args: readonly string[],
  project: string,
  moment: string,
): Promise<TimedCall> {
  const peakFile = join(project, 'peak.txt')
  const command = peer === 'dbt' ? dbtCommand(args) : sqlmeshCommand(args, moment)
  const started = performance.now()
  const { status, output } = await call(python(peer), [requirement('peak.py'), peakFile, ...command], project)
  const ms = performance.now() - started
  if (status !== 0) throw new Error(`${peer} ${args.join(' ')} ended with ${status}:\n${output.slice(-3000)}`)
  return { ms, peak: Number(readFileSync(peakFile, 'utf8')) }
}
