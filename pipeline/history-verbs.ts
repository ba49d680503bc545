import type { Verb } from '../src/commands/program.ts'
import { textTable } from '../src/index.ts'
import { approve } from './approve.ts'
import { backfill } from './backfill.ts'
import { cloudFlag, followCloudBackfill } from './cloud/verbs.ts'
import type { Comparison } from './compare-warehouses.ts'
import { BAD_SHARE, loadSettings, tellLoad } from './load-verb.ts'
import { type Replay, replay } from './replay.ts'
import { day, JSON_FLAG, LAKE, print, range, VERBOSE, WAREHOUSE } from './verb-flags.ts'

const backfillVerb: Verb = {
  name: 'backfill',
  args: [],
  summary: 'cleans, stages and loads archived days again',
  flags: [
    LAKE,
    WAREHOUSE,
    { flags: '--from <day>', summary: 'the first day' },
    { flags: '--to <day>', summary: 'the last day' },
    BAD_SHARE,
    cloudFlag('has the state machine on AWS clean and stage them, and follows it'),
    JSON_FLAG,
    VERBOSE,
  ],
  run: async (_, options, effects) => {
    const days = range(options)
    if (options.cloud === true) return followCloudBackfill(days, options, effects)
    return tellLoad(await backfill({ ...loadSettings(options, effects), ...days }, effects), options, effects)
  },
}

const approveVerb: Verb = {
  name: 'approve',
  args: [],
  summary: 'accepts a snapshot that was held because too many customers vanished, and loads it',
  flags: [
    LAKE,
    WAREHOUSE,
    { flags: '--date <day>', summary: 'the day of the snapshot' },
    BAD_SHARE,
    JSON_FLAG,
    VERBOSE,
  ],
  run: async (_, options, effects) => {
    const date = day(options, 'date')
    return tellLoad(await approve({ ...loadSettings(options, effects), date }, effects), options, effects)
  },
}

const replayVerb: Verb = {
  name: 'replay',
  args: [],
  summary: 'rebuilds the warehouse from the archive beside the live one, and compares them row by row',
  flags: [
    LAKE,
    WAREHOUSE,
    { flags: '--prove', summary: 'compares every row of every table of DW; exit 1 where they differ' },
    JSON_FLAG,
    VERBOSE,
  ],
  run: async (_, options, effects) => {
    const result = await replay(loadSettings(options, effects), effects)
    const isSame = result.relations.every(isEqual)
    if (options.json === true) print(effects, { isSame, ...result })
    else effects.stdout(replayText(result, isSame))
    return isSame ? 0 : 1
  },
}

const isEqual = ({ hash, replayedHash, missing, extra }: Comparison): boolean =>
  hash === replayedHash && missing === 0 && extra === 0

function replayText({ loads, relations }: Replay, isSame: boolean): string {
  const rows = relations.map(each => [
    each.relation,
    String(each.rows),
    each.hash,
    isEqual(each) ? 'equal' : `DIFFERS: ${each.missing} missing, ${each.extra} extra`,
  ])
  const examples = relations.flatMap(({ relation, examples }) => examples.map(example => `${relation} ${example}\n`))
  const verdict = isSame
    ? `Proven: ${loads} loads replayed from the archive give every row of the live warehouse, on both axes.`
    : 'The replayed warehouse DIFFERS from the live one.'
  return `${textTable(['relation', 'rows', 'hash', 'replayed'], rows)}\n${examples.join('')}${verdict}\n`
}

/** The verbs that keep and prove history. */
export const HISTORY_VERBS: readonly Verb[] = [backfillVerb, approveVerb, replayVerb]
