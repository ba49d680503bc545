import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, literal, openDatabase } from '../helpers/duckdb.ts'

/** What the feed holds. The same numbers give the same rows. */
export interface FeedSize {
  readonly customers: number
  readonly days: number
  readonly eventsPerDay: number
  /** Customers that change a tracked attribute on a day, of 10,000. */
  readonly changedPerTenThousand: number
}

/** A file of the feed, as the manifest lists it. */
export interface FeedFile {
  /** Path below staging/, e.g. `customers/d=2025-01-01/feed.parquet`. */
  readonly path: string
  readonly dataset: 'customers' | 'plans' | 'activity_logs'
  readonly date: string
  readonly rows: number
}

const firstDay = Date.UTC(2024, 0, 1)

/** The n-th day of the feed (from 1) as `YYYY-MM-DD`. */
export function dayOf(n: number): string {
  return new Date(firstDay + (n - 1) * 86_400_000).toISOString().slice(0, 10)
}

// A number from 0 up to `below` that depends on the words alone: the feed needs no generator state, so any day can be made.
const pick = (below: number, ...words: readonly string[]): string => `(hash(${words.join(', ')}) % ${below})::int`
const pad = (number: string, width: number): string => `lpad((${number})::varchar, ${width}, '0')`
const tail = (folder: string, day: string): string =>
  `date '${day}' business_date, '${folder}/${day}' source_file, row_number() over ()::int source_line, 1 revision`

/** SQL of the customers' snapshot on a day; `version` counts the changes that each customer has had until then. */
function customersSql(day: string, n: number): string {
  return `
    select 'C' || ${pad('i', 6)} customer_id, 'First' || ${pick(500, 'i', '1')} first_name, 'Last' || ${pick(900, 'i', '2')} last_name,
      'customer' || i || '.' || version || '@example.com' email, '+234' || ${pad(pick(1_000_000_000, 'i', 'version', '3'), 9)} phone,
      ['F', 'M'][1 + ${pick(2, 'i', '4')}] gender, date '1960-01-01' + ${pick(16_000, 'i', '5')} date_of_birth,
      (1 + ${pick(900, 'i', 'version', '6')}) || ' Main Street' address, 'State ' || ${pick(36, 'i', 'version', '7')} state,
      'Nigeria' country, timestamp '2018-01-01' + interval 1 day * ${pick(2_000, 'i', '8')} registration_date,
      ['web', 'store', 'mobile_app', 'call_center'][1 + ${pick(4, 'i', '9')}] registration_channel,
      'P' || ${pad(`1 + ${pick(20, 'i', 'version', '10')}`, 3)} plan_id,
      ['active', 'active', 'active', 'suspended', 'cancelled'][1 + ${pick(5, 'i', 'version', '11')}] status,
      ${tail('customers', day)}, md5(i || '/' || version) row_hash, true plan_known
    from (select c.i, count(h.n) as version from customer c left join change h on h.i = c.i and h.n <= ${n} group by c.i)`
}

function plansSql(day: string): string {
  return `
    select 'P' || ${pad('i', 3)} plan_id, 'Plan ' || i plan_name, (${pick(2_000_000, 'i', '20')} / 100)::decimal(10,2) monthly_price,
      ${pick(50, 'i', '21')} data_allowance_gb, 100 * ${pick(20, 'i', '22')} voice_minutes, 100 * ${pick(10, 'i', '23')} sms_allowance,
      i % 2 = 0 roaming_enabled, [30, 90, 365][1 + i % 3] validity_days, ['Basic', 'Ultra', 'Premium'][1 + i % 3] plan_category,
      ${tail('plans', day)}, md5('plan' || i) row_hash
    from (select range::int + 1 i from range(20))`
}

function activitySql(day: string, n: number, size: FeedSize): string {
  const types = "['login', 'logout', 'data_session', 'sms_sent', 'topup', 'app_open', 'balance_check', 'call_ended']"
  return `
    select md5('event' || ${n} || '/' || i)::uuid::varchar event_id, customer_id, ${types}[1 + ${pick(8, 'i', `${n}`, '30')}] event_type,
      timestamp '${day}' + interval 1 second * ${pick(86_400, 'i', `${n}`, '31')} event_timestamp,
      ['iOS', 'Android', 'FeaturePhone'][1 + ${pick(3, 'i', `${n}`, '32')}] device_type,
      ${pick(256, 'i', `${n}`, '33')} || '.20.30.40' ip_address, ['3G', '4G', '5G'][1 + ${pick(3, 'i', `${n}`, '34')}] network_type,
      '{"length":' || ${pick(300, 'i', `${n}`, '35')} || '}' payload, ${tail('activity_logs', day)},
      md5('event' || ${n} || '/' || i) row_hash, date '${day}' snapshot_date, s.plan_id snapshot_plan_id, s.status snapshot_status
    from (select range::int i from range(${size.eventsPerDay})) e
    join (${customersSql(day, n)}) s on s.customer_id = 'C' || ${pad(`1 + ${pick(size.customers, 'e.i', `${n}`, '36')}`, 6)}`
}

async function writeDay(database: Database, staging: string, n: number, size: FeedSize): Promise<readonly FeedFile[]> {
  const day = dayOf(n)
  const parts = [
    { dataset: 'customers', folder: 'customers', rows: size.customers, sql: customersSql(day, n) },
    { dataset: 'plans', folder: 'plans', rows: 20, sql: plansSql(day) },
    { dataset: 'activity_logs', folder: 'activity_logs', rows: size.eventsPerDay, sql: activitySql(day, n, size) },
  ] as const
  const files: FeedFile[] = []
  for (const { dataset, folder, rows, sql } of parts) {
    const path = `${folder}/d=${day}/feed.parquet`
    mkdirSync(join(staging, folder, `d=${day}`), { recursive: true })
    await database.run(`copy (${sql}) to ${literal(join(staging, path))} (format parquet, compression zstd)`)
    files.push({ path, dataset, date: day, rows })
  }
  return files
}

/**
 * Makes the staging area of a lake: for each day a full snapshot of customers, the plans and the day's events, as the
 * pipeline's staging step leaves them. A feed that is complete already is used as it is.
 */
export async function makeFeed(folder: string, size: FeedSize, progress: (text: string) => void): Promise<void> {
  if (existsSync(join(folder, 'complete'))) return
  const partial = `${folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  const database = await openDatabase()
  await database.run(`create table customer as select range::int + 1 i from range(${size.customers})`)
  await database.run(`create table change as select i, n from customer, (select range::int + 1 n from range(1, ${size.days}))
    where hash(i, n, 'change') % 10000 < ${size.changedPerTenThousand}`)
  const files: FeedFile[] = []
  for (let n = 1; n <= size.days; n += 1) {
    files.push(...(await writeDay(database, join(partial, 'staging'), n, size)))
    if (n % 60 === 0) progress(`feed: ${n} of ${size.days} days`)
  }
  database.close()
  writeFileSync(join(partial, 'complete'), JSON.stringify(files))
  rmSync(folder, { recursive: true, force: true })
  renameSync(partial, folder)
}

/** The manifest of the days up to `last`: what the lake looks like on the morning after that day. */
export function manifestUpTo(files: readonly FeedFile[], last: string, staging: string): string {
  const listed = files.filter(file => file.date <= last)
  return JSON.stringify({
    files: listed.map(file => ({
      ...file,
      bytes: statSync(join(staging, file.path)).size,
      sources: [
        {
          file: `${file.dataset}/${file.date}`,
          received: file.rows,
          good: file.rows,
          bad: 0,
          duplicate: 0,
          conflict: 0,
        },
      ],
    })),
  })
}
