import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DATASETS, type Dataset } from '../../ingestion-lambda/contract.ts'
import { clean } from '../../pipeline/clean.ts'
import { type Cleaned, readManifest, type Staged } from '../../pipeline/lake.ts'
import { stage } from '../../pipeline/stage.ts'
import { parquet, type Worker } from '../../pipeline/worker.ts'
import { UserError } from '../../src/error.ts'
import { ANY_SHARE, contracts, customer, event, type World, withLake } from './cleaning.ts'
import { contentHashes } from './content-hash.ts'

const HEADER = 'plan_id,plan_name,monthly_price,plan_category'
/** A row of each dataset that is good, and rows with different faults. */
const ROWS: Readonly<Record<Dataset, { readonly good: () => string; readonly bad: readonly string[] }>> = {
  customers: {
    good: () => JSON.stringify(customer('c1')),
    bad: ['{', '[]', JSON.stringify(customer('c 2')), JSON.stringify(customer('c3', { status: 'gone' }))],
  },
  plans: { good: () => 'p1,"A ""plan"",\nin two lines",9.90,Basic', bad: ['p2,B,1', 'p3,B,much,Basic', 'p4,,1,Basic'] },
  activity_logs: {
    good: () => event(),
    bad: ['{"event_id":', event({ event_type: 'none' }), event({}, 'NaN'), event({}, '{"a":1,"a":2}')],
  },
}
const textOf = (dataset: Dataset, rows: readonly string[]): string =>
  (dataset === 'plans' ? [HEADER, ...rows] : rows).map(row => `${row}\n`).join('')

const dayOf = (number: number): string => new Date(Date.UTC(2025, 0, number)).toISOString().slice(0, 10)
const onDay = (row: string, date: string): string => row.replaceAll('2025-01-01T', `${date}T`)

/** Everything below `clean/`, but for the manifest. */
function filesOf(lake: string, folder = 'clean'): readonly string[] {
  if (!existsSync(join(lake, folder))) return []
  return readdirSync(join(lake, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name !== 'manifest.json')
    .map(entry => join(entry.parentPath, entry.name).slice(lake.length + 1))
    .sort()
}

const stageAll = (lake: string, worker: Worker): Promise<readonly Staged[]> =>
  stage(worker, { lake, contracts, tell: () => undefined })

describe('good and bad', () => {
  it('F52: every row of every file is good or bad, once, and the manifest says how many', async () => {
    const mix = fc.record({
      dataset: fc.constantFrom(...DATASETS),
      // What each line is: a good row, one of the bad ones, or nothing.
      lines: fc.array(fc.constantFrom('good', 'good', 0, 1, 2, 3, 'blank'), { maxLength: 40 }),
    })
    const drawn = fc.sample(mix, { seed: 20250101, numRuns: 70 })
    await withLake(async ({ put, clean, rows }) => {
      const expected = new Map<string, readonly [number, number]>()
      for (const [at, { dataset, lines }] of drawn.entries()) {
        const { good, bad } = ROWS[dataset]
        const date = dayOf(at + 1)
        // The first row is good, since a file of nothing but mistakes is refused before it is cleaned.
        const all = ['good', ...lines].map(line =>
          line === 'good' ? good() : line === 'blank' ? '' : (bad[Number(line)] ?? ''),
        )
        const goodRows = 1 + lines.filter(line => line === 'good').length
        expected.set(`${dataset} ${date}`, [goodRows, all.filter(row => row !== '').length - goodRows])
        await put(dataset, onDay(textOf(dataset, all), date), date)
      }
      const files = await clean()
      for (const file of files) {
        const { good, bad } = await rows(file)
        const lines = [...good, ...bad].map(row => row.line)
        const name = `${file.dataset} ${file.date}`
        expect([name, good.length, bad.length]).toEqual([name, ...(expected.get(name) ?? [])])
        expect([name, file.good, file.bad, file.received]).toEqual([
          name,
          good.length,
          bad.length,
          good.length + bad.length,
        ])
        expect(new Set(lines).size).toBe(lines.length)
      }
      expect(files).toHaveLength(drawn.length)
      expect(files.some(({ bad }) => bad > 0) && files.some(({ bad }) => bad === 0)).toBe(true)
    })
  })
})

const gone = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => JSON.stringify(customer(`secret${at}`, { status: 'gone' })))
const fine = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => JSON.stringify(customer(`c${at}`)))

