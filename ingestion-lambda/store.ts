import type { Readable } from 'node:stream'

/** A bucket, or a folder that stands for one. Keys have forward slashes. */
export interface ObjectStore {
  /** Keys that start with a prefix, sorted. */
  readonly list: (prefix: string) => Promise<readonly string[]>
  readonly open: (key: string) => Readable
  readonly exists: (key: string) => Promise<boolean>
  /** Copies an object unless the target exists; false where it did. A reader never sees half of it. */
  readonly copyIfAbsent: (from: string, to: string) => Promise<boolean>
  /** Writes an object as a whole unless the key is taken; false where it was. */
  readonly putIfAbsent: (key: string, content: string) => Promise<boolean>
  /** Writes an object as a whole, also over another. */
  readonly put: (key: string, content: string) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}
