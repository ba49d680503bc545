import * as v from 'valibot'
import { UserError } from '../src/error.ts'
import { DEFAULT_LIMITS, type Limits } from './bytes.ts'

/** What the function is told by its environment. */
export interface Settings {
  readonly bucket: string
  readonly topicArn: string
  readonly limits: Limits
}

const bytes = (standard: number) =>
  v.optional(
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/, 'must be a number of bytes'), v.transform(Number)),
    String(standard),
  )
const schema = v.object({
  BUCKET: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')),
  TOPIC_ARN: v.pipe(v.string(), v.regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, 'must be the ARN of a topic')),
  MAX_UNPACKED_BYTES: bytes(DEFAULT_LIMITS.unpackedBytes),
  MAX_LINE_BYTES: bytes(DEFAULT_LIMITS.lineBytes),
})

/** @throws UserError that names the variable */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const result = v.safeParse(schema, env)
  if (result.success) {
    const { BUCKET, TOPIC_ARN, MAX_UNPACKED_BYTES, MAX_LINE_BYTES } = result.output
    const limits = { unpackedBytes: MAX_UNPACKED_BYTES, lineBytes: MAX_LINE_BYTES }
    return { bucket: BUCKET, topicArn: TOPIC_ARN, limits }
  }
  const [issue] = result.issues
  const name = String(issue.path?.[0]?.key)
  const isMissing = env[name] === undefined
  throw new UserError(`the variable ${name} ${isMissing ? 'is missing' : issue.message}`, {
    remedy: 'set it in the environment of the function',
  })
}
