/** What the feed holds. The same numbers give the same rows. */
export interface FeedSize {
  readonly customers: number
  readonly eventsPerDay: number
  /** Exactly one customer of so many changes a tracked attribute on a day, from the second on. */
  readonly changedOneOf: number
}

/** A feed of so many customers: over 364 days there are ten events each, and half a percent change on a day. */
export function feedSize(customers: number): FeedSize {
  return { customers, eventsPerDay: Math.ceil((customers * 10) / 364), changedOneOf: 200 }
}

const firstDay = Date.UTC(2024, 0, 1)

/** The n-th day of the feed (from 1) as `YYYY-MM-DD`. */
export function dayOf(n: number): string {
  return new Date(firstDay + (n - 1) * 86_400_000).toISOString().slice(0, 10)
}

/** The same in SQL, as a date. */
export const dayOfSql = (n: string): string => `(date '${dayOf(1)}' + (${n} - 1)::int)`

// A number from 0 up to `below` that depends on the words alone: the feed needs no generator state, so any day can be made.
const pick = (below: number, ...words: readonly string[]): string => `(hash(${words.join(', ')}) % ${below})::int`
const pad = (number: string, width: number): string => `lpad((${number})::varchar, ${width}, '0')`
const idOf = (i: string, { customers }: FeedSize): string => `'C' || ${pad(i, Math.max(6, String(customers).length))}`

/** Tables that the other statements need, for days up to `days`. */
export function feedTables({ customers, changedOneOf }: FeedSize, days: number): readonly string[] {
  return [
    `create table customer as select range::int + 1 i from range(${customers})`,
    // On each day those change whose number leaves one remainder: exactly the share, all over the snapshot.
    `create table change as select range::int n, ${pick(changedOneOf, 'range::int', "'change'")} remainder from range(2, ${days} + 1)`,
  ]
}

/** Every customer with the number of changes that it has had until a day: `i`, `version`. */
function versionsOn(n: number, { changedOneOf }: FeedSize): string {
  return `select c.i, coalesce(v.version, 0)::int as version from customer c
    left join (select remainder, count(*) as version from change where n <= ${n} group by remainder) v on v.remainder = c.i % ${changedOneOf}`
}

/** The columns of the customers' contract, of a relation with `i` and `version`. */
export function customerColumns(size: FeedSize): string {
  return `${idOf('i', size)} customer_id, 'First' || ${pick(500, 'i', '1')} first_name, 'Last' || ${pick(900, 'i', '2')} last_name,
      'customer' || i || '.' || version || '@example.com' email, '+234' || ${pad(pick(1_000_000_000, 'i', 'version', '3'), 9)} phone,
      ['F', 'M'][1 + ${pick(2, 'i', '4')}] gender, date '1960-01-01' + ${pick(16_000, 'i', '5')} date_of_birth,
      (1 + ${pick(900, 'i', 'version', '6')}) || ' Main Street' address, 'State ' || ${pick(36, 'i', 'version', '7')} state,
      'Nigeria' country, timestamp '2018-01-01' + interval 1 day * ${pick(2_000, 'i', '8')} registration_date,
      ['web', 'store', 'mobile_app', 'call_center'][1 + ${pick(4, 'i', '9')}] registration_channel,
      'P' || ${pad(`1 + ${pick(20, 'i', 'version', '10')}`, 3)} plan_id,
      ['active', 'active', 'active', 'suspended', 'cancelled'][1 + ${pick(5, 'i', 'version', '11')}] status`
}

const origin = (file: string, n: number, revision = 1): string =>
  `date '${dayOf(n)}' business_date, '${file}' source_file, row_number() over ()::int source_line, ${revision} revision`

/** The file that a day's rows of a dataset come from. */
export const sourceOf = (dataset: string, n: number): string => `${dataset}/${dayOf(n)}`

/** SQL of the customers' snapshot on a day. */
export function customersSql(n: number, size: FeedSize): string {
  return `
    select ${customerColumns(size)}, ${origin(sourceOf('customers', n), n)}, md5(i || '/' || version) row_hash, true plan_known
    from (${versionsOn(n, size)})`
}

/** SQL of the snapshot that comes for a day once more: as many customers as change on a day have other attributes in it. */
export function revisedSql(n: number, size: FeedSize): string {
  return `
    select ${customerColumns(size)}, ${origin(`${sourceOf('customers', n)}/2`, n, 2)}, md5(i || '/' || version) row_hash, true plan_known
    from (select i, version + if(i % ${size.changedOneOf} = 7, 1000, 0) as version from (${versionsOn(n, size)}))`
}

export function plansSql(n: number): string {
  return `
    select 'P' || ${pad('i', 3)} plan_id, 'Plan ' || i plan_name, (${pick(2_000_000, 'i', '20')} / 100)::decimal(10,2) monthly_price,
      ${pick(50, 'i', '21')} data_allowance_gb, 100 * ${pick(20, 'i', '22')} voice_minutes, 100 * ${pick(10, 'i', '23')} sms_allowance,
      i % 2 = 0 roaming_enabled, [30, 90, 365][1 + i % 3] validity_days, ['Basic', 'Ultra', 'Premium'][1 + i % 3] plan_category,
      ${origin(sourceOf('plans', n), n)}, md5('plan' || i) row_hash
    from (select range::int + 1 i from range(20))`
}

/** Events of the days `from` to `to`: their columns, `i` in their day, `n` of their day, `customer`'s number and `row_hash`. */
export function eventsSql(from: number, to: number, size: FeedSize): string {
  const types = "['login', 'logout', 'data_session', 'sms_sent', 'topup', 'app_open', 'balance_check', 'call_ended']"
  return `
    select md5('event' || n || '/' || i)::uuid::varchar event_id, ${idOf('customer', size)} customer_id, event_type,
      ${dayOfSql('n')}::timestamp + interval 1 second * ${pick(86_400, 'i', 'n', '31')} event_timestamp,
      ['iOS', 'Android', 'FeaturePhone'][1 + ${pick(3, 'i', 'n', '32')}] device_type,
      ${pick(256, 'i', 'n', '33')} || '.20.30.40' ip_address, ['3G', '4G', '5G'][1 + ${pick(3, 'i', 'n', '34')}] network_type,
      case event_type when 'data_session' then '{"mb_used":' when 'call_ended' then '{"duration_seconds":' else '{"length":' end
        || ${pick(300, 'i', 'n', '35')} || '}' payload,
      md5('event' || n || '/' || i) row_hash, i, n, customer
    from (
      select *, ${types}[1 + ${pick(8, 'i', 'n', '30')}] event_type, 1 + ${pick(size.customers, 'i', 'n', '36')} customer
      from (select range::int i from range(${size.eventsPerDay})), (select range::int n from range(${from}, ${to} + 1))
    )`
}

/** SQL of a day's activity, with the evidence of that day's snapshot. */
export function activitySql(n: number, size: FeedSize): string {
  return `
    select e.* exclude (i, n, customer), ${origin(sourceOf('activity_logs', n), n)}, date '${dayOf(n)}' snapshot_date,
      s.plan_id snapshot_plan_id, s.status snapshot_status
    from (${eventsSql(n, n, size)}) e join (select i, ${customerColumns(size)} from (${versionsOn(n, size)})) s on s.i = e.customer`
}
