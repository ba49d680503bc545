import { randomUUID } from 'node:crypto'
import type { RawVersion } from '../../ingestion-lambda/ledger.ts'

/** A key as S3 spells it in an event. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+')
    .replaceAll(/[!'()]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A record of S3's event notification, version 2.1. */
export function eventOf({ key, version, sequencer }: RawVersion, bucket: string) {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'eu-west-1',
    eventTime: '2024-05-02T08:00:00.000Z',
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'raw',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: { key: encodeKey(key), size: 1, eTag: 'x', versionId: version, sequencer },
    },
  }
}

/** A message of the queue that tells of these objects. */
export function messageOf(objects: readonly RawVersion[], bucket: string): { messageId: string; body: string } {
  return { messageId: randomUUID(), body: JSON.stringify({ Records: objects.map(raw => eventOf(raw, bucket)) }) }
}
