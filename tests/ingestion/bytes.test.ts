import { isUtf8 } from 'node:buffer'
import { constants, deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  DEFAULT_LIMITS,
  gunzip,
  type Limits,
  type Line,
  linesOf,
  type TextNotes,
} from '../../ingestion-lambda/bytes.ts'
import { Rejection } from '../../ingestion-lambda/codes.ts'
import { csvRecords } from '../../ingestion-lambda/csv.ts'
import { CANARY, chunked, customer, everywhere, fixed, gist, good, judge, keys, ndjson, tick } from './samples.ts'

const samples = [
  { key: keys.customers, text: good.customers },
  { key: keys.plans, text: good.plans },
  { key: keys.logs, text: good.logs },
]
const cuts = fc.array(fc.nat(2000), { maxLength: 8 })

/** The lines of some bytes, or the code and line of their rejection. */
async function cut(
  bytes: Buffer,
  at: readonly number[] = [],
  limits: Partial<Limits> = {},
): Promise<{ lines: readonly Line[]; notes: TextNotes; refused?: string }> {
  const lines: Line[] = []
  const notes: TextNotes = { hasBom: false, lineEnds: new Set() }
  try {
    for await (const line of linesOf(chunked(bytes, at), { ...DEFAULT_LIMITS, ...limits }, notes)) lines.push(line)
    return { lines, notes }
  } catch (error) {
    if (!(error instanceof Rejection)) throw error
    return { lines, notes, refused: `${error.code} ${error.line}` }
  }
}

interface Endless {
  readonly source: AsyncIterable<Buffer>
  /** Bytes that were taken. */
  pulled: number
  closed: boolean
}

/** A source that never ends. */
function endless(chunk: Buffer, start: Buffer = Buffer.alloc(0)): Endless {
  async function* pieces(): AsyncGenerator<Buffer> {
    try {
      for (let next = start; ; next = chunk) {
        told.pulled += next.length
        yield next
        await tick()
        // A reader that does not stop must fail the test, not fill the memory.
        if (told.pulled > 64 * 1024 * 1024) throw new Error('nobody stopped reading')
      }
    } finally {
      told.closed = true
    }
  }
  const told: Endless = { source: pieces(), pulled: 0, closed: false }
  return told
}

const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
/** A piece of a gzip stream that may follow itself for ever. */
const gzipPiece = (text: Buffer): Buffer => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH })

describe('encoding', () => {
  it('F10: a byte order mark is stripped and recorded, wherever the chunks are cut', async () => {
    for (const { key, text } of samples) {
      const plain = await judge(text, key)
      for (const at of [[], [1], [2], [3], [1, 2, 3, 4]]) {
        const marked = await judge(`\uFEFF${text}`, key, { cuts: at })
        expect(marked).toMatchObject({ rows: 3, notes: { bom: true } })
        expect(gist(marked)).toEqual(gist(plain))
      }
      expect(plain).toMatchObject({ notes: { bom: false } })
      const packed = await judge(gzipSync(`\uFEFF${text}`), `${key}.gz`)
      expect(packed).toMatchObject({ rows: 3, extraColumns: [], notes: { bom: true } })
    }
  })

  it('F10: only the first mark is one; a file of nothing else has no rows', async () => {
    const { lines } = await cut(Buffer.from('\uFEFFa\n\uFEFFb\n'))
    expect(lines.map(line => line.text)).toEqual(['a', '\uFEFFb'])
    expect(await judge('\uFEFF', keys.customers)).toMatchObject({ code: 'NO_ROWS' })
  })

  it('F12: UTF-16 and UTF-32 are rejected, naming the encoding', async () => {
    const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
    const wide = (text: string, order: 'LE' | 'BE'): Buffer => {
      const points = Array.from(text, each => each.codePointAt(0) ?? 0)
      const bytes = Buffer.alloc(points.length * 4)
      points.forEach((point, at) => {
        if (order === 'LE') bytes.writeUInt32LE(point, at * 4)
        else bytes.writeUInt32BE(point, at * 4)
      })
      return bytes
    }
    for (const { key, text } of samples) {
      for (const mark of ['', '\uFEFF']) {
        const foreign: readonly [string, Buffer][] = [
          ['UTF-16', Buffer.from(mark + text, 'utf16le')],
          ['UTF-16', swapped(mark + text)],
          ['UTF-32', wide(mark + text, 'LE')],
          ['UTF-32', wide(mark + text, 'BE')],
        ]
        for (const [name, bytes] of foreign) {
          for (const at of [[], [1], [2, 3], everywhere(bytes).slice(0, 9)]) {
            const verdict = await judge(bytes, key, { cuts: at })
            expect(verdict).toMatchObject({ code: 'BAD_ENCODING', message: expect.stringContaining(name) })
          }
          expect(await judge(gzipSync(bytes), `${key}.gz`)).toMatchObject({ code: 'BAD_ENCODING' })
        }
      }
    }
  })

  it('F13: bytes that are no UTF-8 and NUL are rejected with their line, anywhere in the file', async () => {
    const broken = [
      [0xff],
      [0x80],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
      [0xc3],
      [0],
    ]
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(1000), fc.constantFrom(...broken), cuts, async (which, place, bad, at) => {
        const { key, text } = samples[which] ?? { key: '', text: '' }
        const characters = Array.from(text)
        const before = characters.slice(0, place % (characters.length + 1)).join('')
        const bytes = Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(text.slice(before.length))])
        const verdict = await judge(bytes, key, { cuts: at })
        // A NUL among the first bytes looks like UTF-16, and is rejected as that.
        const isForeign = bad[0] === 0 && before.length < 4
        if (isForeign) expect(['BAD_ENCODING', 'INVALID_UTF8']).toContain('code' in verdict && verdict.code)
        else expect(verdict).toMatchObject({ code: 'INVALID_UTF8', line: before.split('\n').length })
      }),
      fixed,
    )
  })

  it('F13: whatever bytes are broken, lines are the very bytes or the file is rejected; nothing becomes U+FFFD', async () => {
    const bytes = Buffer.from(good.plans)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        cuts,
        async (changes, at) => {
          const broken = Buffer.from(bytes)
          for (const [place, value] of changes) broken[place] = value
          const { lines, refused } = await cut(broken, at)
          if (refused === undefined) {
            expect(lines.map(line => line.text + line.end).join('')).toBe(broken.toString())
            expect(isUtf8(broken) && !broken.includes(0)).toBe(true)
          } else expect(isUtf8(broken) && !broken.includes(0)).toBe(false)
        },
      ),
      { ...fixed, numRuns: 400 },
    )
  })
})

