import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { NAMES, type StageSettings } from './stages.ts'

/** What alarms measure, besides metrics of our own. */
export interface Watched {
  readonly deadLetters: string
  readonly stateMachineArn: string
}

interface Metric {
  readonly namespace: string
  readonly name: string
  readonly dimensions?: Readonly<Record<string, string>>
}

interface Alarm {
  readonly name: string
  /** The heading of docs/guides/aws.md that says what to do. */
  readonly runbook: string
  readonly says: string
  /** One metric, or several under the names that `expression` uses. */
  readonly metrics: Readonly<Record<string, Metric>>
  readonly expression?: string
  readonly statistic: 'Sum' | 'Maximum'
  readonly periodSeconds: number
  readonly periods?: number
  readonly threshold: number
  readonly comparison: 'GreaterThanOrEqualToThreshold' | 'GreaterThanThreshold' | 'LessThanThreshold'
  readonly missing: 'breaching' | 'notBreaching'
}

const HOUR = 3600
/** What the jobs count. */
const own = (name: string): Metric => ({ namespace: NAMES.metrics, name })
/** What the function counts: files by outcome. */
const files = (outcome: string): Metric => ({ ...own(outcome), dimensions: { service: 'ingestion' } })

/** All alarms as data; the dashboard shows them in this order. */
export function alarmTable(settings: StageSettings, watched: Watched): readonly Alarm[] {
  const run = (name: string): Metric => ({
    namespace: 'AWS/States',
    name,
    dimensions: { StateMachineArn: watched.stateMachineArn },
  })
  const atLeastOne = {
    statistic: 'Sum',
    periodSeconds: 300,
    threshold: 1,
    comparison: 'GreaterThanOrEqualToThreshold',
    missing: 'notBreaching',
  } as const
  return [
    {
      ...atLeastOne,
      name: 'dead-letters',
      runbook: 'dead-letters',
      says: 'a file could not be ingested in five attempts; it is still in raw/',
      metrics: {
        m: {
          namespace: 'AWS/SQS',
          name: 'ApproximateNumberOfMessagesVisible',
          dimensions: { QueueName: watched.deadLetters },
        },
      },
      statistic: 'Maximum',
    },
    {
      ...atLeastOne,
      name: 'rejected-files',
      runbook: 'a-file-was-rejected',
      says: 'a file was rejected; its reason lies beside it',
      metrics: { m: files('rejected') },
    },
    {
      // The hours roll: the last file came longer ago than a day and what its source may be late.
      name: 'no-file',
      runbook: 'no-file-came',
      says: `no file was accepted for ${settings.silentHours} hours`,
      metrics: { m: files('accepted') },
      statistic: 'Sum',
      periodSeconds: HOUR,
      periods: settings.silentHours,
      threshold: 1,
      comparison: 'LessThanThreshold',
      missing: 'breaching',
    },
    {
      // The run announces its failure itself, with the cause. This one also rings where it could not speak.
      ...atLeastOne,
      name: 'run-failed',
      runbook: 'a-run-failed',
      says: 'a run failed, was aborted or timed out',
      metrics: { f: run('ExecutionsFailed'), a: run('ExecutionsAborted'), t: run('ExecutionsTimedOut') },
      expression: 'FILL(f, 0) + FILL(a, 0) + FILL(t, 0)',
    },
    {
      ...atLeastOne,
      name: 'no-run',
      runbook: 'no-run-started',
      says: 'the schedule gave up starting a run',
      metrics: {
        m: {
          namespace: 'AWS/Scheduler',
          name: 'InvocationDroppedCount',
          dimensions: { ScheduleGroup: NAMES.scheduleGroup },
        },
      },
    },
    {
      name: 'slow-run',
      runbook: 'a-run-is-slow',
      says: `a run took more than ${settings.slowRunMinutes} minutes`,
      metrics: { m: run('ExecutionTime') },
      statistic: 'Maximum',
      periodSeconds: HOUR,
      // ExecutionTime is in milliseconds.
      threshold: settings.slowRunMinutes * 60_000,
      comparison: 'GreaterThanThreshold',
      missing: 'notBreaching',
    },
    {
      name: 'bad-rows',
      runbook: 'many-bad-rows',
      says: `more than ${settings.badRowPercent} % of an hour's rows were bad`,
      metrics: { b: own('RowsBad'), r: own('RowsReceived') },
      expression: 'IF(r > 0, 100 * b / r, 0)',
      statistic: 'Sum',
      periodSeconds: HOUR,
      threshold: settings.badRowPercent,
      comparison: 'GreaterThanThreshold',
      missing: 'notBreaching',
    },
  ]
}

/** Makes the alarms of the table. */
export function alarms(scope: Construct, table: readonly Alarm[], topicArn: string): readonly CfnAlarm[] {
  return table.map(
    alarm =>
      new CfnAlarm(scope, `Alarm-${alarm.name}`, {
        alarmName: `${NAMES.project}-${alarm.name}`,
        alarmDescription: `${alarm.says}. What to do: docs/guides/aws.md#${alarm.runbook}`,
        alarmActions: [topicArn],
        okActions: [topicArn],
        comparisonOperator: alarm.comparison,
        threshold: alarm.threshold,
        evaluationPeriods: alarm.periods ?? 1,
        treatMissingData: alarm.missing,
        ...measured(alarm),
      }),
  )
}

function measured(alarm: Alarm): Partial<ConstructorParameters<typeof CfnAlarm>[2]> {
  const dimensions = (metric: Metric) =>
    Object.entries(metric.dimensions ?? {}).map(([name, value]) => ({ name, value }))
  const [first] = Object.values(alarm.metrics)
  if (alarm.expression === undefined && first !== undefined)
    return {
      namespace: first.namespace,
      metricName: first.name,
      dimensions: dimensions(first),
      statistic: alarm.statistic,
      period: alarm.periodSeconds,
    }
  return {
    metrics: [
      ...Object.entries(alarm.metrics).map(([id, metric]) => ({
        id,
        returnData: false,
        metricStat: {
          metric: { namespace: metric.namespace, metricName: metric.name, dimensions: dimensions(metric) },
          stat: alarm.statistic,
          period: alarm.periodSeconds,
        },
      })),
      { id: 'result', label: alarm.says, expression: alarm.expression, returnData: true },
    ],
  }
}
