import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { REJECTIONS, Rejection } from '../../ingestion-lambda/codes.ts'
import { folderStore } from '../../ingestion-lambda/folder-store.ts'
import { parseRawKey, type RawKey } from '../../ingestion-lambda/keys.ts'
import { fixed, keys } from './samples.ts'

/** What a key says, or the code it is rejected with. */
function read(key: string): RawKey | string {
  try {
    return parseRawKey(key)
  } catch (error) {
    if (error instanceof Rejection) return error.code
    throw error
  }
}

/** Keys as somebody would write them who wants out, and any other text. */
const strange = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.oneof(
          fc.constantFrom(
            '..',
            '.',
            '',
            'raw',
            'archive',
            'customers',
            'outside.txt',
            'lake',
            '...',
            '~',
            'C:',
            '\\',
            '..\\..',
          ),
          fc.constantFrom('%2e%2e', '..%2f', '\0', 'a\nb', 'a b', '\u202e', '．．', 'customers_20240502.ndjson', '-rf'),
          fc.string({ unit: 'binary', maxLength: 5 }),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map(parts => parts.join('/')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...Object.values(keys)), fc.nat(60), fc.string({ maxLength: 3 })).map(spoil),
  },
)

/** Puts a text into a good key. */
function spoil([key, at, text]: [string, number, string]): string {
  return key.slice(0, at) + text + key.slice(at)
}

describe('names', () => {
  it('F29: a key is taken by an allow-list, and nothing else of it is ever used', () => {
    const allowed =
      /^raw\/(customers\/customers_\d{8}\.ndjson|plans\/plans_\d{8}\.csv|activity_logs\/(year=\d{4}\/month=\d{2}\/day=\d{2}\/)?logs_\d{8}\.ndjson)(\.gz)?$/
    fc.assert(
      fc.property(strange, key => {
        const said = read(key)
        if (typeof said === 'string') {
          expect(Object.keys(REJECTIONS)).toContain(said)
          return
        }
        expect(key).toMatch(allowed)
        expect(said.date).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      }),
      { ...fixed, numRuns: 2000 },
    )
  })

  it('F29: steps, empty steps, control characters and long keys are bad keys', () => {
    const bad = [
      '',
      '/',
      '/etc/passwd',
      'raw/',
      'raw//customers/customers_20240502.ndjson',
      'raw/../customers_20240502.ndjson',
    ]
    bad.push(
      'raw/./customers/customers_20240502.ndjson',
      'raw/customers/..',
      'raw/customers/.hidden',
      'raw/customers/a b',
    )
    bad.push(
      'raw/customers/customers_20240502.ndjson\n',
      'raw/customers/customers_20240502.ndjson\0',
      'raw\\customers\\x',
    )
    bad.push('raw/customers/%2e%2e', 'raw/customers/customérs_20240502.ndjson', `raw/customers/${'a'.repeat(512)}`)
    for (const key of bad) expect(read(key), JSON.stringify(key)).toBe('BAD_KEY')
  })

  it('F31: a prefix or a name of no dataset is unknown', () => {
    const unknown = [
      'raw/invoices/invoices_20240502.csv',
      'raw/customers/plans_20240502.csv',
      'raw/plans/plans_20240502.ndjson',
    ]
    unknown.push(
      'raw/customers/customers_20240502.ndjson.zip',
      'raw/customers/customers_2024-05-02.ndjson',
      'archive/x',
      'raw',
    )
    unknown.push(
      'raw/customers/old/customers_20240502.ndjson',
      'customers/customers_20240502.ndjson',
      'raw/customers/notes.txt',
    )
    unknown.push('raw/activity_logs/year=2024/month=5/day=2/logs_20240502.ndjson', 'Raw/plans/plans_20240502.csv')
    for (const key of unknown) expect(read(key), key).toBe('UNKNOWN_DATASET')
  })

  it('F31: every name that the guide gives is known, packed or not', () => {
    const date = '2024-05-02'
    for (const gz of ['', '.gz']) {
      const told = (dataset: string, extension: string): unknown => ({ dataset, date, extension, isGzip: gz !== '' })
      expect(read(keys.customers + gz)).toEqual(told('customers', 'ndjson'))
      expect(read(keys.plans + gz)).toEqual(told('plans', 'csv'))
      expect(read(keys.logs + gz)).toEqual(told('activity_logs', 'ndjson'))
      expect(read(`raw/activity_logs/logs_20240502.ndjson${gz}`)).toEqual(told('activity_logs', 'ndjson'))
    }
  })

  it('F32: a date that is not its folder’s is a mismatch, and one that is no day is none', () => {
    for (const folder of ['year=2023/month=05/day=02', 'year=2024/month=06/day=02', 'year=2024/month=05/day=03'])
      expect(read(`raw/activity_logs/${folder}/logs_20240502.ndjson`)).toBe('DATE_MISMATCH')
    for (const digits of ['20240230', '20230229', '20241301', '20240500', '00000000', '20240532'])
      expect(read(`raw/plans/plans_${digits}.csv`), digits).toBe('NO_DATE')
    expect(read('raw/plans/plans_20240229.csv')).toMatchObject({ date: '2024-02-29' })
    for (const key of ['raw/plans/plans.csv', 'raw/customers/customers.ndjson.gz', 'raw/activity_logs/logs.ndjson'])
      expect(read(key)).toBe('NO_DATE')
  })
})

