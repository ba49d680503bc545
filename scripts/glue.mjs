// Writes what AWS Glue runs into `target/glue`: the two jobs, and `telco.zip` with the modules of both and the SQL, which is
// rendered from the contracts and from glue/.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { zipSync } from 'fflate'
import { importTypeScript } from './build.mjs'
import { pythonPath } from './python.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const JOBS = ['telco_clean.py', 'telco_stage.py']

/** Writes the files and returns their sizes by name. Rejects where a contract is no contract. */
export async function buildGlue(outdir = join(root, 'target', 'glue')) {
  const { loadContracts } = await importTypeScript('pipeline/contracts.ts')
  const { renderJobs } = await importTypeScript('glue/render.ts')
  const rendered = `${JSON.stringify(renderJobs(loadContracts(root)), null, 1)}\n`
  const modules = readdirSync(join(root, 'glue', 'telco')).filter(name => name.endsWith('.py'))
  const files = modules
    .sort()
    .map(name => [`telco/${name}`, new Uint8Array(readFileSync(join(root, 'glue', 'telco', name)))])
  const archive = zipSync(
    { ...Object.fromEntries(files), 'telco/rendered.json': new TextEncoder().encode(rendered) },
    // Stored as they are, and of the first day that a zip knows: the same content makes the same bytes at any time.
    { level: 0, mtime: new Date(1980, 0, 1) },
  )
  mkdirSync(outdir, { recursive: true })
  for (const name of JOBS) copyFileSync(join(root, 'glue', 'jobs', name), join(outdir, name))
  writeFileSync(join(outdir, 'telco.zip'), archive)
  return Object.fromEntries([...JOBS, 'telco.zip'].map(name => [name, readFileSync(join(outdir, name)).length]))
}

/** The environment in which Python runs what was built into a folder, on Spark; `settings` are beside its own. */
export function sparkEnvironment(folder, settings = {}) {
  const all = {
    'spark.driver.host': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.sql.shuffle.partitions': '2',
    ...settings,
  }
  const flags = Object.entries(all).map(([name, value]) => `--conf "${name}=${value}"`)
  return {
    ...process.env,
    PYTHONPATH: [join(folder, 'telco.zip'), process.env.PYTHONPATH].filter(Boolean).join(delimiter),
    PYSPARK_PYTHON: pythonPath(),
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_SUBMIT_ARGS: `--master local[2] ${flags.join(' ')} pyspark-shell`,
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, bytes] of Object.entries(await buildGlue()))
    process.stdout.write(`target/glue/${name} ${bytes} bytes\n`)
}
