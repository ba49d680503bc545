import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

/** What one case found out, as counts to be summed. */
export type Counts = Readonly<Record<string, number>>

export interface Soak {
  readonly name: string
  /** How many cases a whole run has, where `--count` does not say. */
  readonly count: number
  /** Checks the case of this seed; throws where it does not hold. */
  readonly check: (seed: number) => Promise<Counts>
}

/** How far a run has come: cases done of those from `seed` on. */
interface Progress {
  readonly seed: number
  readonly done: number
  readonly totals: Counts
}

function add(totals: Counts, counts: Counts): Counts {
  const names = new Set([...Object.keys(totals), ...Object.keys(counts)])
  return Object.fromEntries([...names].map(name => [name, (totals[name] ?? 0) + (counts[name] ?? 0)]))
}

function readProgress(file: string, seed: number): Progress {
  try {
    const progress = JSON.parse(readFileSync(file, 'utf8')) as Progress
    if (progress.seed === seed) return progress
  } catch {
    // No file, or one that was cut off: start over.
  }
  return { seed, done: 0, totals: {} }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const show = (totals: Counts): string =>
  Object.entries(totals)
    .map(([name, n]) => `${n.toLocaleString('en-US')} ${name}`)
    .join(', ')

/**
 * Checks case after case and keeps its place below `.local/soak`, so that an interrupted run goes on where it was. The case
 * number n has the seed `--seed` + n; the first one that fails ends the run with 1 and says how to repeat it alone.
 */
export async function runSoak(soak: Soak, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: String(soak.count) },
      fresh: { type: 'boolean', default: false },
    },
  })
  const [seed, count] = [Number(values.seed), Number(values.count)]
  const file = join(process.cwd(), '.local', 'soak', `${soak.name}.json`)
  if (values.fresh) rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  let progress = readProgress(file, seed)
  if (progress.done > 0) print(`${soak.name}: going on after ${progress.done} cases`)
  while (progress.done < count) {
    const current = seed + progress.done
    try {
      progress = { seed, done: progress.done + 1, totals: add(progress.totals, await soak.check(current)) }
    } catch (error) {
      print(error instanceof Error ? (error.stack ?? error.message) : String(error))
      print(`${soak.name}: the case of seed ${current} fails; alone: --fresh --seed ${current} --count 1`)
      return 1
    }
    writeFileSync(file, JSON.stringify(progress))
    if (progress.done % Math.max(1, Math.floor(count / 20)) === 0)
      print(`${progress.done} of ${count}: ${show(progress.totals)}`)
  }
  print(`${soak.name}: ${progress.done} cases passed (seed ${seed}): ${show(progress.totals)}`)
  return 0
}
