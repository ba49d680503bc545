import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One folder for whatever the tests and their children make in the system's temporary folder; it goes when they have ended. */
export default function setup(): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'telco-tests-')))
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
