import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CleanedFile, cleanRows, codes, customer, DAY, event, type Good, withLake } from './cleaning.ts'
import { isFineEvent, objectOf } from './json-oracle.ts'

/** So many values as one large file takes: cleaning a file costs more than its rows do, and rows do not meet each other. */
const draw = <T>(values: fc.Arbitrary<T>, count: number): readonly T[] =>
  fc.sample(values, { seed: 20250101, numRuns: count })

const PIECES = [
  ...'{}[]",:\\/ \t\u0001\u0002\u000b\u000c\u001f\u007f\u00a0\ufeff\u2028\u2029é𝄞0159+-.eENnafitul_',
  ...['NaN', '-Infinity', 'null', 'true', '1e999', '//', '/**/', "'", '01', '1.', '.5', '+1', ',}', ',]', '{}', '[]'],
  ...['\\u0000', '\\u0001', '\\ud800', '\\x', '\\u12', '12345678901234567890', '"a":1,', '"event_id":"x",', '""'],
]

const PAYLOADS = [
  '{"minutes":3,"to":{"country":"é","list":[1,2.5,-3e2,{"a":null}]},"ok":true}',
  '{ "a" : [ ] , "b" : { } , "c" : "x, y] }" }',
  '{"quote":"\\"\\\\\\"","escape":"\\u0041\\n\\t","big":123456789012345678}',
  'null',
  '"text, with {braces} and [brackets]"',
]

/** A valid event with one piece of it lost, doubled, swapped, cut off or put in. */
const corrupted: fc.Arbitrary<string> = fc
  .record({
    id: fc.integer({ min: 1, max: 1e6 }),
    payload: fc.constantFrom(...PAYLOADS),
    place: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    piece: fc.constantFrom(...PIECES),
    length: fc.integer({ min: 1, max: 4 }),
    way: fc.constantFrom('lose', 'double', 'swap', 'cut', 'insert', 'insert', 'replace', 'replace'),
  })
  .map(({ id, payload, place, piece, length, way }) => {
    // Characters, not UTF-16 units: half a character could not be written into a file.
    const row = [...event({ event_id: `evt_${id}` }, payload)]
    const at = Math.floor(place * row.length)
    const [before, here, after] = [row.slice(0, at), row.slice(at, at + length), row.slice(at + length)]
    const changed = {
      lose: [...before, ...after],
      double: [...before, ...here, ...here, ...after],
      swap: [...before, ...here.reverse(), ...after],
      cut: row.slice(0, Math.max(1, at)),
      insert: [...before, piece, ...row.slice(at)],
      replace: [...before, piece, ...row.slice(at + 1)],
    }
    return changed[way].join('')
  })

/** The rows of a cleaned file by their lines. */
const byLine = <T extends { line: number }>(rows: readonly T[]): ReadonlyMap<number, T> =>
  new Map(rows.map(row => [row.line, row]))

/** The columns of a good row that are stored as they came, as the row itself has them. */
function asCame(text: string): Readonly<Record<string, unknown>> {
  const row = JSON.parse(text) as Record<string, unknown>
  const names = ['event_id', 'customer_id', 'event_type', 'device_type', 'ip_address', 'network_type']
  const own = (name: string): unknown => (Object.hasOwn(row, name) ? (row[name] ?? null) : null)
  return Object.fromEntries([...names.map(name => [name, own(name)]), ['payload', own('payload')]])
}

function asStored({ values }: Good): Readonly<Record<string, unknown>> {
  const { event_timestamp: _, source_utc_offset: __, payload, ...rest } = values
  return { ...rest, payload: payload == null ? null : JSON.parse(payload) }
}

