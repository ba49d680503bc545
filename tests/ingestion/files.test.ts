import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ContractColumn } from '../../ingestion-lambda/contract.ts'
import {
  CANARY,
  contracts,
  customer,
  event,
  everywhere,
  fixed,
  gist,
  good,
  judge,
  keys,
  ndjson,
  PLAN_HEADER,
  planRow,
} from './samples.ts'

/** A CSV file of these columns and rows. */
const csv = (header: readonly string[], ...rows: readonly (readonly string[])[]): string =>
  [header, ...rows].map(cells => `${cells.join(',')}\n`).join('')

const plan: Readonly<Record<string, string>> = {
  plan_id: 'P1',
  plan_name: CANARY,
  monthly_price: '19.90',
  data_allowance_gb: '10',
  voice_minutes: '100',
  sms_allowance: '50',
  roaming_enabled: 'Y',
  validity_days: '30',
  plan_category: 'Basic',
}
const planHeader = Object.keys(plan)

/** A plans file whose rows are the sample with these changes. */
const plans = (...changes: readonly Readonly<Record<string, string>>[]): string =>
  csv(planHeader, ...changes.map(change => planHeader.map(name => change[name] ?? plan[name] ?? '')))

/** Where one row ends and the next begins, as places in the bytes of a file. */
function rowEnds(text: string): readonly number[] {
  return Array.from(text.matchAll(/\n/g), ({ index }) => Buffer.byteLength(text.slice(0, index)))
}

describe('a file cut off', () => {
  for (const key of [keys.customers, keys.logs]) {
    const text = key === keys.customers ? good.customers : good.logs
    const bytes = Buffer.from(text)
    const ends = rowEnds(text)

    it(`F7: of ${contracts[key === keys.logs ? 'activity_logs' : 'customers'].dataset}, cut at any place: rejected with its line unless it ends with a row`, async () => {
      for (let length = 1; length < bytes.length; length += 1) {
        const before = ends.filter(end => end < length).length
        const isWhole = ends.some(end => end === length || end + 1 === length)
        const verdict = await judge(bytes.subarray(0, length), key)
        if (isWhole)
          expect(verdict, `cut at ${length}`).toMatchObject({ rows: ends.filter(end => end <= length).length })
        else {
          // In the middle of a character, it is the character that is named.
          const code = expect.stringMatching(/^(TRUNCATED|INVALID_UTF8)$/)
          expect(verdict, `cut at ${length}`).toMatchObject({ code, line: before + 1 })
        }
      }
    })
  }

  it('F7: of plans, cut at any place: rejected, in a row with its line, unless it surely ends with one', async () => {
    // The last column of a price list has a set of values, so a row without a line end may still be known to be whole.
    const bytes = Buffer.from(good.plans)
    const [header = 0, ...rows] = rowEnds(good.plans)
    for (let length = 1; length < bytes.length; length += 1) {
      const verdict = await judge(bytes.subarray(0, length), keys.plans)
      const count = rows.filter(end => end <= length).length
      const isWhole = rows.some(end => end === length || end + 1 === length)
      if (isWhole) expect(verdict, `cut at ${length}`).toMatchObject({ rows: count })
      else if (length <= header + 1)
        expect(verdict, `cut at ${length}`).toMatchObject({ code: expect.stringMatching(/^(MISSING_COLUMN|NO_ROWS)$/) })
      else {
        const code = expect.stringMatching(/^(TRUNCATED|INVALID_UTF8)$/)
        expect(verdict, `cut at ${length}`).toMatchObject({ code, line: count + 2 })
      }
    }
  })

  it('F7: of plans whose last column is a number or a text: rejected wherever the line end is missing', async () => {
    for (const last of ['monthly_price', 'plan_name']) {
      const names = [...planHeader.filter(name => name !== last), last]
      const text = csv(names, ...[1, 2].map(() => names.map(name => plan[name] ?? '')))
      const bytes = Buffer.from(text)
      const second = rowEnds(text)[1] ?? 0
      expect(await judge(text, keys.plans)).toMatchObject({ rows: 2 })
      for (let length = second + 2; length < bytes.length; length += 1) {
        const code = expect.stringMatching(/^(TRUNCATED|INVALID_UTF8)$/)
        expect(await judge(bytes.subarray(0, length), keys.plans)).toMatchObject({ code, line: 3 })
      }
    }
  })

  it('F7: a cut does not hide behind other line ends, a gzip or the way the bytes came', async () => {
    const files = [
      { key: keys.customers, text: good.customers },
      { key: keys.plans, text: good.plans },
    ]
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.integer({ min: 1, max: 25 }),
        ends,
        fc.array(fc.nat(900)),
        async (file, less, end, cuts) => {
          const cut = Buffer.from(file.text.replaceAll('\n', end).slice(0, -end.length - less))
          const expected = await judge(Buffer.from(file.text.slice(0, -1 - less)), file.key)
          expect(expected).toMatchObject({ code: 'TRUNCATED', line: file.key === keys.plans ? 4 : 3 })
          expect(await judge(cut, file.key, { cuts })).toEqual(expected)
          expect(await judge(gzipSync(cut), `${file.key}.gz`, { cuts })).toEqual(expected)
        },
      ),
      fixed,
    )
  })

  it('F7: a quote that nobody closes is a file cut off; one in the middle of a cell is named for what it is', async () => {
    expect(await judge(`${PLAN_HEADER}\n${planRow(1)}\nP2,"a\nb\n`, keys.plans)).toMatchObject({
      code: 'TRUNCATED',
      line: 4,
    })
    const stray = ['P2,a "b" c,1,1,1,1,Y,1,Basic', 'P2,"a"b,1,1,1,1,Y,1,Basic']
    for (const row of stray) {
      const text = `${PLAN_HEADER}\n${planRow(1)}\n${row}\n${planRow(3)}\n${planRow(4)}\n`
      for (const cuts of [[], everywhere(Buffer.from(text))])
        expect(await judge(text, keys.plans, { cuts })).toMatchObject({ code: 'BAD_QUOTES', line: 3 })
    }
  })
})

