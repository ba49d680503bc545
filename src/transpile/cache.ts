import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Translations by key, kept in one file. Only those that were used since it was opened are written back. */
export interface TranslationCache<T> {
  readonly get: (key: string) => T | undefined
  readonly set: (key: string, value: T) => void
  /** Writes the file where something was added. */
  readonly flush: () => void
}

/** How many entries that this process did not use are kept: another selection of actions uses them. */
const KEPT_UNUSED = 4000

/** Opens the cache; a file that is missing or broken is an empty one. Without a file it lives as long as the process. */
export function openCache<T>(file: string | undefined): TranslationCache<T> {
  const stored = new Map<string, T>(file === undefined ? [] : read<T>(file))
  const used = new Map<string, T>()
  let added = false
  return {
    get: key => {
      const value = used.get(key) ?? stored.get(key)
      if (value !== undefined) used.set(key, value)
      return value
    },
    set: (key, value) => {
      used.set(key, value)
      added = true
    },
    flush: () => {
      if (!added || file === undefined) return
      const others = [...stored].filter(([key]) => !used.has(key)).slice(0, KEPT_UNUSED)
      mkdirSync(dirname(file), { recursive: true })
      const draft = `${file}.${process.pid}`
      writeFileSync(draft, JSON.stringify([...used, ...others]))
      renameSync(draft, file)
      added = false
    },
  }
}

function read<T>(file: string): readonly (readonly [string, T])[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, T][]
  } catch {
    return []
  }
}
