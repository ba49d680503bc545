import { Aws, type CfnCondition } from 'aws-cdk-lib'
import { CfnRole } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { ARNS, bucketArn } from './arns.ts'
import { allow, policy, type Statement } from './policy.ts'
import { NAMES, type StageSettings } from './stages.ts'

/** What the roles' permissions name by reference. */
export interface Resources {
  readonly lakeKeyArn: string
  readonly alertsKeyArn: string
  readonly arrivalsArn: string
  readonly alertTopicArn: string
  /** Where the jobs' code lies. */
  readonly codeBucket: string
  readonly codePrefix: string
  /** Of the storage integration in Snowflake; the role is made where `isKnown` holds. */
  readonly snowflake: { readonly userArn: string; readonly externalId: string; readonly isKnown: CfnCondition }
}

export type Roles = Readonly<Record<keyof typeof NAMES.roles, CfnRole>>

// X-Ray and the delivery of logs know no resources: their actions take `*` and nothing else.
const tracing = allow(
  'Trace',
  ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
  ['*'],
)

/** One role a principal, each with what that principal does and nothing else. */
export function roles(scope: Construct, settings: StageSettings, resources: Resources): Roles {
  const role = (id: keyof typeof NAMES.roles, description: string, trust: Statement, may: readonly Statement[]) =>
    new CfnRole(scope, `Role${id[0]?.toUpperCase()}${id.slice(1)}`, {
      roleName: NAMES.roles[id],
      description,
      assumeRolePolicyDocument: policy(trust),
      policies: [{ policyName: 'work', policyDocument: policy(...may) }],
    })
  const snowflake = role(
    'snowflake',
    'Snowflake reads what is staged',
    {
      Sid: 'SnowflakeOfThisIntegration',
      Effect: 'Allow',
      Principal: { AWS: resources.snowflake.userArn },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': resources.snowflake.externalId } },
    },
    snowflakeMay(settings, resources),
  )
  snowflake.cfnOptions.condition = resources.snowflake.isKnown
  return {
    ingestion: role(
      'ingestion',
      'The function that judges files',
      service('lambda', [ARNS.function]),
      ingestionMay(settings, resources),
    ),
    glue: role(
      'glue',
      'The jobs that clean and stage',
      service('glue', [ARNS.cleanJob, ARNS.stageJob]),
      glueMay(settings, resources),
    ),
    orchestration: role(
      'orchestration',
      'The state machine that runs the jobs',
      service('states', [ARNS.stateMachine]),
      orchestrationMay(resources),
    ),
    scheduler: role('scheduler', 'The schedule that starts a day', service('scheduler', [ARNS.scheduleGroup]), [
      allow('StartTheDay', ['states:StartExecution'], [ARNS.stateMachine]),
    ]),
    snowflake,
  }
}

/** Trust in one service of AWS, and only on behalf of these resources of this account. */
const service = (name: string, sources: readonly string[]): Statement => ({
  Sid: 'OnBehalfOfThisProject',
  Effect: 'Allow',
  Principal: { Service: `${name}.amazonaws.com` },
  Action: 'sts:AssumeRole',
  Condition: {
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
    ArnEquals: { 'aws:SourceArn': sources },
  },
})

const listBelow = (bucket: string, prefix: string): Statement =>
  allow('List', ['s3:ListBucket'], [bucketArn(bucket)], { StringLike: { 's3:prefix': prefix } })

/**
 * Listing, and being told that an object is missing: S3 says 404 only to who may list, and 403 to all others, and a question
 * about one object has no prefix. So a listing without a prefix is allowed too; it shows names and no content.
 */
const ask = (bucket: string, ...prefixes: readonly string[]): Statement =>
  allow('Ask', ['s3:ListBucket'], [bucketArn(bucket)], { StringLikeIfExists: { 's3:prefix': prefixes } })

const writeLogs = (...groups: readonly string[]): Statement =>
  allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], groups.map(ARNS.logStreams))

