import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SESSION_ENV, type Server, startServer } from './server.ts'

// By its path, as it finds the server from where it lies, and a soak is bundled.
const script = pathToFileURL(join(process.cwd(), 'scripts', 's3-server.mjs')).href
const { hasS3Server, s3ServerPath } = (await import(script)) as typeof import('../../scripts/s3-server.mjs')

/** Whether versitygw can be had here. */
export const hasVersity = hasS3Server()

/**
 * Starts versitygw, a server of S3 that checks signatures, answers many requests at once and writes conditionally without a gap,
 * on folders of its own; rejects with its last words where it does not start.
 */
export async function startVersity(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'versity-'))
  const folders = ['objects', 'versions'].map(name => join(folder, name))
  for (const each of folders) mkdirSync(each)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const server = await startServer(s3ServerPath(), folders, SESSION_ENV)
    return { ...server, stop: () => server.stop().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}
