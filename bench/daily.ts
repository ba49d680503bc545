import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Answer, assertionsOfLastRun, ourAnswer, referenceAnswer } from './daily/answers.ts'
import { type FeedFile, type FeedSize, makeFeed } from './daily/feed.ts'
import {
  type Bench,
  loadCommand,
  prepareReference,
  prepareWarehouse,
  referenceCommand,
  showDaysUpTo,
  stateKey,
} from './daily/states.ts'
import { lock } from './helpers/lock.ts'
import { copyProject } from './helpers/project.ts'
import { findRoot } from './helpers/root.ts'
import { machine, median, milliseconds, print, progress, timeNode } from './helpers/timing.ts'

const about = `Measures a day's load of the warehouse after a short and after a long history, beside a script of plain SQL.
  --customers N    how many; above 10,000 the long history is left out, as its snapshots would fill the disk (10000)
  --short N        days of the short history (10)
  --long N         days of the long history (364)
  --repetitions N  of each measurement, alternating (5)
  --reference F    the script to compare with (../shared/bench/reference-daily.mjs)
  --fresh          prepares feed and warehouses anew
`
/** What the second figure may be of the first, and ours of the script's. */
const bars = { growth: 1.15, reference: 2.5, large: 1.5, late: 2 }
/** Up to so many customers the long history is made and measured. */
const small = 10_000

/** One thing that is measured: on a copy of `state`, `command` for the day after `days`. */
interface Measurement {
  readonly name: string
  readonly days: number
  readonly state: string
  readonly command: (copy: string) => readonly string[]
  readonly answer: (copy: string) => Promise<Answer>
}

interface Options {
  readonly customers: number
  readonly short: number
  readonly long: number
  readonly repetitions: number
  readonly reference: string
  readonly fresh: boolean
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
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const customers = Number(values.customers)
  const numbers = {
    customers,
    short: Number(values.short),
    long: Number(values.long),
    repetitions: Number(values.repetitions),
  }
  return { ...numbers, reference: values.reference, fresh: values.fresh }
}

/** Makes what is missing: the feed, the copy of the project, the folders. States of other versions of the tool go. */
async function openBench(options: Options): Promise<Bench> {
  const root = findRoot()
  const home = join(root, '.local', 'bench', 'daily')
  lock(`${home}.lock`)
  if (options.fresh) rmSync(home, { recursive: true, force: true })
  const { customers } = options
  // Of a large feed the events of the short history are ten times the customers.
  const size: FeedSize =
    customers <= small
      ? { customers, days: options.long + 1, eventsPerDay: 270, changedPerTenThousand: 50 }
      : { customers, days: options.short + 1, eventsPerDay: customers, changedPerTenThousand: 50 }
  const feed = join(home, `feed-${size.customers}-${size.days}`)
  await makeFeed(feed, size, progress)
  const key = stateKey(root, size)
  mkdirSync(home, { recursive: true })
  const stale = readdirSync(home).filter(name => /^(state|project)-/.test(name) && !name.endsWith(key))
  for (const name of stale) rmSync(join(home, name), { recursive: true, force: true })
  const project = join(home, `project-${key}`)
  copyProject(root, project)
  const script = resolve(root, options.reference)
  return {
    root,
    feed,
    files: JSON.parse(readFileSync(join(feed, 'complete'), 'utf8')) as FeedFile[],
    states: join(home, `state-${key}`),
    project,
    reference: existsSync(script) ? script : undefined,
  }
}

function measurements(bench: Bench, options: Options): readonly Measurement[] {
  const ours = (days: number, tags: string | undefined): Measurement => ({
    name: `ours, ${days} days of history${tags === undefined ? ', all assertions' : ''}`,
    days,
    state: prepareWarehouse(bench, days),
    command: copy => loadCommand(bench, copy, tags),
    answer: ourAnswer,
  })
  const script = bench.reference
  const theirs = (days: number): readonly Measurement[] =>
    script === undefined
      ? []
      : [
          {
            name: `reference, ${days} days of history`,
            days,
            state: prepareReference(bench, script, days),
            command: copy => referenceCommand(bench, script, join(copy, 'reference.duckdb'), days + 1),
            answer: referenceAnswer,
          },
        ]
  const { short, long, customers } = options
  if (customers > small) return [ours(short, 'daily'), ...theirs(short), late(bench, short), ours(short, undefined)]
  return [
    ...[ours(short, 'daily'), ...theirs(short), late(bench, short)],
    ...[ours(long, 'daily'), ...theirs(long), ours(long, undefined)],
  ]
}

