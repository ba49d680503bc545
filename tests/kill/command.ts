import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundle } from '../helpers/bundle.ts'

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
  const driver: Plugin = {
    name: 'driver',
    setup: ({ onResolve }) => {
      onResolve({ filter: /\/driver\.ts$/ }, ({ importer }) =>
        !importer.includes(join('engines', 'duckdb')) ? null : { path: join(root, 'tests', 'kill', 'driver.ts') },
      )
    },
  }
  const outfile = await bundle(root, 'pipeline/bin.ts', 'killable', [driver])
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
