// The AWS Lambda function: S3's event notifications, through SQS, into the same core that `customer360 ingest` uses. The event
// source needs ReportBatchItemFailures.
import { type BatchAnswer, ingestBatch, type QueueBatch } from './batch.ts'
import type { Contracts } from './contract.ts'
import { s3Client, s3Store } from './s3-store.ts'
import { readSettings } from './settings.ts'
import { telemetry } from './telemetry.ts'
import { snsClient, topicAlert } from './topic.ts'

/** includes/contracts/*.yaml, which the build puts here. */
declare const CONTRACTS: Contracts

// What is wrong with the environment ends the start, before a message is touched.
const { bucket, topicArn, limits } = readSettings(process.env)
const { flush, ...told } = telemetry()
const options = {
  ...told,
  bucket,
  limits,
  contracts: CONTRACTS,
  store: s3Store(s3Client(), bucket),
  alert: topicAlert(snsClient(), topicArn),
}

export async function handler(batch: QueueBatch): Promise<BatchAnswer> {
  try {
    return await ingestBatch(batch, options)
  } finally {
    flush()
  }
}
