import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { REJECTIONS, type RejectionCode } from '../../ingestion-lambda/codes.ts'
import { folderStore } from '../../ingestion-lambda/folder-store.ts'
import { ingestObject, type Outcome } from '../../ingestion-lambda/route.ts'
import type { ObjectStore } from '../../ingestion-lambda/store.ts'
import { archived } from '../../pipeline/lake.ts'
import { CANARY, contracts, customer, event, fixed, good, keys, ndjson, PLAN_HEADER } from './samples.ts'

/** How many more changes of the disk a process lives to make. */
const life = vi.hoisted(() => ({ changes: Number.POSITIVE_INFINITY }))

// A killed process makes no further change, and the one that it was at may be half done.
vi.mock('node:fs/promises', async importOriginal => {
  const real = await importOriginal<typeof import('node:fs/promises')>()
  const spend = (): void => {
    life.changes -= 1
    if (life.changes < 0) throw new Error('killed')
  }
  const mortal =
    <A extends readonly never[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      spend()
      return work(...given)
    }
  const writeFile = async (file: string, content: string): Promise<void> => {
    if (life.changes === 0) await real.writeFile(file, content.slice(0, content.length / 2))
    spend()
    await real.writeFile(file, content)
  }
  const open = async (file: string): Promise<FileHandle> => {
    spend()
    const handle = await real.open(file)
    // To wait for the disk shows nothing here, and takes most of the time.
    handle.sync = () => Promise.resolve()
    return handle
  }
  const { copyFile, link, mkdir, rename, rm } = real
  return {
    ...real,
    open,
    writeFile,
    copyFile: mortal(copyFile),
    link: mortal(link),
    mkdir: mortal(mkdir as (...given: never[]) => Promise<unknown>),
    rename: mortal(rename),
    rm: mortal(rm),
  }
})

let lake = ''
let told: { alerts: Outcome[]; logs: Outcome[] } = { alerts: [], logs: [] }
beforeEach(() => start())
afterEach(() => {
  life.changes = Number.POSITIVE_INFINITY
  vi.useRealTimers()
  stop()
})

function start(): void {
  lake = mkdtempSync(join(tmpdir(), 'route-'))
  told = { alerts: [], logs: [] }
}

function stop(): void {
  rmSync(lake, { recursive: true, force: true })
}

function afresh(): void {
  stop()
  start()
}

