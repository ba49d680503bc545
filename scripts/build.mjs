// Bundles src/ and pipeline/ into dist/: Node 20 does not strip types. Third-party packages stay outside the bundle.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = ['src', 'pipeline', 'ingestion-lambda', 'scripts/build.mjs', 'package-lock.json']

/** Newest modification time in milliseconds among the files that the bundle is made of. */
export function newestSource() {
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

/** Writes `dist/` anew. Rejects with esbuild's messages when a source does not parse. */
export async function build() {
  const { build: bundle } = await import('esbuild')
  const newest = newestSource()
  if (isBuilt(newest)) return
  const outdir = join(root, `dist-${process.pid}`)
  await bundle({
    absWorkingDir: root,
    entryPoints: {
      dataform: 'src/bin/dataform.ts',
      customer360: 'pipeline/bin.ts',
      'compile-child': 'src/compile/child.ts',
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  })
  writeFileSync(join(outdir, '.stamp'), String(newest))
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  renameSync(outdir, join(root, 'dist'))
}

/** True where `dist/` was made from sources as new as these. */
export function isBuilt(newest = newestSource()) {
  try {
    return Number(readFileSync(join(root, 'dist', '.stamp'), 'utf8')) >= newest
  } catch {
    return false
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build()
