import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib'
import { Rejection } from './codes.ts'

/** Sizes beyond which a file is not read on: as it was delivered, and unpacked. Bytes. */
export interface Limits {
  readonly unpackedBytes: number
  readonly lineBytes: number
}

/** A function on AWS, which has 15 minutes and a seventh of a processor, gets about so far. */
export const DEFAULT_LIMITS: Limits = { unpackedBytes: 16 * 1024 ** 3, lineBytes: 4 * 1024 ** 2 }

/** No header that anybody writes is near this. Bytes. */
const LONGEST_HEADER = 128 * 1024

/**
 * Unpacks one gzip stream and checks that there is nothing but that: a second one behind it, garbage, or a missing end are
 * refused. Node's own Gunzip reads several streams as one. Whoever stops reading stops the source as well.
 *
 * @throws Rejection BAD_GZIP or TOO_LARGE; an error of the source as it is
 */
export async function* gunzip(chunks: AsyncIterable<Buffer>, limits: Limits): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw()
  const fed = feed(chunks, inflate)
  fed.catch(() => inflate.destroy())
  let checksum = 0
  let size = 0
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      yield* upTo(limits.unpackedBytes, size, chunk, 'unpacked')
      size += chunk.length
      checksum = crc32(chunk, checksum)
    }
    const { hasNothingElse, tail } = await fed
    const isWhole = hasNothingElse && tail.readUInt32LE(0) === checksum && tail.readUInt32LE(4) === size % 2 ** 32
    if (!isWhole) throw new Rejection('BAD_GZIP', 'bytes behind the stream, or a wrong checksum')
  } catch (error) {
    if (error instanceof Rejection) throw error
    // Where the source failed, its error is the reason, and the file may be a good one.
    await fed
    throw new Rejection('BAD_GZIP', 'not a whole gzip stream')
  } finally {
    inflate.destroy()
    await fed.catch(() => undefined)
  }
}

/**
 * The part of a chunk that is within a limit; throws behind it. Cutting the chunk there makes the verdict on a file that has
 * an earlier fault as well the same for all sizes of chunks.
 *
 * @param before bytes that came before the chunk
 */
export function* upTo(limit: number, before: number, chunk: Buffer, what: string): Generator<Buffer> {
  if (before + chunk.length <= limit) return yield chunk
  if (before < limit) yield chunk.subarray(0, limit - before)
  throw new Rejection('TOO_LARGE', `more than ${limit} bytes ${what}`)
}

/** Writes what is behind a gzip header into `inflate`, and says whether the file is header, stream and trailer alone. */
async function feed(
  chunks: AsyncIterable<Buffer>,
  inflate: InflateRaw,
): Promise<{ readonly hasNothingElse: boolean; readonly tail: Buffer }> {
  let head: Buffer | undefined = Buffer.alloc(0)
  let tail: Buffer = Buffer.alloc(0)
  let headerLength = 0
  let total = 0
  for await (const chunk of chunks) {
    total += chunk.length
    tail = Buffer.concat([tail, chunk.subarray(-8)]).subarray(-8)
    if (inflate.destroyed || inflate.readableEnded) {
      // Only the trailer may follow; where the reader has left, no more than its eight bytes are read on either.
      if (total > headerLength + inflate.bytesWritten + 8) break
    } else if (head === undefined) {
      await write(inflate, chunk)
    } else {
      head = Buffer.concat([head, chunk])
      headerLength = gzipHeader(head)
      if (headerLength === 0) continue
      await write(inflate, head.subarray(headerLength))
      head = undefined
    }
  }
  if (head !== undefined) throw new Rejection('BAD_GZIP', 'no whole header')
  inflate.end()
  return { hasNothingElse: total === headerLength + inflate.bytesWritten + 8, tail }
}

/** Resolves when a chunk was taken, or will never be. */
function write(inflate: InflateRaw, chunk: Buffer): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => resolve()
    inflate.once('close', done)
    inflate.write(chunk, () => {
      inflate.off('close', done)
      resolve()
    })
  })
}

/** The length of a gzip header; 0 where more bytes are needed. Rejects anything else. */
function gzipHeader(bytes: Buffer): number {
  if (bytes.length < 10) return 0
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new Rejection('BAD_GZIP', 'no gzip header')
  const flags = bytes[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + (bytes.length > at + 1 ? bytes.readUInt16LE(at) : 0)
  for (const flag of [8, 16]) if (flags & flag) at = bytes.indexOf(0, at) + 1 || Number.POSITIVE_INFINITY
  if (flags & 2) at += 2
  if (at <= bytes.length) return at
  if (bytes.length > LONGEST_HEADER) throw new Rejection('BAD_GZIP', 'a header without an end')
  return 0
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
  const line = (bytes: Buffer, end: Line['end']): Line => {
    number += 1
    if (bytes.length > limits.lineBytes)
      throw new Rejection('LINE_TOO_LONG', `more than ${limits.lineBytes} bytes`, number)
    if (end !== '') notes.lineEnds.add(end)
    if (bytes.includes(0)) throw new Rejection('INVALID_UTF8', 'a NUL', number)
    try {
      return { text: decoder.decode(bytes), number, end }
    } catch {
      throw new Rejection('INVALID_UTF8', 'bytes that are no UTF-8', number)
    }
  }
  for await (const chunk of withoutBom(chunks, notes)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    let lf = rest.indexOf(10)
    let cr = rest.indexOf(13)
    for (;;) {
      // Each is looked for only once it is passed: a file without CRs is not searched for one at every line.
      if (lf >= 0 && lf < from) lf = rest.indexOf(10, from)
      if (cr >= 0 && cr < from) cr = rest.indexOf(13, from)
      const at = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf
      // A CR at the end of what is here may be half of a CRLF.
      if (at < 0 || (at === cr && at + 1 === rest.length)) break
      const end = at === lf ? '\n' : lf === at + 1 ? '\r\n' : '\r'
      yield line(rest.subarray(from, at), end)
      from = at + end.length
    }
    rest = rest.subarray(from)
    // No more is read for a line that is too long already; the CR is none of it.
    if (rest.length - (rest.at(-1) === 13 ? 1 : 0) > limits.lineBytes) line(rest, '')
  }
  if (rest.length === 0) return
  if (rest.at(-1) === 13) yield line(rest.subarray(0, -1), '\r')
  else yield line(rest, '')
}

/** The bytes behind a byte order mark, which is noted. Also a file shorter than any mark has its lines. */
async function* withoutBom(chunks: AsyncIterable<Buffer>, notes: TextNotes): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    if (start.length < 4) continue
    yield stripped(start, notes)
    start = undefined
  }
  if (start !== undefined) yield stripped(start, notes)
}

function stripped(start: Buffer, notes: TextNotes): Buffer {
  const foreign = start.length > 1 ? foreignEncoding(start) : undefined
  if (foreign !== undefined) throw new Rejection('BAD_ENCODING', foreign)
  notes.hasBom = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf
  return notes.hasBom ? start.subarray(3) : start
}