/** What cleaning did with rows that it should not have done, in words; nothing where all is well. */
function faultsOf(rows: readonly string[], cleaned: CleanedFile): readonly string[] {
  const [good, bad] = [byLine(cleaned.good), byLine(cleaned.bad)]
  return rows.flatMap((text, at) => {
    const [kept, gone] = [good.get(at + 1), bad.get(at + 1)]
    const told = `line ${at + 1} ${JSON.stringify(text)}`
    if ((kept === undefined) === (gone === undefined)) return [`${told} is neither or both`]
    if (gone !== undefined && gone.raw !== text) return [`${told} was kept as ${JSON.stringify(gone.raw)}`]
    if (kept !== undefined && objectOf(text) === undefined) return [`${told} is good`]
    if (!isFineEvent(text)) return []
    if (gone !== undefined) return [`${told} is ${gone.code} (${gone.reason})`]
    return kept !== undefined && JSON.stringify(asStored(kept)) !== JSON.stringify(asCame(text))
      ? [`${told} is stored as ${JSON.stringify(asStored(kept))}`]
      : []
  })
}

describe('rows', () => {
  it('F18: a row that JSON.parse refuses is quarantined by its line as it came, and its neighbours are not touched', async () => {
    const rows = draw(corrupted, 8000).flatMap((row, at) => (at % 5 === 0 ? [event(), row] : [row]))
    const cleaned = await cleanRows('activity_logs', rows)
    expect(faultsOf(rows, cleaned).slice(0, 10)).toEqual([])
    expect(Math.min(cleaned.good.length, cleaned.bad.length)).toBeGreaterThan(2000)
  })

  it('F18: what is JSON but no object, and what only looks like JSON, is BAD_JSON', async () => {
    const valid = event()
    const rows = [
      '[]',
      '1',
      '"x"',
      'null',
      'x',
      `${valid}x`,
      `${valid},`,
      `[${valid}]`,
      `\ufeff${valid}`,
      `\u00a0${valid}`,
    ]
    const inside = ["{'a':1}", '{"a":1,}', '{a:1}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":"\t"}']
    const strange = ['{"a":"\u0001"}', '{"a":"\\x"}', '{"a":tRUE}', '{"a":1/**/}', '{"a":[1,]}', '{"a":[,]}', '{,}']
    const bad = [...rows, ...inside, ...strange, ...inside.map(payload => event({}, payload))]
    const cleaned = await cleanRows('activity_logs', [valid, ...bad])
    expect(codes(cleaned.bad)).toEqual(bad.map((_, at) => [at + 2, 'BAD_JSON']))
    expect(cleaned.bad.map(({ raw }) => raw)).toEqual(bad)
    expect(cleaned.good).toHaveLength(1)
  })

  it('F18: a broken row that also holds a number too large is quarantined like any other', async () => {
    const broken = '{"customer_id":"c9","n":12345678901234567890'
    const { bad } = await cleanRows('customers', [JSON.stringify(customer('c1')), broken])
    expect(bad).toMatchObject([{ line: 2, raw: broken, key: null }])
  })

  it('F19: a JSON key twice is quarantined, at any depth and however it is written', async () => {
    const twice = [
      event().replace('{', '{"event_id":"evt_x",'),
      event().replace('{', '{"event_\\u0069d":"evt_x",'),
      event({}, '{"a":1,"a":1}'),
      event({}, '{"a":1,"\\u0061":2}'),
      event({}, '{"":1,"":2}'),
      event({}, '{"x":{"a":1,"a":2}}'),
      event({}, '{"x":{"y":{"z":{"a":1,"b":2,"\\u0061":3}}}}'),
      event({}, '[{"a":1},{"a":1,"a":2}]'),
      event({}, '{"x":[[[{"a":[],"a":{}}]]]}'),
      event().replace('{', '{"new":{"a":1,"a":2},'),
    ]
    const once = [
      event({}, '{"a":{"a":{"a":1}},"b":{"a":1}}'),
      event({}, '[{"a":1},{"a":1}]'),
      event({}, '{"a":1,"A":2,"a ":3}'),
      event({}, '{"a":"\\"a\\":1,\\"a\\":2"}'),
    ]
    const cleaned = await cleanRows('activity_logs', [...twice, ...once])
    expect(codes(cleaned.bad)).toEqual(twice.map((_, at) => [at + 1, 'DUPLICATE_KEY_IN_ROW']))
    expect(cleaned.good.map(({ line }) => line)).toEqual(once.map((_, at) => twice.length + at + 1))
  })

  it('F20: NaN, Infinity and numbers beyond what is finite are quarantined, wherever they stand', async () => {
    const numbers = ['NaN', 'nan', 'Infinity', '-Infinity', 'inf', '-inf', '1e999', '-1e999', '1E+400', '9.9e0309']
    const bad = numbers.flatMap(number => [
      event().replace('{', `{"new":${number},`),
      event({}, number),
      event({}, `{"a":{"b":[1,${number}]}}`),
    ])
    const fine = ['"NaN"', '{"nan":"Infinity","inf":"1e999"}', '1e99', '1e-5', '"-Infinity"'].map(text =>
      event({}, text),
    )
    const cleaned = await cleanRows('activity_logs', [...bad, ...fine])
    expect(codes(cleaned.bad)).toEqual(bad.map((_, at) => [at + 1, 'NON_FINITE_NUMBER']))
    expect(cleaned.good).toHaveLength(fine.length)
  })

  it('F22: __proto__ and constructor are keys like any other', async () => {
    const payload = '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},"toString":null}'
    const rows = [
      event({}, payload),
      event().replace('{', '{"__proto__":{"event_id":"evt_wrong"},"constructor":1,'),
      // A value that is only inherited is no value.
      event().replace('"event_id":', '"__proto__":{"event_id":"evt_wrong"},"not_the_id":'),
      event({}, '{"__proto__":1,"__proto__":2}'),
    ]
    const { good, bad } = await cleanRows('activity_logs', rows)
    expect(good.map(({ values }) => [values.event_id, values.payload])).toEqual([
      [(JSON.parse(rows[0] ?? '') as { event_id: string }).event_id, payload],
      [(JSON.parse(rows[1] ?? '') as { event_id: string }).event_id, '{"minutes":3}'],
    ])
    expect(codes(bad)).toEqual([
      [3, 'MISSING_REQUIRED'],
      [4, 'DUPLICATE_KEY_IN_ROW'],
    ])
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })
})

