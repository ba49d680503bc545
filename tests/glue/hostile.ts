import fc from 'fast-check'
import type { Dataset } from '../../ingestion-lambda/contract.ts'
import { contracts, customer } from './cleaning.ts'

/** Texts that engines take differently: escapes, halves of characters, forms of one letter, marks that cannot be seen, ends of lines. */
const TEXTS = [
  ...[
    '',
    ' ',
    'Ada',
    'E\u0301',
    '\u00c9',
    '\u212b',
    '\ufb01',
    '\u1100\u1161',
    '\u0958',
    '𝄞',
    '👩‍👩‍👧',
    '\u200b',
    '\ufeff',
    '\u00a0',
  ],
  ...[
    '\u0085',
    '\u2028',
    '\u007f',
    'a"b',
    'a\\b',
    "a'b",
    'a/b',
    '{"a":1}',
    '[1,]',
    'NaN',
    'null',
    '1e999',
    '\u0130',
    '\u017f',
  ],
  ...[
    'a\tb',
    'a\nb',
    'a\rb',
    'a\u0001b',
    'a\u0002b',
    'a|b',
    '\u0000',
    'a\u0000b',
    '12345678901234567890',
    '$1',
    '\\1',
    '%',
    '\u{10ffff}',
  ],
]

/** JSON that is written as it stands, where a value is expected. */
const RAW = [
  ...[
    'NaN',
    'nan',
    '-NaN',
    'Infinity',
    '-inf',
    'INF',
    'infinit',
    '1e999',
    '1E+0400',
    '0e9999',
    '1e-999',
    '-1e-400',
    'nul',
    'True',
    "'a'",
  ],
  ...[
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    '-0',
    '-0.0',
    '0.0',
    '1e5',
    '1E21',
    '1e22',
    '-1e20',
    '1e-6',
    '1e-7',
    '5e-324',
    '1.7976931348623157e308',
  ],
  ...[
    '123456789012345678',
    '1234567890123456789',
    '-9223372036854775808',
    '18446744073709551616',
    '9007199254740993',
    '9007199254740993.0',
  ],
  ...['0.1', '100', '1.10', '4.35', '1e2', '123456.789e3', '1.5e300', '0.000001234', '12345678901234567e1', '2.50'],
  ...[
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '"\\u001f\\u007f"',
    '"\\x"',
    '"\\u12"',
    '"\t"',
    '"\u0001"',
    '"a',
    '"\\/"',
  ],
  ...[
    '{}',
    '[]',
    '[ ]',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"":1,"":2}',
    '[1,]',
    '{"a":1,}',
    '[[1,2],{"b":[null,true,false]}]',
    '{"é":"\\u00e9"}',
  ],
  ...[
    '{"a\\u0000b":1,"a\\u0000c":2}',
    '{"a\\u0000b":{"x":1}}',
    '{ "z" : 1 , "a" : [ 1.0 , 1e2 ] }',
    'null',
    'true',
    'false',
    '1/**/',
    '\ufeff1',
    '\u00a01',
    '"\u2028"',
  ],
  ...[
    '[\u000b1]',
    '[\u000c1]',
    '[\u00851]',
    '--inf',
    '-',
    '1 2',
    '""""',
    '{"a"}',
    '{1:2}',
    '{"a":}',
    '[,]',
    '{"__proto__":1}',
    '{"constructor":{}}',
  ],
]

