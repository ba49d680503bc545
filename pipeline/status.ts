import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Effects } from '../src/effects.ts'
import type { RelationFreshness } from '../src/index.ts'
import { HELD, type Held, heldOf } from './held.ts'
import { type Cleaned, readManifest, type Staged } from './lake.ts'
import { openLake } from './open-lake.ts'
import type { PipelineOptions } from './project.ts'
import { type Answer, withWarehouse } from './questions.ts'

/** Where a lake and its warehouse stand. Days are YYYY-MM-DD. */
export interface Standing {
  /** Delivered and not judged yet. */
  readonly waiting: readonly string[]
  readonly rejected: readonly string[]
  /** Archived and not staged yet. */
  readonly unstaged: readonly string[]
  readonly quarantinedRows: number
  readonly loadedDays: readonly {
    readonly day: string
    readonly revision: number
    readonly rows: number
    readonly complete: boolean
    /** How many revisions of the day were taken; the figures are the last one's. */
    readonly revisions: number
  }[]
  /** Snapshots that wait for `customer360 approve`. */
  readonly held: readonly Held[]
  /** Days between the first and the newest loaded one that have no snapshot. */
  readonly missingDays: readonly string[]
  /** How far the relations reach whose config has a `freshness`. */
  readonly freshness: readonly RelationFreshness[]
}

const NO_ROWS: Answer = { columns: [], rows: [] }
const LEDGER = `select cast(business_date as varchar), rev_seq, row_count, complete, count(*) over (partition by business_date)
from TELCO_DB.DATAFORM.LEDGER where dataset = 'DW.DIM_CUSTOMER'
qualify row_number() over (partition by business_date order by rev_seq desc) = 1 order by 1`

/** Reads the standing. A warehouse that does not exist yet has no loaded days. */
export async function status(
  options: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>,
  effects: Effects,
): Promise<Standing> {
  const lake = await openLake(options, effects)
  const cleaned = readManifest<Cleaned>(lake.folder, 'clean')
  const staged = new Set(
    readManifest<Staged>(lake.folder, 'staging').flatMap(file => file.sources.map(source => source.file)),
  )
  const exists = existsSync(join(resolve(options.warehouse), 'TELCO_DB.duckdb'))
  const { ledger, held, freshness } = await withWarehouse(options, effects, async (ask, reach) => ({
    ledger: exists ? await ask(LEDGER) : NO_ROWS,
    held: exists ? heldOf((await ask(HELD)).rows) : [],
    freshness: await reach(),
  }))
  const loadedDays = ledger.rows.map(([day, revision, rows, complete, revisions]) => ({
    day: day ?? '',
    revision: Number(revision),
    rows: Number(rows),
    complete: complete === 'true',
    revisions: Number(revisions),
  }))
  return {
    waiting: await lake.keys('raw/'),
    rejected: (await lake.keys('rejected/')).filter(key => !key.endsWith('.reason.json')),
    unstaged: (await lake.archived()).filter(file => !staged.has(file.file)).map(file => file.file),
    quarantinedRows: cleaned.reduce((sum, file) => sum + file.bad, 0),
    loadedDays,
    held,
    missingDays: gaps(loadedDays.map(({ day }) => day)),
    freshness,
  }
}

function gaps(days: readonly string[]): readonly string[] {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return []
  const known = new Set(days)
  const missing: string[] = []
  for (let at = Date.parse(first); at < Date.parse(last); at += 86_400_000) {
    const day = new Date(at).toISOString().slice(0, 10)
    if (!known.has(day)) missing.push(day)
  }
  return missing
}

/** The standing as people read it. */
export function statusText(standing: Standing): string {
  const newest = standing.loadedDays.at(-1)
  const late = standing.freshness.filter(({ status }) => status !== 'fresh').map(lateText)
  return `loaded       ${standing.loadedDays.length} day(s)${newest === undefined ? '' : `, newest ${newest.day} (revision ${newest.revision}, ${newest.rows} rows)`}
waiting      ${standing.waiting.length} raw file(s), ${standing.unstaged.length} archived and not staged
rejected     ${standing.rejected.length} file(s)
quarantined  ${standing.quarantinedRows} row(s)
${standing.held.map(heldText).join('')}missing      ${standing.missingDays.length === 0 ? 'no day' : standing.missingDays.join(', ')}
${(late.length === 0 ? ['nothing'] : late).map(text => `late         ${text}`).join('\n')}
`
}

function heldText({ date, vanished, baseCount, baseDate }: Held): string {
  return `HELD         ${date}: ${vanished} of the ${baseCount} customers of ${baseDate} are not in it; take it with: customer360 approve --date ${date}\n`
}

function lateText({ relation, newest, expectedBy, status }: RelationFreshness): string {
  return newest === null
    ? `${relation}: nothing yet (${status})`
    : `${relation}: newest ${newest}, the next day expected by ${expectedBy} (${status})`
}
