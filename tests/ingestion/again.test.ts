import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderStore } from '../../ingestion-lambda/folder-store.ts'
import { ingestObject, type Outcome, type Sidecar } from '../../ingestion-lambda/route.ts'
import type { ObjectStore } from '../../ingestion-lambda/store.ts'
import { type Archived, archived } from '../../pipeline/lake.ts'
import { contracts, customer, good, keys, ndjson } from './samples.ts'

let lake = ''
beforeEach(() => {
  lake = mkdtempSync(join(tmpdir(), 'again-'))
})
afterEach(() => rmSync(lake, { recursive: true, force: true }))

function put(key: string, content: Buffer | string): void {
  mkdirSync(dirname(join(lake, key)), { recursive: true })
  writeFileSync(join(lake, key), content)
}

const ingest = (key: string, store: ObjectStore = folderStore(lake)): Promise<Outcome> =>
  ingestObject(key, { store, contracts, alert: () => undefined, log: () => undefined })

/** Delivers a file and ingests it. */
function deliver(key: string, content: Buffer | string): Promise<Outcome> {
  put(key, content)
  return ingest(key)
}

/** Every object of the lake with its content. */
function objects(): Readonly<Record<string, string>> {
  const paths = readdirSync(lake, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.draft'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  return Object.fromEntries(
    paths.map(path => [relative(lake, path).split(sep).join('/'), readFileSync(path, 'latin1')]),
  )
}

/** The order of the archive: day, place in it, and what is there. */
const order = (): readonly (readonly unknown[])[] =>
  archived(lake).map(({ date, revision, file }) => [date, revision, readFileSync(join(lake, file), 'utf8')])

const sidecarOf = ({ to }: Pick<Outcome, 'to'>): Sidecar =>
  JSON.parse(readFileSync(join(lake, to.replace(/\.(ndjson|csv)(\.gz)?$/, '.json')), 'utf8')) as Sidecar

/** A snapshot of one customer on a plan. */
const on = (plan: string): string => ndjson(customer(1, { plan_id: plan }))
const keyOf = (day: string): string => `raw/customers/customers_202405${day}.ndjson`

describe('a delivery again', () => {
  it('F1 the same event twice is a no-op with the same outcome record, also of two handlers at once', async () => {
    const first = await deliver(keys.customers, good.customers)
    const before = objects()
    const second = await deliver(keys.customers, good.customers)
    expect(second).toEqual({ ...first, outcome: 'duplicate' })
    expect(objects()).toEqual(before)
    put(keys.plans, good.plans)
    const both = await Promise.allSettled([ingest(keys.plans), ingest(keys.plans)])
    // One of two may find that the other has finished: there is nothing left to read.
    const told = both.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
    expect(told.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1)
    expect(new Set(told.map(({ to }) => to)).size).toBe(1)
    expect(Object.keys(objects())).toHaveLength(4)
  })

  it('F2 the same event days later, after other days and a correction of its day, is still a no-op', async () => {
    const first = await deliver(keyOf('02'), on('P1'))
    await deliver(keyOf('03'), on('P1'))
    await deliver(keyOf('02'), on('P2'))
    await deliver(keyOf('09'), on('P3'))
    const before = objects()
    expect(await deliver(keyOf('02'), on('P1'))).toEqual({ ...first, outcome: 'duplicate' })
    expect(objects()).toEqual(before)
    expect(order()).toEqual([
      ['2024-05-02', 1, on('P1')],
      ['2024-05-02', 2, on('P2')],
      ['2024-05-03', 1, on('P1')],
      ['2024-05-09', 1, on('P3')],
    ])
  })

  it('F4 the same key with new content is a revision of its own behind the first, which stays as it was', async () => {
    const first = await deliver(keys.customers, on('P1'))
    const before = objects()
    const second = await deliver(keys.customers, on('P2'))
    const third = await deliver(`${keys.customers}.gz`, gzipSync(on('P1')))
    expect(objects()).toMatchObject(before)
    expect([first, second, third].map(({ outcome, to }) => [outcome, sidecarOf({ to }).accepted])).toEqual([
      ['accepted', 1],
      ['accepted', 2],
      // Other bytes are another file: that its rows are those of the first is for the history to see.
      ['accepted', 3],
    ])
    expect(archived(lake).map(({ file, revision }) => [file, revision])).toEqual([
      [first.to, 1],
      [second.to, 2],
      [third.to, 3],
    ])
  })

  it('F5 the same content under a new key is a duplicate for its day, and a file of its own for another day', async () => {
    const first = await deliver(keys.logs, good.logs)
    const flat = 'raw/activity_logs/logs_20240502.ndjson'
    expect(await deliver(flat, good.logs)).toEqual({ ...first, key: flat, outcome: 'duplicate' })
    await deliver(keyOf('02'), on('P1'))
    const next = await deliver(keyOf('03'), on('P1'))
    expect(next).toMatchObject({ outcome: 'accepted', to: expect.stringContaining('/2024-05-03/') })
    expect(sidecarOf(next)).toMatchObject({ accepted: 1, source: keyOf('03') })
    expect(await folderStore(lake).list('raw/')).toEqual([])
  })
})

