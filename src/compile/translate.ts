import { UserError } from '../error.ts'
import { BLOCK_START } from './source-line.ts'

type Compiler = (code: string, path: string) => string

/** A block of SQL, which core takes to the end of the file where its brace is missing: it would swallow the query. */
const SQL_BLOCK = /^\s*(?:pre_operations|post_operations|incremental_where|input\s[^{\n]*)\s*\{/m
const BLOCK_LINE = /^(?:config|js|pre_operations|post_operations|incremental_where)\s*\{/m
const MARK = '/* the end of the file */'

/**
 * The script that core makes of a SQLX or SQL file.
 *
 * @throws UserError for a block without an end, with the line on which it begins
 */
export function translate(compiler: Compiler, text: string, file: string): string {
  // The mark that some editors put before the first letter would be SQL to core.
  const source = withoutMark(text)
  if (!file.endsWith('.sqlx')) return compiler(source, file)
  const lines = source.split('\n')
  if (SQL_BLOCK.test(source) && !isClosed(compiler, source, file)) {
    refuseOpen(lines, file, at => isClosed(compiler, lines.slice(0, at).join('\n'), file))
  }
  const script = compiler(source, file)
  // A block that begins in another one's text took that one's end for its own.
  const [swallowed] = BLOCK_LINE.exec(script) ?? []
  if (swallowed !== undefined) {
    const inner = lines.findLastIndex(line => line.startsWith(swallowed))
    refuseOpen(lines, file, at => at < inner)
  }
  return script
}

/** Refuses the last of the blocks that an open one may be. */
function refuseOpen(lines: readonly string[], file: string, mayBe: (at: number) => boolean): never {
  const at = lines.findLastIndex((start, index) => BLOCK_START.test(start) && mayBe(index))
  throw new UserError('this block has no end', { file, line: Math.max(at + 1, 1), remedy: 'close it with }' })
}

/** Whether what comes after a text is part of its query, and not of a block that is still open. */
function isClosed(compiler: Compiler, source: string, file: string): boolean {
  try {
    const script = compiler(`${source}\n${MARK}`, file)
    const at = script.indexOf(MARK)
    return at >= 0 && at < script.indexOf('\n  incrementalWhereContextable:')
  } catch (error) {
    // Core falls over its own feet at some of them.
    if (error instanceof TypeError) return false
    throw error
  }
}

/** A text without a byte order mark. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}
