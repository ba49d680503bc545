import { resolve } from 'node:path'
import { type Verb, wholeNumber } from '../src/commands/program.ts'
import { textTable, UserError } from '../src/index.ts'
import { cloudFlag, showCloudStatus } from './cloud/verbs.ts'
import { loadContracts } from './contracts.ts'
import { generate } from './feed/generate.ts'
import { HISTORY_VERBS } from './history-verbs.ts'
import { BAD_SHARE, loadSettings, tellLoad } from './load-verb.ts'
import { openLake } from './open-lake.ts'
import { reconcile } from './reconcile.ts'
import { runPipeline } from './run.ts'
import { start } from './start.ts'
import { status, statusText } from './status.ts'
import { JSON_FLAG, LAKE, places, print, share, text, VERBOSE, WAREHOUSE } from './verb-flags.ts'

const generateVerb: Verb = {
  name: 'generate',
  args: [],
  summary: 'writes source files of a made-up telco, the same bytes for the same arguments',
  flags: [
    { flags: '--out <dir>', summary: 'where to' },
    { flags: '--customers <n>', summary: 'how many customers; 1000 unless told', parse: wholeNumber },
    { flags: '--days <n>', summary: 'how many days; 30 unless told', parse: wholeNumber },
    { flags: '--start <day>', summary: 'the first day; 2025-01-01 unless told' },
    { flags: '--seed <n>', summary: 'another seed is another feed; 1 unless told', parse: wholeNumber },
    {
      flags: '--faults <rate>',
      summary: 'also bad rows, at this share, and bad files; and faults.json, the list of them',
      parse: share,
    },
    JSON_FLAG,
  ],
  run: async (_, options, effects) => {
    const out = text(options.out)
    if (out === undefined) throw new UserError('generate needs --out', { exitCode: 2 })
    const made = generate({
      out: resolve(effects.cwd, out),
      customers: (options.customers as number | undefined) ?? 1000,
      days: (options.days as number | undefined) ?? 30,
      start: text(options.start) ?? '2025-01-01',
      seed: (options.seed as number | undefined) ?? 1,
      faults: (options.faults as number | undefined) ?? 0,
    })
    if (options.json === true) print(effects, made)
    else effects.stdout(`Wrote ${made.files} files with ${made.faults} faults to ${out}\n`)
    return 0
  },
}

const landVerb: Verb = {
  name: 'land',
  args: ['<src>'],
  summary: "copies source files into the lake's raw/",
  flags: [{ flags: '--date <day>', summary: 'the business date of files whose name has none' }, LAKE, JSON_FLAG],
  run: async (args, options, effects) => {
    const place = places(options, effects)
    const { lake } = place
    const landed = await (await openLake(place, effects)).land(resolve(effects.cwd, args[0] ?? ''), text(options.date))
    if (options.json === true) print(effects, landed)
    else
      effects.stdout(
        `Landed ${landed.keys.length} files in ${lake}${landed.ignored.length === 0 ? '' : `; left ${landed.ignored.length} others: ${landed.ignored.slice(0, 5).join(', ')}`}\n`,
      )
    return 0
  },
}

const ingestVerb: Verb = {
  name: 'ingest',
  args: [],
  summary: 'validates what is in raw/ and routes it to archive/ or rejected/',
  flags: [LAKE, JSON_FLAG],
  run: async (_, options, effects) => {
    const place = places(options, effects)
    const lake = await openLake(place, effects)
    const files = await lake.ingest(loadContracts(place.projectDir), outcome => {
      if (options.json !== true)
        effects.stdout(`${outcome.outcome} ${outcome.key}${outcome.code === undefined ? '' : ` ${outcome.code}`}\n`)
    })
    const count = (outcome: string): number => files.filter(file => file.outcome === outcome).length
    const summary = { accepted: count('accepted'), duplicate: count('duplicate'), rejected: count('rejected') }
    if (options.json === true) print(effects, { ...summary, files })
    else effects.stdout(`${summary.accepted} accepted, ${summary.duplicate} duplicate, ${summary.rejected} rejected\n`)
    return 0
  },
}

const runVerb: Verb = {
  name: 'run',
  args: [],
  summary: 'ingests, cleans, stages, loads and asserts all that is new',
  flags: [
    LAKE,
    WAREHOUSE,
    { flags: '--from <day>', summary: 'only days from this one on' },
    { flags: '--to <day>', summary: 'only days up to this one' },
    BAD_SHARE,
    JSON_FLAG,
    VERBOSE,
  ],
  run: async (_, options, effects) => {
    const range = { from: text(options.from), to: text(options.to) }
    return tellLoad(await runPipeline({ ...loadSettings(options, effects), ...range }, effects), options, effects)
  },
}

const reconcileVerb: Verb = {
  name: 'reconcile',
  args: [],
  summary: 'accounts for every row: received = good + bad + duplicate + conflict, through to the fact',
  flags: [LAKE, WAREHOUSE, JSON_FLAG],
  run: async (_, options, effects) => {
    const files = await reconcile(places(options, effects), effects)
    const isWhole = files.every(file => file.addsUp)
    if (options.json === true) print(effects, { addsUp: isWhole, files })
    else {
      const columns = [
        'source',
        'received',
        'good',
        'bad',
        'duplicate',
        'conflict',
        'facts',
        'known',
        'clashing',
      ] as const
      const yes = (is: boolean): string => (is ? 'yes' : 'NO')
      const rows = files.map(file => [
        ...columns.map(name => String(file[name] ?? '-')),
        yes(file.isLoaded),
        yes(file.addsUp),
      ])
      effects.stdout(
        `${textTable([...columns, 'loaded', 'adds up'], rows)}\n${isWhole ? 'Every row is accounted for.' : 'Some rows are not accounted for.'}\n`,
      )
    }
    return isWhole ? 0 : 1
  },
}

const statusVerb: Verb = {
  name: 'status',
  args: [],
  summary: 'what is loaded, what waits, what was rejected, which days are missing, what is late',
  flags: [LAKE, WAREHOUSE, cloudFlag('shows the runs of the jobs on AWS instead, and where one failed'), JSON_FLAG],
  run: async (_, options, effects) => {
    if (options.cloud === true) return showCloudStatus(options, effects)
    const standing = await status(places(options, effects), effects)
    if (options.json === true) print(effects, standing)
    else effects.stdout(statusText(standing))
    return 0
  },
}

const startVerb: Verb = {
  name: 'start',
  args: [],
  summary: 'the whole line on a small made-up feed',
  hidden: true,
  flags: [LAKE, WAREHOUSE],
  run: (_, options, effects) => start(places(options, effects), effects),
}

/** The verbs of `customer360`. */
export const VERBS: readonly Verb[] = [
  generateVerb,
  landVerb,
  ingestVerb,
  runVerb,
  reconcileVerb,
  statusVerb,
  ...HISTORY_VERBS,
  startVerb,
]
