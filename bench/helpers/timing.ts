import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

/** One call of a program. */
export interface Call {
  /** Wall-clock milliseconds of the whole process. */
  readonly ms: number
  /** The most memory that one of its processes had resident, in MB. */
  readonly peak: number
  readonly stdout: string
}

// Each Node process of the call, children included, tells its own peak where it ends.
const tellPeak = (folder: string): string => `process.on('exit', () => {
  require('node:fs').writeFileSync(${JSON.stringify(folder)} + '/' + process.pid + '.peak', String(process.resourceUsage().maxRSS))
})`

/** Runs `node ARGS` and waits. Throws with the program's own words where it does not end with 0. */
export function timeNode(args: readonly string[], cwd: string): Call {
  const folder = mkdtempSync(join(tmpdir(), 'bench-peak-'))
  try {
    const preload = join(folder, 'peak.cjs')
    writeFileSync(preload, tellPeak(folder))
    const started = performance.now()
    const options = { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 } as const
    const result = spawnSync(process.execPath, ['--require', preload, ...args], options)
    const ms = performance.now() - started
    if (result.status !== 0) {
      const words = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-40).join('\n')
      throw new Error(`node ${args.join(' ')} ended with ${result.status ?? result.signal}:\n${words}`)
    }
    const peaks = readdirSync(folder).filter(name => name.endsWith('.peak'))
    const peak = Math.max(...peaks.map(name => Number(readFileSync(join(folder, name), 'utf8')) / 1024))
    return { ms, peak, stdout: result.stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The middle one of an odd number of figures, the mean of the middle two otherwise. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (upper + lower) / 2
}

/** `1,234 ms`. */
export function milliseconds(ms: number): string {
  return `${Math.round(ms).toLocaleString('en-US')} ms`
}

/** `1,234 MB`. */
export function megabytes(figure: number): string {
  return `${Math.round(figure).toLocaleString('en-US')} MB`
}

/** What the figures were taken on, and how busy it was; they are worth something as ratios only. */
export function machine(): string {
  const models = cpus()
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `Node ${process.versions.node}, ${models.length} × ${models[0]?.model ?? 'CPU'}, load ${load}`
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** What is going on, apart from the figures. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
