import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/stages.ts'
import { ofType, propertiesOf, type Stage, stages, templates } from './templates.ts'

interface Rule {
  readonly Id: string
  readonly Status: string
  readonly Prefix?: string
  readonly ExpirationInDays?: number
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number }
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number }
}

const made = templates()
const lake = (stage: Stage) => propertiesOf(made[stage], 'Lake')
const rules = (stage: Stage) => (lake(stage).LifecycleConfiguration as { Rules: readonly Rule[] }).Rules

describe.each(stages)('the lake of %s', stage => {
  it('F6 an unfinished multipart upload: aborted after a day wherever it was begun', () => {
    for (const bucket of ['Lake', 'AccessLogs']) {
      const { Rules } = propertiesOf(made[stage], bucket).LifecycleConfiguration as { Rules: readonly Rule[] }
      const aborting = Rules.filter(rule => rule.AbortIncompleteMultipartUpload !== undefined)
      expect(aborting, bucket).toMatchObject([
        { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      ])
      expect(aborting[0]?.Prefix, bucket).toBeUndefined()
    }
  })

  it('F6 an unfinished multipart upload: no event, since only a created object is announced', () => {
    const { QueueConfigurations } = lake(stage).NotificationConfiguration as {
      QueueConfigurations: { Event: string }[]
    }
    expect(QueueConfigurations.map(each => each.Event)).toEqual(['s3:ObjectCreated:*'])
  })

  it('F40 own output triggers itself: only raw/ is announced, and ingestion cannot write there', () => {
    expect(lake(stage).NotificationConfiguration).toEqual({
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'raw/' }] } },
          Queue: { 'Fn::GetAtt': ['Arrivals', 'Arn'] },
        },
      ],
    })
    const { Policies } = propertiesOf(made[stage], 'RoleIngestion') as {
      Policies: { PolicyDocument: { Statement: { Action: string[]; Resource: unknown }[] } }[]
    }
    const writes = Policies.flatMap(each => each.PolicyDocument.Statement).filter(each =>
      each.Action.includes('s3:PutObject'),
    )
    expect(writes.length).toBeGreaterThan(0)
    expect(JSON.stringify(writes.map(each => each.Resource))).not.toContain('raw/')
  })

  it('keeps the archive and the manifests, and forgets the rest in its time', () => {
    const expiring = rules(stage).filter(rule => rule.ExpirationInDays !== undefined)
    expect(expiring.every(rule => rule.Status === 'Enabled')).toBe(true)
    const covers = (key: string) => expiring.filter(rule => key.startsWith(rule.Prefix ?? ''))
    for (const kept of [
      'archive/customers/2025-01-01/x.ndjson',
      'ledger/x.json',
      'clean/manifest.json',
      'staging/manifest.json',
    ])
      expect(covers(kept), kept).toEqual([])
    for (const gone of [
      'raw/customers/customers_20250101.ndjson',
      'rejected/plans/x.csv',
      'clean/customers/d=2025-01-01/x.parquet',
      'clean/bad/customers/d=2025-01-01/x.parquet',
      'staging/activity_conflicts/d=2025-01-01/x.parquet',
    ])
      expect(covers(gone), gone).toHaveLength(1)
  })

  it('forgets old versions soon enough to erase a person within a month, and locks no object', () => {
    const old = rules(stage).flatMap(rule => rule.NoncurrentVersionExpiration?.NoncurrentDays ?? [])
    expect(old).toEqual([STAGES[stage].retention.noncurrentDays])
    expect(old[0]).toBeLessThan(30)
    expect(lake(stage)).not.toHaveProperty('ObjectLockConfiguration')
    expect(lake(stage)).not.toHaveProperty('ObjectLockEnabled')
  })

  it('is private, versioned, encrypted with its own key, logged, and kept when the stack goes', () => {
    expect(lake(stage)).toMatchObject({
      BucketName: STAGES[stage].bucket,
      VersioningConfiguration: { Status: 'Enabled' },
      LoggingConfiguration: { DestinationBucketName: { Ref: 'AccessLogs' } },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': ['LakeKey', 'Arn'] },
            },
          },
        ],
      },
    })
    for (const [id, bucket] of ofType(made[stage], 'AWS::S3::Bucket')) {
      expect(Object.values(bucket.Properties.PublicAccessBlockConfiguration as object), id).toEqual(Array(4).fill(true))
      expect(bucket, id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    }
    for (const [id, key] of ofType(made[stage], 'AWS::KMS::Key')) {
      expect(key.Properties.EnableKeyRotation, id).toBe(true)
      expect(key, id).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    }
  })
})

it('the bucket of prod has the name that other folders use', () => {
  expect(STAGES.prod.bucket).toBe('telco-customer360-pipeline')
  expect(STAGES.dev.bucket).not.toBe(STAGES.prod.bucket)
})
