import { gzipSync } from 'node:zlib'
import type { Random } from './random.ts'

/** Where a fault must be found, and by what name. */
export interface Expected {
  readonly stage: 'rejected' | 'bad' | 'duplicate' | 'conflict' | 'warning'
  readonly code: string
}

/** A whole file that must not pass, beside the good ones of a feed. */
export interface FileFault {
  readonly fault: string
  readonly what: string
  readonly expected: Expected
  /** The file's name, of a day of its own (`20250301`), and its bytes; out of good files of the same kind. */
  readonly make: (day: string, good: GoodFiles) => { readonly name: string; readonly bytes: Buffer }
}

export interface GoodFiles {
  readonly customers: string
  readonly plans: string
  readonly activity: string
}

const folders = (day: string): string =>
  `activity_logs/year=${day.slice(0, 4)}/month=${day.slice(4, 6)}/day=${day.slice(6)}`
const rejected = (code: string): Expected => ({ stage: 'rejected', code })

/** Bad files, one an entry. */
export const FILE_FAULTS: readonly FileFault[] = [
  {
    fault: 'F7',
    what: 'a snapshot that ends in the middle of a row',
    expected: rejected('TRUNCATED'),
    make: (day, { customers }) => ({ name: `customers_${day}.ndjson`, bytes: Buffer.from(customers.slice(0, -40)) }),
  },
  {
    fault: 'F8',
    what: 'a file without bytes',
    expected: rejected('EMPTY_FILE'),
    make: day => ({ name: `customers_${day}.ndjson`, bytes: Buffer.alloc(0) }),
  },
  {
    fault: 'F9',
    what: 'a price list that is a header alone',
    expected: rejected('NO_ROWS'),
    make: (day, { plans }) => ({ name: `plans_${day}.csv`, bytes: Buffer.from(`${plans.split('\n')[0]}\n`) }),
  },
  {
    fault: 'F12',
    what: 'UTF-16',
    expected: rejected('BAD_ENCODING'),
    make: (day, { plans }) => ({
      name: `plans_${day}.csv`,
      bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(plans, 'utf16le')]),
    }),
  },
  {
    fault: 'F13',
    what: 'bytes that are no UTF-8',
    expected: rejected('INVALID_UTF8'),
    make: (day, { customers }) => ({
      name: `customers_${day}.ndjson`,
      bytes: Buffer.concat([Buffer.from(customers), Buffer.from([0x7b, 0xc3, 0x28, 0x7d, 0x0a])]),
    }),
  },
  {
    fault: 'F15',
    what: 'half of a gzip stream',
    expected: rejected('BAD_GZIP'),
    make: (day, { activity }) => {
      const packed = gzipSync(activity)
      return { name: `${folders(day)}/logs_${day}.ndjson.gz`, bytes: packed.subarray(0, packed.length >> 1) }
    },
  },
  {
    fault: 'F26',
    what: 'a price list without its prices',
    expected: rejected('MISSING_COLUMN'),
    make: (day, { plans }) => ({
      name: `plans_${day}.csv`,
      bytes: Buffer.from(plans.replace('monthly_price', 'price')),
    }),
  },
  {
    fault: 'F27',
    what: 'a header that names a column twice',
    expected: rejected('DUPLICATE_COLUMN'),
    make: (day, { plans }) => ({ name: `plans_${day}.csv`, bytes: Buffer.from(plans.replace('plan_name', 'plan_id')) }),
  },
  {
    fault: 'F31',
    what: 'a name of no dataset',
    expected: rejected('UNKNOWN_DATASET'),
    make: day => ({ name: `activity_logs/notes_${day}.txt`, bytes: Buffer.from('hello\n') }),
  },
  {
    fault: 'F32',
    what: 'a day in the name that no row is of',
    expected: rejected('DATE_MISMATCH'),
    make: (day, { activity }) => ({ name: `${folders(day)}/logs_${day}.ndjson`, bytes: Buffer.from(activity) }),
  },
  {
    fault: 'F34',
    what: 'a column of another type',
    expected: rejected('TYPE_CHANGED'),
    make: (day, { customers }) => ({
      name: `customers_${day}.ndjson`,
      bytes: Buffer.from(customers.replaceAll(/"date_of_birth":"[^"]*"/g, '"date_of_birth":19800101')),
    }),
  },
]

