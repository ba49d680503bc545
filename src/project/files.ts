import { realpathSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { globSync } from 'tinyglobby'
import { UserError } from '../error.ts'

const PATTERNS = ['dataform.json', 'workflow_settings.yaml', 'package.json', 'definitions/**/*', 'includes/**/*']

/**
 * The files that a compile may read, relative to the project and with forward slashes, sorted.
 *
 * @throws UserError for a symbolic link that leads out of the project
 */
export function projectFiles(projectDir: string): readonly string[] {
  const files = globSync(PATTERNS, { cwd: projectDir, dot: false, followSymbolicLinks: true, expandDirectories: false })
  if (files.length === 0) return []
  const root = realpathSync(projectDir)
  for (const file of files) refuseOutside(root, projectDir, file)
  return files.sort()
}

function refuseOutside(root: string, projectDir: string, file: string): void {
  const path = relative(root, realpathSync(join(projectDir, file)))
  if (path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)) {
    throw new UserError('this file is a symbolic link out of the project', {
      file,
      remedy: 'copy the file into the project, or remove the link',
    })
  }
}

/** Every file below a stage's folder, relative and with forward slashes, sorted. */
export function stageFiles(folder: string): readonly string[] {
  return globSync('**/*', { cwd: folder, followSymbolicLinks: false, expandDirectories: false }).sort()
}
