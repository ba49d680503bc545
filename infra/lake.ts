import { Aws, CfnDeletionPolicy } from 'aws-cdk-lib'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import type { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { bucketArn } from './arns.ts'
import { policy, type Statement, tlsOnly } from './policy.ts'
import type { StageSettings } from './stages.ts'

/** Folders of clean/ and staging/. Their manifests lie beside them and are no run's: they never expire. */
export const DERIVED = [
  'clean/customers/',
  'clean/plans/',
  'clean/activity_logs/',
  'clean/bad/',
  'staging/customers/',
  'staging/customers_unknown/',
  'staging/customers_conflicts/',
  'staging/plans/',
  'staging/plans_conflicts/',
  'staging/activity_logs/',
  'staging/activity_conflicts/',
] as const

const PRIVATE = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
} as const

/** The lake, and the bucket of its access logs. Objects under raw/ are announced in the queue, and no others. */
export function lake(
  scope: Construct,
  settings: StageSettings,
  { key, queue, queuePolicy }: { key: CfnKey; queue: CfnQueue; queuePolicy: CfnQueuePolicy },
): CfnBucket {
  const logs = logBucket(scope, settings)
  const bucket = new CfnBucket(scope, 'Lake', {
    bucketName: settings.bucket,
    // A bucket key asks KMS once for many objects. No object lock: a locked archive could not erase a person.
    bucketEncryption: {
      serverSideEncryptionConfiguration: [
        {
          bucketKeyEnabled: true,
          serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key.attrArn },
        },
      ],
    },
    publicAccessBlockConfiguration: PRIVATE,
    ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
    versioningConfiguration: { status: 'Enabled' },
    lifecycleConfiguration: { rules: lifecycle(settings) },
    loggingConfiguration: { destinationBucketName: logs.ref, logFilePrefix: 'lake/' },
    // Only raw/: what ingestion itself writes lies elsewhere, so that it cannot set itself off.
    notificationConfiguration: {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: queue.attrArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value: 'raw/' }] } },
        },
      ],
    },
  })
  keep(bucket)
  // S3 asks the queue whether it may write as soon as the bucket is made.
  bucket.addResourceDependency(queuePolicy)
  new CfnBucketPolicy(scope, 'LakePolicy', {
    bucket: bucket.ref,
    policyDocument: policy(
      tlsOnly('s3:*', [bucket.attrArn, `${bucket.attrArn}/*`]),
      ...writeRules(bucket),
      ...sourceRules(bucket, settings),
    ),
  })
  return bucket
}

function writeRules(bucket: CfnBucket): readonly Statement[] {
  return [
    // `If-None-Match` refuses a key that exists, and its only value is `*`. The parts of a multipart upload cannot carry the
    // header and create no object; completing it does. A plain CopyObject cannot comply: copy in parts, or put.
    {
      Sid: 'WrittenOnce',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: [`${bucket.attrArn}/archive/*`, `${bucket.attrArn}/ledger/*`],
      Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    },
    // The bucket encrypts by default; this refuses a writer who asks for something weaker.
    {
      Sid: 'NoWeakerEncryption',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `${bucket.attrArn}/*`,
      Condition: {
        Null: { 's3:x-amz-server-side-encryption': 'false' },
        StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
      },
    },
  ]
}

/** A source has the lake's key, and would read the lake if its own policy allowed more than a source needs. */
function sourceRules(bucket: CfnBucket, { sources }: StageSettings): readonly Statement[] {
  if (sources.length === 0) return []
  return [
    {
      Sid: 'SourcesOnlyDeliver',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: `${bucket.attrArn}/*`,
      Condition: { ArnEquals: { 'aws:PrincipalArn': sources } },
    },
  ]
}

function lifecycle({ retention }: StageSettings): CfnBucket.RuleProperty[] {
  const expire = (prefix: string, expirationInDays: number): CfnBucket.RuleProperty => ({
    id: `expire-${prefix.replaceAll('/', '-').replace(/-$/, '')}`,
    status: 'Enabled',
    prefix,
    expirationInDays,
  })
  return [
    {
      id: 'abort-unfinished-uploads',
      status: 'Enabled',
      abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    },
    {
      id: 'forget-old-versions',
      status: 'Enabled',
      noncurrentVersionExpiration: { noncurrentDays: retention.noncurrentDays },
      expiredObjectDeleteMarker: true,
    },
    expire('raw/', retention.rawDays),
    expire('rejected/', retention.rejectedDays),
    // archive/ stays, since the warehouse is rebuilt from it, and so does the ledger of ingestion.
    ...DERIVED.map(prefix => expire(prefix, retention.derivedDays)),
  ]
}

function logBucket(scope: Construct, { bucket, logBucket: name, retention }: StageSettings): CfnBucket {
  const logs = new CfnBucket(scope, 'AccessLogs', {
    bucketName: name,
    // S3 delivers access logs to buckets with S3's own keys only.
    bucketEncryption: {
      serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    },
    publicAccessBlockConfiguration: PRIVATE,
    ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
    versioningConfiguration: { status: 'Enabled' },
    lifecycleConfiguration: {
      rules: [
        {
          id: 'expire',
          status: 'Enabled',
          expirationInDays: retention.accessLogDays,
          noncurrentVersionExpiration: { noncurrentDays: 1 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
      ],
    },
  })
  keep(logs)
  new CfnBucketPolicy(scope, 'AccessLogsPolicy', {
    bucket: logs.ref,
    policyDocument: policy(tlsOnly('s3:*', [logs.attrArn, `${logs.attrArn}/*`]), {
      Sid: 'LogDelivery',
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: `${logs.attrArn}/lake/*`,
      Condition: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnEquals: { 'aws:SourceArn': bucketArn(bucket) },
      },
    }),
  })
  return logs
}

function keep(bucket: CfnBucket): void {
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN
  bucket.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
}
