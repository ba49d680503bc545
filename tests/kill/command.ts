import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

// Bundled for a soak, a module does not know its own folder; both ways of running stand in the project's root.
const root = process.cwd()

/** `customer360` as a process that ends itself at a statement. */
export interface KillableCommand {
  /** Runs it; `env` says where it dies, `afterMs` kills it from outside. */
  readonly run: (
    args: readonly string[],
    how?: { readonly env?: Readonly<Record<string, string>>; readonly afterMs?: number },
  ) => Promise<{ readonly signal: string | null; readonly exit: number | null; readonly stderr: string }>
  readonly remove: () => void
}

/** Bundles the command with the driver of this folder in place of the engine's. */
export async function buildKillable(): Promise<KillableCommand> {
  const { build } = await import('esbuild')
  const outfile = join(root, '.local', 'tests', `killable-${process.pid}.mjs`)
  await build({
    absWorkingDir: root,
    entryPoints: ['pipeline/bin.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    plugins: [
      {
        name: 'driver',
        setup: ({ onResolve }) => {
          onResolve({ filter: /\/driver\.ts$/ }, ({ importer }) =>
            importer.includes(join('tests', 'kill')) ? null : { path: join(root, 'tests', 'kill', 'driver.ts') },
          )
        },
      },
    ],
  })
  return {
    run: (args, { env = {}, afterMs } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [outfile, ...args], { cwd: root, env: { ...process.env, ...env } })
        let stderr = ''
        child.stderr.on('data', data => {
          stderr += data
        })
        const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs)
        child.on('error', reject)
        child.on('close', (exit, signal) => {
          clearTimeout(timer)
          resolve({ exit, signal, stderr })
        })
      }),
    remove: () => rmSync(outfile, { force: true }),
  }
}