/** Levels of arrays or objects around a 1; the row itself is one more. */
const nested = (levels: number, open = '[', close = ']'): string => open.repeat(levels) + 1 + close.repeat(levels)
/** Levels of arrays, each with something shallow beside the next; the last of these makes four levels more. */
const comb = (levels: number): string => `${'[[[[]],{"a":[{}]}],'.repeat(levels)}1${']'.repeat(levels)}`

describe('depth', () => {
  it('F23: a row of more than 64 levels is quarantined without a crash, one of 64 is not', async () => {
    const deep = [65, 66, 200, 10_000].flatMap(levels => [
      event({}, nested(levels - 1)),
      event({}, nested(levels - 1, '{"a":', '}')),
      event({}, comb(levels - 5)),
      event().replace('{', `{"new":${nested(levels - 1)},`),
    ])
    const fine = [
      event({}, nested(60)),
      event({}, nested(63)),
      event({}, nested(63, '{"a":', '}')),
      event({}, comb(59)),
      event({}, `[${Array(500).fill('{"a":[1]}').join(',')}]`),
      event({}, JSON.stringify('['.repeat(500))),
    ]
    const cleaned = await cleanRows('activity_logs', [...deep, ...fine])
    expect(codes(cleaned.bad)).toEqual(deep.map((_, at) => [at + 1, 'TOO_DEEP']))
    expect(cleaned.good.map(({ values }) => values.payload)).toEqual(
      fine.map(row => JSON.stringify((JSON.parse(row) as { payload: unknown }).payload)),
    )
  })

  it('F23: 10 000 openings without their ends are quarantined without a crash', async () => {
    const open = [event({}, '['.repeat(10_000)), event({}, '{"a":'.repeat(10_000)), '{'.repeat(10_000)]
    const cleaned = await cleanRows('activity_logs', [event(), ...open])
    expect(cleaned.bad.map(({ line, raw }) => [line, raw.length])).toEqual(open.map((row, at) => [at + 2, row.length]))
  })
})

