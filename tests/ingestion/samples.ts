import { DEFAULT_LIMITS, type Limits } from '../../ingestion-lambda/bytes.ts'
import { Rejection } from '../../ingestion-lambda/codes.ts'
import { type Accepted, validateFile } from '../../ingestion-lambda/validate.ts'
import { loadContracts } from '../../pipeline/contracts.ts'

/** The contracts that the product ships. */
export const contracts = loadContracts(process.cwd())

/** What every property of these tests runs with, so that a failure is the same one tomorrow. */
export const fixed = { seed: 7, numRuns: 200 }

export const keys = {
  customers: 'raw/customers/customers_20240502.ndjson',
  plans: 'raw/plans/plans_20240502.csv',
  logs: 'raw/activity_logs/year=2024/month=05/day=02/logs_20240502.ndjson',
}

/** A word that is in every sample row, to be looked for where nothing from a row may be. */
export const CANARY = 'Żółć-☎-canary'

export const customer = (number: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  customer_id: `C${number}`,
  first_name: CANARY,
  email: `c${number}@example.com`,
  date_of_birth: '1990-01-31',
  registration_date: '2020-03-01T10:00:00Z',
  plan_id: 'P1',
  status: 'active',
  ...more,
})

export const event = (number: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  event_id: `E${number}`,
  customer_id: `C${number}`,
  event_type: 'login',
  event_timestamp: '2024-05-02T08:00:00Z',
  device_type: CANARY,
  ...more,
})

export const ndjson = (...rows: readonly unknown[]): string => rows.map(row => `${JSON.stringify(row)}\n`).join('')

export const PLAN_HEADER =
  'plan_id,plan_name,monthly_price,data_allowance_gb,voice_minutes,sms_allowance,roaming_enabled,validity_days,plan_category'
export const planRow = (number: number): string => `P${number},"${CANARY}, ""M""",19.90,10,100,50,Y,30,Basic`

/** A fault-free file of each dataset. */
export const good = {
  customers: ndjson(customer(1), customer(2), customer(3)),
  plans: `${[PLAN_HEADER, planRow(1), planRow(2), planRow(3)].join('\n')}\n`,
  logs: ndjson(event(1), event(2), event(3)),
}

/** Cuts bytes where it is told; each chunk comes in a turn of the event loop of its own, as from a disk. */
export async function* chunked(bytes: Buffer, cuts: readonly number[] = []): AsyncGenerator<Buffer> {
  const places = [...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let from = 0
  for (const to of places) {
    if (to > from) yield Buffer.from(bytes.subarray(from, to))
    from = to
    await tick()
  }
}

/** One byte a chunk. */
export const everywhere = (bytes: Buffer): readonly number[] => Array.from(bytes, (_, at) => at)

export const tick = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** What became of a file; a rejection as data. */
export type Verdict = Accepted | { readonly code: string; readonly line: number | undefined; readonly message: string }

/** Judges a file. Only a rejection is a verdict; all else is thrown on. */
export async function judge(
  content: Buffer | string | AsyncIterable<Buffer>,
  key: string,
  options: { readonly cuts?: readonly number[]; readonly limits?: Partial<Limits> } = {},
): Promise<Verdict> {
  const chunks =
    typeof content === 'string' || Buffer.isBuffer(content) ? chunked(Buffer.from(content), options.cuts) : content
  try {
    return await validateFile(chunks, key, contracts, { ...DEFAULT_LIMITS, ...options.limits })
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { code: error.code, line: error.line, message: error.message }
  }
}

/** A verdict without what the bytes alone decide: hash, size and notes. */
export function gist(verdict: Verdict): unknown {
  if ('code' in verdict) return verdict
  const { sha256: _sha256, bytes: _bytes, notes: _notes, ...rest } = verdict
  return rest
}
