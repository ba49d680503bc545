// Bundles src/ and pipeline/ into dist/: Node 20 does not strip types. Packages of plain JavaScript are
// bundled with it, since loading hundreds of small files is what a short command would spend its time on (docs/adr/0012).
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = ['src', 'pipeline', 'ingestion-lambda', 'glue', 'scripts/build.mjs', 'package-lock.json']
const entryPoints = {
  dataform: 'src/bin/dataform.ts',
  customer360: 'pipeline/bin.ts',
  'compile-child': 'src/compile/child.ts',
}
const settings = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Native, run in the compile child, or loaded only where it is used.
  external: ['@dataform/core', '@duckdb/node-bindings', '@polyglot-sql/sdk', 'protobufjs', 'snowflake-sdk'],
  // Bundled CommonJS asks for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  sourcemap: true,
  logLevel: 'warning',
}

/** Newest modification time in milliseconds among the files that the bundle is made of. */
function newestSource() {
  let newest = 0
  const visit = path => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat) return
    newest = Math.max(newest, stat.mtimeMs)
    if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
  }
  for (const source of sources) visit(join(root, source))
  return newest
}

/** Puts a finished bundle in place. Where another process was faster, its bundle stays: both were made of the same sources. */
function replaceDist(outdir) {
  const dist = join(root, 'dist')
  const old = `${outdir}-old`
  try {
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(outdir, dist)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code) || !isBuilt()) throw error
    rmSync(outdir, { recursive: true, force: true })
  }
  rmSync(old, { recursive: true, force: true })
}

/** Writes `dist/` anew where a source is newer than it. Rejects with esbuild's messages when a source does not parse. */
export async function build() {
  const newest = newestSource()
  if (isBuilt(newest)) return
  const { build: bundle } = await import('esbuild')
  const outdir = join(root, `dist-${process.pid}`)
  try {
    await bundle({ ...settings, entryPoints, outdir, splitting: true })
    writeFileSync(join(outdir, '.stamp'), String(newest))
    replaceDist(outdir)
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

/** True where `dist/` was made from sources as new as these. */
export function isBuilt(newest = newestSource()) {
  try {
    return Number(readFileSync(join(root, 'dist', '.stamp'), 'utf8')) >= newest
  } catch {
    return false
  }
}

/** Bundles one TypeScript file of bench/ or tests/ into `.local/scripts` and returns its exports. */
export async function importTypeScript(entry) {
  const { build: bundle } = await import('esbuild')
  const outfile = join(root, '.local', 'scripts', `${entry.replace(/[^\w]+/g, '-')}-${process.pid}.mjs`)
  try {
    // A script may bundle on its own account, and the bundler cannot be bundled; nor can what finds its files beside itself.
    const external = [...settings.external, 'esbuild', 'aws-cdk-lib', 'constructs']
    await bundle({ ...settings, external, entryPoints: [entry], outfile, sourcemap: 'inline' })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(outfile, { force: true })
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build()
