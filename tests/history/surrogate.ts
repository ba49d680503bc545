import { createHash } from 'node:crypto'
import type { Text, Version } from './model.ts'

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const encoded = (name: string, text: Text): string => (text === null ? '' : `${name}=${text.length}:${text};`)

/**
 * The surrogate key of a version, worked out without an engine: the first 15 hexadecimal digits of an MD5 of key, start (its
 * date as text) and tracked values. Every engine must give this very number.
 */
export function surrogateOf({ k, a, b }: Pick<Version, 'k' | 'a' | 'b'>, start: string): string {
  const value = md5(`|${encoded('A', a)}${encoded('B', b)}`)
  return BigInt(`0x${md5(`${k.length}:${k}|${start}|${value}`).slice(0, 15)}`).toString()
}
