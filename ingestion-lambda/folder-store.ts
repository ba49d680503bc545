import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { ObjectStore } from './store.ts'

/** A folder as an object store. A key that has steps (`..`, `.`, nothing) is an error, so each object has one key. */
export function folderStore(folder: string): ObjectStore {
  const root = resolve(folder)
  const pathOf = (key: string): string => {
    const path = resolve(root, key)
    if (!path.startsWith(root + sep) || relative(root, path).split(sep).join('/') !== key)
      throw new Error('a key led out of the lake, or took a detour in it')
    return path
  }
  // A name that nobody else has, as two may write one object at once, and that is not the object's with something behind
  // it, as a process that is killed leaves its draft to those who look for files by how their names start.
  const draftOf = (path: string): string => join(dirname(path), `.${randomUUID()}.draft`)
  const settle = async (draft: string): Promise<void> => {
    const handle = await open(draft)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  const claim = async (target: string, write: (draft: string) => Promise<void>): Promise<boolean> => {
    if (existsSync(target)) return false
    await mkdir(dirname(target), { recursive: true })
    const draft = draftOf(target)
    try {
      await write(draft)
      await settle(draft)
      // A link fails where the name is taken, so two that write at once cannot overwrite each other.
      await link(draft, target)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      await rm(draft, { force: true })
    }
  }
  return {
    list: async prefix => {
      const at = prefix.lastIndexOf('/')
      const start = at < 0 ? root : pathOf(prefix.slice(0, at))
      if (!existsSync(start)) return []
      const entries = await readdir(start, { recursive: true, withFileTypes: true })
      return entries
        .filter(entry => entry.isFile() && !entry.name.endsWith('.draft'))
        .map(entry => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter(key => key.startsWith(prefix))
        .sort()
    },
    open: key => createReadStream(pathOf(key), { highWaterMark: 1024 * 1024 }),
    exists: async key => existsSync(pathOf(key)),
    copyIfAbsent: async (from, to) => claim(pathOf(to), draft => copyFile(pathOf(from), draft)),
    putIfAbsent: async (key, content) => claim(pathOf(key), draft => writeFile(draft, content)),
    put: async (key, content) => {
      const target = pathOf(key)
      await mkdir(dirname(target), { recursive: true })
      const draft = draftOf(target)
      try {
        await writeFile(draft, content)
        await settle(draft)
        await rename(draft, target)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    },
    remove: async key => rm(pathOf(key), { force: true }),
  }
}
