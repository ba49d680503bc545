import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildLambda } from '../../scripts/lambda.mjs'
import { CANARY, customer, good, keys, ndjson } from '../ingestion/samples.ts'
import { type Run, runBundle } from './bundle.ts'
import { startEndless } from './endless.ts'
import { openWorld, type Servers, startServers, type World } from './world.ts'

let folder = ''
let handler = ''
let metafile: Metafile
let servers: Servers
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-'))
  handler = join(folder, 'handler.mjs')
  metafile = await buildLambda(folder)
  servers = await startServers()
}, 120_000)
afterAll(async () => {
  await servers?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const run = (
  world: World,
  raws: Parameters<typeof runBundle>[0],
  env?: Readonly<Record<string, string>>,
): Promise<Run> =>
  runBundle(raws, {
    handler,
    endpoint: servers.proxy.endpoint,
    bucket: world.bucket,
    topicArn: servers.topicArn,
    ...(env && { env }),
  })

describe('the bundle', () => {
  it('is one file under 1 MB, without a warehouse, a YAML parser or anything of the framework but its errors', () => {
    expect(readdirSync(folder)).toEqual(['handler.mjs'])
    expect(statSync(handler).size).toBeLessThan(1_000_000)
    const inputs = Object.keys(metafile.inputs)
    const packages = new Set(inputs.flatMap(file => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []))
    expect([...packages].filter(name => /snowflake|duckdb|^yaml$|dataform|handlebars|polyglot/.test(name))).toEqual([])
    expect(packages).toContain('@aws-sdk/client-s3')
    expect(inputs.filter(file => /^(src|pipeline|glue|infra|tests)\//.test(file))).toEqual(['src/error.ts'])
    expect(readFileSync(handler, 'utf8')).not.toContain(folder)
  })

  it('does not start with a setting that is missing, and says which', async () => {
    const world = await openWorld(servers)
    const { code, log } = await run(world, [], { TOPIC_ARN: '' })
    expect([code, log]).toEqual([1, expect.stringContaining('the variable TOPIC_ARN must be')])
  })

  it('F35 ingests, alerts a subscriber of the topic, counts, and logs nothing of a row', async () => {
    const posts: { readonly Type: string; readonly Subject: string; readonly Message: string }[] = []
    const subscriber = createServer((asked, answer) => {
      void text(asked).then(body => {
        posts.push(JSON.parse(body))
        answer.end()
      })
    })
    await new Promise<void>(resolve => subscriber.listen(0, '127.0.0.1', resolve))
    const sns = new SNSClient(servers.moto.config)
    const Endpoint = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/`
    await sns.send(new SubscribeCommand({ TopicArn: servers.topicArn, Protocol: 'http', Endpoint }))
    const world = await openWorld(servers)
    const raws = [
      await world.deliver(keys.customers, good.customers),
      await world.deliver(keys.customers, `{"${CANARY}": 1, ${CANARY}\n${ndjson(customer(1, { zone: CANARY }))}`),
      await world.deliver(keys.plans, `${good.plans}${CANARY},"${CANARY}`),
      await world.deliver(keys.logs, ndjson({ event_id: CANARY, customer_id: CANARY })),
      await world.deliver(`${keys.logs}.gz`, CANARY),
      await world.deliver(`${keys.customers}x`, CANARY),
    ]
    servers.proxy.refuse = ({ method, url = '' }) =>
      method === 'PUT' && url.includes('/rejected/activity_logs') ? { status: 403, code: 'AccessDenied' } : undefined
    const { answer, log } = await run(world, [...raws, { key: 'archive/x', version: 'v', sequencer: '1' }])
    servers.proxy.refuse = () => undefined
    sns.destroy()
    subscriber.close()
    subscriber.closeAllConnections()
    expect(answer?.batchItemFailures).toHaveLength(2)
    for (const secret of [CANARY, 'canary', 'example.com', '1990-01-31', '19.90']) expect(log).not.toContain(secret)
    const lines = log.split('\n').flatMap(line => (line.startsWith('{"') ? [JSON.parse(line)] : []))
    const outcomes = lines.flatMap(({ entry }) => entry?.outcome ?? [])
    expect(outcomes.sort()).toEqual(['accepted', 'accepted', 'rejected', 'rejected'])
    const failure = { name: 'AccessDenied', httpStatusCode: 403 }
    expect(lines.filter(({ level }) => level === 'ERROR')).toMatchObject([{ failure }, { failure }])
    expect(lines.find(line => '_aws' in line)).toMatchObject({ failed: [1, 1], ignored: 1 })
    const alerts = posts.filter(({ Type }) => Type === 'Notification')
    expect(alerts.map(({ Subject }) => Subject).sort()).toEqual([
      'Ingestion: rejected TRUNCATED',
      'Ingestion: rejected UNKNOWN_DATASET',
    ])
    expect(JSON.parse(alerts[0]?.Message ?? '')).toMatchObject({ outcome: 'rejected', version: expect.any(String) })
    expect(JSON.stringify(posts)).not.toContain('canary')
  })

  it('keeps to its memory with a file of 64 MB as with one of 1 MB', async () => {
    const peaks: number[] = []
    for (const megabytes of [1, 64]) {
      const endless = await startEndless(megabytes * 1e6)
      const raw = { key: keys.customers, version: 'v1', sequencer: '1' }
      const options = { handler, endpoint: endless.endpoint, bucket: 'lake', topicArn: servers.topicArn }
      const { answer, peak, log } = await runBundle([raw], options)
      await endless.stop()
      expect(answer, log).toEqual({ batchItemFailures: [] })
      expect(log).toContain(endless.sha256())
      expect(endless.changes.at(-1)).toMatch(/^DELETE .*versionId=v1/)
      peaks.push(peak)
    }
    const [small = 0, large = 0] = peaks
    expect(large).toBeLessThan(small + 64e6)
  }, 120_000)
})
