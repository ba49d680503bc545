import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { customer, keys, ndjson } from '../ingestion/samples.ts'
import { describeOnS3 } from './s3-servers.ts'
import { openWorld, type Servers, startServers, type World } from './world.ts'

/** Those of the suite that runs. */
let servers: Servers
afterEach(() => {
  servers.proxy.refuse = () => undefined
})

const on = (plan: string): string => ndjson(customer(1, { plan_id: plan }))

interface Kind {
  readonly what: string
  readonly key: string
  readonly content: string
  /** What was accepted before. */
  readonly before?: string
}

const kinds: readonly Kind[] = [
  { what: 'a file to be accepted', key: keys.customers, content: on('P2') },
  { what: 'the content of before', key: keys.customers, content: on('P1'), before: on('P1') },
  { what: 'a file to be rejected', key: keys.plans, content: 'plan_id\n' },
]

/** A bucket to which a file was delivered. */
async function prepare({ key, content, before }: Omit<Kind, 'what'>) {
  const world = await openWorld(servers)
  if (before !== undefined) await world.ingest(await world.deliver(keys.customers, before))
  const raw = await world.deliver(key, content)
  world.heard.commands.length = 0
  return { world, raw }
}

const rawOf = async (world: World): Promise<readonly string[]> =>
  (await world.keys()).filter(key => key.startsWith('raw/'))

describeOnS3('calls that fail', ({ start }) => {
  beforeAll(async () => {
    servers = await startServers(start)
  })
  afterAll(async () => servers?.stop())

  it.each(kinds.map(kind => [kind.what, kind] as const))(
    'F36 F38 any call fails once or dies behind its success, with %s: the queue brings it again, and the end is the same',
    async (_, kind) => {
      const undisturbed = await prepare(kind)
      await undisturbed.world.ingest(undisturbed.raw)
      const [left, { commands }] = [await undisturbed.world.objects(), undisturbed.world.heard]
      const calls = commands.map((name, at) => ({ at: at + 1, isChange: !/^(Get|Head|List)/.test(name) }))
      const points = [
        ...calls.map(each => ({ ...each, side: 'before' })),
        ...calls.filter(({ isChange }) => isChange).map(each => ({ ...each, side: 'after' })),
      ]
      expect(points.length).toBeGreaterThanOrEqual(8)
      for (const { at, side } of points) {
        const { world, raw } = await prepare(kind)
        const answer = await world.take([[raw]], (call, __, when) => {
          if (call === at && when === side) throw new Error('a call failed')
        })
        expect(answer.batchItemFailures, `${side} call ${at}`).toHaveLength(1)
        expect(await world.take([[raw]])).toEqual({ batchItemFailures: [] })
        expect(await world.objects(), `${side} call ${at}`).toEqual(left)
        expect(world.heard.alerts.length > 0).toBe(kind.key === keys.plans)
      }
    },
    180_000,
  )

  it.each(kinds.map(kind => [kind.what, kind] as const))(
    'F38 a call that fails for ever, with %s: the item fails each time, and the raw file stays',
    async (_, kind) => {
      const undisturbed = await prepare(kind)
      await undisturbed.world.ingest(undisturbed.raw)
      for (const name of new Set(undisturbed.world.heard.commands)) {
        const { world, raw } = await prepare(kind)
        for (let round = 0; round < 2; round += 1) {
          const { batchItemFailures } = await world.take([[raw]], (__, what) => {
            if (what === name) throw new Error('no')
          })
          expect(batchItemFailures, name).toHaveLength(1)
        }
        expect(await rawOf(world), name).toEqual([raw.key])
      }
    },
    180_000,
  )

  it('F39 no access to an object or to its key is a loud failure: the raw file stays and is never rejected', async () => {
    const refusals = [
      { status: 403, code: 'AccessDenied', methods: ['GET', 'PUT', 'DELETE'] },
      { status: 400, code: 'KMS.DisabledException', methods: ['GET', 'PUT'] },
      { status: 404, code: 'NoSuchBucket', methods: ['GET'] },
    ]
    for (const kind of kinds) {
      for (const { methods, ...refusal } of refusals) {
        const { world, raw } = await prepare(kind)
        const before = await world.keys()
        for (const method of methods) {
          world.heard.failures.length = 0
          servers.proxy.refuse = asked => (asked.method === method ? refusal : undefined)
          const { batchItemFailures } = await world.take([[raw]])
          expect(batchItemFailures).toHaveLength(1)
          expect(world.heard.failures).toMatchObject([{ name: refusal.code }])
          expect(await rawOf(world)).toEqual([raw.key])
          if (method === 'GET') expect([await world.keys(), world.heard.alerts]).toEqual([before, []])
        }
        servers.proxy.refuse = () => undefined
        expect(await world.take([[raw]])).toEqual({ batchItemFailures: [] })
      }
    }
  }, 120_000)

  it('a message that fails does not hold up the others of its batch, and is named by its id', async () => {
    const world = await openWorld(servers)
    const raws = []
    for (const day of ['02', '03', '04'])
      raws.push(await world.deliver(keys.customers.replace('0502', `05${day}`), on('P1')))
    servers.proxy.refuse = ({ url = '' }) =>
      url.includes('20240503') ? { status: 403, code: 'AccessDenied' } : undefined
    const { batchItemFailures } = await world.take(raws.map(raw => [raw]))
    expect(batchItemFailures).toEqual([{ itemIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
    expect(world.heard.logs.map(({ key }) => key)).toEqual([raws[0]?.key, raws[2]?.key])
  })

  it('a connection that breaks in the middle of a file is a failure and no verdict', async () => {
    const files = [
      { key: keys.customers, content: on('P1').repeat(3000) },
      { key: 'raw/notes.txt', content: 'x'.repeat(200_000) },
    ]
    for (const file of files) {
      const { world, raw } = await prepare(file)
      const before = await world.keys()
      servers.proxy.refuse = ({ method, url = '' }) => (method === 'GET' && url.includes('/raw/') ? 'cut' : undefined)
      expect((await world.take([[raw]])).batchItemFailures).toHaveLength(1)
      expect([await world.keys(), world.heard.alerts]).toEqual([before, []])
      servers.proxy.refuse = () => undefined
      expect(await world.take([[raw]])).toEqual({ batchItemFailures: [] })
    }
  })
})

// What the proxy says in its place is the same before any server.
describe('calls that are refused for a while', () => {
  beforeAll(async () => {
    servers = await startServers()
  })
  afterAll(async () => servers?.stop())

  it('F38 a server that asks to slow down is asked again, later; one that never stops asking is a failure', async () => {
    const patient = await openWorld(servers, { maxAttempts: 4 })
    const raw = await patient.deliver(keys.customers, on('P1'))
    const asked = new Map<string, number>()
    servers.proxy.refuse = ({ method = '', url = '' }) => {
      const count = (asked.get(method + url) ?? 0) + 1
      asked.set(method + url, count)
      return count <= 2 ? { status: 503, code: 'SlowDown' } : undefined
    }
    expect(await patient.ingest(raw)).toMatchObject({ outcome: 'accepted' })
    expect([...asked.values()].every(count => count >= 3)).toBe(true)
    const impatient = await openWorld(servers, { maxAttempts: 2 })
    const waiting = await impatient.deliver(keys.customers, on('P1'))
    servers.proxy.refuse = () => ({ status: 503, code: 'SlowDown' })
    expect((await impatient.take([[waiting]])).batchItemFailures).toHaveLength(1)
    expect(await impatient.keys()).toEqual([keys.customers])
    expect(impatient.heard.alerts).toEqual([])
  })
})
