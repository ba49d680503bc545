import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Limits } from './bytes.ts'
import { Rejection, type RejectionCode } from './codes.ts'
import { type Contracts, DATASETS } from './contract.ts'
import { type ObjectStore, readText } from './store.ts'
import { type Accepted, validateFile } from './validate.ts'

/** A delivered file. */
export interface RawObject {
  readonly key: string
  /** Which of the key's versions, where the store has such. */
  readonly version?: string | undefined
  /** Orders the versions of one key as they were written; says nothing between two keys. */
  readonly sequencer?: string | undefined
}

/** What is told of a file: never anything from inside it. */
export interface Outcome {
  readonly key: string
  readonly outcome: 'accepted' | 'duplicate' | 'rejected'
  readonly sha256: string
  readonly rows?: number | undefined
  readonly code?: RejectionCode | undefined
  readonly line?: number | undefined
  /** What is odd about an accepted file: `NEW_COLUMN name`. */
  readonly warnings?: readonly string[] | undefined
  /** Where it went. */
  readonly to: string
}

/** Beside every archived file: what it is. Its presence says that the file is archived as a whole. */
export interface Sidecar extends Omit<Accepted, 'isGzip' | 'extension'> {
  readonly source: string
  readonly version?: string | undefined
  readonly sequencer?: string | undefined
  readonly warnings: readonly string[]
  /**
   * The file's place, from 1, in the order in which the files of its dataset and day were accepted. Two that were accepted at
   * once may have the same; the hash decides between them. Archives of before have none, which is 1.
   */
  readonly accepted?: number | undefined
}

/** What judging needs. */
export interface RouteOptions {
  readonly store: ObjectStore
  readonly contracts: Contracts
  readonly limits?: Limits | undefined
  /** Whether every archived file gets a mark, for a reader that cannot list the whole archive to find what is new. */
  readonly marks?: boolean | undefined
}

/** Where the mark of an archived file is: under the same names. */
const markOf = (archived: string): string => archived.replace(/^archive\//, 'arrivals/')

/** Who hears of what became of a file. */
export interface Listeners<T> {
  /** Wakes somebody: a rejection. What it returns is waited for. */
  readonly alert: (outcome: T) => unknown
  readonly log: (outcome: T) => void
}

/**
 * Judges one raw file and moves it: to the archive under its content's hash, or to the rejected ones with the reason beside
 * it. The raw file goes last, so that after a crash the same call finishes the work.
 */
export async function ingestObject(key: string, options: RouteOptions & Listeners<Outcome>): Promise<Outcome> {
  const outcome = await routeObject({ key }, options)
  if (outcome.outcome === 'rejected') await options.alert(outcome)
  await options.store.remove(key)
  options.log(outcome)
  return outcome
}

/** Judges one raw file and copies it to where it belongs. The raw file stays: the same call again says and does the same. */
export async function routeObject(raw: RawObject, options: RouteOptions): Promise<Outcome> {
  const { store, contracts, limits } = options
  try {
    return await archive(await validateFile(read(raw, store), raw.key, contracts, limits), raw, options)
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return reject(error, raw, store)
  }
}

/** An object's bytes. It is opened for the first of them only: a file that its name condemns must not be left open. */
async function* read({ key, version }: RawObject, store: ObjectStore): AsyncGenerator<Buffer> {
  yield* store.open(key, version) as AsyncIterable<Buffer>
}

async function archive(file: Accepted, raw: RawObject, { store, marks }: RouteOptions): Promise<Outcome> {
  const { key, version, sequencer } = raw
  const { isGzip, extension, ...facts } = file
  const day = `archive/${file.dataset}/${file.date}/`
  const base = `${day}${file.sha256}`
  const to = `${base}.${extension}${isGzip ? '.gz' : ''}`
  const warnings = file.extraColumns.map(column => `NEW_COLUMN ${column}`)
  const told = { key, sha256: file.sha256, rows: file.rows, to }
  const accepted: Outcome = { ...told, outcome: 'accepted', ...(warnings.length > 0 && { warnings }) }
  const known = async (): Promise<Outcome> =>
    (await isRecordOf(raw, `${base}.json`, store)) ? accepted : { ...told, outcome: 'duplicate' }
  if (await store.exists(`${base}.json`)) return known()
  await store.copyIfAbsent(key, to, version)
  // Before the sidecar: so every file that is whole has had its mark, wherever this may crash.
  if (marks === true) await store.putIfAbsent(markOf(to), `${to}\n`)
  const before = (await store.list(day)).filter(other => other.endsWith('.json') && other !== `${base}.json`)
  const sidecar: Sidecar = { ...facts, source: key, version, sequencer, warnings, accepted: before.length + 1 }
  // Another may have archived the same content in the meantime: its place stays as it is.
  const isFirst = await store.putIfAbsent(`${base}.json`, `${JSON.stringify(sidecar, null, 2)}\n`)
  return isFirst ? accepted : known()
}

/**
 * Whether the record beside an archived file was made for this very version, by a run that died or by another at the same time.
 * Without versions, nobody can tell a delivery from the same one again.
 */
async function isRecordOf({ key, version }: RawObject, record: string, store: ObjectStore): Promise<boolean> {
  if (version === undefined) return false
  const held = JSON.parse(await readText(store, record)) as Sidecar
  if (!record.endsWith(`/${held.sha256}.json`)) throw new Error(`${record} is the record of other content`)
  return held.source === key && held.version === version
}

async function reject(reason: Rejection, raw: RawObject, store: ObjectStore): Promise<Outcome> {
  const { key, version } = raw
  const hash = createHash('sha256')
  for await (const chunk of read(raw, store)) hash.update(chunk)
  const sha256 = hash.digest('hex')
  const dataset = DATASETS.find(name => key.startsWith(`raw/${name}/`)) ?? '_unknown'
  // The name may be what is wrong with the file, so only its plain characters are kept.
  const name = basename(key)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(-100)
  const to = `rejected/${dataset}/${name}.${sha256.slice(0, 12)}`
  await store.copyIfAbsent(key, to, version)
  const { code, message, line } = reason
  await store.put(`${to}.reason.json`, `${JSON.stringify({ source: key, sha256, code, message, line }, null, 2)}\n`)
  return { key, outcome: 'rejected', sha256, code, ...(line !== undefined && { line }), to }
}
