import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeRegExp } from '../dialects/tokens.ts'
import type { SqlText } from '../graph/types.ts'

/** Finds lines in a project's files. Files are read once. */
export interface Lines {
  /** A compiled text with the line of its source; leading blank lines are taken off. */
  readonly textOf: (sql: string, file: string) => SqlText
  /** The first line on which one of the words stands, as a whole word; undefined where none does. */
  readonly lineOf: (file: string, words: readonly string[]) => number | undefined
  /** The lines of a file; none where it cannot be read. */
  readonly of: (file: string) => readonly string[]
}

export function projectLines(projectDir: string): Lines {
  const read = new Map<string, readonly string[]>()
  const of = (file: string): readonly string[] => {
    const known = read.get(file)
    if (known !== undefined) return known
    let lines: readonly string[] = []
    try {
      lines = readFileSync(join(projectDir, file), 'utf8').split('\n')
    } catch {
      // A file that is named but cannot be read has no lines to point at.
    }
    read.set(file, lines)
    return lines
  }
  return {
    of,
    lineOf: (file, words) => {
      const escaped = words.map(word => escapeRegExp(word))
      // As it is written first; names of targets are upper-cased and may be written otherwise.
      for (const flags of ['', 'i']) {
        for (const word of escaped) {
          const pattern = new RegExp(`(?<![\\w$])${word}(?![\\w$])`, flags)
          const index = of(file).findIndex(line => pattern.test(line))
          if (index >= 0) return index + 1
        }
      }
      return undefined
    },
    textOf: (sql, file) => {
      const text = sql.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd()
      return { sql: text, file, line: startLine(text, of(file)) }
    },
  }
}

/** The source line that looks most like the first compiled line: templates change a line's end more often than its start. */
function startLine(sql: string, lines: readonly string[]): number | undefined {
  const [first = '', second = ''] = sql.split('\n').map(line => line.trim())
  let best = { score: 0, line: undefined as number | undefined }
  lines.forEach((line, index) => {
    const exact = (compiled: string, at: number): number => common(compiled, (lines[at] ?? '').trim())
    const score = line.trim() === '' ? 0 : exact(first, index) * 2 + exact(second, index + 1)
    if (score > best.score) best = { score, line: index + 1 }
  })
  return best.line
}

function common(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return length
}
