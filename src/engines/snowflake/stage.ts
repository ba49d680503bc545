import { literal, relation } from '../../dialects/snowflake.ts'
import { UserError } from '../../error.ts'
import type { SqlText, Target } from '../../graph/types.ts'
import { own, type Session } from './session.ts'

/** A file of a stage by its path below it; what is not known is 0 or ''. */
export interface StagedFile {
  readonly path: string
  readonly size: number
  readonly modified: string
  /** Rows, where a manifest counts them. */
  readonly rows?: number | undefined
}

/** Manifests as they were first read: all copies of a run follow the same publication, also where a new one comes. */
export type Manifests = Map<string, Promise<readonly StagedFile[]>>

/** `@STAGE/path`, in quotes where the path needs them. */
export function location(stage: string, path: string): string {
  const text = `@${stage}/${path}`
  return /^[\w$./@"-]+$/.test(text) ? text : literal(text)
}

/**
 * Reads a manifest out of a stage, once; one that is not there yet names no file.
 *
 * @param format the file format that it is read by
 * @throws UserError where it is no list of files
 */
export function readManifest(
  session: Session,
  { stage, manifest, format, text }: { stage: string; manifest: string; format: Target; text: SqlText },
  manifests: Manifests,
): Promise<readonly StagedFile[]> {
  const key = `${stage}/${manifest}`
  const known = manifests.get(key)
  if (known !== undefined) return known
  const read = fetchManifest(session, stage, manifest, format, text)
  manifests.set(key, read)
  // Whoever waits for it is told; the next copy reads it again.
  read.catch(() => manifests.delete(key))
  return read
}

async function fetchManifest(
  session: Session,
  stage: string,
  manifest: string,
  format: Target,
  text: SqlText,
): Promise<readonly StagedFile[]> {
  // A location stands for all files that begin so.
  const sql = `select typeof(m.$1:files), f.index, f.value:path::varchar, f.value:rows::number, f.value:bytes::number
from ${location(stage, manifest)} (file_format => ${literal(relation(format))}) m, lateral flatten(input => m.$1:files, outer => true) f
where metadata$filename = ${literal(manifest)} or endswith(metadata$filename, ${literal(`/${manifest}`)})`
  const files: StagedFile[] = []
  for (const [type, index, path, rows, bytes] of await session.read(sql)) {
    if (type === 'ARRAY' && index === null) continue
    if (type !== 'ARRAY' || path === null || path === undefined) {
      throw new UserError('this manifest is no list of files', {
        file: `@${stage}/${manifest}`,
        remedy: `stage its days again; it must be {"files": [{"path": …}]}. It is read by ${text.file || 'a copy'}`,
      })
    }
    files.push({
      path,
      size: Number(bytes ?? 0),
      modified: '',
      rows: rows === null || rows === undefined ? undefined : Number(rows),
    })
  }
  return files
}

/** What lies in a stage below a path. */
export async function listStage(session: Session, stage: string, path: string): Promise<readonly StagedFile[]> {
  const root = await stageRoot(session, stage)
  const { columns, rows } = await session.ask(own(`list ${location(stage, path)}`))
  const at = (name: string): number => columns.findIndex(column => column.toLowerCase() === name)
  const [name, size, modified] = [at('name'), at('size'), at('last_modified')]
  const files: StagedFile[] = []
  for await (const row of rows()) {
    const full = row[name] ?? ''
    files.push({
      path: root !== '' && full.startsWith(root) ? full.slice(root.length) : full.slice(full.indexOf('/') + 1),
      size: Number(row[size] ?? 0),
      modified: row[modified] ?? '',
    })
  }
  return files
}

/** What the names of a listing begin with: an external stage's address; an internal one's name is their first part. */
async function stageRoot(session: Session, stage: string): Promise<string> {
  const { columns, rows } = await session.ask(own(`describe stage ${stage}`))
  const property = columns.findIndex(column => column.toLowerCase() === 'property')
  const value = columns.findIndex(column => column.toLowerCase() === 'property_value')
  let url = ''
  for await (const row of rows()) if (row[property] === 'URL') url = row[value] ?? ''
  const [first = ''] = /[a-z0-9]+:\/\/[^"\]]+/i.exec(url) ?? []
  return first === '' || first.endsWith('/') ? first : `${first}/`
}
