import type { Account, Call } from './account.ts'
import { ACCOUNT, REGION } from './resolve.ts'

type Title = string
export type Calls = Readonly<Record<Title, Call>>

/** Everything that anybody does here, by what it is called below. */
export function allCalls(account: Account): Calls {
  const { lake, lakeKey, alertsKey, arn } = account
  const object = (action: string, key: string, context?: Call['context']): Call => ({
    action: `s3:${action}`,
    resource: `${lake}/${key}`,
    ...(context && { context }),
  })
  const put = (key: string, context: Record<string, string> = {}): Call =>
    object('PutObject', key, { 's3:ObjectCreationOperation': 'true', ...context })
  const other = (service: string, name: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`
  const stream = (group: string): string => other('logs', `log-group:${group}:log-stream:x`)
  const viaS3 = { 'kms:ViaService': `s3.${REGION}.amazonaws.com` }
  const viaSns = { 'kms:ViaService': `sns.${REGION}.amazonaws.com` }
  const listed = (prefix: string): Call => ({
    action: 's3:ListBucket',
    resource: lake,
    context: { 's3:prefix': prefix },
  })
  const areas = ['raw', 'archive', 'rejected', 'clean', 'staging', 'ledger', 'arrivals']
  const each = (title: string, call: (key: string) => Call): [string, Call][] =>
    areas.map(area => [`${title} ${area}/`, call(`${area}/customers/x`)])
  return {
    ...Object.fromEntries(each('read', key => object('GetObject', key))),
    ...Object.fromEntries(each('read a version of', key => object('GetObjectVersion', key))),
    ...Object.fromEntries(each('write', key => put(key, { 's3:if-none-match': '*' }))),
    ...Object.fromEntries(each('write over', key => put(key))),
    ...Object.fromEntries(each('delete from', key => object('DeleteObject', key))),
    ...Object.fromEntries(each('delete a version from', key => object('DeleteObjectVersion', key))),
    ...Object.fromEntries(each('list', listed)),
    ...Object.fromEntries(
      each('begin an upload to', key => object('PutObject', key, { 's3:ObjectCreationOperation': 'false' })),
    ),
    ...Object.fromEntries(each('abort an upload to', key => object('AbortMultipartUpload', key))),
    'look for an object named clean': object('GetObject', 'clean'),
    'look for an object named staging': object('GetObject', 'staging'),
    'look for an object named archive': object('GetObject', 'archive'),
    'read staging/ without TLS': object('GetObject', 'staging/manifest.json', { 'aws:SecureTransport': 'false' }),
    'write staging/ without encryption': put('staging/x', { 's3:x-amz-server-side-encryption': 'AES256' }),
    // Which is a question to the bucket without a prefix, and so also the right to list all names.
    'learn that an object is missing': { action: 's3:ListBucket', resource: lake },
    'locate the bucket': { action: 's3:GetBucketLocation', resource: lake },
    'change the bucket policy': { action: 's3:PutBucketPolicy', resource: lake },
    'change the lifecycle': { action: 's3:PutLifecycleConfiguration', resource: lake },
    'delete the bucket': { action: 's3:DeleteBucket', resource: lake },
    'read access logs': { action: 's3:GetObject', resource: `${arn('AccessLogs')}/lake/x` },
    'read the code of jobs': { action: 's3:GetObject', resource: 'arn:aws:s3:::example-code/v1/glue/telco_clean.py' },
    'change the code of jobs': { action: 's3:PutObject', resource: 'arn:aws:s3:::example-code/v1/glue/telco_clean.py' },
    'read another release': { action: 's3:GetObject', resource: 'arn:aws:s3:::example-code/v2/glue/telco_clean.py' },
    'decrypt without S3': { action: 'kms:Decrypt', resource: lakeKey },
    'encrypt for S3': { action: 'kms:GenerateDataKey', resource: lakeKey, context: viaS3 },
    'decrypt for S3': { action: 'kms:Decrypt', resource: lakeKey, context: viaS3 },
    'change the key policy': { action: 'kms:PutKeyPolicy', resource: lakeKey },
    'delete the key': { action: 'kms:ScheduleKeyDeletion', resource: lakeKey },
    'encrypt for SNS': { action: 'kms:GenerateDataKey', resource: alertsKey, context: viaSns },
    'decrypt for SNS': { action: 'kms:Decrypt', resource: alertsKey, context: viaSns },
    'decrypt alerts without SNS': { action: 'kms:Decrypt', resource: alertsKey },
    'take messages': { action: 'sqs:ReceiveMessage', resource: arn('Arrivals') },
    'finish messages': { action: 'sqs:DeleteMessage', resource: arn('Arrivals') },
    'send messages': { action: 'sqs:SendMessage', resource: arn('Arrivals') },
    'purge the queue': { action: 'sqs:PurgeQueue', resource: arn('Arrivals') },
    'take dead letters': { action: 'sqs:ReceiveMessage', resource: arn('DeadLetters') },
    ...Object.fromEntries(
      [
        ['start', 'StartJobRun'],
        ['watch', 'GetJobRun'],
        ['find runs of', 'GetJobRuns'],
        ['stop', 'BatchStopJobRun'],
      ].flatMap(([title, action]) => [
        [`${title} the clean job`, { action: `glue:${action}`, resource: arn('CleanJob') }],
        [`${title} the stage job`, { action: `glue:${action}`, resource: arn('StageJob') }],
      ]),
    ),
    'start another job': { action: 'glue:StartJobRun', resource: other('glue', 'job/other') },
    'change a job': { action: 'glue:UpdateJob', resource: arn('CleanJob') },
    'start a run': { action: 'states:StartExecution', resource: arn('Run') },
    'start another state machine': { action: 'states:StartExecution', resource: other('states', 'stateMachine:other') },
    'change the state machine': { action: 'states:UpdateStateMachine', resource: arn('Run') },
    'stop a run': { action: 'states:StopExecution', resource: other('states', 'execution:telco-customer360:day-1') },
    announce: { action: 'sns:Publish', resource: arn('Alerts') },
    'announce elsewhere': { action: 'sns:Publish', resource: other('sns', 'other') },
    'subscribe to alerts': { action: 'sns:Subscribe', resource: arn('Alerts') },
    'log as the function': { action: 'logs:PutLogEvents', resource: stream('/aws/lambda/telco-customer360-ingestion') },
    'log as a job': { action: 'logs:PutLogEvents', resource: stream('/aws-glue/telco-customer360/output') },
    'log as somebody else': { action: 'logs:PutLogEvents', resource: stream('/aws/lambda/other') },
    'deliver logs': { action: 'logs:CreateLogDelivery', resource: '*' },
    'delete logs': {
      action: 'logs:DeleteLogGroup',
      resource: other('logs', 'log-group:/aws/lambda/telco-customer360-ingestion:*'),
    },
    trace: { action: 'xray:PutTraceSegments', resource: '*' },
    measure: {
      action: 'cloudwatch:PutMetricData',
      resource: '*',
      context: { 'cloudwatch:namespace': 'TelcoCustomer360' },
    },
    'measure as AWS': {
      action: 'cloudwatch:PutMetricData',
      resource: '*',
      context: { 'cloudwatch:namespace': 'AWS/S3' },
    },
    'invoke the function': { action: 'lambda:InvokeFunction', resource: arn('Ingestion') },
    'change the function': { action: 'lambda:UpdateFunctionCode', resource: arn('Ingestion') },
    'pass a role on': { action: 'iam:PassRole', resource: `arn:aws:iam::${ACCOUNT}:role/telco-customer360-glue` },
    'become the glue role': {
      action: 'sts:AssumeRole',
      resource: `arn:aws:iam::${ACCOUNT}:role/telco-customer360-glue`,
    },
    'write policies': { action: 'iam:PutRolePolicy', resource: `arn:aws:iam::${ACCOUNT}:role/telco-customer360-glue` },
  }
}

/** What each role must be able to do. It must not be able to do any other of the calls above. */
export const MAY: Readonly<Record<string, readonly Title[]>> = {
  'telco-customer360-ingestion': [
    'read raw/',
    'read a version of raw/',
    'delete from raw/',
    'delete a version from raw/',
    'list raw/',
    'read archive/',
    'write archive/',
    'begin an upload to archive/',
    'abort an upload to archive/',
    'list archive/',
    'read rejected/',
    'write rejected/',
    'write over rejected/',
    'begin an upload to rejected/',
    'abort an upload to rejected/',
    'list rejected/',
    'read ledger/',
    'write ledger/',
    'begin an upload to ledger/',
    'list ledger/',
    'write arrivals/',
    'write over arrivals/',
    'begin an upload to arrivals/',
    'learn that an object is missing',
    'encrypt for S3',
    'decrypt for S3',
    'encrypt for SNS',
    'decrypt for SNS',
    'take messages',
    'finish messages',
    'announce',
    'log as the function',
    'trace',
  ],
  'telco-customer360-glue': [
    'delete from arrivals/',
    'list arrivals/',
    'read archive/',
    'list archive/',
    'look for an object named clean',
    'read clean/',
    'write clean/',
    'write over clean/',
    'begin an upload to clean/',
    'abort an upload to clean/',
    'delete from clean/',
    'list clean/',
    'look for an object named staging',
    'read staging/',
    'write staging/',
    'write over staging/',
    'begin an upload to staging/',
    'abort an upload to staging/',
    'delete from staging/',
    'list staging/',
    'learn that an object is missing',
    'encrypt for S3',
    'decrypt for S3',
    'read the code of jobs',
    'log as a job',
    'measure',
  ],
  'telco-customer360-orchestration': [
    'start the clean job',
    'watch the clean job',
    'find runs of the clean job',
    'stop the clean job',
    'start the stage job',
    'watch the stage job',
    'find runs of the stage job',
    'stop the stage job',
    'start a run',
    'announce',
    'encrypt for SNS',
    'decrypt for SNS',
    'deliver logs',
    'trace',
  ],
  'telco-customer360-snowflake-reader': [
    'read staging/',
    'read a version of staging/',
    'list staging/',
    'locate the bucket',
    'decrypt for S3',
  ],
  'telco-customer360-scheduler': ['start a run'],
}
