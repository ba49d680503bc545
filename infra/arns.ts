import { Aws } from 'aws-cdk-lib'
import { NAMES } from './stages.ts'

const arn = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`

/**
 * ARNs by name instead of by reference: a role names what it may use and what uses the role names it, which CloudFormation
 * would refuse as a circle of references.
 */
export const ARNS = {
  function: arn('lambda', `function:${NAMES.function}`),
  cleanJob: arn('glue', `job/${NAMES.cleanJob}`),
  stageJob: arn('glue', `job/${NAMES.stageJob}`),
  stateMachine: arn('states', `stateMachine:${NAMES.stateMachine}`),
  scheduleGroup: arn('scheduler', `schedule-group/${NAMES.scheduleGroup}`),
  /** Streams of a log group. */
  logStreams: (group: string): string => arn('logs', `log-group:${group}:log-stream:*`),
} as const

export const ACCOUNT_ROOT = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`

export const roleArn = (role: keyof typeof NAMES.roles): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${NAMES.roles[role]}`

export const bucketArn = (bucket: string, keys?: string): string =>
  `arn:${Aws.PARTITION}:s3:::${bucket}${keys === undefined ? '' : `/${keys}`}`
