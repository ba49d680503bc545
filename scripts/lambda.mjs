// Bundles the ingestion function for AWS Lambda (Node 22, ESM) into `target/lambda/handler.mjs`, one file without dependencies.
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { importTypeScript } from './build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Writes the bundle and returns what is in it: esbuild's metafile. Rejects where a source does not parse or a contract is no
 * contract.
 */
export async function buildLambda(outdir = join(root, 'target', 'lambda')) {
  const { build: bundle } = await import('esbuild')
  // The contracts go in as data: the function has no YAML parser.
  const { loadContracts } = await importTypeScript('pipeline/contracts.ts')
  const { metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: { handler: 'ingestion-lambda/handler.ts' },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    // So that a stack in the log names functions.
    keepNames: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    define: { CONTRACTS: JSON.stringify(loadContracts(root)) },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return metafile
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const metafile = await buildLambda()
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) process.stdout.write(`${file} ${bytes} bytes\n`)
}