/** A row that is put in the place of a good one, or behind it. */
export interface RowFault {
  readonly fault: string
  readonly what: string
  readonly dataset: 'customers' | 'activity_logs'
  readonly expected: Expected
  /** Whether the good row goes; otherwise the bad one comes after it. */
  readonly replaces: boolean
  readonly make: (row: string, chance: Random) => string
}

const bad = (code: string): Expected => ({ stage: 'bad', code })
const set = (name: string, json: string) => (row: string) =>
  row.replace(new RegExp(`"${name}":("[^"]*"|\\{[^}]*\\})`), `"${name}":${json}`)

/** Bad rows, one an entry. */
export const ROW_FAULTS: readonly RowFault[] = [
  {
    fault: 'F18',
    what: 'no JSON',
    dataset: 'customers',
    expected: bad('BAD_JSON'),
    replaces: true,
    make: row => row.slice(0, -8),
  },
  {
    fault: 'F19',
    what: 'a key twice',
    dataset: 'customers',
    expected: bad('DUPLICATE_KEY_IN_ROW'),
    replaces: true,
    make: row => row.replace('"status":', '"status":"cancelled","status":'),
  },
  {
    fault: 'F20',
    what: 'NaN',
    dataset: 'activity_logs',
    expected: bad('NON_FINITE_NUMBER'),
    replaces: true,
    make: set('payload', '{"mb_used":NaN}'),
  },
  {
    fault: 'F20',
    what: '1e999',
    dataset: 'activity_logs',
    expected: bad('NON_FINITE_NUMBER'),
    replaces: true,
    make: set('payload', '{"mb_used":1e999}'),
  },
  {
    fault: 'F21',
    what: 'a whole number of 20 digits',
    dataset: 'activity_logs',
    expected: bad('NUMBER_TOO_LARGE'),
    replaces: true,
    make: set('payload', '{"mb_used":12345678901234567890}'),
  },
  {
    fault: 'F23',
    what: 'nested 200 deep',
    dataset: 'activity_logs',
    expected: bad('TOO_DEEP'),
    replaces: true,
    make: set('payload', `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`),
  },
  {
    fault: 'F24',
    what: 'an id with a letter that looks like another',
    dataset: 'customers',
    expected: bad('PATTERN'),
    replaces: true,
    make: row => row.replace('"customer_id":"C', '"customer_id":"С'),
  },
  {
    fault: 'F52',
    what: 'no status',
    dataset: 'customers',
    expected: bad('MISSING_REQUIRED'),
    replaces: true,
    make: set('status', 'null'),
  },
  {
    fault: 'F52',
    what: 'a status that is none',
    dataset: 'customers',
    expected: bad('NOT_ACCEPTED'),
    replaces: true,
    make: set('status', '"asleep"'),
  },
  {
    fault: 'F52',
    what: 'a day that is none',
    dataset: 'customers',
    expected: bad('BAD_TYPE'),
    replaces: true,
    make: set('date_of_birth', '"1980-02-31"'),
  },
  {
    fault: 'F75',
    what: 'the same row again',
    dataset: 'customers',
    expected: { stage: 'duplicate', code: 'DUPLICATE' },
    replaces: false,
    make: row => row,
  },
  {
    fault: 'F75',
    what: 'one key with two rows',
    dataset: 'customers',
    expected: { stage: 'conflict', code: 'CONFLICTING_KEY' },
    replaces: false,
    make: (row, chance) => set('address', `"${chance.between(1000, 9999)} Other Street"`)(row),
  },
  {
    fault: 'F82',
    what: 'the same event again',
    dataset: 'activity_logs',
    expected: { stage: 'duplicate', code: 'DUPLICATE' },
    replaces: false,
    make: row => row,
  },
  {
    fault: 'F83',
    what: 'an event with other content',
    dataset: 'activity_logs',
    expected: { stage: 'conflict', code: 'CONFLICTING_EVENT' },
    replaces: false,
    make: row => row.replace(/"network_type":"[^"]*"/, '"network_type":"2G"'),
  },
]

/** One injected fault, as `faults.json` lists it. */
export interface InjectedFault {
  readonly fault: string
  readonly what: string
  /** The source file, relative to the feed. */
  readonly file: string
  /** From 1; undefined where the whole file is bad. */
  readonly line?: number | undefined
  readonly expected: Expected
}
