import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Dataset } from '../../ingestion-lambda/contract.ts'
import { clean } from '../../pipeline/clean.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { ingest } from '../../pipeline/ingest.ts'
import type { Cleaned } from '../../pipeline/lake.ts'
import { parquet, type Worker, withWorker } from '../../pipeline/worker.ts'

/** The business date of files that do not say another. */
export const DAY = '2025-01-01'
/** A share of bad rows that no file can exceed. */
export const ANY_SHARE = 1

export const contracts = loadContracts(process.cwd())

/** A good row: its line, and its columns as text. */
export interface Good {
  readonly line: number
  readonly hash: string
  readonly values: Readonly<Record<string, string | null>>
  /** Columns that the contract lacks, as JSON. */
  readonly extra: string | null
}

/** A quarantined row. */
export interface Bad {
  readonly line: number
  readonly code: string
  readonly reason: string
  readonly raw: string
  readonly key: string | null
}

/** What cleaning made of one file. */
export interface CleanedFile {
  readonly received: number
  readonly good: readonly Good[]
  readonly bad: readonly Bad[]
}

/** A lake in a temporary folder, with the steps that fill it. */
export interface World {
  readonly lake: string
  readonly worker: Worker
  /** Delivers a file and ingests it; it must be accepted. */
  readonly put: (dataset: Dataset, text: string, date?: string) => Promise<void>
  readonly clean: (badShare?: number) => Promise<readonly Cleaned[]>
  /** The rows of a cleaned file, by the manifest. */
  readonly rows: (file: Cleaned) => Promise<CleanedFile>
}

/** Gives `use` an empty lake, and removes it afterwards. */
export async function withLake<T>(use: (world: World) => Promise<T>): Promise<T> {
  const lake = mkdtempSync(join(tmpdir(), 'cleaning-'))
  try {
    return await withWorker(worker => use(worldOf(lake, worker)))
  } finally {
    rmSync(lake, { recursive: true, force: true })
  }
}

function worldOf(lake: string, worker: Worker): World {
  return {
    lake,
    worker,
    put: async (dataset, text, date = DAY) => {
      const name = dataset === 'activity_logs' ? 'logs' : dataset
      const path = join(lake, `raw/${dataset}/${name}_${date.replaceAll('-', '')}.${fileType(dataset)}`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
      const outcomes = await ingest(lake, contracts, () => undefined)
      assert.deepEqual(
        outcomes.map(({ outcome, code }) => [outcome, code]),
        [['accepted', undefined]],
      )
    },
    clean: (badShare = ANY_SHARE) => clean(worker, { lake, contracts, badShare, tell: () => undefined }),
    rows: file => readRows(lake, worker, file),
  }
}

const fileType = (dataset: Dataset): string => contracts[dataset].format

async function readRows(lake: string, worker: Worker, file: Cleaned): Promise<CleanedFile> {
  const read = async (path: string | null, order: string) => {
    if (path === null) return []
    // As bytes, since the driver leaves out a U+FEFF at the start of a text.
    const columns = 'hex(encode(columns(*)::varchar))'
    const rows = await worker.all(`select ${columns} from ${parquet([join(lake, path)])} order by ${order}::int`)
    return rows.map(row => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, decoded(cell)])))
  }
  const good = await read(file.goodPath, 'source_line')
  const bad = await read(file.badPath, 'line')
  return {
    received: file.received,
    good: good.map(({ source_line, row_hash, source_file: _, business_date: __, extra_columns, ...values }) => ({
      line: Number(source_line),
      hash: String(row_hash),
      values,
      extra: extra_columns ?? null,
    })),
    bad: bad.map(({ line, code, reason, raw, key }) => ({
      line: Number(line),
      code: String(code),
      reason: String(reason),
      raw: String(raw),
      key: key ?? null,
    })),
  }
}

const decoded = (hex: unknown): string | null => (hex === null ? null : Buffer.from(String(hex), 'hex').toString())

/** Cleans one file of these rows, each on a line of its own, and checks that none was lost or made. */
export function cleanRows(dataset: Dataset, rows: readonly string[]): Promise<CleanedFile> {
  return cleanText(dataset, rows.map(row => `${row}\n`).join(''))
}

/** Cleans one file with this text. */
export function cleanText(dataset: Dataset, text: string): Promise<CleanedFile> {
  return withLake(async ({ put, clean, rows }) => {
    await put(dataset, text)
    const [file] = await clean()
    assert.ok(file !== undefined)
    const cleaned = await rows(file)
    assert.equal(cleaned.good.length + cleaned.bad.length, file.received)
    return cleaned
  })
}

let made = 0

/** An event, valid but for what `over` says; `payload` may be given as the text of its JSON. */
export function event(over: Readonly<Record<string, unknown>> = {}, payload = '{"minutes":3}'): string {
  made += 1
  const row = JSON.stringify({
    event_id: `evt_${made}`,
    customer_id: 'cust_1',
    event_type: 'login',
    event_timestamp: `${DAY}T10:00:00Z`,
    device_type: 'phone',
    ip_address: '10.0.0.1',
    network_type: '5G',
    ...over,
  })
  return `${row.slice(0, -1)},"payload":${payload}}`
}

/** A customer, valid but for what `over` says. */
export function customer(id: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    customer_id: id,
    first_name: 'Ada',
    last_name: 'Obi',
    email: 'ada@example.org',
    date_of_birth: '1990-02-03',
    registration_date: '2024-05-06T07:08:09Z',
    plan_id: 'plan_1',
    status: 'active',
    ...over,
  }
}

/** Where each quarantined row stands, and its code. */
export const codes = (bad: readonly Bad[]): readonly (readonly [number, string])[] =>
  bad.map(({ line, code }) => [line, code])
