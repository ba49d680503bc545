import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { FILE_FAULTS, type InjectedFault, ROW_FAULTS } from '../../pipeline/feed/faults.ts'
import { type GenerateOptions, generate } from '../../pipeline/feed/generate.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { land } from '../../pipeline/land.ts'
import { VERBS } from '../../pipeline/verbs.ts'
import { main } from '../../src/commands/program.ts'
import { openLine } from './line.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Makes a feed; returns its files by name. */
function feedOf(options: Partial<GenerateOptions> = {}): { readonly out: string; readonly files: Map<string, Buffer> } {
  const out = mkdtempSync(join(tmpdir(), 'feed-'))
  folders.push(out)
  generate({ out, customers: 60, days: 8, start: '2025-01-28', seed: 3, faults: 0, ...options })
  const names = readdirSync(out, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  return { out, files: new Map(names.map(path => [path.slice(out.length + 1), readFileSync(path)])) }
}

const printOf = (files: Map<string, Buffer>): Readonly<Record<string, string>> =>
  Object.fromEntries([...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]))

/** Lines without the one that the last line end leaves. */
const linesOf = (bytes: Buffer | undefined): readonly string[] => (bytes?.toString('utf8') ?? '').trimEnd().split('\n')

const rowsOf = (files: Map<string, Buffer>, ends: RegExp): readonly Record<string, string>[] =>
  [...files]
    .filter(([name]) => ends.test(name))
    .flatMap(([, bytes]) => linesOf(bytes))
    .map(line => JSON.parse(line) as Record<string, string>)

