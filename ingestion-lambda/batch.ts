import { readNotice } from './events.ts'
import { type Entry, ingestVersion } from './ledger.ts'
import type { Listeners, RouteOptions } from './route.ts'

/** Messages as Lambda hands them over from SQS. */
export interface QueueBatch {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[]
}

/** The messages that the queue is to bring again; all others are done. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

export interface BatchOptions extends RouteOptions, Listeners<Entry> {
  readonly bucket: string
  /** Told of every message that will come again. */
  readonly failed: (error: unknown, messageId: string) => void
  /** Told of events that are none of ours. */
  readonly ignored: (count: number) => void
}

/**
 * Ingests what a batch of messages tells of, one object after the other. A failure (no access, throttling, a broken connection)
 * concerns its message alone, and is never a verdict on the file: the queue brings the message again, and in the end keeps it
 * aside. Objects of such a message that are done already are no-ops then.
 */
export async function ingestBatch({ Records }: QueueBatch, options: BatchOptions): Promise<BatchAnswer> {
  const batchItemFailures: { itemIdentifier: string }[] = []
  for (const { messageId, body } of Records) {
    try {
      await ingestMessage(body, options)
    } catch (error) {
      options.failed(error, messageId)
      batchItemFailures.push({ itemIdentifier: messageId })
    }
  }
  return { batchItemFailures }
}

async function ingestMessage(body: string, options: BatchOptions): Promise<void> {
  const { objects, ignored } = readNotice(body, options.bucket)
  if (ignored > 0) options.ignored(ignored)
  for (const object of objects) await ingestVersion(object, options)
}