/** A whole number of up to 30 digits in a spelling that a program might print. */
const wholeNumber: fc.Arbitrary<{ readonly text: string; readonly value: bigint }> = fc
  .record({
    value: fc.oneof(
      fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 9n }),
      fc.bigInt({ min: 2n ** 53n, max: 10n ** 18n }),
      fc.bigInt({ min: 2n ** 63n - 2n, max: 2n ** 64n + 2n }),
      fc.bigInt({ min: 10n ** 18n, max: 10n ** 30n }),
    ),
    isNegative: fc.boolean(),
    spelling: fc.constantFrom('plain', 'plain', '.0', 'e0', 'E1', 'scientific'),
  })
  .map(({ value, isNegative, spelling }) => {
    const digits = String(value)
    const told = {
      plain: digits,
      '.0': `${digits}.0`,
      e0: `${digits}e0`,
      E1: `${digits}E1`,
      scientific: `${digits[0]}.${digits.slice(1)}e+${digits.length - 1}`,
    }[spelling]
    const number = spelling === 'E1' ? value * 10n : value
    return { text: isNegative ? `-${told}` : told, value: isNegative ? -number : number }
  })

/** The whole number that a stored number stands for, exactly; undefined for one that is not whole. */
function exactly(text: string): bigint | undefined {
  const [, sign = '', whole = '', part = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e\+?(-?\d+))?$/i.exec(text) ?? []
  const shift = Number(power) - part.length
  const digits = BigInt(`${sign}${whole}${part}`)
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const unit = 10n ** BigInt(-shift)
  return digits % unit === 0n ? digits / unit : undefined
}

describe('numbers', () => {
  it('F21: a whole number beyond 2^53 comes out exactly, or its row is quarantined', async () => {
    const numbers = draw(wholeNumber, 2000)
    const rows = numbers.map(({ text }) => event({}, `{"n":${text}}`))
    const { good, bad } = await cleanRows('activity_logs', rows)
    const wrong = good.flatMap(({ line, values }) => {
      const number = numbers[line - 1]
      const stored = /"n":([^}]+)/.exec(values.payload ?? '')?.[1]
      return stored !== undefined && exactly(stored) === number?.value ? [] : [`${number?.text} became ${stored}`]
    })
    expect(wrong).toEqual([])
    expect(new Set(bad.map(({ code }) => code))).toEqual(new Set(['NUMBER_TOO_LARGE']))
    // What is written plainly and has at most 18 digits fits 64 bits, so it is never quarantined.
    expect(bad.filter(({ line }) => /^-?\d{1,18}$/.test(numbers[line - 1]?.text ?? ''))).toEqual([])
  })

  it('F21: long fractions are no large whole numbers', async () => {
    const fractions = [
      '0.000012345678901234567',
      '-0.30000000000000004',
      '1.2345678901234567e9',
      '1.2345678901234567e-7',
    ]
    const { good } = await cleanRows(
      'activity_logs',
      fractions.map(text => event({}, text)),
    )
    expect(good.map(({ values }) => Number(values.payload))).toEqual(fractions.map(Number))
  })
})

/** Characters that an id must not have: look-alikes, marks, what cannot be seen, and what an id could be broken with. */
const STRANGE = [
  ...['\u0430', '\u0391', '\uff11', '\u0661', '\u00e9', 'e\u0301', '\u200b', '\u200d', '\u00ad', '\u202e', '\ufeff'],
  ...[' ', '\t', '\n', '\r', '\u0001', '.', '/', '\\', '"', "'", ';', '%', '|', ':', '*', '𝐚', '\u212a', '\u017f'],
]