const nested = (levels: number, [open, close]: readonly [string, string]): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`
const deep = fc
  .tuple(fc.constantFrom(60, 62, 63, 64, 65, 200, 3000), fc.constantFrom(['[', ']'] as const, ['{"a":', '}'] as const))
  .map(([levels, pair]) => nested(levels, pair))

const TIMES = [
  ...[
    '2024-05-06T07:08:09Z',
    '2024-05-06 07:08:09',
    '2024-05-06',
    '2024-05-06T07:08',
    '2024-05-06T07:08Z',
    '2024-05-06T07:08+0530',
  ],
  ...[
    '2024-05-06T07:08:09.1Z',
    '2024-05-06T07:08:09.123456Z',
    '2024-05-06T07:08:09.1234567Z',
    '2024-05-06T07:08:09.999999999Z',
    '2024-05-06T07:08:09.120',
  ],
  ...[
    '2024-05-06T07:08:09+02:00',
    '2024-05-06T07:08:09-0330',
    '2024-05-06T00:30:00+14:00',
    '2024-05-06T07:08:09+15:59',
    '2024-05-06T07:08:09+16:00',
  ],
  ...[
    '2024-05-06T07:08:09+02:60',
    '2024-05-06T07:08:09+99:99',
    '2024-05-06T24:00:00',
    '2024-05-06T23:59:60',
    '2024-05-06T23:60:00',
    '2024-02-29T00:00:00Z',
  ],
  ...[
    '2023-02-29T00:00:00Z',
    '2024-02-30',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '0000-01-01',
    '0001-01-01',
    '0001-01-01T00:00:00+02:00',
    '9999-12-31',
  ],
  ...[
    '9999-12-31T23:59:59.999999-02:00',
    '1582-10-10',
    '1500-02-29',
    '1900-02-29',
    '2000-02-29',
    '1969-12-31T23:59:59.999999Z',
    '2024-5-6',
    '20240506',
    '2024-05-06T',
  ],
  ...[
    '2024-05-06T07:08:09 Z',
    ' 2024-05-06',
    '2024-05-06\n',
    '2024-05-06Z',
    '+2024-05-06',
    '2024-05-06T07',
    '２０２４-05-06',
    'epoch',
    'infinity',
    'now',
    '2024-03-31T02:30:00+01:00',
  ],
]
const NUMBERS = [
  ...[
    '9.9',
    '9.90',
    '9.900',
    '9.999',
    '-9.90',
    '+9.9',
    '09.9',
    '000000000012.5',
    '-0',
    '-0.00',
    '.5',
    '5.',
    '1e2',
    '1E2',
    '12345678.90',
    '123456789.90',
  ],
  ...[
    '99999999.99',
    '100000000',
    '9.9900000000001',
    '9.99000000000000000000000000000',
    '0.004',
    '0.005',
    ' 1',
    '1 ',
    '1_0',
    '１',
    'NaN',
    'Infinity',
    '0x10',
    '1,5',
    '--1',
    '-',
    '\n1',
    '1\n',
  ],
]

/** A value that JSON writes, as it stands in the row. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS).map(text => JSON.stringify(text)) },
  { weight: 4, arbitrary: fc.constantFrom(...RAW) },
  { weight: 3, arbitrary: fc.constantFrom(...TIMES).map(text => JSON.stringify(text)) },
  { weight: 1, arbitrary: deep },
  { weight: 2, arbitrary: fc.double().map(number => (Object.is(number, -0) ? '-0' : String(number))) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }).map(text => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).map(text => JSON.stringify(text)) },
)
const extraName = fc.constantFrom(
  'colour',
  'a/b',
  'a~b',
  "it's",
  'a"b',
  '',
  '1',
  '0',
  'é',
  '__proto__',
  'a.b',
  'a\u0000b',
  '$',
  '*',
)

interface Change {
  readonly way: 'set' | 'drop' | 'add' | 'twice' | 'cut' | 'space' | 'none'
  readonly at: number
  readonly value: string
  readonly name: string
}
const change: fc.Arbitrary<Change> = fc.record({
  way: fc.constantFrom('set', 'set', 'set', 'set', 'drop', 'add', 'twice', 'cut', 'space', 'none'),
  at: fc.nat({ max: 999 }),
  value,
  name: extraName,
})

/** The text of an object with a change: its pairs are written by hand, since no writer of JSON would write most of it. */
function changed(row: Readonly<Record<string, unknown>>, { way, at, value, name }: Change): string {
  const pairs = Object.entries(row).map(([key, each]) => [JSON.stringify(key), JSON.stringify(each)] as const)
  const place = at % pairs.length
  const written = (list: readonly (readonly [string, string])[]): string =>
    `{${list.map(([key, each]) => `${key}:${each}`).join(',')}}`
  const whole = written(pairs)
  const ways = {
    set: () => written(pairs.map((pair, index) => (index === place ? [pair[0], value] : pair))),
    drop: () => written(pairs.filter((_, index) => index !== place)),
    add: () => written([...pairs.slice(0, place), [JSON.stringify(name), value], ...pairs.slice(place)]),
    twice: () => written([...pairs, [pairs[place]?.[0] ?? '""', value]]),
    // Characters, not UTF-16 units: half a character could not be written into a file.
    cut: () => [...whole].slice(0, 1 + (at % whole.length)).join(''),
    space: () => ` \t${whole.replaceAll(',"', ' ,\t "')} `,
    none: () => whole,
  }
  return ways[way]()
}

/** Lines that are no rows, or rows of nothing that is known. */
const OTHER_LINES = [
  '',
  '   ',
  '\t',
  '\u00a0',
  '\ufeff',
  '\u0085',
  '\u2028',
  '\u000b',
  '\u001c',
  '{}',
  '[]',
  'null',
  '1',
  '"x"',
  '{"a":1}',
  '{',
  'x',
]
const ENDS = ['\n', '\n', '\n', '\r\n', '\r']

const event = (id: number, day: string): Record<string, unknown> => ({
  event_id: `e${id}`,
  customer_id: `c${id % 7}`,
  event_type: 'login',
  event_timestamp: `${day}T10:00:00Z`,
  device_type: 'phone',
  payload: { minutes: 3 },
})

/** The text of a file of a dataset for a day; ingestion accepts it, as its first row is good. */
export function hostileFile(dataset: Dataset, day: string, rows: number, seed: number): string {
  if (dataset === 'plans') return hostilePlans(rows, seed)
  const make = (id: number): Record<string, unknown> =>
    dataset === 'customers' ? customer(`c${id}`, { gender: 'F', phone: '+1' }) : event(id, day)
  const line = fc.record({
    id: fc.integer({ min: 1, max: 3 * rows }),
    change,
    other: fc.nat({ max: 29 }),
    end: fc.constantFrom(...ENDS),
  })
  const lines = fc.sample(line, { seed, numRuns: rows }).map(({ id, change, other, end }) => {
    const text = other === 0 ? (OTHER_LINES[change.at % OTHER_LINES.length] ?? '') : changed(make(id), change)
    // A row is a line, and a file is no NUL.
    return `${text.replace(/[\n\r\0]/g, ' ')}${end}`
  })
  return `${JSON.stringify(make(0))}\n${lines.join('')}`
}

const COLUMNS = [...contracts.plans.columns.map(({ name }) => name), '1', 'colour', "it's"]
const GOOD: Readonly<Record<string, string>> = {
  plan_name: 'Plan',
  monthly_price: '9.90',
  roaming_enabled: 'Y',
  plan_category: 'Basic',
  validity_days: '30',
}

/** A price list with cells of any kind, columns that the contract lacks, and records that have too many cells or too few. */
function hostilePlans(rows: number, seed: number): string {
  const cell = fc.oneof(
    fc.constantFrom(...TEXTS),
    fc.constantFrom(...NUMBERS),
    fc.constantFrom('Y', 'N', 'y', 'Basic', 'basic', 'Ultra ', '30', '30.0', '30.5'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  const record = fc.record({
    id: fc.integer({ min: 1, max: 3 * rows }),
    at: fc.nat({ max: 99 }),
    cell,
    isQuoted: fc.boolean(),
    cells: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, -1),
    end: fc.constantFrom(...ENDS, '\n\n', '\r\n\r\n'),
  })
  const csv = (text: string, isQuoted: boolean): string =>
    isQuoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  const lines = fc.sample(record, { seed, numRuns: rows }).map(({ id, at, cell, isQuoted, cells, end }) => {
    const column = COLUMNS[at % COLUMNS.length]
    const texts = COLUMNS.map(name =>
      name === column ? cell.replaceAll('\0', ' ') : name === 'plan_id' ? `p${id}` : (GOOD[name] ?? ''),
    )
    const written = texts.map(text => csv(text, isQuoted)).slice(0, cells < 0 ? cells : undefined)
    return `${[...written, ...(cells > 0 ? ['x'] : [])].join()}${end}`
  })
  const first = COLUMNS.map(name => (name === 'plan_id' ? 'p0' : (GOOD[name] ?? ''))).join()
  return `\ufeff${COLUMNS.map(name => csv(name, false)).join()}\n${first}\n${lines.join('')}`
}
