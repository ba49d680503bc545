import { Aws } from 'aws-cdk-lib'
import type { CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import type { CfnTopic } from 'aws-cdk-lib/aws-sns'
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { bucketArn } from './arns.ts'
import { policy, tlsOnly } from './policy.ts'
import { NAMES, type StageSettings } from './stages.ts'

// The most there is: a file of gigabytes is read as a whole.
const FUNCTION_SECONDS = 900

export interface Queues {
  readonly arrivals: CfnQueue
  readonly arrivalsPolicy: CfnQueuePolicy
  readonly deadLetters: CfnQueue
}

/** What arrived under raw/, and what could not be ingested in five attempts. Messages hold keys and no content. */
export function queues(scope: Construct, settings: StageSettings): Queues {
  const encrypted = { sqsManagedSseEnabled: true }
  const deadLetters = new CfnQueue(scope, 'DeadLetters', {
    ...encrypted,
    queueName: `${NAMES.project}-dead-letters`,
    messageRetentionPeriod: 14 * 86400,
  })
  const arrivals = new CfnQueue(scope, 'Arrivals', {
    ...encrypted,
    queueName: `${NAMES.project}-arrivals`,
    messageRetentionPeriod: 4 * 86400,
    // Lambda asks for six times the function's time-out, or a throttled message would come back while it is worked on.
    visibilityTimeout: 6 * FUNCTION_SECONDS,
    redrivePolicy: { deadLetterTargetArn: deadLetters.attrArn, maxReceiveCount: 5 },
  })
  const arrivalsPolicy = new CfnQueuePolicy(scope, 'ArrivalsPolicy', {
    queues: [arrivals.ref],
    policyDocument: policy(tlsOnly('sqs:*', [arrivals.attrArn]), {
      Sid: 'LakeAnnounces',
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: arrivals.attrArn,
      Condition: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnEquals: { 'aws:SourceArn': bucketArn(settings.bucket) },
      },
    }),
  })
  new CfnQueuePolicy(scope, 'DeadLettersPolicy', {
    queues: [deadLetters.ref],
    policyDocument: policy(tlsOnly('sqs:*', [deadLetters.attrArn])),
  })
  return { arrivals, arrivalsPolicy, deadLetters }
}

/** The function that judges files, fed by the queue. */
export function ingestion(
  scope: Construct,
  settings: StageSettings,
  { role, queue, topic, code }: { role: CfnRole; queue: CfnQueue; topic: CfnTopic; code: CfnFunction.CodeProperty },
): CfnFunction {
  const logs = new CfnLogGroup(scope, 'IngestionLogs', {
    logGroupName: NAMES.logs.ingestion,
    retentionInDays: settings.retention.logDays,
  })
  const handler = new CfnFunction(scope, 'Ingestion', {
    functionName: NAMES.function,
    description: 'Judges files under raw/ and moves them to archive/ or rejected/',
    code,
    // target/lambda/handler.mjs, as `npm run lambda` bundles it.
    handler: 'handler.handler',
    runtime: 'nodejs22.x',
    architectures: ['arm64'],
    // Files are streamed: memory does not grow with them.
    memorySize: 256,
    timeout: FUNCTION_SECONDS,
    // A flood of files must not take the account's concurrency from others.
    reservedConcurrentExecutions: settings.ingestionConcurrency,
    role: role.attrArn,
    environment: { variables: { BUCKET: settings.bucket, TOPIC_ARN: topic.ref } },
    loggingConfig: { logFormat: 'JSON', logGroup: logs.ref },
    tracingConfig: { mode: 'Active' },
  })
  new CfnEventSourceMapping(scope, 'IngestionSource', {
    functionName: handler.ref,
    eventSourceArn: queue.attrArn,
    batchSize: 5,
    // Only what failed comes back.
    functionResponseTypes: ['ReportBatchItemFailures'],
    // Below the reservation, so that the queue waits where it would otherwise be throttled into the dead letters.
    scalingConfig: { maximumConcurrency: settings.ingestionConcurrency },
  })
  return handler
}
