import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { CfnTopic } from 'aws-cdk-lib/aws-sns'
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import type { Jobs } from './jobs.ts'
import type { Roles } from './roles.ts'
import { NAMES, type StageSettings } from './stages.ts'
import definition from './state-machine.asl.json' with { type: 'json' }

/** The run of a day, and what starts it. */
export function orchestration(
  scope: Construct,
  settings: StageSettings,
  { roles, jobs, topic }: { roles: Roles; jobs: Jobs; topic: CfnTopic },
): CfnStateMachine {
  const logs = new CfnLogGroup(scope, 'RunLogs', {
    logGroupName: NAMES.logs.run,
    retentionInDays: settings.retention.logDays,
  })
  const machine = new CfnStateMachine(scope, 'Run', {
    stateMachineName: NAMES.stateMachine,
    // Standard: an execution's name is taken for ninety days, which is what makes a second start of a day harmless.
    stateMachineType: 'STANDARD',
    roleArn: roles.orchestration.attrArn,
    definitionString: JSON.stringify(definition),
    definitionSubstitutions: { CleanJob: jobs.clean.ref, StageJob: jobs.stage.ref, AlertTopic: topic.ref },
    // Inputs and outputs are dates, names and counts.
    loggingConfiguration: {
      level: 'ALL',
      includeExecutionData: true,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logs.attrArn } }],
    },
    tracingConfiguration: { enabled: true },
  })
  const group = new CfnScheduleGroup(scope, 'Schedules', { name: NAMES.scheduleGroup })
  new CfnSchedule(scope, 'Daily', {
    name: `${NAMES.project}-daily`,
    groupName: group.ref,
    description:
      'Starts the run of a day at its time, whatever has arrived by then; a later file is taken by the next run',
    scheduleExpression: settings.schedule,
    scheduleExpressionTimezone: 'UTC',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: machine.ref,
      roleArn: roles.scheduler.attrArn,
      // The attempt is always the first: the schedule's own count of deliveries would name a second run where only the
      // answer to the first was lost. People who run a day again count on.
      input: JSON.stringify({ scheduled: '<aws.scheduler.scheduled-time>', attempt: '1' }),
      retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 3600 },
    },
  })
  return machine
}