describe('a file that is mostly bad', () => {
  it('F53: a file with nothing but bad rows fails the run, and nothing of its batch is published', async () => {
    await withLake(async ({ lake, put, clean }) => {
      await put('customers', textOf('customers', fine(3)), '2025-01-01')
      await put('customers', textOf('customers', gone(4)), '2025-01-02')
      const error = await clean(0.5).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(UserError)
      const { message, place, remedy } = error as UserError
      expect(message).toContain('4 of 4 rows of raw/customers/customers_20250102.ndjson are bad, more than 50 %')
      expect(place.file).toMatch(/^archive\/customers\/2025-01-02\/[0-9a-f]{64}\.ndjson$/)
      expect(remedy).toContain('--bad-share')
      expect(message).not.toContain('secret')
      expect(existsSync(join(lake, 'clean/manifest.json'))).toBe(false)
      expect(filesOf(lake)).toEqual([])
    })
  })

  it('F53: what was cleaned before stays as it was, and a raised threshold takes the file', async () => {
    await withLake(async ({ lake, worker, put, clean, rows }) => {
      await put('customers', textOf('customers', fine(3)), '2025-01-01')
      await clean(0.5)
      const before = readFileSync(join(lake, 'clean/manifest.json'), 'utf8')
      // Customers are cleaned before plans, so that their new file is written when the plans fail.
      await put('customers', textOf('customers', [...fine(3), ...gone(1)]), '2025-01-02')
      await put('plans', textOf('plans', ['p1,Plan,1,None', 'p2,Plan,1,None']), '2025-01-02')
      await expect(clean(0.5)).rejects.toThrow('2 of 2 rows of raw/plans/plans_20250102.csv are bad')
      expect(readFileSync(join(lake, 'clean/manifest.json'), 'utf8')).toBe(before)
      expect((await stageAll(lake, worker)).map(({ folder, date, rows }) => [folder, date, rows])).toEqual([
        ['customers', '2025-01-01', 3],
      ])
      const added = await clean(ANY_SHARE)
      expect(added.map(({ dataset, good, bad, goodPath }) => [dataset, good, bad, goodPath === null])).toEqual([
        ['customers', 3, 1, false],
        ['plans', 0, 2, true],
      ])
      expect((await rows(added[1] as Cleaned)).bad.map(({ code }) => code)).toEqual(['NOT_ACCEPTED', 'NOT_ACCEPTED'])
      expect(readManifest<Cleaned>(lake, 'clean')).toHaveLength(3)
    })
  })

  it('F53: the threshold itself is allowed, one row more is not', async () => {
    await withLake(async ({ put, clean }) => {
      await put('customers', textOf('customers', [...fine(3), ...gone(1)]))
      await expect(clean(0.24)).rejects.toThrow('1 of 4 rows')
      await expect(clean(0)).rejects.toThrow('1 of 4 rows')
      expect(await clean(0.25)).toHaveLength(1)
    })
  })
})

/** Customers of a few keys with a few values, so that the same row, and other rows of one key, come often. */
const customerRow = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    name: fc.constantFrom('Ada', 'ada', '', null, 'É', 'E\u0301'),
    status: fc.constantFrom('active', 'active', 'active', 'suspended', 'gone'),
  })
  .map(({ id, name, status }) => JSON.stringify(customer(`c${id}`, { first_name: name, status })))
const planRow = fc
  .record({
    id: fc.integer({ min: 1, max: 20 }),
    price: fc.constantFrom('1', '1.0', '2.50', 'x'),
    name: fc.constantFrom('A', '"B,\n"'),
  })
  .map(({ id, price, name }) => `p${id},${name},${price},Basic`)
const eventRow = fc
  .record({ id: fc.integer({ min: 1, max: 20 }), payload: fc.constantFrom('{"a":1,"b":2}', '[1,2]', 'null', '{') })
  .map(({ id, payload }) => event({ event_id: `evt_${id}` }, payload))

/** A day's rows, and the same rows in another order. */
const shuffled = (row: fc.Arbitrary<string>) =>
  fc
    .array(row, { minLength: 10, maxLength: 40 })
    .chain(rows => fc.shuffledSubarray(rows, { minLength: rows.length }).map(other => [rows, other] as const))

const FIRST: Readonly<Record<Dataset, string>> = {
  customers: JSON.stringify(customer('first')),
  plans: 'first,First,1,Basic',
  activity_logs: event({ event_id: 'first' }),
}

describe('rows in another order', () => {
  it('F54: the same rows in another order have the same hashes, row by row and, for the history, day by day', async () => {
    const days = fc.record({
      customers: shuffled(customerRow),
      plans: shuffled(planRow),
      activity_logs: shuffled(eventRow),
    })
    const drawn = fc.sample(days, { seed: 20250101, numRuns: 6 })
    const contentOf = (which: 0 | 1) =>
      withLake(async world => {
        for (const [at, day] of drawn.entries()) {
          for (const dataset of DATASETS) {
            // One row that is surely good comes first here and last there.
            const rows = which === 0 ? [FIRST[dataset], ...day[dataset][0]] : [...day[dataset][1], FIRST[dataset]]
            await world.put(dataset, onDay(textOf(dataset, rows), dayOf(at + 1)), dayOf(at + 1))
          }
        }
        return { files: new Set((await world.clean()).map(({ sha256 }) => sha256)), ...(await hashesOf(world)) }
      })
    const [one, other] = [await contentOf(0), await contentOf(1)]
    expect(other.rowHashes).toEqual(one.rowHashes)
    expect(other.dayHashes).toEqual(one.dayHashes)
    // The files themselves are not the same, and neither are the days.
    expect([...one.files].filter(sha256 => other.files.has(sha256))).toEqual([])
    expect(new Set(one.dayHashes.map(day => (day as string[])[1])).size).toBe(drawn.length)
  })
})

