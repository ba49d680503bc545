import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SESSION_ENV, type Server, startServer } from './server.ts'

/** moto, which stands for S3, SNS and CloudWatch. It takes any credentials. */
export type Moto = Server

/** Lets all that takes its session from the environment ask this server, until what it returns is called. */
export function useAws(endpoint: string): () => void {
  const session = { AWS_ENDPOINT_URL: endpoint, ...SESSION_ENV }
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
  const server = join(process.cwd(), 'tests', 'ingestion-lambda', 'serve_moto.py')
  return startServer(pythonPath(), [server], { MOTO_ALLOW_NONEXISTENT_REGION: 'false' })
}
