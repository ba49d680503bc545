import { crc32, createInflateRaw } from 'node:zlib'
import { Rejection } from './codes.ts'

/** Sizes beyond which a file is not read on. Bytes. */
export interface Limits {
  readonly unpackedBytes: number
  readonly lineBytes: number
}

export const DEFAULT_LIMITS: Limits = { unpackedBytes: 4 * 1024 ** 3, lineBytes: 4 * 1024 ** 2 }

/**
 * Unpacks one gzip stream and checks that there is nothing but that: a second one behind it, garbage, or a missing end are
 * refused. Node's own Gunzip reads several streams as one.
 */
export async function* gunzip(chunks: AsyncIterable<Buffer>, limits: Limits): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw()
  let tail: Buffer = Buffer.alloc(0)
  let headerLength = 0
  let total = 0
  const feed = async (): Promise<void> => {
    let head: Buffer | undefined = Buffer.alloc(0)
    for await (const chunk of chunks) {
      total += chunk.length
      tail = Buffer.concat([tail, chunk]).subarray(-8)
      if (inflate.destroyed || inflate.readableEnded) continue
      if (head !== undefined) {
        head = Buffer.concat([head, chunk])
        headerLength = gzipHeader(head)
        if (headerLength === 0) continue
        await write(head.subarray(headerLength))
        head = undefined
      } else await write(chunk)
    }
    if (head !== undefined) inflate.destroy(new Error('no gzip header'))
    else inflate.end()
  }
  const write = (chunk: Buffer): Promise<void> =>
    new Promise(resolve => {
      if (inflate.destroyed || inflate.writableEnded || inflate.readableEnded) return resolve()
      const done = (): void => resolve()
      inflate.once('close', done)
      inflate.write(chunk, () => {
        inflate.off('close', done)
        resolve()
      })
    })
  const fed = feed().catch(error => inflate.destroy(error as Error))
  let checksum = 0
  let size = 0
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limits.unpackedBytes)
        throw new Rejection('TOO_LARGE', `more than ${limits.unpackedBytes} bytes unpacked`)
      checksum = crc32(chunk, checksum)
      yield chunk
    }
  } catch (error) {
    if (error instanceof Rejection) throw error
    throw new Rejection('BAD_GZIP', 'not a whole gzip stream')
  }
  await fed
  const isWhole =
    total === headerLength + inflate.bytesWritten + 8 &&
    tail.readUInt32LE(0) === checksum &&
    tail.readUInt32LE(4) === size % 2 ** 32
  if (!isWhole) throw new Rejection('BAD_GZIP', 'bytes behind the stream, or a wrong checksum')
}

/** The length of a gzip header; 0 where more bytes are needed. Throws for anything else. */
function gzipHeader(bytes: Buffer): number {
  if (bytes.length < 10) return 0
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new Error('no gzip header')
  const flags = bytes[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + (bytes.length > at + 1 ? bytes.readUInt16LE(at) : 0)
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1 || Number.POSITIVE_INFINITY
  if (flags & 2) at += 2
  return at > bytes.length ? 0 : at
}

/** What a file's first bytes say of its encoding; undefined is UTF-8. */
function foreignEncoding(start: Buffer): string | undefined {
  const [a, b, c, d] = start
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32' : 'UTF-16'
  if (a === 0xfe && b === 0xff) return 'UTF-16'
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'UTF-32'
  if (a === 0 && b === 0 && c === 0) return 'UTF-32'
  if (a !== 0 && b === 0 && c === 0 && d === 0) return 'UTF-32'
  if ((a === 0 && b !== 0) || (a !== 0 && b === 0)) return 'UTF-16'
  return undefined
}

/** One line, decoded, without its end. */
export interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
  /** How it ended; '' for a last line without an end. */
  readonly end: '\n' | '\r' | '\r\n' | ''
}

/** What was noticed on the way. */
export interface TextNotes {
  hasBom: boolean
  readonly lineEnds: Set<string>
}

/**
 * Cuts bytes into lines of strict UTF-8, in memory that one line bounds.
 *
 * @throws Rejection BAD_ENCODING, INVALID_UTF8 (also for a NUL) or LINE_TOO_LONG, with the line
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, limits: Limits, notes: TextNotes): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  let isFirst = true
  const line = (bytes: Buffer, end: Line['end']): Line => {
    number += 1
    if (end !== '') notes.lineEnds.add(end)
    if (bytes.includes(0)) throw new Rejection('INVALID_UTF8', 'a NUL', number)
    try {
      return { text: decoder.decode(bytes), number, end }
    } catch {
      throw new Rejection('INVALID_UTF8', 'bytes that are no UTF-8', number)
    }
  }
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    if (isFirst) {
      if (rest.length < 4) continue
      rest = withoutBom(rest, notes)
      isFirst = false
    }
    let from = 0
    for (;;) {
      const at = nextEnd(rest, from)
      // A CR at the end of what is here may be half of a CRLF.
      if (at < 0 || (rest[at] === 13 && at + 1 === rest.length)) break
      const end = rest[at] === 10 ? '\n' : rest[at + 1] === 10 ? '\r\n' : '\r'
      yield line(rest.subarray(from, at), end)
      from = at + end.length
    }
    rest = rest.subarray(from)
    if (rest.length > limits.lineBytes)
      throw new Rejection('LINE_TOO_LONG', `more than ${limits.lineBytes} bytes`, number + 1)
  }
  if (isFirst) rest = withoutBom(rest, notes)
  if (rest.length === 0) return
  if (rest.at(-1) === 13) yield line(rest.subarray(0, -1), '\r')
  else yield line(rest, '')
}

function withoutBom(start: Buffer, notes: TextNotes): Buffer {
  const foreign = start.length > 1 ? foreignEncoding(start) : undefined
  if (foreign !== undefined) throw new Rejection('BAD_ENCODING', foreign)
  notes.hasBom = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf
  return notes.hasBom ? start.subarray(3) : start
}

function nextEnd(bytes: Buffer, from: number): number {
  const [lf, cr] = [bytes.indexOf(10, from), bytes.indexOf(13, from)]
  if (lf < 0) return cr
  return cr < 0 ? lf : Math.min(lf, cr)
}
