import type { Effects } from '../src/effects.ts'
import { type Cleaned, readManifest, type Staged } from './lake.ts'
import { withWarehouse } from './questions.ts'
import type { PipelineOptions } from './run.ts'

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
  readonly addsUp: boolean
}

/** Accounts for every row of every cleaned file. */
export async function reconcile(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
): Promise<readonly FileLedger[]> {
  const cleaned = readManifest<Cleaned>(options.lake, 'clean')
  const sources = new Map(
    readManifest<Staged>(options.lake, 'staging').flatMap(file =>
      file.sources.map(source => [source.file, source] as const),
    ),
  )
  const { facts, clashes } = await withWarehouse(options, effects, async ask => ({
    facts: await ask('select source_file, count(*) as facts from TELCO_DB.DW.FACT_ACTIVITY group by 1'),
    clashes: await ask('select source_file, count(*) as clashes from TELCO_DB.DW.FACT_ACTIVITY_CONFLICT group by 1'),
  }))
  const countOf = (answer: typeof facts, file: string): number =>
    Number(answer.rows.find(row => row[0] === file)?.[1] ?? 0)
  return cleaned.map(file => {
    const staged = sources.get(file.file)
    const { good = 0, duplicate = 0, conflict = 0 } = staged ?? {}
    const isActivity = file.dataset === 'activity_logs'
    const inFact = isActivity ? countOf(facts, file.file) : null
    // The conflict table also holds what staging set aside; the rest of it met a fact of an earlier load.
    const clashing = isActivity ? Math.max(0, countOf(clashes, file.file) - conflict) : null
    const known = inFact === null || clashing === null ? null : good - inFact - clashing
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
      addsUp: isWhole && (known === null || known >= 0),
    }
  })
}
