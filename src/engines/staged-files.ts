import { UserError } from '../error.ts'
import type { SqlText } from '../graph/types.ts'

/** What a manifest says of a file besides its path; what it leaves out is not checked. */
export interface Listed {
  readonly rows?: number | undefined
  readonly bytes?: number | undefined
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256?: string | undefined
}

/** How a COPY INTO narrows the files of its stage. */
export interface Narrowed {
  /** Below the stage; '' is the whole stage. */
  readonly path: string
  readonly pattern?: string | undefined
  readonly files?: readonly string[] | undefined
}

/**
 * Chooses the files that a COPY INTO may read, of those that its stage or its manifest has.
 *
 * @throws UserError for a PATTERN that is none, and, of the chooser, where FILES names what is not there
 */
export function narrowing(
  copy: Narrowed,
  { file, line }: SqlText,
): <File extends { readonly path: string }>(found: readonly File[]) => readonly File[] {
  const pattern = copy.pattern === undefined ? undefined : matcher(copy.pattern, { file, line })
  const named = copy.files === undefined ? undefined : new Set(copy.files.map(name => `${copy.path}${name}`))
  return found => {
    const paths = new Set(found.map(({ path }) => path))
    const missing = [...(named ?? [])].filter(path => !paths.has(path))
    if (missing.length > 0) {
      throw new UserError(`FILES names what is not in the stage: ${missing.join(', ')}`, {
        file,
        line,
        remedy: 'correct the names, or stage the files',
      })
    }
    return found.filter(
      ({ path }) => path.startsWith(copy.path) && (pattern?.test(path) ?? true) && (named?.has(path) ?? true),
    )
  }
}

function matcher(pattern: string, place: { readonly file: string; readonly line: number | undefined }): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 's')
  } catch (cause) {
    throw new UserError(`this PATTERN is no regular expression: ${pattern}`, { ...place, remedy: 'correct it', cause })
  }
}

/** Compares the rows that were loaded with those of the manifest, where it counts those of every file. */
export function verifyRows(files: readonly { readonly path: string; readonly listed: Listed }[], rows: number): void {
  const counts = files.map(({ listed }) => listed.rows)
  if (counts.some(count => count === undefined)) return
  const expected = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  if (expected === rows) return
  const names = files.map(({ path }) => path)
  throw disagreement(
    names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', '),
    `${expected} rows`,
    `${rows}`,
  )
}

/** A manifest that says something else than what was found. */
export function disagreement(file: string, expected: string, found: string): UserError {
  return new UserError(
    `the manifest disagrees with what was staged: expected ${expected}, found ${found}; nothing was loaded`,
    {
      file,
      remedy: 'stage its day again',
    },
  )
}
