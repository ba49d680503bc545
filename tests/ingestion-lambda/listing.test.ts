import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listVersions, s3Client } from '../../ingestion-lambda/s3-store.ts'
import { s3Bench } from './bench.ts'
import { encodeKey } from './queue.ts'
import { describeOnS3 } from './s3-servers.ts'
import type { Server } from './server.ts'

/** Lets a client ask for pages of two. */
function inPagesOfTwo(client: S3Client): S3Client {
  client.middlewareStack.add(next => given => next({ ...given, input: { ...given.input, MaxKeys: 2 } }), {
    step: 'initialize',
  })
  return client
}

const NAMES = ['%2e%2e', '100%.csv', 'a+b c.csv', 'ż ó', '~'] as const

describeOnS3('the versions of a bucket', ({ name: kind, start }) => {
  let server: Server
  let client: S3Client
  beforeAll(async () => {
    server = await start()
    client = s3Client(server.config)
  })
  afterAll(async () => {
    client?.destroy()
    await server?.stop()
  })

  it("F30 are listed by key, page after page, a key's oldest first, and keys are spelt as they were given", async () => {
    const bench = await s3Bench(client)
    const expected = []
    for (const name of NAMES)
      for (const content of ['1', '2', '3']) {
        const { key, version } = await bench.deliver(`raw/${name}`, content)
        expected.push({ key, version })
      }
    await bench.deliver('rawer', 'x')
    const paged = inPagesOfTwo(s3Client(server.config))
    const found = await listVersions(paged, bench.bucket, 'raw/')
    paged.destroy()
    // Where a page begins among the versions of a key, versitygw lists the newest of them again; S3 does not.
    const listed = kind === 'versitygw' ? [...new Map(found.map(each => [each.version, each])).values()] : found
    expect(listed).toEqual(expected.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))))
  })
})

/** Answers as S3 documents it: where it is asked to encode, it says so, and what it encodes are keys and the markers that are keys. */
function listingOf(keys: readonly string[], query: URLSearchParams): string {
  const from = keys.indexOf(query.get('key-marker') ?? '') + 1
  const [max, encoded] = [Number(query.get('max-keys')), query.get('encoding-type') === 'url']
  const spelt = (key: string): string => (encoded ? encodeKey(key) : key)
  const page = keys.slice(from, from + max)
  const versions = page.map(key => `<Version><Key>${spelt(key)}</Key><VersionId>v of ${key}</VersionId></Version>`)
  const isTruncated = from + max < keys.length
  const next = isTruncated ? `<NextKeyMarker>${spelt(page.at(-1) ?? '')}</NextKeyMarker>` : ''
  const encoding = encoded ? '<EncodingType>url</EncodingType>' : ''
  return `<ListVersionsResult><IsTruncated>${isTruncated}</IsTruncated>${encoding}${next}${versions.join('')}</ListVersionsResult>`
}

describe('the versions of a bucket, on a server that encodes keys', () => {
  const keys = NAMES.map(name => `raw/${name}`)
  const asked: string[] = []
  const server = createServer(({ url = '' }, answer) => {
    asked.push(url)
    // What begins again each time would go on for ever.
    if (asked.length > keys.length) answer.writeHead(400)
    answer.end(listingOf(keys, new URL(url, 'http://s3').searchParams))
  })
  beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise(resolve => server.close(resolve)))

  it('F30 go on behind the last key of a page, also where it is one that is encoded', async () => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const client = inPagesOfTwo(s3Client({ endpoint, region: 'eu-west-1', credentials }))
    const found = await listVersions(client, 'lake', 'raw/').finally(() => client.destroy())
    expect(found).toEqual(keys.map(key => ({ key, version: `v of ${key}` })))
    expect(asked).toHaveLength(3)
  })
})
