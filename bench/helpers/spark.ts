import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findRoot } from './root.ts'

/** The two jobs of glue/ as processes of PySpark. */
export interface Spark {
  /** Milliseconds of both, one after the other, on a lake in a folder. Throws with a job's last words where it fails. */
  readonly time: (lake: string) => number
}

/** Builds the jobs into a folder, and their Python environment where it is missing. */
export async function prepareSpark(folder: string): Promise<Spark> {
  const script = (name: string): string => pathToFileURL(join(findRoot(), 'scripts', name)).href
  const { ensurePython, pythonPath } = (await import(script('python.mjs'))) as typeof import('../../scripts/python.mjs')
  const { buildGlue, JOBS, sparkEnvironment } = (await import(
    script('glue.mjs')
  )) as typeof import('../../scripts/glue.mjs')
  ensurePython()
  mkdirSync(folder, { recursive: true })
  await buildGlue(folder)
  const env = sparkEnvironment(folder)
  let runs = 0
  return {
    time: lake => {
      runs += 1
      const began = performance.now()
      for (const job of JOBS) {
        const argv = [join(folder, job), '--lake', lake, '--run', `bench-${runs}`, '--bad-share', '1']
        const { status, stderr } = spawnSync(pythonPath(), argv, { env, encoding: 'utf8', maxBuffer: 1e9 })
        if (status !== 0) throw new Error(`${job} ended with ${status}:\n${stderr.slice(-4000)}`)
      }
      return performance.now() - began
    },
  }
}
