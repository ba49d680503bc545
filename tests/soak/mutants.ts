import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { type Counts, runSoak } from '../helpers/soak.ts'
import { attributionSql } from '../history/attribution-sql.ts'
import type { Act } from '../history/compare.ts'
import { histories } from '../history/generator.ts'
import type { History } from '../history/model.ts'
import { SITUATIONS } from '../history/situations.ts'
import { widen } from '../history/widen.ts'
import { idle, isEquivalent } from '../mutation/equivalent.ts'
import { everyMutant } from '../mutation/every.ts'
import type { Mutant } from '../mutation/mutants.ts'
import { showCorrections, showHistory, showStops, type Verdict } from '../mutation/trials.ts'

const SEED = 20250101
/** The share that must be shown, of those that run. */
const ENOUGH = 0.9
const size = ({ loads }: History): number => loads.reduce((sum, { batch }) => sum + batch.length, 0)
/**
 * Random histories, those of many deliveries first: they show most. Side by side some key changes on every day: what only
 * shows on days without a change needs narrow histories too.
 */
const drawn: readonly History[] = fc
  .sample(histories, { seed: SEED, numRuns: 60 })
  .sort((one, other) => size(other) - size(one))
  .slice(0, 4)
  .map((history, index) => widen(history, index % 2 === 0 ? 12 : 1))

/** First loads of one day are all alike, and so is what comes again: one history is enough to try those. */
const isNews = ({ isRepeat, load }: Act, index: number): boolean => !isRepeat && (index > 0 || load.batch.length > 1)

/** What is shown of loads, and whether to those as well of which it is explained that nothing can show them. */
const LOADS: readonly { readonly history: History; readonly isWhole: boolean }[] = [
  ...SITUATIONS.map(({ history }, index) => ({ history, isWhole: index === 0 })),
  ...drawn.map(history => ({ history, isWhole: true })),
]

/** Shows something to the mutants that are still alive. */
type Killer = (alive: readonly Mutant[]) => Promise<ReadonlyMap<Mutant, Verdict>>

const FILE = '.local/soak/mutants-verdicts.json'
const SURVIVORS = '.local/survivors.txt'
const nameOf = ({ sql }: Mutant): string => createHash('md5').update(sql).digest('hex')
type Verdicts = Readonly<Record<string, Verdict>>
const verdictsOf = (): Verdicts => JSON.parse(readFileSync(FILE, 'utf8')) as Verdicts

function tally(verdicts: readonly Verdict[]): Counts {
  const counts: Record<string, number> = {}
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

/** Of those that run, the share that is shown; one that does not end is not. */
function share({ killed = 0, failed = 0, survived = 0, endless = 0 }: Counts): number {
  const found = killed + failed
  return found / (found + survived + endless)
}

/**
 * Who is left: what tests/mutation/equivalent.ts explains, and what somebody has to look at.
 *
 * @throws where that file says of a mutant that nothing can show it, and something did, or where it explains none
 */
function reckon(all: readonly Mutant[], verdicts: Verdicts): Counts {
  const left = all.filter(mutant => verdicts[nameOf(mutant)] === undefined)
  const survivors = left.filter(mutant => !isEquivalent(mutant))
  writeFileSync(SURVIVORS, survivors.map(({ shown }) => `${shown}\n`).join(''))
  const wrong = all.filter(mutant => isEquivalent(mutant) && verdicts[nameOf(mutant)] === 'killed')
  const mistakes = [...wrong.map(({ shown }) => `was shown: ${shown}`), ...idle(all).map(text => `is none: ${text}`)]
  if (mistakes.length > 0) throw new Error(`tests/mutation/equivalent.ts is wrong:\n${mistakes.join('\n')}`)
  return { equivalent: left.length - survivors.length, survived: survivors.length }
}

/**
 * `npm run soak -- mutants`: each word of the SQL of history and of corrections is broken on its own, and histories are to show
 * it: situations made by hand, then random ones. A case is one history, shown to all that are still alive; the last one counts
 * who is left. Those that survived and that tests/mutation/equivalent.ts does not explain are in .local/survivors.txt. Fails
 * where fewer are shown than must be.
 */
export async function run(argv: readonly string[]): Promise<number> {
  const model = attributionSql()
  const all = await everyMutant(model.query)
  const killers: readonly Killer[] = [
    showStops,
    ...LOADS.map(({ history, isWhole }): Killer => {
      if (isWhole) return alive => showHistory(history, alive)
      return alive =>
        showHistory(
          history,
          alive.filter(mutant => !isEquivalent(mutant)),
          isNews,
        )
    }),
    ...LOADS.map(
      ({ history }, seed): Killer =>
        alive =>
          showCorrections(model, history, seed, alive),
    ),
  ]
  const check = async (seed: number): Promise<Counts> => {
    const verdicts = seed === 1 ? {} : verdictsOf()
    const killer = killers[seed - 1]
    if (killer === undefined) return reckon(all, verdicts)
    const found = await killer(all.filter(mutant => verdicts[nameOf(mutant)] === undefined))
    const named = [...found].map(([mutant, verdict]) => [nameOf(mutant), verdict] as const)
    mkdirSync('.local/soak', { recursive: true })
    writeFileSync(FILE, JSON.stringify({ ...verdicts, ...Object.fromEntries(named) }))
    return { histories: 1, ...tally([...found.values()]) }
  }
  const code = await runSoak({ name: 'mutants', count: killers.length + 1, check }, argv)
  if (code !== 0) return code
  const verdicts = verdictsOf()
  const found = share({ ...tally(Object.values(verdicts)), ...reckon(all, verdicts) })
  process.stdout.write(`${all.length} mutants; of those that run ${(100 * found).toFixed(1)} % are shown\n`)
  return found < ENOUGH ? 1 : 0
}
