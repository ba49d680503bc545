/** The line on which a block begins. */
export const BLOCK_START = /^\s*(?:config|js|pre_operations|post_operations|incremental_where|input\s[^{]*)\s*\{/

/**
 * The line of a SQLX file that a line of the script made of it stands for. Core copies a file's blocks line by line, but
 * into a script with lines of its own between them, and that script is what errors point into. Lines count from 1.
 */
export function sourceLine(script: readonly string[], line: number, source: readonly string[]): number | undefined {
  for (let at = Math.min(line, script.length) - 1; at >= 0; at--) {
    const found = alikeAt(script, at, source)
    if (found !== undefined) return found + 1
  }
  return undefined
}

/** Where the source has this line of the script; of several places the one whose neighbours are alike too. */
function alikeAt(script: readonly string[], at: number, source: readonly string[]): number | undefined {
  let best = { score: 0, index: undefined as number | undefined }
  source.forEach((_, index) => {
    if (isBlank(script[at]) || !alike(script[at], source[index])) return
    let score = 1
    for (let up = 1; up <= at && alike(script[at - up], source[index - up]); up++) score += 1
    for (let down = 1; alike(script[at + down], source[index + down]); down++) score += 1
    if (score > best.score) best = { score, index }
  })
  return best.index
}

/** Whether a line of the source stands in a line of the script: whole, or cut or prolonged where a block ends. */
function alike(made: string | undefined, source: string | undefined): boolean {
  if (made === undefined || source === undefined) return false
  const [line, text] = [made.trim(), source.replace(BLOCK_START, '').trim()]
  return line === text || (text.length > 3 && line.includes(text)) || (line.length > 3 && text.startsWith(line))
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === ''
}
