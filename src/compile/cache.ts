import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Graph } from '../graph/types.ts'
import { packageRoot } from '../project/paths.ts'
import type { ReadSettings } from '../project/settings.ts'

/** How many compiled graphs are kept: one for each set of options that is in use. */
const KEPT_FILES = 8

interface Entry {
  readonly graph: Graph
  /** Files that the project's code read besides those in the key, with the hash of each. */
  readonly loaded: Readonly<Record<string, string>>
}

/** A hash of everything that a compile depends on as far as it is known before. */
export function cacheKey(projectDir: string, files: readonly string[], read: ReadSettings): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([toolVersion(), read]))
  for (const file of files) {
    hash.update(`\n${file}\n`)
    hash.update(readFileSync(join(projectDir, file)))
  }
  return hash.digest('hex').slice(0, 32)
}

/** The graph of an earlier compile, where nothing that it read has changed. */
export function readCached(folder: string, key: string, projectDir: string): Graph | undefined {
  try {
    const entry = JSON.parse(readFileSync(join(folder, `compile-${key}.json`), 'utf8')) as Entry
    const same = Object.entries(entry.loaded).every(([file, hash]) => hashOf(join(projectDir, file)) === hash)
    return same ? entry.graph : undefined
  } catch {
    // No entry, or one that a broken disk left: compile anew.
    return undefined
  }
}

export function writeCached(
  folder: string,
  key: string,
  graph: Graph,
  loaded: readonly string[],
  files: readonly string[],
  projectDir: string,
): void {
  const known = new Set(files)
  const others = loaded.filter(file => !known.has(file)).map(file => [file, hashOf(join(projectDir, file))])
  const entry: Entry = { graph, loaded: Object.fromEntries(others) }
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `compile-${key}.json`)
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify(entry))
  renameSync(draft, file)
  prune(folder)
}

function prune(folder: string): void {
  const files = readdirSync(folder).filter(name => name.startsWith('compile-'))
  if (files.length <= KEPT_FILES) return
  const byAge = files.map(name => ({ name, at: statSync(join(folder, name)).mtimeMs })).sort((a, b) => b.at - a.at)
  for (const { name } of byAge.slice(KEPT_FILES)) rmSync(join(folder, name), { force: true })
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Core's version, and when this tool was built: another of either compiles anew. */
function toolVersion(): string {
  const root = packageRoot()
  const core = createRequire(join(root, 'package.json')).resolve('@dataform/core/package.json')
  const built = statSync(join(root, 'dist', 'compile-child.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return `${(JSON.parse(readFileSync(core, 'utf8')) as { version: string }).version} ${built}`
}
