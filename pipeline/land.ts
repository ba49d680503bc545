import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { UserError } from '../src/error.ts'

/** What was landed, and what lay beside it that is none of our files. */
export interface Landed {
  readonly keys: readonly string[]
  readonly ignored: readonly string[]
}

const FILES: readonly {
  readonly pattern: RegExp
  readonly key: (match: RegExpExecArray, date: string | undefined) => string | undefined
}[] = [
  {
    pattern: /(?:^|\/)(customers|plans)([^/]*?)(_\d{8})?\.(ndjson|csv)(\.gz)?$/,
    key: ([, dataset = '', more = '', dated, extension = '', gz = ''], date) => {
      const day = dated ?? (date === undefined ? undefined : `_${date.replaceAll('-', '')}`)
      return day === undefined ? undefined : `raw/${dataset}/${dataset}${more}${day}.${extension}${gz}`
    },
  },
  { pattern: /(?:^|\/)(activity_logs\/.+)$/, key: ([, path = '']) => `raw/${path}` },
]

/**
 * Copies source files into a lake's `raw/`. A file without a date in its name gets the one of `--date`.
 *
 * @throws UserError for an undated file without a date, and for a folder that holds none of our files
 */
export function land(source: string, lake: string, date?: string): Landed {
  const { files, ignored } = filesToLand(source, date)
  for (const { path, key } of files) copy(path, join(lake, key))
  return { keys: files.map(({ key }) => key), ignored }
}

/** What `land` takes of a folder, with the keys that it gives them, and what it leaves. Throws as `land` does. */
export function filesToLand(
  source: string,
  date?: string,
): { readonly files: readonly { readonly path: string; readonly key: string }[]; readonly ignored: readonly string[] } {
  if (!existsSync(source))
    throw new UserError('there is no such folder', { file: source, remedy: 'name the folder of the source files' })
  if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new UserError(`--date takes YYYY-MM-DD, not ${date}`, { exitCode: 2 })
  const plans = walk(source).map(path => ({ path, key: keyOf(relative(source, path).split(sep).join('/'), date) }))
  const files = plans.flatMap(({ path, key }) => (key === undefined ? [] : [{ path, key }]))
  const ignored = plans.filter(({ key }) => key === undefined).map(({ path }) => relative(source, path))
  if (files.length === 0)
    throw new UserError('this folder holds no source files', { file: source, remedy: 'see the README for their names' })
  return { files, ignored }
}

function keyOf(path: string, date: string | undefined): string | undefined {
  for (const { pattern, key } of FILES) {
    const match = pattern.exec(path)
    if (match === null) continue
    const found = key(match, date)
    if (found !== undefined) return found
    throw new UserError('the name of this file has no date', {
      file: path,
      remedy: 'say its business date: --date YYYY-MM-DD',
    })
  }
  return undefined
}

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? walk(path) : entry.isFile() && basename(path)[0] !== '.' ? [path] : []
    })
}

/** Whole or not at all: what reads `raw/` must never see half a file. */
function copy(from: string, to: string): void {
  const known = statSync(to, { throwIfNoEntry: false })
  if (known?.size === statSync(from).size && known.mtimeMs >= statSync(from).mtimeMs) return
  mkdirSync(dirname(to), { recursive: true })
  const draft = `${to}.${process.pid}.draft`
  copyFileSync(from, draft)
  renameSync(draft, to)
}
