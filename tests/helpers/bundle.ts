import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/**
 * Bundles a TypeScript file for a process of its own, below the project so that its packages are found: Node 20 runs no
 * TypeScript. Returns the bundle's path; the caller removes it.
 */
export async function bundle(root: string, entry: string, name: string, plugins: Plugin[] = []): Promise<string> {
  const outfile = join(root, '.local', 'tests', `${name}-${process.pid}.mjs`)
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins,
  })
  return outfile
}
