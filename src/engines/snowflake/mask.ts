/** What stands in place of a secret. */
const MASKED = '***'
/** Shorter texts stand in too many words: to mask them would tell more than it hides. */
const SHORTEST = 4

/** Takes secrets out of a text. */
export type Mask = (text: string) => string

/**
 * Makes a mask for these secrets. A secret of several lines is masked line by line, so that a piece of a key is hidden as its
 * whole is, and a secret that is part of an address in its encoded form as well.
 */
export function maskOf(secrets: readonly string[]): Mask {
  const pieces = secrets
    .flatMap(secret => [secret, ...secret.split(/\r?\n/)])
    .map(piece => piece.trim())
    .filter(piece => piece.length >= SHORTEST && !/^-----(BEGIN|END) [A-Z ]+-----$/.test(piece))
    .flatMap(piece => [piece, encodeURIComponent(piece), JSON.stringify(piece).slice(1, -1)])
  // The longest first: one secret may be the beginning of another.
  const longest = [...new Set(pieces)].sort((a, b) => b.length - a.length)
  return text => longest.reduce((masked, piece) => masked.replaceAll(piece, MASKED), text)
}