/** The day before the last comes after it. */
function late(bench: Bench, days: number): Measurement {
  return {
    name: `ours, a late day after ${days + 1}`,
    days,
    state: prepareWarehouse(bench, days + 1, days),
    command: copy => loadCommand(bench, copy, 'daily'),
    answer: ourAnswer,
  }
}

/** Runs a measurement once, on a copy of its state that is gone afterwards. */
async function measure(bench: Bench, measurement: Measurement): Promise<{ ms: number; answer: Answer }> {
  const copy = join(bench.states, 'copy')
  rmSync(copy, { recursive: true, force: true })
  cpSync(measurement.state, copy, { recursive: true })
  showDaysUpTo(bench, measurement.days + 1)
  const { ms } = timeNode(measurement.command(copy), bench.root)
  const answer = await measurement.answer(copy)
  rmSync(copy, { recursive: true, force: true })
  return { ms, answer }
}

/** A first round warms the caches, tells what was checked, and shows that both sides end with the same rows. */
async function firstRound(bench: Bench, list: readonly Measurement[]): Promise<boolean> {
  const byDays = new Map<number, Set<string>>()
  for (const measurement of list) {
    const { answer } = await measure(bench, measurement)
    const seen = byDays.get(measurement.days) ?? new Set()
    byDays.set(measurement.days, seen.add(JSON.stringify(answer)))
    const rows = `${answer.versions} versions of ${answer.current} current customers, ${answer.facts} facts`
    const { checked, failed } = assertionsOfLastRun(bench.project)
    const checks = measurement.name.startsWith('ours') ? `, ${checked} assertions checked, ${failed} not passed` : ''
    print(`${measurement.name}: ${rows}${checks}`)
  }
  return [...byDays.values()].every(answers => answers.size === 1)
}

function verdict(label: string, ratio: number, bar: number): boolean {
  const met = ratio <= bar
  print(`${label}: ${ratio.toFixed(2)} (bar ${bar}: ${met ? 'met' : 'MISSED'})`)
  return met
}

/** Prints each ratio beside its bar; true where all are met. */
function verdicts(options: Options, figures: ReadonlyMap<string, readonly number[]>, hasReference: boolean): boolean {
  const of = (name: string): number => median(figures.get(name) ?? [])
  const isSmall = options.customers <= small
  const [short, long] = [`${options.short} days of history`, `${options.long} days of history`]
  const most = isSmall ? long : short
  const met = [
    verdict(
      'ours: a late day over one in order',
      of(`ours, a late day after ${options.short + 1}`) / of(`ours, ${short}`),
      bars.late,
    ),
  ]
  if (isSmall) met.push(verdict(`ours: ${long} over ${short}`, of(`ours, ${long}`) / of(`ours, ${short}`), bars.growth))
  if (!hasReference) {
    print(`reference not found at ${options.reference}: name it with --reference FILE`)
    return false
  }
  const share = of(`ours, ${most}`) / of(`reference, ${most}`)
  met.push(verdict(`ours over the reference, ${most}`, share, isSmall ? bars.reference : bars.large))
  const all = of(`ours, ${most}, all assertions`) / of(`reference, ${most}`)
  print(`the same with all assertions: ${all.toFixed(2)} (for information)`)
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
  const list = measurements(bench, options)
  const same = await firstRound(bench, list)
  print(same ? 'both sides end with the same rows' : 'THE TWO SIDES DISAGREE')
  const figures = new Map(list.map(measurement => [measurement.name, [] as number[]]))
  for (let repetition = 1; repetition <= options.repetitions; repetition += 1) {
    for (const measurement of list) {
      const { ms } = await measure(bench, measurement)
      figures.get(measurement.name)?.push(ms)
      progress(`${repetition}/${options.repetitions} ${measurement.name}: ${milliseconds(ms)}`)
    }
  }
  print(`\nmedians of ${options.repetitions}, whole processes (${machine()})`)
  for (const [name, times] of figures) print(`  ${name.padEnd(46)} ${milliseconds(median(times)).padStart(10)}`)
  print()
  return verdicts(options, figures, bench.reference !== undefined) && same ? 0 : 1
}
