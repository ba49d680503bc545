import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/stages.ts'
import { DATASETS } from '../../ingestion-lambda/contract.ts'
import { loadContracts } from '../../pipeline/contracts.ts'
import { root } from '../helpers/sources.ts'
import { ofType, propertiesOf, stages, templates } from './templates.ts'

const made = templates()
const guide = readFileSync(join(root, 'docs', 'guides', 'aws.md'), 'utf8')
/** Headings as links name them. */
const headings = [...guide.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-'),
)
// What CloudFormation cannot tag, or what costs nothing of its own.
const UNTAGGED =
  /Policy$|^AWS::KMS::Alias|^AWS::Scheduler::Schedule$|^AWS::Glue::(Table|Database)|Subscription|Dashboard/

describe.each(stages)('the stack of %s', stage => {
  const template = Template.fromJSON(made[stage] as unknown as Record<string, unknown>)
  const settings = STAGES[stage]

  it('is the one of the snapshot', () => {
    expect(made[stage]).toMatchSnapshot()
  })

  it('judges files in a small function of its own, at most so many at once, and fails them one by one', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs22.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      ReservedConcurrentExecutions: settings.ingestionConcurrency,
      Role: { 'Fn::GetAtt': ['RoleIngestion', 'Arn'] },
      Code: { S3Bucket: { Ref: 'CodeBucket' }, S3Key: Match.anyValue() },
      Handler: 'handler.handler',
      Environment: { Variables: { BUCKET: settings.bucket, TOPIC_ARN: { Ref: 'Alerts' } } },
    })
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': ['Arrivals', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
  })

  it('gives up a message after five attempts, and hides it for as long as an attempt may take', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }, maxReceiveCount: 5 },
    })
    const [handler] = Object.values(template.findResources('AWS::Lambda::Function'))
    const timeout = Number(handler?.Properties.Timeout)
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 6 * timeout })
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true })
  })

  it('runs two jobs of Glue 5.1 that grow as they need, remember nothing, and leave retries to the state machine', () => {
    expect(ofType(made[stage], 'AWS::Glue::Job').map(([, job]) => job.Properties.Name)).toEqual([
      'telco-clean',
      'telco-stage',
    ])
    template.allResourcesProperties('AWS::Glue::Job', {
      GlueVersion: '5.1',
      WorkerType: 'G.1X',
      NumberOfWorkers: settings.maxWorkers,
      Timeout: settings.jobMinutes,
      MaxRetries: 0,
      ExecutionProperty: { MaxConcurrentRuns: 1 },
      DefaultArguments: Match.objectLike({
        '--enable-auto-scaling': 'true',
        '--job-bookmark-option': 'job-bookmark-disable',
        '--lake': `s3://${settings.bucket}`,
      }),
    })
  })

  it('starts a day by the clock alone, with a role of its own', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: settings.schedule,
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: Match.objectLike({
        Arn: { Ref: 'Run' },
        RoleArn: { 'Fn::GetAtt': ['RoleScheduler', 'Arn'] },
      }),
    })
    // Nothing else starts it: what arrives is announced in the queue.
    template.resourceCountIs('AWS::Events::Rule', 0)
    template.resourceCountIs('AWS::Scheduler::Schedule', 1)
  })

  it('shows clean and staging to Athena, by days that nobody has to add', () => {
    const names = ofType(made[stage], 'AWS::Glue::Table').map(
      ([, table]) => (table.Properties.TableInput as { Name: string }).Name,
    )
    expect(names.sort()).toEqual(
      DATASETS.flatMap(dataset => [`clean_${dataset}`, `clean_bad_${dataset}`, `staging_${dataset}`]).sort(),
    )
    template.hasResourceProperties('AWS::Glue::Table', {
      TableInput: Match.objectLike({
        Name: 'staging_customers',
        PartitionKeys: [Match.objectLike({ Name: 'd', Type: 'date' })],
        Parameters: Match.objectLike({
          'projection.enabled': 'true',
          'projection.d.type': 'date',
          'storage.location.template': `s3://${settings.bucket}/staging/customers/d=\${d}/`,
        }),
      }),
    })
  })

  it('has a table column for each column of a contract', () => {
    for (const contract of Object.values(loadContracts(root)))
      for (const area of ['clean', 'staging']) {
        const id = `Table${`${area}_${contract.dataset}`.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}`
        const { StorageDescriptor } = propertiesOf(made[stage], id).TableInput as {
          StorageDescriptor: { Columns: { Name: string }[] }
        }
        const columns = StorageDescriptor.Columns.map(column => column.Name)
        expect(columns).toEqual(expect.arrayContaining(contract.columns.map(column => column.name)))
        expect(new Set(columns).size).toBe(columns.length)
      }
  })

  it('has an alarm for what people must hear of, each with a chapter of the guide', () => {
    const alarms = ofType(made[stage], 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm.Properties)
    const names = ['dead-letters', 'rejected-files', 'no-file', 'run-failed', 'no-run', 'slow-run', 'bad-rows']
    expect(alarms.map(alarm => alarm.AlarmName)).toEqual(names.map(name => `telco-customer360-${name}`))
    for (const alarm of alarms) {
      expect(alarm.AlarmActions).toEqual([{ Ref: 'Alerts' }])
      const [, link = ''] = /docs\/guides\/aws\.md#(\S+)$/.exec(String(alarm.AlarmDescription)) ?? []
      expect(headings, String(alarm.AlarmName)).toContain(link)
    }
    // No file at all is silence, and silence rings.
    expect(alarms[2]).toMatchObject({
      TreatMissingData: 'breaching',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    })
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1)
  })

  it('forgets logs, and tags everything that costs', () => {
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: settings.retention.logDays })
    const untagged = Object.entries(made[stage].Resources)
      .filter(([, { Type }]) => !UNTAGGED.test(Type))
      .filter(([, { Properties }]) => !/cost-centre/.test(JSON.stringify(Properties.Tags ?? {})))
    expect(untagged.map(([id, { Type }]) => `${id} ${Type}`)).toEqual([])
  })

  it('needs nothing of the machine that synthesised it', () => {
    const text = JSON.stringify(made[stage])
    expect(text).not.toContain(root)
    expect(text).not.toMatch(/cdk-hnb659fds|\/tmp\//)
  })
})
