import { createReadStream, existsSync } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { ObjectStore } from './store.ts'

/** A folder as an object store. */
export function folderStore(folder: string): ObjectStore {
  const root = resolve(folder)
  const pathOf = (key: string): string => {
    const path = resolve(root, key)
    if (!path.startsWith(root + sep)) throw new Error('a key led out of the lake')
    return path
  }
  const draftOf = (path: string): string => `${path}.${process.pid}.draft`
  const settle = async (draft: string): Promise<void> => {
    const handle = await open(draft)
    await handle.sync()
    await handle.close()
  }
  return {
    list: async prefix => {
      const start = join(root, prefix.slice(0, prefix.lastIndexOf('/') + 1))
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
    copyIfAbsent: async (from, to) => {
      const target = pathOf(to)
      if (existsSync(target)) return false
      await mkdir(dirname(target), { recursive: true })
      const draft = draftOf(target)
      await copyFile(pathOf(from), draft)
      await settle(draft)
      try {
        // A link fails where the name is taken, so two that copy at once cannot overwrite each other.
        await link(draft, target)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      } finally {
        await rm(draft, { force: true })
      }
    },
    put: async (key, content) => {
      const target = pathOf(key)
      await mkdir(dirname(target), { recursive: true })
      const handle = await open(draftOf(target), 'w')
      await handle.writeFile(content)
      await handle.sync()
      await handle.close()
      await rename(draftOf(target), target)
    },
    remove: key => rm(pathOf(key), { force: true }),
  }
}