// Blocks whose characters and compositions were settled long before any of the libraries: their tables agree on these.
const settled = fc.oneof(
  fc.constantFrom(
    ...'aeioucnAEzZ \u0041\u030a\u00c5\u212b\u1e9b\u0323\u0307\ufb01\uac00\u1100\u1161\u11a8\u0958\u0374',
  ),
  fc.integer({ min: 0x20, max: 0x24f }).map(code => String.fromCodePoint(code)),
  fc.integer({ min: 0x300, max: 0x33f }).map(code => String.fromCodePoint(code)),
  fc.integer({ min: 0x1e00, max: 0x1eff }).map(code => String.fromCodePoint(code)),
  fc.integer({ min: 0xac00, max: 0xd7a3 }).map(code => String.fromCodePoint(code)),
  fc.integer({ min: 0x1f600, max: 0x1f64f }).map(code => String.fromCodePoint(code)),
)

describe('ids and names', () => {
  it('F24: an id with a look-alike or any other strange character is quarantined', async () => {
    const ids = STRANGE.flatMap(mark => [`${mark}cust_1`, `cu${mark}st_1`, `cust_1${mark}`])
    const rows = [...ids, ''].flatMap(id => [event({ customer_id: id }), event({ event_id: id })])
    const fine = [event({ customer_id: 'A-z_09' }), event({ event_id: '-' })]
    const { good, bad } = await cleanRows('activity_logs', [...rows, ...fine])
    expect(codes(bad)).toEqual(rows.map((_, at) => [at + 1, 'PATTERN']))
    expect(good).toHaveLength(fine.length)
  })

  it('F24: names are stored in NFC, however they were written', async () => {
    const names = draw(fc.array(settled, { minLength: 1, maxLength: 12 }), 1500).map(parts => parts.join(''))
    const forms = names.flatMap(text => [text, text.normalize('NFD'), text.normalize('NFC')])
    const rows = forms.map((text, at) => JSON.stringify(customer(`c${at}`, { first_name: text })))
    const { good } = await cleanRows('customers', rows)
    expect(good.map(({ values }) => values.first_name)).toEqual(forms.map(text => text.normalize('NFC')))
  })

  it('F24: the forms of one name make one row hash', async () => {
    const rows = ['\u00c5sa', 'A\u030asa', '\u212bsa'].map(text => JSON.stringify(customer('c1', { first_name: text })))
    const { good } = await cleanRows('customers', rows)
    expect(new Set(good.map(({ hash }) => hash)).size).toBe(1)
  })

  it('F24: no name is cut at a NUL', async () => {
    const names = ['\u0000', 'Ada\u0000Obi', 'Ada\u0000'].map(text => customer('c1', { first_name: text }))
    const rows = [...names, customer('c1\u0000')].map(row => JSON.stringify(row))
    const cleaned = await cleanRows('customers', [JSON.stringify(customer('c2')), ...rows])
    expect(codes(cleaned.bad)).toEqual(rows.map((_, at) => [at + 2, 'BAD_TYPE']))
    expect(cleaned.bad.map(({ raw }) => raw)).toEqual(rows)
    expect(cleaned.good.map(({ values }) => values.first_name)).toEqual(['Ada'])
  })
})

describe('columns that the contract lacks', () => {
  it('F33: their values are kept aside as they came, whatever their names, and are in no hash', async () => {
    const extra = { tariff_group: 'G7', 'w/~"x': { k: [1, null] }, nothing: null, "it's": 0.5 }
    const rows = [customer('c1', extra), customer('c2'), { ...customer('c3'), __extra__: 12345678901 }]
    const { good, bad } = await cleanRows(
      'customers',
      [...rows, customer('c1')].map(row => JSON.stringify(row)),
    )
    expect(bad).toEqual([])
    expect(good.map(each => JSON.parse(each.extra ?? 'null'))).toEqual([extra, null, { __extra__: 12345678901 }, null])
    expect(good[0]?.hash).toBe(good[3]?.hash)
  })
})

describe('the rows that the tests start from', () => {
  it('are good', async () => {
    expect(
      (
        await cleanRows(
          'activity_logs',
          PAYLOADS.map(payload => event({}, payload)),
        )
      ).bad,
    ).toEqual([])
    expect((await cleanRows('customers', [JSON.stringify(customer('c1'))])).bad).toEqual([])
    expect(isFineEvent(event()) && event().includes(DAY)).toBe(true)
  })
})

