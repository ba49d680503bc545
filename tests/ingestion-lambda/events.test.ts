import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeKey, readNotice } from '../../ingestion-lambda/events.ts'
import { readSettings } from '../../ingestion-lambda/settings.ts'
import { fixed } from '../ingestion/samples.ts'
import { encodeKey, eventOf, messageOf } from './queue.ts'

const BUCKET = 'lake'
const raw = { key: 'raw/plans/plans_20240502.csv', version: 'v1', sequencer: '0A' }
const notice = (body: unknown) => readNotice(typeof body === 'string' ? body : JSON.stringify(body), BUCKET)

describe('keys of events', () => {
  it('F30: whatever a key is, it is what S3 was given: decoded once, also where it looks encoded itself', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('+', '%', ' ', '/', '.', '2', 'B', 'F', '5', '\u0000', '\n', 'ż', '💥') }),
    )
    fc.assert(
      fc.property(texts, text => {
        const key = `raw/${text}x`
        expect(decodeKey(encodeKey(key))).toBe(key)
        expect(notice({ Records: [eventOf({ ...raw, key }, BUCKET)] }).objects).toEqual([{ ...raw, key }])
      }),
      fixed,
    )
    expect(decodeKey('raw/a+b%2Bc%2520d')).toBe('raw/a b+c%20d')
  })

  it('F30: a key that is encoded in no way is an error and no guess', () => {
    for (const key of ['raw/100%', 'raw/%zz', 'raw/%C5']) expect(() => decodeKey(key)).toThrow('not encoded')
  })
})

describe('messages', () => {
  it('F40: only what is below raw/ is taken, and only what is new', () => {
    const keys = [
      'archive/plans/x',
      'rejected/raw/x',
      'ledger/x',
      'raw',
      'rawx/y',
      'RAW/x',
      'raw/',
      'raw/folder/',
      '/raw/x',
    ]
    const others = keys.map(key => eventOf({ ...raw, key }, BUCKET))
    const removed = { ...eventOf(raw, BUCKET), eventName: 'ObjectRemoved:Delete' }
    expect(notice({ Records: [...others, removed, eventOf(raw, BUCKET)] })).toEqual({
      objects: [raw],
      ignored: keys.length + 1,
    })
  })

  it("S3's test event asks for nothing", () => {
    expect(notice({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: BUCKET })).toEqual({ objects: [], ignored: 0 })
  })

  it('another body, another bucket and an object without a version are errors that say what to do', () => {
    for (const body of ['', 'x', '[]', 'null', '{}', '{"Records":[{}]}', { Event: 'other' }, { Records: [{ s3: 1 }] }])
      expect(() => notice(body), JSON.stringify(body)).toThrow('no event notification')
    expect(() => readNotice(messageOf([raw], 'other').body, BUCKET)).toThrow('another bucket')
    for (const version of [undefined, 'null']) {
      const event = eventOf(raw, BUCKET)
      const object = { ...event.s3.object, versionId: version }
      expect(() => notice({ Records: [{ ...event, s3: { ...event.s3, object } }] })).toThrow('names no version')
    }
  })
})

describe('settings', () => {
  const env = { BUCKET: 'telco-lake', TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:ingestion' }

  it('are read from the environment, the limits with defaults', () => {
    expect(readSettings({ ...env, MAX_LINE_BYTES: '1000' })).toEqual({
      bucket: 'telco-lake',
      topicArn: env.TOPIC_ARN,
      limits: { unpackedBytes: 16 * 1024 ** 3, lineBytes: 1000 },
    })
  })

  it('one that is missing or wrong is an error that names it, and not its value', () => {
    const wrong = { BUCKET: 'No Bucket', TOPIC_ARN: 'canary', MAX_UNPACKED_BYTES: '1GB', MAX_LINE_BYTES: '0' }
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => readSettings({ ...env, [name]: value })).toThrow(`the variable ${name} must be`)
      expect(() => readSettings({ ...env, [name]: value })).not.toThrow(value)
    }
    expect(() => readSettings({ TOPIC_ARN: env.TOPIC_ARN })).toThrow('the variable BUCKET is missing')
    expect(() => readSettings({ BUCKET: env.BUCKET })).toThrow('the variable TOPIC_ARN is missing')
  })
})
