import * as v from 'valibot'
import { UserError } from '../src/error.ts'
import { decodedKey } from './keys.ts'
import type { RawVersion } from './ledger.ts'

const record = v.object({
  eventName: v.string(),
  s3: v.object({
    bucket: v.object({ name: v.string() }),
    object: v.object({
      key: v.string(),
      versionId: v.optional(v.string()),
      sequencer: v.optional(v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]+$/)), '0'),
    }),
  }),
})
const body = v.union([v.object({ Event: v.literal('s3:TestEvent') }), v.object({ Records: v.array(record) })])

/** What a message of the queue asks for. */
export interface Notice {
  readonly objects: readonly RawVersion[]
  /** Events that are none of ours: not of a new object, or not of one below `raw/`. */
  readonly ignored: number
}

/**
 * Reads the body of a message: S3's event notification, or the test event that S3 sends once when notifications are set up.
 *
 * @throws UserError for another body, an event of another bucket, or an object without a version
 */
export function readNotice(text: string, bucket: string): Notice {
  const parsed = v.safeParse(body, parse(text))
  if (!parsed.success)
    throw new UserError('a message of the queue is no event notification of S3', {
      remedy: 'let nothing but the bucket send to the queue',
    })
  if ('Event' in parsed.output) return { objects: [], ignored: 0 }
  const created = parsed.output.Records.filter(({ eventName }) => /^(s3:)?ObjectCreated:/.test(eventName))
  const objects = created.map(({ s3 }) => toObject(s3, bucket)).filter(({ key }) => isBelowRaw(key))
  return { objects, ignored: parsed.output.Records.length - objects.length }
}

/** Only these are taken: what the function itself writes must not start it again. */
const isBelowRaw = (key: string): boolean => key.startsWith('raw/') && !key.endsWith('/')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toObject({ bucket, object }: v.InferOutput<typeof record>['s3'], expected: string): RawVersion {
  if (bucket.name !== expected)
    throw new UserError('an event is of another bucket than BUCKET', { remedy: 'let one bucket send to the queue' })
  const { versionId: version, sequencer } = object
  // "null" is the version of what was written while the bucket had none: it can be overwritten under our hands.
  if (version === undefined || version === 'null')
    throw new UserError('an event names no version of its object', {
      remedy: 'switch versioning of the bucket on and deliver the file again',
    })
  return { key: decodeKey(object.key), version, sequencer }
}

/**
 * A key as S3 spells it in events. It is decoded exactly once: a `+` or a `%` of the key itself comes as `%2B` or `%25`.
 *
 * @throws UserError where it is not spelt so
 */
export function decodeKey(key: string): string {
  try {
    return decodedKey(key)
  } catch {
    throw new UserError('the key of an event is not encoded as S3 encodes it')
  }
}