/** The hashes of all good rows, by file and in order; and the content hash of each day of customers. */
async function hashesOf({ lake, worker, rows }: World) {
  const rowHashes: string[] = []
  for (const file of readManifest<Cleaned>(lake, 'clean')) {
    const { good, bad } = await rows(file)
    const content = [...good.map(({ hash }) => hash), ...bad.map(({ code, raw }) => `${code} ${raw}`)].sort()
    rowHashes.push(...content.map(text => `${file.dataset} ${file.date} ${text}`))
  }
  const staged = await stageAll(lake, worker)
  const source = (folder: string): string =>
    parquet(staged.filter(file => file.folder === folder).map(({ path }) => join(lake, 'staging', path)))
  return { rowHashes, dayHashes: await contentHashes(worker, source('customers'), source('customers_unknown')) }
}

/** A worker that stops at the `nth` of its calls; a file that it would have written then is left cut off. */
function crashing(worker: Worker, lake: string, nth: number): Worker {
  let calls = 0
  const step = (statements: readonly string[]): void => {
    calls += 1
    if (calls < nth) return
    const draft = statements.map(sql => /to '([^']*\.draft)'/.exec(sql)?.[1]).find(path => path !== undefined)
    if (draft?.startsWith(lake)) writeFileSync(draft, 'PAR1 cut off')
    throw new Error('crashed')
  }
  return {
    ...worker,
    run: async (...statements) => {
      step(statements)
      await worker.run(...statements)
    },
    all: async sql => {
      step([sql])
      return worker.all(sql)
    },
  }
}

async function putAll({ put }: World): Promise<void> {
  for (const dataset of DATASETS) {
    const { good, bad } = ROWS[dataset]
    await put(dataset, textOf(dataset, [good(), bad[0] ?? '', bad[1] ?? '']))
  }
}

/** What readers see of a lake: the rows of every listed file, and what is staged of them. */
async function seen({ lake, worker, rows }: World) {
  const files = readManifest<Cleaned>(lake, 'clean')
  const staged = await stageAll(lake, worker)
  return {
    files: await Promise.all(files.map(async file => [file.dataset, file.date, await rows(file)])),
    staged: staged.map(({ folder, date, rows }) => [folder, date, rows]),
  }
}

describe('clean files half written', () => {
  it('F48: a clean that stops at any point leaves nothing that is read, and the next one finishes its work', async () => {
    await withLake(async world => {
      const { lake, worker } = world
      await putAll(world)
      const attempt = (nth: number) =>
        clean(crashing(worker, lake, nth), { lake, contracts, badShare: ANY_SHARE, tell: () => undefined })
      let nth = 1
      for (; ; nth += 1) {
        const added = await attempt(nth).catch((error: Error) => error.message)
        if (typeof added !== 'string') break
        expect(added).toBe('crashed')
        expect(readManifest<Cleaned>(lake, 'clean')).toEqual([])
        expect(await stageAll(lake, worker)).toEqual([])
      }
      // Of each dataset: two for its rows, and one for each of its files.
      expect(nth).toBe(3 * (2 + 2) + 1)
      expect(filesOf(lake)).toHaveLength(6)
      const listed = readManifest<Cleaned>(lake, 'clean')
      expect(listed.map(({ dataset }) => dataset)).toEqual(DATASETS)
      for (const file of listed) {
        const { good, bad } = await world.rows(file)
        expect([file.dataset, good.length, bad.length]).toEqual([file.dataset, 1, 2])
      }
    })
  })

  it('F48: files that the manifest does not list are not read, whole or cut off', async () => {
    const look = (spoil: (world: World) => void) =>
      withLake(async world => {
        // Ids are counted on, so the rows are given here.
        await world.put('customers', textOf('customers', [...fine(3), ...gone(1)]))
        await world.clean()
        spoil(world)
        await world.put('customers', textOf('customers', [...fine(2), ...gone(1)]), '2025-01-02')
        await world.clean()
        return seen(world)
      })
    const spoilt = await look(({ lake }) => {
      const whole = readFileSync(join(lake, filesOf(lake).find(path => !path.includes('/bad/')) ?? ''))
      const stray = (path: string, bytes: Buffer | string): void => {
        mkdirSync(dirname(join(lake, path)), { recursive: true })
        writeFileSync(join(lake, path), bytes)
      }
      for (const day of ['2025-01-01', '2025-01-02', '2025-01-03']) {
        stray(`clean/customers/d=${day}/0000000000000000.parquet`, whole)
        stray(`clean/customers/d=${day}/1111111111111111.parquet`, whole.subarray(0, whole.length / 2))
        stray(`clean/customers/d=${day}/2222222222222222.parquet.draft`, whole.subarray(0, 100))
        stray(`clean/bad/customers/d=${day}/3333333333333333.parquet`, '')
      }
      stray('clean/manifest.json.1.draft', '{"files": [\n{"dataset":"cust')
    })
    expect(spoilt).toEqual(await look(() => undefined))
    expect(spoilt.staged).toContainEqual(['customers', '2025-01-02', 2])
  })
})
