import { Aws, Stack } from 'aws-cdk-lib'
import { type CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { Watched } from './alarms.ts'
import { NAMES } from './stages.ts'

/** What may become of a file, as its metrics are called. */
const OUTCOMES = ['accepted', 'duplicate', 'rejected', 'vanished']

type Series = readonly (string | Readonly<Record<string, string>>)[]

/** One page: which alarm rings, then files, rows and runs. */
export function dashboard(scope: Construct, alarms: readonly CfnAlarm[], watched: Watched): void {
  const graph = (x: number, y: number, title: string, metrics: readonly Series[], stat = 'Sum') => ({
    type: 'metric',
    x,
    y,
    width: 12,
    height: 6,
    properties: { title, metrics, stat, period: 3600, view: 'timeSeries', region: Aws.REGION },
  })
  const own = (name: string): Series => [NAMES.metrics, name]
  const files = (outcome: string): Series => [NAMES.metrics, outcome, 'service', 'ingestion']
  const run = (name: string): Series => ['AWS/States', name, 'StateMachineArn', watched.stateMachineArn]
  const job = (name: string): Series => [
    'Glue',
    'glue.driver.aggregate.elapsedTime',
    'JobName',
    name,
    'JobRunId',
    'ALL',
    'Type',
    'count',
  ]
  const widgets = [
    {
      type: 'alarm',
      x: 0,
      y: 0,
      width: 24,
      height: 3,
      properties: { title: 'Alarms', alarms: alarms.map(alarm => alarm.attrArn) },
    },
    graph(0, 3, 'Files', OUTCOMES.map(files)),
    graph(12, 3, 'Rows', [own('RowsReceived'), own('RowsBad')]),
    graph(0, 9, 'Runs', [run('ExecutionsSucceeded'), run('ExecutionsFailed'), run('ExecutionsAborted')]),
    graph(
      12,
      9,
      'Milliseconds of a run and its jobs',
      [run('ExecutionTime'), job(NAMES.cleanJob), job(NAMES.stageJob)],
      'Maximum',
    ),
    graph(
      0,
      15,
      'Waiting',
      [
        ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', `${NAMES.project}-arrivals`],
        ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', watched.deadLetters],
      ],
      'Maximum',
    ),
    graph(12, 15, 'Ingestion', [
      ['AWS/Lambda', 'Errors', 'FunctionName', NAMES.function],
      ['AWS/Lambda', 'Throttles', 'FunctionName', NAMES.function],
    ]),
  ]
  new CfnDashboard(scope, 'Dashboard', {
    dashboardName: NAMES.project,
    dashboardBody: Stack.of(scope).toJsonString({ widgets }),
  })
}