describe('a folder as a store', () => {
  let parent = ''
  let lake = ''
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'keys-'))
    lake = join(parent, 'lake')
    mkdirSync(join(lake, 'raw'), { recursive: true })
    mkdirSync(join(parent, 'lake-next-door'))
    for (const file of ['outside.txt', 'lake-next-door/a', 'lake/kept', 'lake/raw/source'])
      writeFileSync(join(parent, file), file)
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  /** Everything outside of the lake, with its content. */
  const outside = (): readonly string[] =>
    readdirSync(parent, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => !path.startsWith(lake + sep))
      .map(path => `${path}: ${readFileSync(path, 'utf8')}`)

  it('F29: no key and no prefix leads out of the lake, whatever is done with it', async () => {
    const store = folderStore(lake)
    const before = outside()
    const text = async (key: string): Promise<string> => {
      let found = ''
      for await (const chunk of store.open(key)) found += chunk
      return found
    }
    await fc.assert(
      fc.asyncProperty(strange, async key => {
        for (const prefix of [key, `${key}/`]) {
          const found = await store.list(prefix).catch(() => [])
          expect(found.filter(each => !existsSync(join(lake, each)) || each.split('/').includes('..'))).toEqual([])
        }
        await store.put(key, 'put').catch(() => undefined)
        await store.copyIfAbsent('raw/source', `${key}.copy`).catch(() => undefined)
        const content = await text(key).catch(() => 'put')
        expect(before.filter(each => each.endsWith(`: ${content}`))).toEqual([])
        if (await store.copyIfAbsent(key, 'taken').catch(() => false)) {
          const taken = readFileSync(join(lake, 'taken'), 'utf8')
          expect(before.filter(each => each.endsWith(`: ${taken}`))).toEqual([])
          rmSync(join(lake, 'taken'))
        }
        await store.remove(key).catch(() => undefined)
        expect(outside()).toEqual(before)
      }),
      { ...fixed, numRuns: 100 },
    )
  })

  it('F29: a key reaches the object of that very name and no other one of the lake', async () => {
    const store = folderStore(lake)
    const detours = [
      'raw/../kept',
      './kept',
      'raw//../kept',
      '/kept',
      'raw/source/../../kept',
      'kept/',
      'kept/.',
      'raw//source',
      '',
      '.',
    ]
    for (const key of detours) {
      // Nothing is opened by mistake: a stream would tell of it only later.
      expect(() => store.open(key).destroy(), key).toThrow('led out')
      await expect(store.exists(key), key).rejects.toThrow('led out')
      await expect(store.put(key, 'other'), key).rejects.toThrow('led out')
      await expect(store.remove(key), key).rejects.toThrow('led out')
      await expect(store.copyIfAbsent(key, 'copy'), key).rejects.toThrow('led out')
      await expect(store.copyIfAbsent('raw/source', key), key).rejects.toThrow('led out')
    }
    for (const prefix of ['../', '../lake-next-door/', 'raw/../../', '/', 'raw//'])
      await expect(store.list(prefix), prefix).rejects.toThrow('led out')
    expect(readFileSync(join(lake, 'kept'), 'utf8')).toBe('lake/kept')
    expect(existsSync(join(lake, 'copy'))).toBe(false)
    expect(await store.list('')).toEqual(['kept', 'raw/source'])
  })

  it('F29: an odd name that is a name of a file is listed and read as it is', async () => {
    const store = folderStore(lake)
    for (const key of ['raw/a b', 'raw/%2e%2e', 'raw/...', 'raw/ż☎', 'raw/year=2024/x']) {
      mkdirSync(dirname(join(lake, key)), { recursive: true })
      writeFileSync(join(lake, key), 'odd')
      expect(await store.exists(key)).toBe(true)
      expect(await store.list('raw/')).toContain(key)
    }
  })
})
