import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

/** A server that stands for AWS. */
export interface Moto {
  readonly endpoint: string
  /** What a client of it is made with. */
  readonly config: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  readonly stop: () => Promise<void>
}

/** What the server takes: any credentials do. */
const SESSION = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } } as const

/** Lets all that takes its session from the environment ask this server, until what it returns is called. */
export function useAws(endpoint: string): () => void {
  const { region, credentials } = SESSION
  const session = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const before = Object.keys(session).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, session)
  return () => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}

/** Starts a server; rejects with its last words where it does not start. */
export async function startMoto(): Promise<Moto> {
  // By its path, as it finds the environment from where it lies, and a soak is bundled.
  const script = pathToFileURL(join(process.cwd(), 'scripts', 'python.mjs')).href
  const { pythonPath } = (await import(script)) as typeof import('../../scripts/python.mjs')
  const env = { ...process.env, MOTO_ALLOW_NONEXISTENT_REGION: 'false' }
  const child = spawn(pythonPath(), [join(process.cwd(), 'tests', 'ingestion-lambda', 'serve_moto.py')], { env })
  let words = ''
  child.stderr.on('data', text => {
    words = `${words}${text}`.slice(-4000)
  })
  const ended = once(child, 'exit')
  const port = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
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