describe('a file of nothing', () => {
  it('F8: zero bytes are rejected as that, whatever the dataset', async () => {
    for (const key of Object.values(keys).flatMap(name => [name, `${name}.gz`])) {
      expect(await judge('', key), key).toMatchObject({ code: 'EMPTY_FILE' })
      const chunks = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.alloc(0)
      }
      expect(await judge(chunks(), key), key).toMatchObject({ code: 'EMPTY_FILE' })
    }
  })

  it('F9: a plans file with a header alone has no rows, with any line end or none', async () => {
    for (const end of ['', '\n', '\r\n', '\r', '\n\n\n', '\r\n\r\n']) {
      expect(await judge(PLAN_HEADER + end, keys.plans)).toMatchObject({ code: 'NO_ROWS' })
      expect(await judge(gzipSync(PLAN_HEADER + end), `${keys.plans}.gz`)).toMatchObject({ code: 'NO_ROWS' })
    }
  })

  it('F9: a file of empty lines has no rows either', async () => {
    for (const text of ['\n', '\r', ' \n\t\n', '\uFEFF\n', '\n\n\n\n\n'])
      for (const key of [keys.customers, keys.logs]) expect(await judge(text, key)).toMatchObject({ code: 'NO_ROWS' })
    expect(await judge('\n\r\n\r', keys.plans)).toMatchObject({ code: 'NO_ROWS' })
    expect(await judge(gzipSync(''), `${keys.customers}.gz`)).toMatchObject({ code: 'NO_ROWS' })
  })
})

