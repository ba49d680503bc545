import { createHash } from 'node:crypto'
import { type Listeners, type Outcome, type RawObject, type RouteOptions, routeObject } from './route.ts'
import { GoneError, type ObjectStore, readText } from './store.ts'

/** A version of a raw object, as an event names it. */
export type RawVersion = Required<{ readonly [Name in keyof RawObject]: NonNullable<RawObject[Name]> }>

/** The version was deleted before it could be read. */
export interface Vanished {
  readonly key: string
  readonly outcome: 'vanished'
  readonly code: 'VANISHED'
}

/** What the ledger keeps of a version, for ever. */
export type Entry = (Outcome | Vanished) & { readonly version: string; readonly sequencer: string }

/** Where the ledger has a version's entry. A key may hold anything, so it is its hash that becomes a name. */
export function entryKey({ key, version }: Pick<RawVersion, 'key' | 'version'>): string {
  return `ledger/${createHash('sha256').update(`${key}\n${version}`).digest('hex')}.json`
}

/**
 * Ingests one version of a raw object once: a version that the ledger knows is only taken away, should it still be there. The
 * order is what makes a crash harmless: files with their mark, alert, entry, and the raw version last. So an alert may come
 * twice after a crash, and is never lost.
 *
 * @returns the entry: of this call, or of the one that was first
 */
export async function ingestVersion(raw: RawVersion, options: RouteOptions & Listeners<Entry>): Promise<Entry> {
  const { store, log } = options
  const entry = (await readEntry(raw, store)) ?? (await settle(raw, options))
  await store.remove(raw.key, raw.version)
  log(entry)
  return entry
}

async function readEntry(raw: RawVersion, store: ObjectStore): Promise<Entry | undefined> {
  const at = entryKey(raw)
  return (await store.exists(at)) ? (JSON.parse(await readText(store, at)) as Entry) : undefined
}

async function settle(raw: RawVersion, options: RouteOptions & Listeners<Entry>): Promise<Entry> {
  const { store, alert } = options
  const routed = await routeObject(raw, { ...options, marks: true }).catch((error: unknown) => {
    if (error instanceof GoneError) return undefined
    throw error
  })
  // Who finished first has written the entry before it took the version away.
  const first = routed === undefined ? await readEntry(raw, store) : undefined
  if (first !== undefined) return first
  const { key, version, sequencer } = raw
  const entry: Entry = { ...(routed ?? { key, outcome: 'vanished', code: 'VANISHED' }), version, sequencer }
  if (entry.outcome === 'rejected' || entry.outcome === 'vanished') await alert(entry)
  await claim(entryKey(raw), `${JSON.stringify(entry, null, 2)}\n`, store)
  return entry
}

/** Writes an entry; that it is there already is a success where it says the same. */
async function claim(at: string, content: string, store: ObjectStore): Promise<void> {
  if (await store.putIfAbsent(at, content)) return
  if ((await readText(store, at)) !== content) throw new Error(`${at}: two runs came to different outcomes`)
}
