import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { customer, ndjson } from '../ingestion/samples.ts'

/** A server with one object of any size, which is made while it is sent. It takes all writes, and keeps their names. */
export interface Endless {
  readonly endpoint: string
  readonly bytes: number
  readonly sha256: () => string
  /** `METHOD path` of each request that changes something. */
  readonly changes: readonly string[]
  readonly stop: () => Promise<void>
}

const LIST = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
const ANSWERS = {
  uploads: '<?xml version="1.0"?><InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>',
  partNumber: '<?xml version="1.0"?><CopyPartResult><ETag>"x"</ETag></CopyPartResult>',
  complete: '<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>',
}

/** What S3 says to a request that writes. */
function written(url: string): string {
  const { searchParams: asked } = new URL(url, 'http://s3')
  return ANSWERS[asked.has('uploads') ? 'uploads' : asked.has('partNumber') ? 'partNumber' : 'complete']
}

/** @param size of the object, in bytes, rounded up to whole blocks of rows */
export async function startEndless(size: number): Promise<Endless> {
  const block = Buffer.from(ndjson(...Array.from({ length: 256 }, (_, at) => customer(at))))
  const blocks = Math.ceil(size / block.length)
  const bytes = blocks * block.length
  let sha256 = ''
  const send = (answer: ServerResponse): Promise<void> => {
    const hash = createHash('sha256')
    const rows = function* (): Generator<Buffer> {
      for (let left = blocks; left > 0; left -= 1) {
        hash.update(block)
        yield block
      }
      sha256 = hash.digest('hex')
    }
    answer.writeHead(200, { 'content-length': bytes })
    return pipeline(Readable.from(rows(), { highWaterMark: 2 }), answer).catch(() => undefined)
  }
  const changes: string[] = []
  const server = createServer((asked, answer) => {
    asked.resume()
    const { method = '', url = '' } = asked
    const isRaw = url.includes('/raw/')
    if (!['GET', 'HEAD'].includes(method)) changes.push(`${method} ${url}`)
    if (method === 'HEAD') answer.writeHead(isRaw ? 200 : 404, isRaw ? { 'content-length': bytes } : {}).end()
    else if (method === 'GET' && isRaw) void send(answer)
    else if (method === 'DELETE') answer.writeHead(204).end()
    else answer.writeHead(200, { 'content-type': 'application/xml' }).end(method === 'GET' ? LIST : written(url))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes,
    sha256: () => sha256,
    changes,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
