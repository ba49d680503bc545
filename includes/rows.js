// Rows for unit tests: what a test does not mention gets a value that does not matter to it.
const CUSTOMER = {
  customer_id: "'C1'",
  first_name: "'Ana'",
  last_name: "'Costa'",
  email: "'a@example.com'",
  phone: "'+1'",
  gender: "'F'",
  date_of_birth: "'1980-01-01'::date",
  address: "'1 Road'",
  state: "'S'",
  country: "'X'",
  registration_date: "'2020-01-01 00:00:00'::timestamp_ntz",
  registration_channel: "'web'",
  plan_id: "'P1'",
  status: "'active'",
}

const EVENT = {
  event_id: "'E1'",
  customer_id: "'C1'",
  event_type: "'login'",
  event_timestamp: "'2025-01-05 12:00:00'::timestamp_ntz",
  device_type: "'Web'",
  ip_address: "'198.51.100.1'",
  network_type: "'4G'",
  payload: "'{}'",
  business_date: "'2025-01-05'::date",
  revision: '1',
  source_file: "'f'",
  source_line: '1',
  row_hash: "'h'",
  source_utc_offset: "'+00:00'",
}

/** A row's value in SQL: a text is quoted, a word in SQL's own spelling is given as `{ sql }`. */
const value = given => (given === null ? 'null' : typeof given === 'object' ? given.sql : `'${given}'`)

const rows = (defaults, list) =>
  list
    .map(row => {
      const merged = {
        ...defaults,
        ...Object.fromEntries(Object.entries(row).map(([name, given]) => [name, value(given)])),
      }
      return `select ${Object.entries(merged)
        .map(([name, sql]) => `${sql} as ${name}`)
        .join(', ')}`
    })
    .join('\nunion all\n')

const date = text => ({ sql: `'${text}'::date` })
const time = text => ({ sql: `'${text}'::timestamp_ntz` })

/** Snapshot rows: `day` is the business date. */
const customers = (...list) =>
  rows(
    CUSTOMER,
    // A day comes once unless a test says otherwise; a row's content is told by what the test says of it.
    list.map(({ day, ...row }) => ({
      row_hash: { sql: `md5('${JSON.stringify(row).replaceAll("'", "''")}')` },
      revision: { sql: '1' },
      source_file: `customers of ${day}`,
      ...row,
      business_date: date(day),
    })),
  )

/** Versions as they are before a load. */
const versions = (...list) =>
  rows(
    CUSTOMER,
    list.map(({ from, to, ...row }) => ({
      ...row,
      effective_start_date: time(from),
      effective_end_date: to ? time(to) : { sql: 'null::timestamp_ntz' },
    })),
  )

/** Staged events. */
const events = (...list) =>
  rows(
    EVENT,
    list.map(({ at, ...row }) => ({ ...row, ...(at ? { event_timestamp: time(at) } : {}) })),
  )

/** A relation of these columns without rows. */
const none = (...columns) =>
  `select ${columns.map(column => `null::${column.split(' ')[1] ?? 'varchar'} as ${column.split(' ')[0]}`).join(', ')} where false`

/** Rows of what a test expects, by column. */
const expected = (...list) => rows({}, list)

module.exports = { customers, versions, events, none, expected, date, time }
