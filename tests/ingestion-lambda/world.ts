import type { S3Client } from '@aws-sdk/client-s3'
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import { type BatchAnswer, ingestBatch } from '../../ingestion-lambda/batch.ts'
import type { Entry, RawVersion } from '../../ingestion-lambda/ledger.ts'
import { s3Client, s3Store } from '../../ingestion-lambda/s3-store.ts'
import { snsClient, topicAlert } from '../../ingestion-lambda/topic.ts'
import { contracts } from '../ingestion/samples.ts'
import { objects, s3Bench } from './bench.ts'
import { type Moto, startMoto } from './moto.ts'
import { type Gate, startProxy } from './proxy.ts'
import { messageOf } from './queue.ts'
import type { Server } from './server.ts'
import { type Around, troubledClient } from './trouble.ts'

/** The servers of a suite. The function asks S3 through the proxy; the tests do not, and topics are always moto's. */
export interface Servers {
  readonly moto: Moto
  readonly s3: Server
  readonly proxy: Gate
  readonly client: S3Client
  readonly topicArn: string
  readonly stop: () => Promise<void>
}

export async function startServers(startS3: () => Promise<Server> = startMoto): Promise<Servers> {
  const moto = await startMoto()
  const s3 = startS3 === startMoto ? moto : await startS3()
  const proxy = await startProxy(s3.endpoint, moto.endpoint)
  const client = s3Client(s3.config)
  const sns = new SNSClient(moto.config)
  const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'ingestion' }))
  sns.destroy()
  const stop = async (): Promise<void> => {
    client.destroy()
    await proxy.stop()
    if (s3 !== moto) await s3.stop()
    await moto.stop()
  }
  return { moto, s3, proxy, client, topicArn, stop }
}

/** A bucket with the function on it. */
export type World = Awaited<ReturnType<typeof openWorld>>

export interface WorldOptions {
  /** Of a copy, in bytes. */
  readonly partSize?: number
  /** How often the function's clients try a request. */
  readonly maxAttempts?: number
}

export async function openWorld(
  { moto, proxy, client, topicArn }: Servers,
  { partSize, maxAttempts = 1 }: WorldOptions = {},
) {
  const bench = await s3Bench(client)
  const { bucket } = bench
  const config = { ...moto.config, endpoint: proxy.endpoint, maxAttempts }
  const delivered: RawVersion[] = []
  const heard = {
    alerts: [] as Entry[],
    logs: [] as Entry[],
    failures: [] as unknown[],
    commands: [] as string[],
    ignored: 0,
  }
  /** Takes a batch of one message for each group of objects. */
  const take = async (
    groups: readonly (readonly RawVersion[])[],
    around: Around = () => undefined,
  ): Promise<BatchAnswer> => {
    const s3 = s3Client(config)
    const sns = snsClient(config)
    // Calls of both are counted as one sequence.
    let calls = 0
    const counted: Around = (_, what, when) => {
      if (when === 'before') {
        calls += 1
        heard.commands.push(what)
      }
      around(calls, what, when)
    }
    const topic = troubledClient(sns, counted)
    const publish = topicAlert(topic, topicArn)
    try {
      const batch = { Records: groups.map(group => messageOf(group, bucket)) }
      return await ingestBatch(batch, {
        store: s3Store(troubledClient(s3, counted), bucket, partSize),
        contracts,
        bucket,
        alert: async entry => {
          await publish(entry)
          heard.alerts.push(entry)
        },
        log: entry => heard.logs.push(entry),
        failed: error => heard.failures.push(error),
        ignored: count => {
          heard.ignored += count
        },
      })
    } finally {
      s3.destroy()
      sns.destroy()
    }
  }
  return {
    ...bench,
    heard,
    deliver: async (key: string, content: Buffer | string): Promise<RawVersion> => {
      const raw = await bench.deliver(key, content)
      delivered.push(raw)
      return raw
    },
    take,
    /** Takes one message of one object; its entry as it was logged. Throws where it failed. */
    ingest: async (raw: RawVersion): Promise<Entry> => {
      const { batchItemFailures } = await take([[raw]])
      if (batchItemFailures.length > 0) throw heard.failures.at(-1)
      return heard.logs.at(-1) as Entry
    },
    objects: () => objects(bench, delivered),
    /** The keys that have a version. */
    keys: async (): Promise<readonly string[]> => [...new Set((await bench.versions()).map(([key]) => key))],
  }
}
