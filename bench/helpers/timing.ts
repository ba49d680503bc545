import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

/** One call of a program. */
export interface Call {
  /** Wall-clock milliseconds of the whole process. */
  readonly ms: number
  readonly stdout: string
}

/** Runs `node ARGS` and waits. Throws with the program's own words where it does not end with 0. */
export function timeNode(args: readonly string[], cwd: string): Call {
  const started = performance.now()
  const result = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  const ms = performance.now() - started
  if (result.status !== 0) {
    const words = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-40).join('\n')
    throw new Error(`node ${args.join(' ')} ended with ${result.status ?? result.signal}:\n${words}`)
  }
  return { ms, stdout: result.stdout }
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

/** What the figures were taken on; they are worth something as ratios only. */
export function machine(): string {
  const models = cpus()
  return `Node ${process.versions.node}, ${models.length} × ${models[0]?.model ?? 'CPU'}`
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** What is going on, apart from the figures. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}
