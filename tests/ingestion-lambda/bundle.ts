import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { BatchAnswer } from '../../ingestion-lambda/batch.ts'
import type { RawVersion } from '../../ingestion-lambda/ledger.ts'
import { messageOf } from './queue.ts'

/** What a run of the bundle said. */
export interface Run {
  readonly answer: BatchAnswer | undefined
  /** The peak of the process's memory, in bytes. */
  readonly peak: number
  /** All that it wrote, to both outputs. */
  readonly log: string
  readonly code: number
}

export interface RunOptions {
  readonly handler: string
  readonly endpoint: string
  readonly bucket: string
  readonly topicArn: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the bundled function in a process of its own, each object in a message of its own. */
export async function runBundle(objects: readonly RawVersion[], options: RunOptions): Promise<Run> {
  const { handler, endpoint, bucket, topicArn } = options
  const env = {
    PATH: process.env.PATH,
    BUCKET: bucket,
    TOPIC_ARN: topicArn,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    ...options.env,
  }
  const script = join(process.cwd(), 'tests', 'ingestion-lambda', 'run-bundle.mjs')
  const child = spawn(process.execPath, ['--max-old-space-size=512', script, handler], { env })
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify({ Records: objects.map(raw => messageOf([raw], bucket)) }))
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  const said = code === 0 ? (JSON.parse(last) as Pick<Run, 'answer' | 'peak'>) : { answer: undefined, peak: 0 }
  return { ...said, log: stdout + stderr, code: Number(code) }
}
