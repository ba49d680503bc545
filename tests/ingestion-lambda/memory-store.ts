import { Readable } from 'node:stream'
import { GoneError, type ObjectStore } from '../../ingestion-lambda/store.ts'

interface Version {
  readonly version: string
  readonly content: Buffer
}

/** A bucket in memory with the effects that the store on S3 has; fast enough for worlds by the hundred thousand. */
export function memoryBucket(): {
  readonly store: ObjectStore
  /** Writes an object; returns its version. */
  readonly write: (key: string, content: Buffer) => string
  readonly versions: () => readonly (readonly [key: string, version: string, content: string])[]
} {
  const bucket = new Map<string, Version[]>()
  let count = 0
  const find = (key: string, version?: string): Version | undefined => {
    const versions = bucket.get(key)
    return version === undefined ? versions?.at(-1) : versions?.find(each => each.version === version)
  }
  const read = (key: string, version?: string): Buffer => {
    const found = find(key, version)
    if (found !== undefined) return found.content
    throw version === undefined ? Object.assign(new Error('no such key'), { name: 'NoSuchKey' }) : new GoneError()
  }
  const write = (key: string, content: Buffer): string => {
    const version = `v-${++count}-`
    bucket.set(key, [...(bucket.get(key) ?? []), { version, content }])
    return version
  }
  const writeIfAbsent = (key: string, content: () => Buffer): boolean => {
    if (find(key) !== undefined) return false
    write(key, content())
    return true
  }
  const store: ObjectStore = {
    list: async prefix => [...bucket.keys()].filter(key => key.startsWith(prefix) && find(key) !== undefined).sort(),
    open: (key, version) =>
      Readable.from(
        (async function* () {
          const content = read(key, version)
          if (content.length > 0) yield content
        })(),
      ),
    exists: async key => find(key) !== undefined,
    copyIfAbsent: async (from, to, version) => writeIfAbsent(to, () => read(from, version)),
    putIfAbsent: async (key, content) => writeIfAbsent(key, () => Buffer.from(content)),
    put: async (key, content) => void write(key, Buffer.from(content)),
    remove: async (key, version) => {
      if (version === undefined) throw new Error('a deletion without a version is none of ours')
      bucket.set(
        key,
        (bucket.get(key) ?? []).filter(each => each.version !== version),
      )
    },
  }
  const versions = (): [string, string, string][] =>
    [...bucket.keys()]
      .sort()
      .flatMap(key =>
        (bucket.get(key) ?? []).map(({ version, content }): [string, string, string] => [
          key,
          version,
          content.toString('latin1'),
        ]),
      )
  return { store, write, versions }
}