function deliver(key: string, content: Buffer | string): void {
  const path = join(lake, key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function ingest(key: string, store: ObjectStore = folderStore(lake)): Promise<Outcome> {
  return ingestObject(key, {
    store,
    contracts,
    alert: outcome => told.alerts.push(outcome),
    log: outcome => told.logs.push(outcome),
  })
}

/** Every file of the lake with its content; without what a killed process left of its drafts. */
function files(): Readonly<Record<string, string>> {
  const found = readdirSync(lake, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.draft'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  return Object.fromEntries(
    found.map(path => [relative(lake, path).split(sep).join('/'), readFileSync(path, 'latin1')]),
  )
}

const bytesOf = (content: Buffer | string): string => Buffer.from(content).toString('latin1')
const hashOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')
const json = (key: string): Record<string, unknown> => JSON.parse(readFileSync(join(lake, key), 'utf8'))

/** The same store with something done before and after its calls, which are counted from 1; after an opening, nothing. */
function watched(
  store: ObjectStore,
  around: { before?: (call: number, what: string) => unknown; after?: (call: number, what: string) => unknown },
): ObjectStore {
  let calls = 0
  const step =
    <A extends readonly unknown[], R>(name: string, work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      calls += 1
      const call = calls
      await around.before?.(call, `${name} ${given[0]}`)
      const result = await work(...given)
      await around.after?.(call, `${name} ${given[0]}`)
      return result
    }
  return {
    list: step('list', store.list),
    open: key => Readable.from(drain(key), { objectMode: true }),
    exists: step('exists', store.exists),
    copyIfAbsent: step('copyIfAbsent', store.copyIfAbsent),
    putIfAbsent: step('putIfAbsent', store.putIfAbsent),
    put: step('put', store.put),
    remove: step('remove', store.remove),
  }
  async function* drain(key: string): AsyncGenerator<Buffer> {
    calls += 1
    await around.before?.(calls, `open ${key}`)
    yield* store.open(key) as AsyncIterable<Buffer>
  }
}

interface Sample {
  readonly key: string
  readonly content: Buffer | string
}

/** Files that are accepted. */
const fine: readonly Sample[] = [
  { key: keys.customers, content: good.customers },
  { key: `${keys.plans}.gz`, content: gzipSync(good.plans) },
  { key: keys.logs, content: `\uFEFF${good.logs.replaceAll('\n', '\r\n')}` },
]

/** Files that are rejected, by the fault that they show. */
const faulty: readonly (Sample & { readonly fault: string; readonly code: RejectionCode; readonly line?: number })[] = [
  { fault: 'F7', key: keys.customers, content: good.customers.slice(0, -9), code: 'TRUNCATED', line: 3 },
  { fault: 'F7', key: keys.plans, content: good.plans.slice(0, -9), code: 'TRUNCATED', line: 4 },
  { fault: 'F8', key: keys.plans, content: '', code: 'EMPTY_FILE' },
  { fault: 'F9', key: keys.plans, content: `${PLAN_HEADER}\n`, code: 'NO_ROWS' },
  { fault: 'F12', key: keys.logs, content: Buffer.from(good.logs, 'utf16le'), code: 'BAD_ENCODING' },
  { fault: 'F13', key: keys.customers, content: Buffer.from(good.customers, 'latin1'), code: 'INVALID_UTF8', line: 1 },
  { fault: 'F15', key: `${keys.logs}.gz`, content: gzipSync(good.logs).subarray(0, -3), code: 'BAD_GZIP' },
  { fault: 'F16', key: keys.logs, content: good.logs + CANARY.repeat(300_000), code: 'LINE_TOO_LONG', line: 4 },
  { fault: 'F26', key: keys.plans, content: good.plans.replace('plan_category', 'kind'), code: 'MISSING_COLUMN' },
  { fault: 'F27', key: keys.plans, content: good.plans.replace('sms_allowance', 'plan_id'), code: 'DUPLICATE_COLUMN' },
  { fault: 'F29', key: `raw/customers/ł ${'x'.repeat(120)}.ndjson`, content: good.customers, code: 'BAD_KEY' },
  { fault: 'F31', key: 'raw/invoices/invoices_20240502.csv', content: good.plans, code: 'UNKNOWN_DATASET' },
  { fault: 'F31', key: 'raw/plans/notes.txt', content: CANARY, code: 'UNKNOWN_DATASET' },
  { fault: 'F32', key: keys.logs.replace('day=02', 'day=01'), content: good.logs, code: 'DATE_MISMATCH' },
  { fault: 'F32', key: 'raw/activity_logs/logs_20240501.ndjson', content: good.logs, code: 'DATE_MISMATCH' },
  { fault: 'F32', key: 'raw/customers/customers.ndjson', content: good.customers, code: 'NO_DATE' },
  { fault: 'F34', key: keys.customers, content: ndjson(customer(1, { status: [CANARY] })), code: 'TYPE_CHANGED' },
]

describe('accepted files', () => {
  it('a good file goes to the archive under its hash, as it was, with what it is beside it; raw is empty then', async () => {
    for (const { key, content } of fine) {
      afresh()
      deliver(key, content)
      const outcome = await ingest(key)
      const sha256 = hashOf(content)
      const [, dataset = ''] = key.split('/')
      const base = `archive/${dataset}/2024-05-02/${sha256}`
      const to = `${base}.${key.replace(/^.*?_\d{8}\./, '')}`
      expect(outcome).toEqual({ key, outcome: 'accepted', sha256, rows: 3, to })
      expect(Object.keys(files()).sort()).toEqual([`${base}.json`, to].sort())
      expect(files()[to]).toBe(bytesOf(content))
      expect(json(`${base}.json`)).toEqual({
        dataset,
        date: '2024-05-02',
        sha256,
        bytes: Buffer.byteLength(content),
        rows: 3,
        notes: { bom: key === keys.logs, lineEnds: [key === keys.logs ? '\\r\\n' : '\\n'], gzip: key.endsWith('.gz') },
        extraColumns: [],
        source: key,
        warnings: [],
        accepted: 1,
      })
      expect(told).toEqual({ alerts: [], logs: [outcome] })
      expect(JSON.stringify([outcome, json(`${base}.json`)])).not.toContain(CANARY)
    }
  })

  it('F33: a new column is a warning beside the archived file, and wakes nobody', async () => {
    deliver(keys.customers, ndjson(customer(1, { zone: CANARY, area: 1 })))
    const { to } = await ingest(keys.customers)
    expect(json(to.replace('.ndjson', '.json'))).toMatchObject({ warnings: ['NEW_COLUMN area', 'NEW_COLUMN zone'] })
    expect(told.alerts).toEqual([])
  })

  it('the same content again is a duplicate, also under another key of its day, and changes nothing', async () => {
    deliver(keys.logs, good.logs)
    const { to, sha256 } = await ingest(keys.logs)
    const first = files()
    for (const key of [keys.logs, 'raw/activity_logs/logs_20240502.ndjson']) {
      deliver(key, good.logs)
      expect(await ingest(key)).toEqual({ key, outcome: 'duplicate', sha256, rows: 3, to })
      expect(files()).toEqual(first)
    }
    expect(told.alerts).toEqual([])
  })

  it('other content under the same key, and the same content for another day, are files of their own', async () => {
    deliver(keys.customers, good.customers)
    await ingest(keys.customers)
    deliver(keys.customers, ndjson(customer(1)))
    expect(await ingest(keys.customers)).toMatchObject({ outcome: 'accepted' })
    const tomorrow = keys.customers.replace('0502', '0503')
    deliver(tomorrow, good.customers)
    expect(await ingest(tomorrow)).toMatchObject({ outcome: 'accepted' })
    expect(Object.keys(files())).toHaveLength(6)
  })

  it('F41: the clock has no say in where a file goes', async () => {
    deliver(keys.plans, good.plans)
    const outcome = await ingest(keys.plans)
    const there = files()
    const clocks = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
    await fc.assert(
      fc.asyncProperty(clocks, async now => {
        stop()
        vi.useFakeTimers({ toFake: ['Date'], now })
        start()
        deliver(keys.plans, good.plans)
        expect(await ingest(keys.plans)).toEqual(outcome)
        expect(files()).toEqual(there)
      }),
      { ...fixed, numRuns: 10 },
    )
  })
})

describe('rejected files', () => {
  for (const { fault, key, content, code, line } of faulty) {
    it(`${fault}: ${code} of ${key.slice(0, 40)}: kept whole, with the reason and what to do, and nothing from a row`, async () => {
      deliver(key, content)
      const outcome = await ingest(key)
      const sha256 = hashOf(content)
      expect(outcome).toEqual({ key, outcome: 'rejected', sha256, code, line, to: expect.any(String) })
      const { to } = outcome
      expect(to).toMatch(/^rejected\/(customers|plans|activity_logs|_unknown)\/[A-Za-z0-9._-]+$/)
      expect(to.endsWith(`.${sha256.slice(0, 12)}`)).toBe(true)
      expect(Object.keys(files())).toEqual([to, `${to}.reason.json`])
      expect(files()[to]).toBe(bytesOf(content))
      const reason = json(`${to}.reason.json`)
      expect(reason).toEqual({
        source: key,
        sha256,
        code,
        message: expect.any(String),
        ...(line === undefined ? {} : { line }),
      })
      expect(reason.message).toContain(`: ${REJECTIONS[code]}`)
      expect(JSON.stringify([outcome, reason])).not.toMatch(/canary|example\.com|19\.90|1990-01-31/)
      expect(told).toEqual({ alerts: [outcome], logs: [outcome] })
    })
  }

  it('F31: a file of no dataset is put aside from those of the datasets', async () => {
    deliver('raw/invoices/invoices_20240502.csv', good.plans)
    deliver('raw/stray.txt', 'x')
    expect((await ingest('raw/invoices/invoices_20240502.csv')).to).toMatch(
      /^rejected\/_unknown\/invoices_20240502\.csv\./,
    )
    expect((await ingest('raw/stray.txt')).to).toMatch(/^rejected\/_unknown\/stray\.txt\./)
    expect(told.alerts).toHaveLength(2)
  })

  it('F29: a key of steps is an error that touches nothing', async () => {
    deliver(keys.customers, good.customers)
    const { to } = await ingest(keys.customers)
    const before = files()
    for (const key of [`raw/../${to}`, `raw/./../${to}`, 'raw/customers/../../../outside', `/${to}`, `raw//${to}`])
      await expect(ingest(key), key).rejects.toThrow('led out')
    expect(files()).toEqual(before)
    expect(told).toEqual({ alerts: [], logs: [expect.anything()] })
  })

  it('a rejected file that comes again is rejected again, to the same place', async () => {
    deliver(keys.plans, PLAN_HEADER)
    const first = await ingest(keys.plans)
    const there = files()
    deliver(keys.plans, PLAN_HEADER)
    expect(await ingest(keys.plans)).toEqual(first)
    expect(files()).toEqual(there)
    expect(told.alerts).toEqual([first, first])
  })
})

describe('order, crashes and company', () => {
  const cases: readonly Sample[] = [
    ...fine.slice(0, 2),
    ...faulty.filter(({ code }) => code === 'DUPLICATE_COLUMN' || code === 'BAD_KEY'),
  ]

  /** What a run that nothing disturbs leaves behind, and how many steps it takes. The lake is empty again then. */
  async function undisturbed({
    key,
    content,
  }: Sample): Promise<{ left: Readonly<Record<string, string>>; steps: number }> {
    let steps = 0
    const count = (call: number): void => {
      steps = call
    }
    afresh()
    deliver(key, content)
    await ingest(key, watched(folderStore(lake), { before: count }))
    const left = files()
    afresh()
    return { left, steps }
  }

  it('the raw file goes last, once everything else is there', async () => {
    for (const sample of cases) {
      const { left } = await undisturbed(sample)
      deliver(sample.key, sample.content)
      const calls: string[] = []
      const store = watched(folderStore(lake), {
        before: (_, what) => {
          calls.push(what)
          if (what.startsWith('remove')) expect(files()).toEqual({ ...left, [sample.key]: bytesOf(sample.content) })
        },
      })
      await ingest(sample.key, store)
      expect(calls.filter(call => call.startsWith('remove'))).toEqual([`remove ${sample.key}`])
      expect(calls.at(-1)).toBe(`remove ${sample.key}`)
      // What says that the archived file or the reason is whole is written after it.
      expect(calls.findIndex(call => call.startsWith('put'))).toBeGreaterThan(
        calls.findIndex(call => call.startsWith('copy')),
      )
    }
  })

  it('a crash before or after any step, and a run again, give the files of a run without one', async () => {
    for (const sample of cases) {
      const { left, steps } = await undisturbed(sample)
      for (const when of ['before', 'after'] as const) {
        for (let at = 1; at <= steps; at += 1) {
          deliver(sample.key, sample.content)
          let hasCrashed = false
          const crash = (call: number): void => {
            if (call !== at) return
            hasCrashed = true
            throw new Error('crashed')
          }
          const outcome = await ingest(sample.key, watched(folderStore(lake), { [when]: crash })).catch(String)
          // Nothing comes "after" an opening: that is the reading, which a test of its own lets fail.
          if (hasCrashed) expect(outcome).toBe('Error: crashed')
          else expect([when, at]).toEqual(['after', expect.toSatisfy(step => step <= 2)])
          const waiting = await folderStore(lake).list('raw/')
          // Only a crash behind the last step leaves nothing to do.
          expect(waiting).toEqual((when === 'after' && at === steps) || !hasCrashed ? [] : [sample.key])
          for (const key of waiting) await ingest(key)
          expect(files(), `${sample.key}, ${when} step ${at}`).toEqual(left)
          if ('code' in sample) expect(told.alerts.length).toBeGreaterThan(0)
          afresh()
        }
      }
    }
  })

  it('a process killed at any change of the disk, any number of times, leaves what a run again makes right', async () => {
    for (const sample of cases) {
      const { left } = await undisturbed(sample)
      let deaths = 0
      const kill = async (changes: number): Promise<boolean> => {
        life.changes = changes
        const died = await ingest(sample.key).then(
          () => false,
          () => true,
        )
        life.changes = Number.POSITIVE_INFINITY
        return died
      }
      for (let changes = 0; ; changes += 1) {
        deliver(sample.key, sample.content)
        if (!(await kill(changes))) break
        deaths += 1
        await kill(changes % 3)
        for (const key of await folderStore(lake).list('raw/')) await ingest(key)
        expect(files(), `${sample.key}, killed after ${changes} changes`).toEqual(left)
        // Nor do the drafts that are left mislead those who read the archive.
        expect(archived(lake).map(({ file }) => file)).toEqual(
          Object.keys(left).filter(key => /^archive.*(?<!\.json)$/.test(key)),
        )
        afresh()
      }
      expect(deaths).toBeGreaterThan(5)
    }
  })

  it('a file that cannot be read to its end is no bad file: the error is told, and the file waits', async () => {
    for (const sample of cases) {
      deliver(sample.key, sample.content)
      const broken: ObjectStore = {
        ...folderStore(lake),
        open: () =>
          Readable.from(
            (async function* () {
              yield Buffer.from(sample.content).subarray(0, 30)
              throw new Error('the disk is gone')
            })(),
          ),
      }
      await expect(ingest(sample.key, broken)).rejects.toThrow('the disk is gone')
      expect(files()).toEqual({ [sample.key]: bytesOf(sample.content) })
      expect(told).toEqual({ alerts: [], logs: [] })
      afresh()
    }
  })

  it('every file that is opened is closed, whatever becomes of it', async () => {
    for (const { key, content } of [...fine, ...faulty]) {
      deliver(key, content)
      const streams: Readable[] = []
      const store = folderStore(lake)
      const open = (opened: string): Readable => {
        const stream = store.open(opened)
        streams.push(stream)
        return stream
      }
      await ingest(key, { ...store, open })
      expect(streams.length).toBeGreaterThan(0)
      expect(
        streams.every(stream => stream.destroyed),
        key,
      ).toBe(true)
    }
  })

  it('two at once on one key, the second whole between any two steps of the first: the same files', async () => {
    for (const sample of cases) {
      const { left, steps } = await undisturbed(sample)
      for (let at = 1; at <= steps; at += 1) {
        deliver(sample.key, sample.content)
        let other: Outcome | undefined
        const store = watched(folderStore(lake), {
          before: async call => {
            if (call === at) other = await ingest(sample.key)
          },
        })
        const outcome = await ingest(sample.key, store).catch((error: NodeJS.ErrnoException) => error)
        expect(other).toMatchObject({ outcome: expect.stringMatching(/accepted|duplicate|rejected/) })
        // Where the second took the file away before the first could read it, the first says so.
        if (outcome instanceof Error)
          expect([outcome.code, at]).toEqual(['ENOENT', expect.toSatisfy(step => step <= 2)])
        else expect([outcome.sha256, outcome.to, outcome.code]).toEqual([other?.sha256, other?.to, other?.code])
        expect(files(), `${sample.key}, step ${at}`).toEqual(left)
        afresh()
      }
    }
  })

  it('many at once on one key, and on two keys of the same content: the same files, and no drafts left', async () => {
    for (const sample of cases) {
      const { left } = await undisturbed(sample)
      for (let round = 0; round < 3; round += 1) {
        deliver(sample.key, sample.content)
        const all = await Promise.allSettled(Array.from({ length: 4 }, () => ingest(sample.key)))
        const failed = all.flatMap(each => (each.status === 'rejected' ? [each.reason as NodeJS.ErrnoException] : []))
        expect(failed.length).toBeLessThan(4)
        // All that may go wrong for one is that another has taken the raw file away.
        for (const error of failed) expect(error).toMatchObject({ code: 'ENOENT', path: join(lake, sample.key) })
        expect(files()).toEqual(left)
        expect(readdirSync(lake, { recursive: true }).filter(name => String(name).endsWith('.draft'))).toEqual([])
        afresh()
      }
    }
    const twins = [keys.logs, 'raw/activity_logs/logs_20240502.ndjson']
    for (const key of twins) deliver(key, ndjson(event(1), event(2)))
    const outcomes = await Promise.all(twins.map(key => ingest(key)))
    expect(new Set(outcomes.map(({ to }) => to)).size).toBe(1)
    expect(Object.keys(files())).toHaveLength(2)
    expect(twins).toContain(json(outcomes[0]?.to.replace('.ndjson', '.json') ?? '').source)
  })
})
