import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeFeed } from './daily/feed.ts'
import { type Days, type Figures, firstRound, measurements, middle, names, rounds } from './daily/measure.ts'
import { measurePeers } from './daily/peers.ts'
import { feedSize } from './daily/rows.ts'
import { type Bench, stateKey } from './daily/states.ts'
import { lock } from './helpers/lock.ts'
import { copyProject } from './helpers/project.ts'
import { findRoot } from './helpers/root.ts'
import { machine, median, megabytes, milliseconds, print, progress } from './helpers/timing.ts'

const about = `Measures a day's load of the warehouse after a short and after a long history, beside a script of plain SQL; and a day
that comes late or once more, five days before the last of the long history.
  --customers N    how many (10000); of more than 10,000 the history is written into the databases instead of loaded
  --short N        days of the short history (10)
  --long N         days of the long history (364)
  --repetitions N  of each measurement, alternating (5)
  --reference F    the script to compare with (../shared/bench/reference-daily.mjs)
  --peers          also times dbt-duckdb and SQLMesh, which are installed from PyPI
  --fresh          prepares feed and warehouses anew
`
/** What a figure may be of another, and the milliseconds that correcting facts may take. */
const bars = { growth: 1.15, reference: 2.5, large: 1.5, late: 2, corrections: 500 }
/** Up to so many customers each day of the history is loaded. */
const small = 10_000

interface Options {
  readonly customers: number
  readonly days: Days
  readonly repetitions: number
  readonly reference: string
  readonly fresh: boolean
  readonly peers: boolean
}

function readOptions(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      customers: { type: 'string', default: String(small) },
      short: { type: 'string', default: '10' },
      long: { type: 'string', default: '364' },
      repetitions: { type: 'string', default: '5' },
      reference: { type: 'string', default: join('..', 'shared', 'bench', 'reference-daily.mjs') },
      fresh: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const [customers, short, long] = [Number(values.customers), Number(values.short), Number(values.long)]
  if (customers % 200 !== 0)
    throw new Error('--customers must be a multiple of 200: exactly one of so many changes a day')
  const repetitions = Number(values.repetitions)
  return { ...values, customers, days: { short, long, late: long - 5 }, repetitions }
}

/** Makes what is missing: the feed, the copy of the project, the folders. States of other versions of the tool go. */
async function openBench({ customers, days, fresh, reference }: Options): Promise<Bench> {
  const root = findRoot()
  const base = join(root, '.local', 'bench', 'daily')
  lock(`${base}.lock`)
  const home = join(base, String(customers))
  if (fresh) rmSync(home, { recursive: true, force: true })
  const isWritten = customers > small
  const size = feedSize(customers)
  const last = days.long + 1
  const made = isWritten
    ? [1, days.short - 1, days.short, days.short + 1, days.late, days.long - 1, days.long, last]
    : Array.from({ length: last }, (_, at) => at + 1)
  const feed = join(home, `feed-${days.short}-${last}`)
  const files = await makeFeed(feed, size, { last, made, revised: days.late }, progress)
  const key = stateKey(root, { size, isWritten })
  mkdirSync(home, { recursive: true })
  const stale = readdirSync(home).filter(name => /^(state|project)-/.test(name) && !name.endsWith(key))
  for (const name of stale) rmSync(join(home, name), { recursive: true, force: true })
  const project = join(home, `project-${key}`)
  copyProject(root, project)
  const script = resolve(root, reference)
  const states = join(home, `state-${key}`)
  return { root, size, isWritten, feed, files, states, project, reference: existsSync(script) ? script : undefined }
}

/** Prints a figure beside its bar. */
function verdict(label: string, figure: number, bar: number, unit = ''): boolean {
  const met = figure <= bar
  const text = unit === '' ? figure.toFixed(2) : `${Math.round(figure)}${unit}`
  print(`${label}: ${text} (bar ${bar}${unit}: ${met ? 'met' : 'MISSED'})`)
  return met
}

/** Prints each ratio beside its bar; true where all are met. */
function verdicts(figures: ReadonlyMap<string, Figures>, { customers, days }: Options): boolean {
  const { short, long } = days
  const of = (name: string): number => middle(figures, name)
  const usual = of(names.ours(long))
  const met = [
    verdict(`ours: ${long} days of history over ${short}`, usual / of(names.ours(short)), bars.growth),
    verdict('ours: a late day over one in order', of(names.late) / usual, bars.late),
    verdict('ours: a revised day over one in order', of(names.revised) / usual, bars.late),
    verdict(
      'corrections of facts after a late day',
      median(figures.get(names.late)?.corrections ?? []),
      bars.corrections,
      ' ms',
    ),
  ]
  if (!figures.has(names.reference(long))) {
    print('the reference was not found: name it with --reference FILE')
    return false
  }
  const bar = customers <= small ? bars.reference : bars.large
  for (const each of [short, long])
    met.push(
      verdict(`ours over the reference after ${each} days`, of(names.ours(each)) / of(names.reference(each)), bar),
    )
  const all = of(names.all(long)) / of(names.reference(long))
  print(`with all assertions, after ${long} days: ${all.toFixed(2)} (for information)`)
  return met.every(Boolean)
}

/** Prints medians and ratios. Exit code 1 where a bar is missed or the two sides disagree. */
export async function run(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv)
  if (options === undefined) {
    print(about)
    return 0
  }
  const bench = await openBench(options)
  const list = await measurements(bench, options.days)
  const isRight = await firstRound(bench, list)
  print(
    isRight ? 'both sides end with the same rows, and all assertions passed' : 'THE ROWS ARE NOT WHAT THEY SHOULD BE',
  )
  const before = machine()
  const figures = await rounds(bench, list, options.repetitions)
  print(`\n${options.customers.toLocaleString('en-US')} customers, medians of ${options.repetitions}, whole processes`)
  print(`before: ${before}\nafter:  ${machine()}`)
  for (const [name, { ms, peaks }] of figures)
    print(`  ${name.padEnd(46)} ${milliseconds(median(ms)).padStart(10)} ${megabytes(median(peaks)).padStart(10)}`)
  if (options.peers) await measurePeers(bench, options.days.short)
  print()
  return verdicts(figures, options) && isRight ? 0 : 1
}
