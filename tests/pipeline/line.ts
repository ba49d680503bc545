import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { copyProject } from '../../bench/helpers/project.ts'
import { clean } from '../../pipeline/clean.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { ingest } from '../../pipeline/ingest.ts'
import { readManifest, type Staged } from '../../pipeline/lake.ts'
import type { PipelineOptions } from '../../pipeline/project.ts'
import { withWarehouse } from '../../pipeline/questions.ts'
import { type PipelineResult, runPipeline } from '../../pipeline/run.ts'
import { stage } from '../../pipeline/stage.ts'
import { parquet, quoted, withWorker } from '../../pipeline/worker.ts'
import type { Effects } from '../../src/effects.ts'
import type { ActionResult } from '../../src/report/results.ts'
import { root } from '../helpers/sources.ts'

type Row = Readonly<Record<string, unknown>>

/** What one day brings. A row that is a text is written as it stands, so that it may be no row at all. */
export interface Delivery {
  readonly customers?: readonly (Row | string)[]
  readonly plans?: readonly Row[]
  readonly events?: readonly (Row | string)[]
}

/** Rows of an answer: each cell as people see it. */
export type Cells = readonly (readonly (string | null)[])[]

export type Values = Readonly<Record<string, string | number | null>>

/** A lake and a warehouse of their own, in a temporary folder. */
export interface Line {
  readonly places: Pick<PipelineOptions, 'projectDir' | 'lake' | 'warehouse'>
  readonly effects: Effects
  /** All that was printed so far, or what went to standard output alone. */
  readonly printed: (only?: 'stdout') => string
  /** Puts a day's files into `raw/`. `flat` events have no folder for their day: a second file of the same day. */
  readonly deliver: (day: string, delivery: Delivery, place?: 'dated' | 'flat') => void
  readonly run: (options?: Partial<PipelineOptions>) => Promise<PipelineResult>
  /** The line without its warehouse. */
  readonly prepare: () => Promise<readonly Staged[]>
  /** The rows of a staged folder. */
  readonly staged: (folder: string) => Promise<readonly Values[]>
  /** Answers of the warehouse, in Snowflake's SQL. */
  readonly ask: (...queries: readonly string[]) => Promise<readonly Cells[]>
  /** Every row of every model and of the ledgers, by `SCHEMA.NAME`, as a plain DuckDB that attaches the file reads them. */
  readonly dump: () => Promise<Readonly<Record<string, readonly Values[]>>>
}

/** A customer with values that do not matter, and those that do. */
export const customer = (id: string, over: Row = {}): Row => ({
  customer_id: id,
  first_name: 'Ana',
  last_name: 'Costa',
  email: `${id.toLowerCase()}@example.com`,
  phone: '+12025550100',
  gender: 'F',
  date_of_birth: '1980-01-01',
  address: '1 Main Street',
  state: 'Texas',
  country: 'USA',
  registration_date: '2020-01-01T00:00:00Z',
  registration_channel: 'web',
  plan_id: 'P1',
  status: 'active',
  ...over,
})

/** A plan of a price list. */
export const plan = (id: string, over: Row = {}): Row => ({
  plan_id: id,
  plan_name: `Plan ${id}`,
  monthly_price: '10.00',
  data_allowance_gb: '5',
  voice_minutes: '100',
  sms_allowance: '50',
  roaming_enabled: 'N',
  validity_days: '30',
  plan_category: 'Basic',
  ...over,
})

/** An event; `at` is its timestamp. */
export const event = (id: string, of: string, at: string, over: Row = {}): Row => ({
  event_id: id,
  customer_id: of,
  event_type: 'login',
  event_timestamp: at,
  device_type: 'Web',
  ip_address: '198.51.100.1',
  network_type: '4G',
  payload: {},
  ...over,
})

const scratch = (name: string): string => mkdtempSync(join(tmpdir(), `${name}-`))

/** A copy of the flagship, whose `target/` and `.local/` are not those of the repository. */
export function copyFlagship(): string {
  const project = scratch('flagship')
  copyProject(root, project)
  return project
}

let project: string | undefined

/** The copy of the flagship that the tests of this process share. Nobody changes it. */
export function flagship(): string {
  project ??= copyFlagship()
  return project
}