describe('lines', () => {
  it('F11: CRLF, CR and mixed line ends give the rows and columns of LF, and are recorded', async () => {
    const ends = fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), ends, cuts, async ({ key, text }, given, at) => {
        const rows = text.slice(0, -1).split('\n')
        const used = given.slice(0, rows.length)
        const other = rows.map((row, index) => row + used[index]).join('')
        const verdict = await judge(other, key, { cuts: at })
        expect(gist(verdict)).toEqual(gist(await judge(text, key)))
        const spelt = used.map(end => JSON.stringify(end).slice(1, -1))
        expect(verdict).toMatchObject({ notes: { lineEnds: [...new Set(spelt)] } })
      }),
      fixed,
    )
  })

  it('F11: each line has the text and the number that it has with LF; a record of CSV too', async () => {
    const text = fc.array(
      fc.string({ minLength: 1 }).map(row => row.replaceAll(/[\r\n\0",\uFEFF]/g, 'x')),
      { minLength: 1 },
    )
    const records = async (lines: readonly Line[]): Promise<readonly unknown[]> => {
      const found: unknown[] = []
      for await (const { cells, line } of csvRecords(lines.map(each => each.text + each.end)))
        found.push({ cells, line })
      return found
    }
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.constantFrom('\n', '\r\n', '\r')), cuts, async (rows, ends, at) => {
        const first = await cut(Buffer.from(rows.map(row => `${row}\n`).join('')))
        const other = await cut(Buffer.from(rows.map((row, index) => row + (ends[index] ?? '\n')).join('')), at)
        expect(other.lines.map(line => [line.number, line.text])).toEqual(rows.map((row, index) => [index + 1, row]))
        expect(await records(other.lines)).toEqual(await records(first.lines))
      }),
      fixed,
    )
  })

  it('F11: a line end in quotes belongs to its cell, and counts as one line whatever it is', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const lines = ['a,b', '"x', 'y",1', '', '"""z""', '"", ",2', '3,4'].map(text => text + end)
      const records: unknown[] = []
      for await (const record of csvRecords(lines)) records.push(record)
      expect(records).toEqual([
        { cells: ['a', 'b'], line: 1, raw: 'a,b' },
        { cells: [`x${end}y`, '1'], line: 3, raw: `"x${end}y",1` },
        { cells: [`"z"${end}", `, '2'], line: 6, raw: `"""z""${end}"", ",2` },
        { cells: ['3', '4'], line: 7, raw: '3,4' },
      ])
    }
  })

  it('F11: empty lines are none of the rows, whatever ends them', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      for (const { key, text } of samples) {
        const spaced = `${text.replaceAll('\n', end + end)}${end}`
        expect(gist(await judge(spaced, key))).toEqual(gist(await judge(text, key)))
      }
    }
  })

  it('F16: the same bytes give the same lines or the same rejection, however they are cut', async () => {
    const piece = fc.constantFrom('a', 'bc', '\n', '\r', '\r\n', 'ż', '☎', '\uFEFF', '\0', '"', '0123456789')
    const bytes = fc.array(
      fc.oneof({ weight: 30, arbitrary: piece.map(text => Buffer.from(text)) }, fc.constant(Buffer.from([0xff]))),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.nat(200), { maxLength: 20 }),
        fc.integer({ min: 1, max: 30 }),
        async (parts, at, lineBytes) => {
          const whole = Buffer.concat(parts)
          const once = await cut(whole, [], { lineBytes })
          expect(await cut(whole, at, { lineBytes })).toEqual(once)
          expect(await cut(whole, everywhere(whole), { lineBytes })).toEqual(once)
        },
      ),
      { ...fixed, numRuns: 500 },
    )
  })

  it('F16: a line of the limit is read and one byte more is not, with any end and any cuts', async () => {
    for (const end of ['\n', '\r\n', '\r', '']) {
      for (const at of [[], [7], [10], [11], everywhere(Buffer.alloc(30))]) {
        const exact = await cut(Buffer.from(`abc\n0123456789${end}`), at, { lineBytes: 10 })
        expect(exact).toMatchObject({ lines: [{ text: 'abc' }, { text: '0123456789', end }] })
        expect(exact.refused).toBeUndefined()
        const over = await cut(Buffer.from(`abc\n0123456789x${end}`), at, { lineBytes: 10 })
        expect(over).toMatchObject({ lines: [{ text: 'abc' }], refused: 'LINE_TOO_LONG 2' })
      }
    }
  })

  it('F16: an endless line is read to the limit and no further, also when it is packed', async () => {
    const lineBytes = 1024 * 1024
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const start = Buffer.from(ndjson(customer(1)))
    const plain = endless(chunk, start)
    expect(await judge(plain.source, keys.customers, { limits: { lineBytes } })).toMatchObject({
      code: 'LINE_TOO_LONG',
      line: 2,
    })
    expect(plain.pulled).toBeLessThanOrEqual(lineBytes + start.length + 2 * chunk.length)

    const packed = endless(gzipPiece(chunk), Buffer.concat([GZIP_HEADER, gzipPiece(start)]))
    const verdict = await judge(packed.source, `${keys.customers}.gz`, { limits: { lineBytes } })
    expect(verdict).toMatchObject({ code: 'LINE_TOO_LONG', line: 2 })
    // Packed a thousandfold, so this is what a few megabytes unpacked are.
    expect(packed.pulled).toBeLessThanOrEqual(16 * 1024)
    for (const { closed } of [plain, packed]) expect(closed).toBe(true)
  })

  it('F16: an endless quoted cell of short lines is stopped as well', async () => {
    const lineBytes = 256 * 1024
    const start = Buffer.from(good.plans.replace(/.*\n$/, `"${CANARY}\n`))
    const source = endless(Buffer.from('no end of this cell\n'.repeat(1000)), start)
    expect(await judge(source.source, keys.plans, { limits: { lineBytes } })).toMatchObject({ code: 'LINE_TOO_LONG' })
    expect(source.pulled).toBeLessThan(8 * lineBytes)
    expect(source.closed).toBe(true)
  })
})

