import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Rejection, type RejectionCode } from './codes.ts'
import { type Contracts, DATASETS } from './contract.ts'
import type { ObjectStore } from './store.ts'
import { type Accepted, validateFile } from './validate.ts'

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
  readonly warnings: readonly string[]
  /**
   * The file's place, from 1, in the order in which the files of its dataset and day were accepted. Two that were accepted at
   * once may have the same; the hash decides between them. Archives of before have none, which is 1.
   */
  readonly accepted?: number | undefined
}

export interface RouteOptions {
  readonly store: ObjectStore
  readonly contracts: Contracts
  /** Wakes somebody: a rejection. */
  readonly alert: (outcome: Outcome) => void
  readonly log: (outcome: Outcome) => void
}

/**
 * Judges one raw file and moves it: to the archive under its content's hash, or to the rejected ones with the reason beside
 * it. The raw file goes last, so that after a crash the same call finishes the work.
 */
export async function ingestObject(key: string, options: RouteOptions): Promise<Outcome> {
  const { store, contracts } = options
  let outcome: Outcome
  try {
    outcome = await archive(await validateFile(read(key, store), key, contracts), key, store)
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    outcome = await reject(error, key, store)
    options.alert(outcome)
  }
  await store.remove(key)
  options.log(outcome)
  return outcome
}

/** An object's bytes. It is opened for the first of them only: a file that its name condemns must not be left open. */
async function* read(key: string, store: ObjectStore): AsyncGenerator<Buffer> {
  yield* store.open(key) as AsyncIterable<Buffer>
}

async function archive(file: Accepted, key: string, store: ObjectStore): Promise<Outcome> {
  const { isGzip, extension, ...facts } = file
  const day = `archive/${file.dataset}/${file.date}/`
  const base = `${day}${file.sha256}`
  const to = `${base}.${extension}${isGzip ? '.gz' : ''}`
  const told = { key, sha256: file.sha256, rows: file.rows, to }
  if (await store.exists(`${base}.json`)) return { ...told, outcome: 'duplicate' }
  await store.copyIfAbsent(key, to)
  const warnings = file.extraColumns.map(column => `NEW_COLUMN ${column}`)
  const before = (await store.list(day)).filter(other => other.endsWith('.json') && other !== `${base}.json`)
  const sidecar: Sidecar = { ...facts, source: key, warnings, accepted: before.length + 1 }
  // Another may have archived the same content in the meantime: its place stays as it is.
  const isFirst = await store.putIfAbsent(`${base}.json`, `${JSON.stringify(sidecar, null, 2)}\n`)
  if (!isFirst) return { ...told, outcome: 'duplicate' }
  return { ...told, outcome: 'accepted', ...(warnings.length > 0 && { warnings }) }
}

async function reject(reason: Rejection, key: string, store: ObjectStore): Promise<Outcome> {
  const hash = createHash('sha256')
  for await (const chunk of read(key, store)) hash.update(chunk)
  const sha256 = hash.digest('hex')
  const dataset = DATASETS.find(name => key.startsWith(`raw/${name}/`)) ?? '_unknown'
  // The name may be what is wrong with the file, so only its plain characters are kept.
  const name = basename(key)
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(-100)
  const to = `rejected/${dataset}/${name}.${sha256.slice(0, 12)}`
  await store.copyIfAbsent(key, to)
  const { code, message, line } = reason
  await store.put(`${to}.reason.json`, `${JSON.stringify({ source: key, sha256, code, message, line }, null, 2)}\n`)
  return { key, outcome: 'rejected', sha256, code, line, to }
}
