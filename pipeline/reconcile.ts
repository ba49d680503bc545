import type { Effects } from '../src/effects.ts'
import { type Cleaned, readManifest, type Staged } from './lake.ts'
import { openLake } from './open-lake.ts'
import type { PipelineOptions } from './project.ts'
import { withWarehouse } from './questions.ts'

/** What became of one delivered file's rows, through to the warehouse. */
export interface FileLedger {
  readonly dataset: string
  readonly date: string
  readonly source: string
  readonly received: number
  readonly good: number
  readonly bad: number
  readonly duplicate: number
  readonly conflict: number
  /** Rows in the fact (of events), or null for snapshots. */
  readonly facts: number | null
  /** Good rows that the warehouse had from another file already. */
  readonly known: number | null
  /** Good rows whose number another event of the warehouse has, with other content. */
  readonly clashing: number | null
  /** Whether the warehouse has taken what was staged of it. */
  readonly isLoaded: boolean
  readonly addsUp: boolean
}

/** Accounts for every row of every cleaned file. */
export async function reconcile(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
): Promise<readonly FileLedger[]> {
  const { folder } = await openLake(options, effects)
  const cleaned = readManifest<Cleaned>(folder, 'clean')
  const sources = new Map(
    readManifest<Staged>(folder, 'staging').flatMap(({ path, sources }) =>
      sources.map(source => [source.file, { ...source, path }] as const),
    ),
  )
  const { facts, clashes, loaded } = await withWarehouse(options, effects, async ask => ({
    facts: await ask('select source_file, count(*) as facts from TELCO_DB.DW.FACT_ACTIVITY group by 1'),
    clashes: await ask('select source_file, count(*) as clashes from TELCO_DB.DW.FACT_ACTIVITY_CONFLICT group by 1'),
    loaded: await ask('select file from TELCO_DB.DATAFORM.LOAD_HISTORY where consumed'),
  }))
  const loadedPaths = new Set(loaded.rows.map(([path]) => path))
  const countOf = (answer: typeof facts, file: string): number =>
    Number(answer.rows.find(row => row[0] === file)?.[1] ?? 0)
  return cleaned.map(file => {
    const staged = sources.get(file.file)
    const { good = 0, duplicate = 0, conflict = 0 } = staged ?? {}
    const isActivity = file.dataset === 'activity_logs'
    const inFact = isActivity ? countOf(facts, file.file) : null
    // The conflict table also holds what staging set aside; the rest of it met a fact of an earlier load.
    const clashing = isActivity ? Math.max(0, countOf(clashes, file.file) - conflict) : null
    // What is no fact of this file was known before, but only if the warehouse has looked at it.
    const isLoaded = staged !== undefined && loadedPaths.has(staged.path)
    const known = inFact === null || clashing === null ? null : isLoaded ? good - inFact - clashing : 0
    const isWhole = staged !== undefined && file.received === good + file.bad + duplicate + conflict
    return {
      dataset: file.dataset,
      date: file.date,
      source: file.source,
      received: file.received,
      good,
      bad: file.bad,
      duplicate,
      conflict,
      facts: inFact,
      known,
      clashing,
      isLoaded,
      addsUp: isWhole && isLoaded && (known === null || known >= 0),
    }
  })
}
