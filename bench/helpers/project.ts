import { cpSync } from 'node:fs'
import { join } from 'node:path'

/** What the flagship's Dataform project consists of, relative to the root. */
export const projectParts = ['dataform.json', 'definitions', 'includes'] as const

/** Copies the flagship's project, so that the user's own `target/` and caches stay as they are. */
export function copyProject(root: string, project: string): void {
  for (const part of projectParts) cpSync(join(root, part), join(project, part), { recursive: true })
}
