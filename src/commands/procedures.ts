import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Effects } from '../effects.ts'
import { UserError } from '../error.ts'
import { type Graph, type SqlText, targetName } from '../graph/types.ts'
import { compileProcedures } from '../procedures/index.ts'
import { projectPaths } from '../project/paths.ts'

/** What a compile to procedures wrote. */
export interface Written {
  /** As people type it, from where they are. */
  readonly folder: string
  /** Below the folder, sorted. */
  readonly files: readonly string[]
  /** Actions with rows to load that no procedure holds. */
  readonly left: readonly string[]
}

/** Compiles a project to procedures and replaces what `target/snowflake` holds of earlier ones. */
export function writeProcedures(graph: Graph, projectDir: string, effects: Effects): Written {
  const { files, left } = compileProcedures(graph, projectDir)
  const folder = join(projectPaths(projectDir).target, 'snowflake')
  for (const [name, text] of files) writeWhole(join(folder, name), text)
  for (const kind of ['procedures', 'tasks']) removeOthers(join(folder, kind), name => files.has(`${kind}/${name}`))
  const names = left.map(({ target }) => targetName(target))
  if (names.length > 0) effects.stderr(`In no procedure, since none has their tags: ${names.join(', ')}\n`)
  return { folder: relative(effects.cwd, folder) || folder, files: [...files.keys()].sort(), left: names }
}

function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
}

/** A procedure that the project no longer has must not be called or deployed. */
function removeOthers(folder: string, isKept: (name: string) => boolean): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) if (name.endsWith('.sql') && !isKept(name)) rmSync(join(folder, name))
}

/**
 * The compiled procedures of a project, as they were written.
 *
 * @throws UserError where there are none
 */
export function readProcedures(projectDir: string): readonly SqlText[] {
  const folder = join(projectPaths(projectDir).target, 'snowflake', 'procedures')
  const names = existsSync(folder)
    ? readdirSync(folder)
        .filter(name => name.endsWith('.sql'))
        .sort()
    : []
  if (names.length === 0) {
    throw new UserError('this project has no compiled procedures', {
      remedy: 'run dataform compile --procedures first',
    })
  }
  return names.map(name => ({
    sql: readFileSync(join(folder, name), 'utf8'),
    file: `target/snowflake/procedures/${name}`,
    line: 1,
  }))
}
