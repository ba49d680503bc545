import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server that stands for AWS, or for its S3. */
export interface Server {
  readonly endpoint: string
  /** What a client of it is made with. */
  readonly config: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  readonly stop: () => Promise<void>
}

/** What clients of all these servers say they are; one of them looks. */
const SESSION = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } } as const

/** The same, as an environment says it. */
export const SESSION_ENV = {
  AWS_REGION: SESSION.region,
  AWS_ACCESS_KEY_ID: SESSION.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: SESSION.credentials.secretAccessKey,
} as const

/** Starts a program that prints a line with its port at the end once it listens; rejects with its last words where it does not. */
export async function startServer(
  program: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  const child = spawn(program, argv, { env: { ...process.env, ...env } })
  let words = ''
  child.stderr.on('data', text => {
    words = `${words}${text}`.slice(-4000)
  })
  const ended = once(child, 'exit')
  const port = await Promise.race([
    portOf(createInterface(child.stdout)),
    ended.then(() => Promise.reject(new Error(`the server of the tests did not start:\n${words}`))),
  ])
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    config: { endpoint, ...SESSION },
    stop: async () => {
      child.kill()
      await ended
    },
  }
}

/** The port in the first line that ends with one. The rest is read too, or the program would wait for its reader. */
function portOf(lines: ReturnType<typeof createInterface>): Promise<string> {
  return new Promise(resolve =>
    lines.on('line', line => {
      const port = /(?:^|:)(\d+)$/.exec(line)?.[1]
      if (port !== undefined) resolve(port)
    }),
  )
}