/** Opens an empty line of the shared copy of the flagship, or of this lake or project. */
export function openLine(given: Partial<Pick<Line['places'], 'projectDir' | 'lake'>> = {}): Line {
  const folder = scratch('line')
  const { projectDir = flagship(), lake = join(folder, 'lake') } = given
  const places = { projectDir, lake, warehouse: join(folder, 'warehouse') }
  const out: string[] = []
  const all: string[] = []
  const effects: Effects = {
    stdout: text => {
      out.push(text)
      all.push(text)
    },
    stderr: text => void all.push(text),
    isTerminal: false,
    useColour: false,
    columns: 80,
    env: {},
    cwd: folder,
    now: () => new Date(),
    onInterrupt: () => () => undefined,
  }
  return {
    places,
    effects,
    printed: only => (only === 'stdout' ? out : all).join(''),
    deliver: (day, delivery, place = 'dated') => deliver(places.lake, day, delivery, place),
    run: (options = {}) => runPipeline({ ...places, badShare: 0.5, quiet: false, ...options }, effects),
    prepare: () => prepare(places),
    staged: folder => readStaged(places.lake, folder),
    dump: () => dump(places.warehouse),
    ask: (...queries) =>
      withWarehouse(places, effects, async ask => {
        const answers: Cells[] = []
        for (const sql of queries) answers.push((await ask(sql)).rows)
        return answers
      }),
  }
}

function deliver(lake: string, day: string, delivery: Delivery, place: 'dated' | 'flat'): void {
  const digits = day.replaceAll('-', '')
  const write = (key: string, rows: readonly (Row | string)[]): void => {
    const path = join(lake, 'raw', key)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, rows.map(row => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''))
  }
  const { customers, plans, events } = delivery
  if (customers !== undefined) write(`customers/customers_${digits}.ndjson`, customers)
  if (plans !== undefined) {
    const header = Object.keys(plan('P'))
    write(`plans/plans_${digits}.csv`, [header.join(), ...plans.map(row => header.map(column => row[column]).join())])
  }
  if (events === undefined) return
  const [year, month, date] = day.split('-')
  const below = place === 'dated' ? `year=${year}/month=${month}/day=${date}/` : ''
  write(`activity_logs/${below}logs_${digits}.ndjson`, events)
}

async function prepare({ projectDir, lake }: Line['places']): Promise<readonly Staged[]> {
  const shared = { lake, contracts: loadContracts(projectDir), tell: () => undefined }
  await ingest(lake, shared.contracts, () => undefined)
  return withWorker(async worker => {
    await clean(worker, { ...shared, badShare: 0.5 })
    return stage(worker, shared)
  })
}

function readStaged(lake: string, folder: string): Promise<readonly Values[]> {
  const files = readManifest<Staged>(lake, 'staging').filter(file => file.folder === folder)
  const paths = files.map(file => join(lake, 'staging', file.path))
  return withWorker(async worker =>
    paths.length === 0 ? [] : worker.all(`select * from ${parquet(paths)} order by all`),
  )
}

function dump(warehouse: string): Promise<Readonly<Record<string, readonly Values[]>>> {
  return withWorker(async worker => {
    await worker.run(`attach ${quoted(join(warehouse, 'TELCO_DB.duckdb'))} as TELCO_DB (read_only)`)
    const relations = await worker.all(
      `select table_schema || '.' || table_name as name from information_schema.tables
where table_catalog = 'TELCO_DB' and (table_schema in ('STAGING', 'DW', 'MART') or table_name in ('LEDGER', 'LOAD_HISTORY')) order by 1`,
    )
    const rows: Record<string, readonly Values[]> = {}
    // As text, because keys have more digits than a number keeps.
    for (const { name } of relations)
      rows[String(name)] = await worker.all(`select cast(columns(*) as varchar) from TELCO_DB.${name} order by all`)
    return rows
  })
}

/** The action of a run with this name. */
export function actionOf(result: PipelineResult, name: string): ActionResult {
  const found = result.run.actions.find(action => action.target.name === name)
  if (found === undefined) throw new Error(`no action is called ${name}`)
  return found
}

/** What went wrong in a run, for an expectation that nothing did. */
export const failuresOf = (result: PipelineResult): readonly string[] =>
  result.run.actions
    .filter(({ status }) => ['FAILED', 'REFUSED', 'TIMED_OUT', 'SKIPPED', 'CANCELLED'].includes(status))
    .map(({ target, status, error }) => `${target.name} ${status} ${error ?? ''}`)