describe('generate', () => {
  test('the same arguments give the same bytes, with faults too; another seed, other bytes', () => {
    for (const faults of [0, 0.05]) {
      const print = printOf(feedOf({ faults }).files)
      expect(printOf(feedOf({ faults }).files)).toEqual(print)
      const other = printOf(feedOf({ faults, seed: 4 }).files)
      expect(Object.keys(other)).toEqual(Object.keys(print))
      const snapshots = Object.keys(print).filter(name => name.startsWith('customers_2025'))
      for (const name of snapshots.slice(0, 8)) expect([name, other[name]]).not.toEqual([name, print[name]])
    }
  })

  test('a feed has three files a day, over the end of a month, and its customers change, vanish and come', () => {
    const { files } = feedOf({ customers: 2000 })
    const snapshots = [...files].filter(([name]) => name.startsWith('customers'))
    const days = ['0128', '0129', '0130', '0131', '0201', '0202', '0203', '0204']
    expect(snapshots.map(([name]) => name)).toEqual(days.map(day => `customers_2025${day}.ndjson`))
    expect(files.size).toBe(24)
    const plansOf = (bytes: Buffer | undefined): Map<string, string> =>
      new Map(
        linesOf(bytes).map(line => {
          const { customer_id, plan_id } = JSON.parse(line) as { customer_id: string; plan_id: string }
          return [customer_id, plan_id]
        }),
      )
    const [first, last] = [plansOf(snapshots[0]?.[1]), plansOf(snapshots.at(-1)?.[1])]
    expect([...first.keys()].filter(id => !last.has(id)).length).toBeGreaterThan(0)
    expect([...last.keys()].filter(id => !first.has(id)).length).toBeGreaterThan(0)
    expect([...last].filter(([id, plan]) => first.has(id) && first.get(id) !== plan).length).toBeGreaterThan(0)
  })

  test('nobody in it can be somebody: addresses, numbers and mails are of ranges that are kept free', () => {
    const { files } = feedOf()
    const customers = rowsOf(files, /^customers_/)
    const events = rowsOf(files, /logs_/)
    expect(customers.length).toBeGreaterThan(400)
    expect(events.length).toBeGreaterThan(50)
    expect(customers.filter(({ email = '' }) => !/^[a-z.]+\d+@example\.com$/.test(email))).toEqual([])
    expect(customers.filter(({ phone = '' }) => !/^\+1\d{3}55501\d{2}$/.test(phone))).toEqual([])
    expect(events.filter(({ ip_address = '' }) => !/^198\.51\.100\.\d{1,3}$/.test(ip_address))).toEqual([])
  })

  test('every row of a feed without faults is accepted, and none twice', async () => {
    const line = openLine()
    const { out, files } = feedOf()
    land(out, line.places.lake)
    await line.prepare()
    const cleaned = readManifest<Cleaned>(line.places.lake, 'clean')
    expect(cleaned).toHaveLength(files.size)
    expect(cleaned.filter(file => file.bad > 0)).toEqual([])
    const sources = readManifest<Staged>(line.places.lake, 'staging').flatMap(file => file.sources)
    expect(sources.filter(({ good, received }) => good !== received)).toEqual([])
    expect(readdirSync(line.places.lake)).not.toContain('rejected')
    const sidecars = readdirSync(join(line.places.lake, 'archive'), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.json'))
      .map(name => JSON.parse(readFileSync(join(line.places.lake, 'archive', name), 'utf8')) as { warnings: string[] })
    expect(sidecars.flatMap(sidecar => sidecar.warnings)).toEqual([])
  })

  test('faults.json lists every fault and nothing else: without them the feed is the one without faults', () => {
    const good = feedOf({ days: 14 }).files
    const { files } = feedOf({ days: 14, faults: 0.08 })
    const injected = JSON.parse(String(files.get('faults.json'))) as InjectedFault[]
    const whole = injected.filter(fault => fault.line === undefined && fault.fault !== 'F33').map(({ file }) => file)
    expect([...files.keys()].filter(name => !good.has(name)).sort()).toEqual([...whole, 'faults.json'].sort())
    for (const [name, bytes] of good) {
      if (name.startsWith('plans')) continue
      const faults = injected.filter(fault => fault.file === name)
      expect([name, repaired(linesOf(files.get(name)), linesOf(bytes), faults)]).toEqual([name, linesOf(bytes)])
    }
    const extended = [...files].filter(([name, bytes]) => good.has(name) && linesOf(bytes)[0]?.includes('colour'))
    expect(extended.map(([name]) => name)).toEqual(
      injected.filter(({ fault }) => fault === 'F33').map(({ file }) => file),
    )
    const kinds = new Set(injected.map(({ fault, what }) => `${fault} ${what}`))
    for (const { fault, what } of [...FILE_FAULTS, ...ROW_FAULTS]) expect(kinds).toContain(`${fault} ${what}`)
  })

  test('what it cannot do is wrong usage: no folder, a share that is none, a number that is none', async () => {
    const { effects, printed } = openLine()
    for (const flags of [[], ['--out', 'feed', '--faults', '2'], ['--out', 'feed', '--days', 'many']])
      expect(await main('customer360', '', VERBS, ['generate', ...flags], effects)).toBe(2)
    expect(printed()).toContain('generate needs --out')
    expect(
      await main('customer360', '', VERBS, ['generate', '--out', 'feed', '--customers', '3', '--days', '2'], effects),
    ).toBe(0)
    expect(printed()).toContain('Wrote 6 files with 0 faults')
  })
})

/** A spoilt file with the listed faults taken out again; a line that is spoilt and not listed stays as it is. */
function repaired(
  spoilt: readonly string[],
  good: readonly string[],
  faults: readonly InjectedFault[],
): readonly string[] {
  const replaces = new Map(ROW_FAULTS.map(({ fault, what, replaces }) => [`${fault} ${what}`, replaces]))
  const lines: string[] = []
  spoilt.forEach((text, at) => {
    const found = faults.find(({ line }) => line === at + 1)
    if (found === undefined) lines.push(text)
    else if (replaces.get(`${found.fault} ${found.what}`) === true) lines.push(good[lines.length] ?? '')
  })
  return lines
}