describe('gzip', () => {
  const text = good.customers
  const key = `${keys.customers}.gz`
  const packed = gzipSync(text)

  it('F14: a gzip bomb is stopped at the limit', async () => {
    const unpackedBytes = 256 * 1024
    const bomb = gzipSync(text.repeat(50_000))
    expect(bomb.length).toBeLessThan(unpackedBytes)
    let unpacked = 0
    const unpack = async (): Promise<void> => {
      for await (const chunk of gunzip(chunked(bomb, [1000, 2000]), { ...DEFAULT_LIMITS, unpackedBytes }))
        unpacked += chunk.length
    }
    await expect(unpack()).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(unpacked).toBeLessThanOrEqual(unpackedBytes)
    expect(await judge(bomb, key, { limits: { unpackedBytes } })).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('F14: a bomb without an end is not read to one', async () => {
    const source = endless(gzipPiece(Buffer.from(text.repeat(500))), GZIP_HEADER)
    expect(await judge(source.source, key, { limits: { unpackedBytes: 1024 * 1024 } })).toMatchObject({
      code: 'TOO_LARGE',
    })
    const { pulled } = source
    for (let turn = 0; turn < 20; turn += 1) await tick()
    expect(source).toMatchObject({ pulled, closed: true })
    expect(pulled).toBeLessThan(256 * 1024)
  })

  it('F14: a file of the limit is taken and one byte more is not, packed or plain', async () => {
    const unpackedBytes = Buffer.byteLength(text)
    for (const [name, content] of [
      [key, packed],
      [keys.customers, text],
    ] as const) {
      expect(await judge(content, name, { limits: { unpackedBytes } })).toMatchObject({ rows: 3 })
      expect(await judge(content, name, { limits: { unpackedBytes: unpackedBytes - 1 } })).toMatchObject({
        code: 'TOO_LARGE',
      })
    }
  })

  it('F15: a gzip cut off at any place is rejected', async () => {
    for (let length = 1; length < packed.length; length += 1) {
      const part = packed.subarray(0, length)
      expect(await judge(part, key), `cut at ${length}`).toMatchObject({
        code: 'BAD_GZIP',
      })
    }
    expect(await judge(Buffer.alloc(0), key)).toMatchObject({ code: 'EMPTY_FILE' })
  })

  it('F15: a second stream or garbage behind a gzip is rejected, wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constant(packed),
          fc.constant(gzipSync('')),
          fc.constant(Buffer.alloc(20)),
          fc.uint8Array({ minLength: 1 }),
        ),
        cuts,
        fc.boolean(),
        async (behind, at, atTheEnd) => {
          const bytes = Buffer.concat([packed, behind])
          const places = atTheEnd ? [...at, packed.length] : at
          expect(await judge(bytes, key, { cuts: places })).toMatchObject({ code: 'BAD_GZIP' })
        },
      ),
      fixed,
    )
  })

  it('F15: a gzip with broken bytes is rejected, or unpacks to what was packed', async () => {
    const plain = await judge(packed, key)
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), cuts, async (place, change, at) => {
        const broken = Buffer.from(packed)
        broken[place] = (broken[place] ?? 0) ^ change
        const verdict = await judge(broken, key, { cuts: at })
        // Time and origin, in the first ten bytes, are covered by no checksum and matter to nobody.
        if ('code' in verdict) expect(verdict.code).not.toBe('TOO_LARGE')
        else {
          expect(place).toBeLessThan(10)
          expect(gist(verdict)).toEqual(gist(plain))
        }
      }),
      { ...fixed, numRuns: 400 },
    )
  })

  it('F15: a whole gzip is accepted with every part that its header may have, and any cuts', async () => {
    const header = (flags: number, ...parts: readonly Buffer[]): Buffer =>
      Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]), ...parts, packed.subarray(10)])
    const extra = Buffer.from([3, 0, 1, 2, 3])
    const name = Buffer.from('a name\0')
    const sum = Buffer.from([1, 2])
    const whole = [header(0), header(4, extra), header(8, name), header(16, name), header(2, sum)]
    whole.push(header(4 + 8 + 16 + 2, extra, name, name, sum))
    for (const bytes of whole) {
      for (const at of [[], [3], [11], [12], [15], everywhere(bytes)])
        expect(await judge(bytes, key, { cuts: at })).toMatchObject({ rows: 3, isGzip: true, notes: { gzip: true } })
    }
  })

  it('F15: what is no gzip at all is rejected, and a header without an end is not read for ever', async () => {
    expect(await judge(text, key)).toMatchObject({ code: 'BAD_GZIP' })
    const source = endless(Buffer.alloc(64 * 1024, 'x'), Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]))
    expect(await judge(source.source, key)).toMatchObject({ code: 'BAD_GZIP' })
    expect(source.pulled).toBeLessThan(1024 * 1024)
    expect(source.closed).toBe(true)
  })

  it('F15: a source that fails is no bad gzip: its own error comes through', async () => {
    for (const length of [0, 5, 20, packed.length - 4, packed.length]) {
      const source = async function* (): AsyncGenerator<Buffer> {
        if (length > 0) yield packed.subarray(0, length)
        await tick()
        throw new Error('the disk is gone')
      }
      await expect(judge(source(), key), `after ${length} bytes`).rejects.toThrow('the disk is gone')
    }
  })
})
