import { Readable } from 'node:stream'
import type { ObjectStore } from '../../ingestion-lambda/store.ts'

/** Ends a process that is simulated. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

export type When = 'before' | 'after'
/** Called with each step's number from 1, its name, and whether it is about to happen or has happened. It may throw. */
export type Around = (call: number, what: string, when: When) => void

/** The store with something done before and after each of its calls. A reading is one call, made at its first byte. */
export function troubledStore(store: ObjectStore, around: Around): ObjectStore {
  let calls = 0
  const step =
    <A extends readonly unknown[], R>(name: string, work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const call = ++calls
      around(call, name, 'before')
      const result = await work(...given)
      around(call, name, 'after')
      return result
    }
  return {
    list: step('list', store.list),
    open: (key, version) =>
      Readable.from(
        (async function* () {
          const call = ++calls
          around(call, 'open', 'before')
          yield* store.open(key, version) as AsyncIterable<Buffer>
          around(call, 'open', 'after')
        })(),
      ),
    exists: step('exists', store.exists),
    copyIfAbsent: step('copyIfAbsent', store.copyIfAbsent),
    putIfAbsent: step('putIfAbsent', store.putIfAbsent),
    put: step('put', store.put),
    remove: step('remove', store.remove),
  }
}

/** The client with something done before each command that it sends, and after each that changes something. */
export function troubledClient<C extends { readonly send: unknown }>(client: C, around: Around): C {
  let calls = 0
  const send = async (command: object, ...rest: never[]): Promise<unknown> => {
    const call = ++calls
    const name = command.constructor.name
    around(call, name, 'before')
    const result = await (client.send as (...given: unknown[]) => Promise<unknown>)(command, ...rest)
    // Only what changes something can be done and not be known to be done.
    if (!/^(Get|Head|List)/.test(name)) around(call, name, 'after')
    return result
  }
  // Only `send` is another; whoever asks what it is still finds the client.
  return new Proxy(client, { get: (target, name) => (name === 'send' ? send : Reflect.get(target, name)) })
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
