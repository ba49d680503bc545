import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { UserError } from '../../error.ts'
import { disagreement, type Listed } from '../staged-files.ts'

/** The files of a stage that may be read, by their paths below it. */
export type Manifest = ReadonlyMap<string, Listed>

const entry = v.looseObject({
  path: v.string(),
  rows: v.optional(v.number()),
  bytes: v.optional(v.number()),
  sha256: v.optional(v.string()),
})
const schema = v.looseObject({ files: v.array(entry) })

/**
 * Reads a manifest; one that is not there yet names no file.
 *
 * @throws UserError where it is none
 */
export function readManifest(file: string): Manifest {
  if (!existsSync(file)) return new Map()
  try {
    const { files } = v.parse(schema, JSON.parse(readFileSync(file, 'utf8')))
    return new Map(files.map(({ path, rows, bytes, sha256 }) => [path, { rows, bytes, sha256 }]))
  } catch (cause) {
    throw new UserError('this manifest is no list of files', {
      file,
      remedy: 'stage its days again; it must be {"files": [{"path": …}]}',
      cause,
    })
  }
}

/**
 * Compares a file with what its manifest says: half a file, or another one under its name, must not be loaded.
 *
 * @param size the file's bytes
 * @throws UserError that names the file, what was expected and what was found
 */
export async function verifyFile(file: string, size: number, { bytes, sha256 }: Listed): Promise<void> {
  if (bytes !== undefined && bytes !== size) throw disagreement(file, `${bytes} bytes`, `${size}`)
  if (sha256 === undefined) return
  const found = await hashFile(file)
  if (found !== sha256) throw disagreement(file, `the content ${sha256}`, found)
}

/** SHA-256 of a file, hexadecimal. It is streamed: a staged file may be larger than the memory. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
