import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a project keeps what we make: what it remembers under `.local/`, what it shows under `target/`. */
export interface ProjectPaths {
  readonly root: string
  readonly cache: string
  readonly target: string
  readonly warehouse: string
}

/** The paths of a project. Nothing is created. */
export function projectPaths(projectDir: string): ProjectPaths {
  return {
    root: projectDir,
    cache: join(projectDir, '.local', 'cache'),
    target: join(projectDir, 'target'),
    warehouse: join(projectDir, '.local', 'warehouse'),
  }
}

/** The folder of this package, whether it runs from `src/` or from `dist/`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}
