import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** Renames objects of a bucket, each as `[from, to]`, by the jobs' own lake in a Python of its own: `moved` or `refused` of each. */
export async function moveAll(
  endpoint: string,
  bucket: string,
  moves: readonly (readonly [from: string, to: string])[],
): Promise<readonly string[]> {
  const script = pathToFileURL(join(process.cwd(), 'scripts', 'python.mjs')).href
  const { pythonPath } = (await import(script)) as typeof import('../../scripts/python.mjs')
  const argv = [join(process.cwd(), 'tests', 'glue', 'move.py'), bucket, endpoint, ...moves.flat()]
  const env = {
    PYTHONPATH: join(process.cwd(), 'glue'),
    PYTHONDONTWRITEBYTECODE: '1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'eu-west-1',
  }
  const { stdout } = await promisify(execFile)(pythonPath(), argv, { env })
  return stdout.trimEnd().split('\n')
}