describe('columns', () => {
  it('F26: the order of columns is free', async () => {
    const wide = [...planHeader, 'one_more']
    const expected = gist(
      await judge(
        csv(
          wide,
          wide.map(name => plan[name] ?? '1'),
        ),
        keys.plans,
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(wide, { minLength: wide.length }), async names => {
        expect(
          gist(
            await judge(
              csv(
                names,
                names.map(name => plan[name] ?? '1'),
              ),
              keys.plans,
            ),
          ),
        ).toEqual(expected)
      }),
      fixed,
    )
    const turned = Object.fromEntries(Object.entries(customer(1)).reverse())
    expect(gist(await judge(ndjson(turned), keys.customers))).toEqual(
      gist(await judge(ndjson(customer(1)), keys.customers)),
    )
  })

  it('F26: each required column that is missing rejects the file by its name; each other one may be', async () => {
    for (const { name, required } of contracts.plans.columns) {
      const names = planHeader.filter(each => each !== name)
      const verdict = await judge(
        csv(
          names,
          names.map(each => plan[each] ?? ''),
        ),
        keys.plans,
      )
      if (required)
        expect(verdict).toMatchObject({ code: 'MISSING_COLUMN', message: expect.stringContaining(`${name}:`) })
      else expect(verdict, name).toMatchObject({ rows: 1, extraColumns: [] })
    }
    for (const [key, row] of [
      [keys.customers, customer(1)],
      [keys.logs, event(1)],
    ] as const) {
      for (const { name, required } of contracts[key === keys.logs ? 'activity_logs' : 'customers'].columns) {
        const { [name]: _gone, ...rest } = row
        const verdict = await judge(ndjson(rest, rest), key)
        if (required)
          expect(verdict).toMatchObject({ code: 'MISSING_COLUMN', message: expect.stringContaining(`${name}:`) })
        else expect(verdict, name).toMatchObject({ rows: 2 })
        // One row that has it shows that the file has the column; the others are judged as rows.
        expect(await judge(ndjson(rest, row), key), name).toMatchObject({ rows: 2 })
      }
    }
  })

  it('F26: a header of other names, delimiters or letters is a missing column', async () => {
    for (const header of [PLAN_HEADER.replaceAll(',', ';'), PLAN_HEADER.toUpperCase(), ` ${PLAN_HEADER}`, planRow(1)])
      expect(await judge(good.plans.replace(PLAN_HEADER, header), keys.plans)).toMatchObject({ code: 'MISSING_COLUMN' })
  })

  it('F27: a header that names a column twice is rejected, whichever and wherever', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...planHeader, 'one_more', ''),
        fc.nat(10),
        fc.nat(10),
        async (name, one, other) => {
          const names = planHeader.filter(each => each !== name)
          names.splice(one, 0, name)
          names.splice(other, 0, name)
          const verdict = await judge(
            csv(
              names,
              names.map(each => plan[each] ?? '1'),
            ),
            keys.plans,
          )
          expect(verdict).toMatchObject({ code: 'DUPLICATE_COLUMN' })
        },
      ),
      fixed,
    )
    const quoted = PLAN_HEADER.replace('plan_name', 'plan_name,"plan_name"')
    expect(await judge(`${quoted}\n`, keys.plans)).toMatchObject({ code: 'DUPLICATE_COLUMN' })
  })

  it('F33: columns that the contract lacks are told of, sorted, and their values judged by nobody', async () => {
    const more = { zone: 1, constructor: [CANARY], Alpha: null }
    expect(await judge(ndjson(customer(1), customer(2, more)), keys.customers)).toMatchObject({
      rows: 2,
      extraColumns: ['Alpha', 'constructor', 'zone'],
    })
    const names = ['zone', ...planHeader, 'Alpha']
    const row = names.map(name => plan[name] ?? CANARY)
    expect(await judge(csv(names, row, row), keys.plans)).toMatchObject({ rows: 2, extraColumns: ['Alpha', 'zone'] })
    expect(await judge(good.customers, keys.customers)).toMatchObject({ extraColumns: [] })
  })
})

describe('types', () => {
  const wrong = (column: ContractColumn, isCsv: boolean): readonly unknown[] => {
    if (column.type === 'DATE')
      return ['31.01.1990', '1990-13-01', '1990-01-32', 19900131, '1990-01-31T00:00:00Z', true, {}]
    if (column.type === 'TIMESTAMP_NTZ')
      return ['yesterday', '01/02/2024', 1714636800, '2024-05-02T25:00:00Z', [], '20240502']
    if (column.type === 'BOOLEAN') return ['yes', '1', 'true']
    if (column.type.startsWith('NUMBER')) return ['12,5 zł', '1e3', '0x10', '1.', '--1', 'NaN', '19.90 EUR']
    if (column.type === 'VARIANT' || isCsv) return []
    return [12, true, { nested: CANARY }, [CANARY]]
  }

  it('F34: where no row’s value of a column fits, the file is rejected by its name', async () => {
    for (const column of contracts.plans.columns)
      for (const value of wrong(column, true)) {
        const change = { [column.name]: `"${value}"` }
        const verdict = await judge(plans(change, change, { [column.name]: '' }), keys.plans)
        expect(verdict, `${column.name} ${value}`).toMatchObject({
          code: 'TYPE_CHANGED',
          message: expect.stringContaining(column.name),
        })
        expect('message' in verdict && verdict.message).not.toContain(value)
        expect(await judge(plans(change, change, {}), keys.plans), column.name).toMatchObject({ rows: 3 })
      }
    for (const [key, make] of [
      [keys.customers, customer],
      [keys.logs, event],
    ] as const)
      for (const column of contracts[key === keys.logs ? 'activity_logs' : 'customers'].columns)
        for (const value of wrong(column, false)) {
          const bad = { [column.name]: value }
          const verdict = await judge(ndjson(make(1, bad), make(2, bad), make(3, { [column.name]: null })), key)
          expect(verdict, `${column.name} ${value}`).toMatchObject({
            code: 'TYPE_CHANGED',
            message: expect.stringContaining(column.name),
          })
          expect('message' in verdict && verdict.message).not.toContain(JSON.stringify(value))
        }
  })

  it('F34: one value that fits is enough: the others are judged row by row', async () => {
    const fit: Readonly<Record<string, unknown>> = {
      DATE: '1990-01-31',
      TIMESTAMP_NTZ: '2024-05-02 08:00:00',
      VARCHAR: 'x',
    }
    for (const [key, make] of [
      [keys.customers, customer],
      [keys.logs, event],
    ] as const)
      for (const column of contracts[key === keys.logs ? 'activity_logs' : 'customers'].columns)
        for (const value of wrong(column, false)) {
          const rows = [
            make(1, { [column.name]: value }),
            make(2, { [column.name]: value }),
            make(3, { [column.name]: fit[column.type] }),
          ]
          expect(await judge(ndjson(...rows), key), `${column.name} ${value}`).toMatchObject({ rows: 3 })
        }
  })

  it('F34: a column of nulls, of empty texts or of anything in a VARIANT has changed nothing', async () => {
    const empty = { date_of_birth: null, email: '', phone: null }
    expect(await judge(ndjson(customer(1, empty), customer(2, empty)), keys.customers)).toMatchObject({ rows: 2 })
    for (const payload of [1, 'x', [1], { a: 1 }, null, false])
      expect(await judge(ndjson(event(1, { payload })), keys.logs)).toMatchObject({ rows: 1 })
  })
})