describe('the order of acceptance', () => {
  it('is that of acceptance and not of names or hashes, and does not change when more come', async () => {
    const plans = ['P5', 'P3', 'P9', 'P1', 'P7', 'P2']
    for (const [at, plan] of plans.entries()) {
      await deliver(keyOf('02'), on(plan))
      expect(order()).toEqual(plans.slice(0, at + 1).map((each, place) => ['2024-05-02', place + 1, on(each)]))
    }
  })

  it('two accepted at once have places of their own, by their hashes; the next comes behind both', async () => {
    const twin = 'raw/customers/customers_20240502.ndjson.gz'
    put(twin, gzipSync(on('P2')))
    put(keyOf('02'), on('P1'))
    // The other is taken between this one's look at the archive and its record.
    const store: ObjectStore = {
      ...folderStore(lake),
      putIfAbsent: async (...given) => {
        await ingest(twin)
        return folderStore(lake).putIfAbsent(...given)
      },
    }
    await ingest(keyOf('02'), store)
    expect(archived(lake).map(file => sidecarOf({ to: file.file }).accepted)).toEqual([1, 1])
    const places = archived(lake).map(({ sha256, revision }) => [sha256, revision])
    expect(places).toEqual([...places].sort().map(([sha256], at) => [sha256, at + 1]))
    const third = await deliver(keyOf('02'), on('P3'))
    expect(archived(lake).at(-1)).toMatchObject<Partial<Archived>>({ file: third.to, revision: 3 })
  })

  it('an archive whose records know no order counts as accepted at once, before all that comes', async () => {
    for (const plan of ['P1', 'P2']) {
      const { to } = await deliver(keyOf('02'), on(plan))
      const { accepted: _, ...old } = sidecarOf({ to })
      put(to.replace('.ndjson', '.json'), JSON.stringify(old))
    }
    await deliver(keyOf('02'), on('P3'))
    const [first, second, third] = archived(lake)
    expect([first, second, third].map(file => file?.revision)).toEqual([1, 2, 3])
    expect(String(first?.sha256) < String(second?.sha256)).toBe(true)
    expect(readFileSync(join(lake, third?.file ?? ''), 'utf8')).toBe(on('P3'))
  })
})

/** The store of a process that dies at its n-th call, before it or after it. */
function mortal(store: ObjectStore, at: number, when: 'before' | 'after'): ObjectStore {
  let calls = 0
  const step =
    <A extends readonly unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      calls += 1
      const isLast = calls === at
      if (isLast && when === 'before') throw new Error('died')
      const result = await work(...given)
      if (isLast) throw new Error('died')
      return result
    }
  const read = step(async (key: string) => store.open(key))
  return {
    list: step(store.list),
    exists: step(store.exists),
    copyIfAbsent: step(store.copyIfAbsent),
    putIfAbsent: step(store.putIfAbsent),
    put: step(store.put),
    remove: step(store.remove),
    open: key =>
      Readable.from(
        (async function* () {
          yield* (await read(key)) as AsyncIterable<Buffer>
        })(),
      ),
  }
}

describe('a process that dies', () => {
  const deliveries: readonly (readonly [what: string, key: string, content: string])[] = [
    ['a first file', keyOf('04'), on('P1')],
    ['a revision', keyOf('02'), on('P3')],
    ['the same again', keyOf('02'), on('P1')],
    ['a file to be rejected', keys.plans, 'plan_id\n'],
  ]
  /** Two revisions of a day, that all of them come after. */
  const prepare = async (): Promise<void> => {
    rmSync(lake, { recursive: true, force: true })
    await deliver(keyOf('02'), on('P1'))
    await deliver(keyOf('02'), on('P2'))
  }

  it.each(deliveries)(
    'F36 dying at any step of %s, then another run: the archive of an undisturbed one',
    async (_, key, content) => {
      await prepare()
      const whole = await deliver(key, content)
      const [left, places] = [objects(), order()]
      for (const when of ['before', 'after'] as const) {
        for (let at = 1; ; at += 1) {
          await prepare()
          put(key, content)
          const died = await ingest(key, mortal(folderStore(lake), at, when)).then(
            () => false,
            (error: Error) => error.message === 'died',
          )
          if (!died) {
            expect(at).toBeGreaterThan(3)
            break
          }
          const isGone = !Object.hasOwn(objects(), key)
          // It may die again on its way.
          if (!isGone) await ingest(key, mortal(folderStore(lake), 2, when)).catch(() => undefined)
          for (const waiting of await folderStore(lake).list('raw/'))
            expect(await ingest(waiting)).toMatchObject({ to: whole.to, sha256: whole.sha256 })
          expect([objects(), order()], `${when} step ${at}`).toEqual([left, places])
        }
      }
    },
  )
})