const announce = ({ alertTopicArn, alertsKeyArn }: Resources): readonly Statement[] => [
  allow('Announce', ['sns:Publish'], [alertTopicArn]),
  allow('UseAlertsKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [alertsKeyArn]),
]

/** Takes from raw/, writes archive/, rejected/ and the ledger of what it did. It cannot delete what is archived, nor see what is made of it. */
function ingestionMay({ bucket }: StageSettings, resources: Resources): readonly Statement[] {
  const copied = ['archive/*', 'rejected/*'].map(keys => bucketArn(bucket, keys))
  return [
    allow(
      'TakeArrivals',
      ['s3:GetObject', 's3:GetObjectVersion', 's3:DeleteObject', 's3:DeleteObjectVersion'],
      [bucketArn(bucket, 'raw/*')],
    ),
    allow('Route', ['s3:GetObject', 's3:PutObject'], [...copied, bucketArn(bucket, 'ledger/*')]),
    allow('TakeCopiesBack', ['s3:AbortMultipartUpload'], copied),
    allow('MarkArrivals', ['s3:PutObject'], [bucketArn(bucket, 'arrivals/*')]),
    ask(bucket, 'raw/*', 'archive/*', 'rejected/*', 'ledger/*'),
    allow('UseLakeKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [resources.lakeKeyArn]),
    allow(
      'TakeMessages',
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      [resources.arrivalsArn],
    ),
    ...announce(resources),
    writeLogs(NAMES.logs.ingestion),
    tracing,
  ]
}

/** Reads archive/, takes marks from arrivals/, writes clean/ and staging/, where a failed run's leftovers may be deleted. */
function glueMay({ bucket }: StageSettings, resources: Resources): readonly Statement[] {
  const derived = [bucketArn(bucket, 'clean/*'), bucketArn(bucket, 'staging/*')]
  return [
    allow('ReadArchive', ['s3:GetObject'], [bucketArn(bucket, 'archive/*')]),
    allow('Derive', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], derived),
    // Before Spark's file system makes the first folder, it makes sure that no object has the name of one above it.
    allow('SeeNoFileThere', ['s3:GetObject'], [bucketArn(bucket, 'clean'), bucketArn(bucket, 'staging')]),
    allow('TakeMarks', ['s3:DeleteObject'], [bucketArn(bucket, 'arrivals/*')]),
    ask(bucket, 'arrivals/*', 'archive/*', 'clean/*', 'staging/*'),
    allow('UseLakeKey', ['kms:Decrypt', 'kms:GenerateDataKey'], [resources.lakeKeyArn]),
    allow('ReadCode', ['s3:GetObject'], [bucketArn(resources.codeBucket, `${resources.codePrefix}/glue/*`)]),
    writeLogs(`${NAMES.logs.jobs}/error`, `${NAMES.logs.jobs}/output`),
    // Metrics have no resources; the namespaces are ours, and Glue's own for the metrics of a job.
    allow('Measure', ['cloudwatch:PutMetricData'], ['*'], {
      StringEquals: { 'cloudwatch:namespace': [NAMES.metrics, 'Glue'] },
    }),
  ]
}

/** Runs the two jobs and announces a failure. It has no way to the data. */
function orchestrationMay(resources: Resources): readonly Statement[] {
  return [
    allow(
      'RunJobs',
      ['glue:StartJobRun', 'glue:GetJobRun', 'glue:GetJobRuns', 'glue:BatchStopJobRun'],
      [ARNS.cleanJob, ARNS.stageJob],
    ),
    allow('StartTheDayByName', ['states:StartExecution'], [ARNS.stateMachine]),
    ...announce(resources),
    allow(
      'DeliverLogs',
      [
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
      ],
      ['*'],
    ),
    tracing,
  ]
}

/** Reads what is staged, by its manifest. It writes nothing. */
function snowflakeMay({ bucket }: StageSettings, resources: Resources): readonly Statement[] {
  return [
    allow('ReadStaged', ['s3:GetObject', 's3:GetObjectVersion'], [bucketArn(bucket, 'staging/*')]),
    listBelow(bucket, 'staging/*'),
    allow('Locate', ['s3:GetBucketLocation'], [bucketArn(bucket)]),
    allow('UseLakeKey', ['kms:Decrypt'], [resources.lakeKeyArn]),
  ]
}