describe('dates', () => {
  const at = (event_timestamp: unknown): Record<string, unknown> => event(1, { event_timestamp })

  it('F32: a date in the name that no row is of is rejected; one row of it is enough', async () => {
    const other = ['2024-05-01T23:59:59Z', '2024-05-03T00:00:00Z', '2023-05-02T08:00:00Z']
    expect(await judge(ndjson(...other.map(at)), keys.logs)).toMatchObject({ code: 'DATE_MISMATCH' })
    expect(await judge(ndjson(...other.map(at), at('2024-05-02T00:00:00Z')), keys.logs)).toMatchObject({ rows: 4 })
    const flat = 'raw/activity_logs/logs_20240502.ndjson'
    expect(await judge(ndjson(...other.map(at)), flat)).toMatchObject({ code: 'DATE_MISMATCH' })
    const folder = keys.logs.replace('day=02', 'day=03')
    expect(await judge(good.logs, folder)).toMatchObject({ code: 'DATE_MISMATCH' })
  })

  it('F32: the day of a row is the one in UTC, however its time is written', async () => {
    const same = ['2024-05-02', '2024-05-02 00:00:00', '2024-05-02T23:59:59.999999999Z', '2024-05-03T01:30:00+02:00']
    same.push('2024-05-01T22:00:00-0200', '2024-05-02T08:00')
    for (const time of same) expect(await judge(ndjson(at(time)), keys.logs), time).toMatchObject({ rows: 1 })
    for (const time of ['2024-05-02T01:30:00+02:00', '2024-05-02T23:30:00-0100', '2024-05-03 00:00:00'])
      expect(await judge(ndjson(at(time)), keys.logs), time).toMatchObject({ code: 'DATE_MISMATCH' })
  })

  it('F32: snapshots have no date in their rows, so only their names count', async () => {
    const old = customer(1, { registration_date: '1999-01-01T00:00:00Z' })
    expect(await judge(ndjson(old), keys.customers)).toMatchObject({ rows: 1, date: '2024-05-02' })
  })
})

describe('clocks', () => {
  const zone = process.env.TZ
  afterEach(() => {
    vi.useRealTimers()
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it('F41: the business date is the name’s and the rows’, whatever the clock and the time zone say', async () => {
    const files: readonly [string, string][] = [
      [keys.customers, good.customers],
      [keys.plans, good.plans],
      [keys.logs, good.logs],
      [keys.logs, ndjson(event(1, { event_timestamp: '2024-05-02 23:30:00' }))],
      [keys.logs, ndjson(event(1, { event_timestamp: '2024-05-02' }))],
      [keys.logs, ndjson(event(1, { event_timestamp: '2024-05-03 00:30:00' }))],
      [keys.plans.replace('_20240502', ''), good.plans],
      [keys.customers.replace('20240502', '20991231'), good.customers],
    ]
    const expected = await Promise.all(files.map(([key, text]) => judge(text, key)))
    expect(expected.map(verdict => ('code' in verdict ? verdict.code : verdict.date))).toEqual([
      ...Array(5).fill('2024-05-02'),
      'DATE_MISMATCH',
      'NO_DATE',
      '2099-12-31',
    ])
    const clocks = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    const zones = fc.constantFrom('UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'Europe/Warsaw')
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), clocks, zones, async (which, now, timeZone) => {
        vi.useFakeTimers({ toFake: ['Date'], now })
        process.env.TZ = timeZone
        const [key, text] = files[which] ?? ['', '']
        expect(await judge(text, key)).toEqual(expected[which])
      }),
      fixed,
    )
  })
})
