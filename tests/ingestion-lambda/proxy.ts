import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a server answers instead of doing what it is asked. */
export interface Refusal {
  readonly status: number
  readonly code: string
}

/** A request and how it was answered. Only what was posted has its body here: a file that is put may be large. */
export interface Exchange {
  readonly method: string
  /** The path as it was sent, with the query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly status: number
}

/** A server in front of another, that refuses what it is told to. */
export interface Gate {
  readonly endpoint: string
  /**
   * Asked for each request; the request goes on where it returns undefined. After `cut` its answer breaks off half-way, and
   * after `hold` none comes.
   */
  refuse: (asked: IncomingMessage) => Refusal | 'cut' | 'hold' | undefined
  /** Told of each request once it is answered, what was refused included. */
  answered: (exchange: Exchange) => void
  readonly stop: () => Promise<void>
}

/** Starts one in front of a server of S3, and of one of topics: what is posted to the root is theirs. */
export async function startProxy(s3: string, topics = s3): Promise<Gate> {
  const server = createServer((asked, answer) => {
    const { method = '', headers, url = '' } = asked
    const posted: Buffer[] = []
    if (method === 'POST') asked.on('data', (bytes: Buffer) => posted.push(bytes))
    const tell = (status: number): void => proxy.answered({ method, url, headers, body: Buffer.concat(posted), status })
    const refusal = proxy.refuse(asked)
    if (refusal === 'hold') {
      asked.resume()
      return
    }
    if (typeof refusal === 'object') {
      asked.on('end', () => tell(refusal.status)).resume()
      answer.writeHead(refusal.status, { 'content-type': 'application/xml', connection: 'close' })
      answer.end(`<?xml version="1.0"?><Error><Code>${refusal.code}</Code><Message>refused</Message></Error>`)
      return
    }
    const { hostname, port } = new URL(method === 'POST' && url === '/' ? topics : s3)
    const onward = request({ hostname, port, method, headers, path: url }, given => {
      tell(given.statusCode ?? 500)
      answer.writeHead(given.statusCode ?? 500, given.headers)
      if (refusal === 'cut')
        given.once('data', (bytes: Buffer) => answer.write(bytes.subarray(0, bytes.length / 2), () => answer.destroy()))
      else given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  const proxy: Gate = {
    endpoint: '',
    refuse: () => undefined,
    answered: () => undefined,
    stop: () => new Promise(resolve => server.close(() => resolve())),
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}
