import type { Readable } from 'node:stream'

/**
 * A bucket, or a folder that stands for one. Keys have forward slashes. Where a version is given, that version of the object is
 * meant and no other, whatever has become of the key; a folder has no versions and is never asked for one.
 */
export interface ObjectStore {
  /** Keys that start with a prefix, sorted. */
  readonly list: (prefix: string) => Promise<readonly string[]>
  readonly open: (key: string, version?: string) => Readable
  readonly exists: (key: string) => Promise<boolean>
  /**
   * Copies an object unless the target exists; false where it did. A reader never sees half of it. The target's name holds the
   * content's hash: of two that copy at once each may win, as they write the same.
   */
  readonly copyIfAbsent: (from: string, to: string, version?: string) => Promise<boolean>
  /** Writes an object as a whole unless the key is taken; false where it was. Of many at once exactly one writes. */
  readonly putIfAbsent: (key: string, content: string) => Promise<boolean>
  /** Writes an object as a whole, also over another. */
  readonly put: (key: string, content: string) => Promise<void>
  readonly remove: (key: string, version?: string) => Promise<void>
}

/** A version that was asked for by name is no longer there. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

/** The content of a small object. */
export async function readText(store: ObjectStore, key: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of store.open(key) as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