describe('the time of an event', () => {
  it('F79: the day after its file is the last that is taken; later is TOO_FAR_AHEAD, by UTC', async () => {
    const at = (event_timestamp: string): string => event({ event_timestamp })
    const cleaned = await cleanRows('activity_logs', [
      at(`${DAY}T00:00:00Z`),
      at('2025-01-02T23:59:59.999Z'),
      at('2025-01-03T00:00:00Z'),
      at('2025-01-03T01:00:00+02:00'),
      at('2025-01-02T23:30:00-01:00'),
      at('2031-01-01T00:00:00Z'),
      at('1999-01-01T00:00:00Z'),
    ])
    expect(codes(cleaned.bad)).toEqual([3, 5, 6].map(line => [line, 'TOO_FAR_AHEAD']))
    expect(cleaned.good.map(({ line }) => line)).toEqual([1, 2, 4, 7])
  })

  it.each([
    {
      day: '2025-03-30',
      written: [
        '2025-03-30T01:59:59+01:00',
        '2025-03-30T03:00:00+02:00',
        '2025-03-30T00:30:00Z',
        '2025-03-30 12:00:00',
      ],
      utc: ['2025-03-30 00:59:59', '2025-03-30 01:00:00', '2025-03-30 00:30:00', '2025-03-30 12:00:00'],
      offsets: ['+01:00', '+02:00', '+00:00', null],
    },
    {
      day: '2025-10-26',
      written: ['2025-10-26T02:30:00+02:00', '2025-10-26T02:30:00+01:00', '2025-10-26T02:30:00-0330'],
      utc: ['2025-10-26 00:30:00', '2025-10-26 01:30:00', '2025-10-26 06:00:00'],
      offsets: ['+02:00', '+01:00', '-03:30'],
    },
  ])(
    'F80: UTC, with the offset that the source wrote, also where clocks change ($day)',
    async ({ day, written, utc, offsets }) => {
      await withLake(async ({ put, clean, rows }) => {
        await put('activity_logs', written.map(event_timestamp => `${event({ event_timestamp })}\n`).join(''), day)
        const [file] = await clean()
        if (file === undefined) throw new Error('nothing was cleaned')
        const { good } = await rows(file)
        expect(good.map(({ values }) => values.event_timestamp)).toEqual(utc)
        expect(good.map(({ values }) => values.source_utc_offset ?? null)).toEqual(offsets)
      })
    },
  )

  it('F80: a time is one of the day, in a year of four digits, with an offset that exists; seconds may be missing', async () => {
    const fine = {
      '2024-12-31T10:00Z': '10:00:00',
      '2024-12-31 10:00+0530': '04:30:00',
      '2024-12-31T10:00': '10:00:00',
    }
    const bad = ['T24:00:00Z', 'T10:00:60Z', 'T10:00:00+16:00', 'T10:00:00+02:60', 'T10:00:00+99:99'].map(
      time => `2024-12-31${time}`,
    )
    const cleaned = await cleanRows(
      'activity_logs',
      [...Object.keys(fine), `${DAY}T10:00:00Z`, ...bad, '0000-06-01', '0001-01-01T00:00:00+02:00'].map(
        event_timestamp => event({ event_timestamp }),
      ),
    )
    expect(cleaned.good.slice(0, 3).map(({ values }) => values.event_timestamp)).toEqual(
      Object.values(fine).map(time => `2024-12-31 ${time}`),
    )
    expect(codes(cleaned.bad)).toEqual([5, 6, 7, 8, 9, 10, 11].map(line => [line, 'BAD_TYPE']))
  })

  it('F80: the offset is in no hash: the same instant written otherwise is the same event', async () => {
    const rows = ['2025-01-01T10:00:00Z', '2025-01-01T12:00:00+02:00'].map(event_timestamp =>
      event({ event_id: 'same', event_timestamp }),
    )
    const { good } = await cleanRows('activity_logs', rows)
    expect(new Set(good.map(({ hash }) => hash)).size).toBe(1)
  })
})
