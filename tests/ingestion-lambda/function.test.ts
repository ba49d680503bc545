import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { entryKey } from '../../ingestion-lambda/ledger.ts'
import { customer, good, keys, ndjson, PLAN_HEADER } from '../ingestion/samples.ts'
import { ingest } from './bench.ts'
import { describeOnS3 } from './s3-servers.ts'
import { openWorld, type Servers, startServers, type World } from './world.ts'

const on = (plan: string): string => ndjson(customer(1, { plan_id: plan }))
const hashOf = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')
const latin = (content: Buffer | string): string => Buffer.from(content).toString('latin1')
const within = async (world: World, folder: string): Promise<readonly string[]> =>
  (await world.keys()).filter(key => key.startsWith(folder))

/**
 * Names that versitygw cannot keep, as it keeps objects in files: a name of theirs has up to 255 bytes. And the version of a copy's
 * source is what it finds behind the first `?versionId=` of the decoded header, where S3 looks before it decodes. It also takes
 * `./x` and `/x` for `x`, so that on it those show less.
 */
const beyondFiles: readonly string[] = ['n'.repeat(1020), `${'ż'.repeat(500)}/x`, '?versionId=1&x=#y']

describeOnS3('the function', ({ name: server, start }) => {
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(start)
  })
  afterAll(async () => servers?.stop())

  it('routes good and bad files of each dataset in one batch, and says so in the ledger and to the topic', async () => {
    const world = await openWorld(servers)
    const files: readonly (readonly [key: string, content: Buffer | string, code?: string])[] = [
      [keys.customers, good.customers],
      [`${keys.plans}.gz`, gzipSync(good.plans)],
      [keys.logs, good.logs],
      [keys.customers, good.customers.slice(0, -9), 'TRUNCATED'],
      [keys.plans, `${PLAN_HEADER}\n`, 'NO_ROWS'],
      [keys.logs.replace('day=02', 'day=01'), good.logs, 'DATE_MISMATCH'],
      ['raw/invoices/invoices_20240502.csv', good.plans, 'UNKNOWN_DATASET'],
    ]
    const raws = []
    for (const [key, content] of files) raws.push(await world.deliver(key, content))
    expect(await world.take(raws.map(raw => [raw]))).toEqual({ batchItemFailures: [] })
    const found = new Map((await world.versions()).map(([key, , content]) => [key, content]))
    for (const [at, [key, content, code]] of files.entries()) {
      const entry = JSON.parse(found.get(entryKey(raws[at] ?? { key, version: '' })) ?? '{}')
      expect(entry).toMatchObject({
        ...raws[at],
        outcome: code === undefined ? 'accepted' : 'rejected',
        sha256: hashOf(content),
      })
      expect(found.get(entry.to)).toBe(latin(content))
      if (code !== undefined) expect(JSON.parse(found.get(`${entry.to}.reason.json`) ?? '{}')).toMatchObject({ code })
      if (key.endsWith('.gz'))
        expect(gunzipSync(Buffer.from(found.get(entry.to) ?? '', 'latin1')).toString()).toBe(good.plans)
    }
    expect(world.heard.alerts.map(entry => 'code' in entry && entry.code)).toEqual(
      files.flatMap(([, , code]) => code ?? []),
    )
    expect(await within(world, 'raw/')).toEqual([])
    expect(found.size).toBe(7 + 3 * 3 + 4 * 2)
  })

  it('F1 the same event twice, in one batch and after it, is a no-op with the same outcome', async () => {
    const world = await openWorld(servers)
    for (const [key, content] of [
      [keys.customers, on('P1')],
      [keys.plans, ''],
    ] as const) {
      const raw = await world.deliver(key, content)
      const first = await world.ingest(raw)
      const before = await world.versions()
      expect(await world.take([[raw, raw], [raw]])).toEqual({ batchItemFailures: [] })
      expect(world.heard.logs.slice(-3)).toEqual([first, first, first])
      expect(await world.versions()).toEqual(before)
    }
    expect(world.heard.alerts).toHaveLength(1)
  })

  it('F2 the same event after others of its key and its day is still a no-op: the ledger forgets nothing', async () => {
    const world = await openWorld(servers)
    const raw = await world.deliver(keys.customers, on('P1'))
    const first = await world.ingest(raw)
    for (const plan of ['P2', 'P1', 'P3']) await world.ingest(await world.deliver(keys.customers, on(plan)))
    const before = await world.versions()
    expect(await world.ingest(raw)).toEqual(first)
    expect(await world.versions()).toEqual(before)
  })

  it('F3 versions of one key whose events come in the wrong order are each archived as they were', async () => {
    const world = await openWorld(servers)
    const plans = ['P1', 'P2', 'P3']
    const raws = []
    for (const plan of plans) raws.push(await world.deliver(keys.customers, on(plan)))
    await world.take(raws.toReversed().map(raw => [raw]))
    const expected = raws.map((raw, at) => ({ ...raw, outcome: 'accepted', sha256: hashOf(on(plans[at] ?? '')) }))
    expect(world.heard.logs).toMatchObject(expected.toReversed())
    expect(await within(world, 'archive/')).toHaveLength(6)
  })

  it('F4 the same key with new content is a revision beside the first, which stays as it was', async () => {
    const world = await openWorld(servers)
    await world.ingest(await world.deliver(keys.customers, on('P1')))
    const before = (await world.versions()).filter(([key]) => key.startsWith('archive/'))
    const second = await world.ingest(await world.deliver(keys.customers, on('P2')))
    const record = 'to' in second ? second.to.replace('.ndjson', '.json') : ''
    expect(JSON.parse((await world.objects())[record] ?? '{}')).toMatchObject({ accepted: 2 })
    expect(await world.versions()).toEqual(expect.arrayContaining([...before]))
  })

  it('F5 the same content under another key of its day is a duplicate; for another day a file of its own', async () => {
    const world = await openWorld(servers)
    const flat = 'raw/activity_logs/logs_20240502.ndjson'
    const first = await world.ingest(await world.deliver(keys.logs, good.logs))
    expect(await world.ingest(await world.deliver(flat, good.logs))).toMatchObject({
      outcome: 'duplicate',
      to: 'to' in first ? first.to : '',
    })
    expect(await world.ingest(await world.deliver(keys.logs, good.logs))).toMatchObject({ outcome: 'duplicate' })
    await world.ingest(await world.deliver(keys.customers, on('P1')))
    expect(await world.ingest(await world.deliver(keys.customers.replace('0502', '0503'), on('P1')))).toMatchObject({
      outcome: 'accepted',
      to: expect.stringContaining('/2024-05-03/'),
    })
  })

  it('F17 what is larger than a part is copied in several, and is the same', async () => {
    const mib = 1024 ** 2
    const world = await openWorld(servers, { partSize: 5 * mib })
    const large = ndjson(...Array.from({ length: 11_000 }, (_, at) => customer(at, { address: 'x'.repeat(900) })))
    for (const [key, content] of [
      [keys.customers, large],
      [keys.plans, Buffer.alloc(7 * mib, 'x')],
    ] as const) {
      const entry = await world.ingest(await world.deliver(key, content))
      const to = 'to' in entry ? entry.to : ''
      expect(hashOf(Buffer.from((await world.objects())[to] ?? '', 'latin1'))).toBe(hashOf(content))
    }
    expect(world.heard.commands.filter(name => name === 'UploadPartCopyCommand')).toHaveLength(3 + 2)
    expect(world.heard.commands).not.toContain('CopyObjectCommand')
    const raw = await world.deliver(keys.customers, `${large}${on('P9')}`)
    const refuse = (_: number, what: string): void => {
      if (what === 'CompleteMultipartUploadCommand') throw new Error('no')
    }
    expect((await world.take([[raw]], refuse)).batchItemFailures).toHaveLength(1)
    expect(world.heard.commands.at(-1)).toBe('AbortMultipartUploadCommand')
    expect(await within(world, 'raw/')).toEqual([raw.key])
  })

  it('F30 keys of any kind are moved as they are spelt, and never lead anywhere', async () => {
    const world = await openWorld(servers)
    const names = [
      'a+b c.csv',
      '100%.csv',
      '%2e%2e%2fx',
      '../archive/x',
      './x',
      '/x//y',
      'ż ó/💥',
      "it's (1)!*",
      'tab\t\u0001',
      '?version=1&x=#y',
      '%00%2500\r\u202e',
      '&<>".csv',
      'n'.repeat(200),
      ...(server === 'versitygw' ? [] : beyondFiles),
    ]
    const places = new Map<string, string>()
    for (const name of names) {
      const content = `content of ${name}`
      const raw = await world.deliver(`raw/${name}`, content)
      const entry = await world.ingest(raw)
      expect(entry).toMatchObject({ key: raw.key, outcome: 'rejected', sha256: hashOf(content) })
      const to = 'to' in entry ? entry.to : ''
      expect(to).toMatch(/^rejected\/_unknown\/[\w.-]+$/)
      places.set(to, latin(content))
    }
    expect(await world.objects()).toMatchObject(Object.fromEntries(places))
    expect(await within(world, 'raw/')).toEqual([])
    expect(await within(world, 'archive/')).toEqual([])
  })

  it('F40 events of what the function wrote change nothing', async () => {
    const world = await openWorld(servers)
    await world.ingest(await world.deliver(keys.customers, on('P1')))
    await world.ingest(await world.deliver(keys.plans, ''))
    const before = await world.versions()
    world.heard.commands.length = 0
    const own = before.map(([key, version]) => ({ key, version, sequencer: 'F' }))
    expect(await world.take([own])).toEqual({ batchItemFailures: [] })
    expect(world.heard.commands).toEqual([])
    expect(world.heard.ignored).toBe(before.length)
  })

  it('F42 an object that is gone before it is read is VANISHED in the ledger, and somebody is told, once', async () => {
    const world = await openWorld(servers)
    const raw = await world.deliver(keys.customers, on('P1'))
    await world.lose(raw)
    const entry = { ...raw, outcome: 'vanished', code: 'VANISHED' }
    expect(await world.ingest(raw)).toEqual(entry)
    expect(await world.ingest(raw)).toEqual(entry)
    expect(world.heard.alerts).toEqual([entry])
    expect(await world.keys()).toEqual([entryKey(raw)])
    // Between the reading and the copy.
    const other = await world.deliver(keys.customers, on('P2'))
    const store = world.store
    const lose: typeof store = {
      ...store,
      copyIfAbsent: async (...given) => {
        await world.lose(other)
        return store.copyIfAbsent(...given)
      },
    }
    expect(await ingest(other, lose)).toMatchObject({ outcome: 'vanished' })
    expect(await within(world, 'archive/')).toEqual([])
  })

  it('F37 a record of other content in the place of ours is an error and no success', async () => {
    const world = await openWorld(servers)
    const first = await world.ingest(await world.deliver(keys.customers, on('P1')))
    const record = `archive/customers/2024-05-02/${'sha256' in first ? first.sha256 : ''}.json`
    await world.store.put(record, JSON.stringify({ sha256: 'other' }))
    const raw = await world.deliver(keys.customers, on('P1'))
    expect((await world.take([[raw]])).batchItemFailures).toHaveLength(1)
    expect(await within(world, 'raw/')).toEqual([raw.key])
    // And an entry of the ledger that says something else.
    const other = await world.deliver(keys.customers, on('P2'))
    const { putIfAbsent } = world.store
    const late = {
      ...world.store,
      putIfAbsent: async (key: string, content: string) => {
        if (key.startsWith('ledger/')) await world.store.put(key, '{}')
        return putIfAbsent(key, content)
      },
    }
    await expect(ingest(other, late)).rejects.toThrow('different outcomes')
  })
})
