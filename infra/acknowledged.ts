import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import type { Jobs } from './jobs.ts'
import type { Roles } from './roles.ts'
import { NAMES, type StageSettings } from './stages.ts'

const OBJECTS = 'Objects below a prefix come and go; none is known by name here'
const STREAMS = 'The service names the streams of its own log group'

const objects = (bucket: string, ...prefixes: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(prefixes.map(prefix => [`arn:<AWS::Partition>:s3:::${bucket}/${prefix}*`, OBJECTS]))
const streams = (...groups: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    groups.map(group => [
      `arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${group}:log-stream:*`,
      STREAMS,
    ]),
  )

/** Every resource with a wildcard that a role may use, and why it cannot be without. No action has a wildcard. */
export function wildcards({ bucket }: StageSettings): Readonly<Record<keyof Roles, Readonly<Record<string, string>>>> {
  return {
    ingestion: {
      ...objects(bucket, 'raw/', 'archive/', 'rejected/', 'ledger/', 'arrivals/'),
      ...streams(NAMES.logs.ingestion),
      '*': 'X-Ray knows no resources',
    },
    glue: {
      ...objects(bucket, 'arrivals/', 'archive/', 'clean/', 'staging/'),
      ...objects('<CodeBucket>/<CodeVersion>', 'glue/'),
      ...streams(`${NAMES.logs.jobs}/error`, `${NAMES.logs.jobs}/output`),
      '*': 'Metrics know no resources; a condition names the two namespaces',
    },
    orchestration: { '*': 'X-Ray and the delivery of logs know no resources' },
    snowflake: objects(bucket, 'staging/'),
    scheduler: {},
  }
}

/** Findings of cdk-nag that are meant, each with its reason. Whatever is not listed fails the tests. */
export function acknowledge(settings: StageSettings, roles: Roles, jobs: Jobs, ingestion: IConstruct): void {
  const meant = (construct: IConstruct, id: string, reason: string): void => {
    Validations.of(construct).acknowledge({ id, reason })
  }
  const allowed = wildcards(settings)
  for (const [name, role] of Object.entries(roles) as [keyof Roles, IConstruct][])
    for (const [resource, reason] of Object.entries(allowed[name]))
      meant(role, `AwsSolutions-IAM5[Resource::${resource}]`, reason)
  meant(ingestion, 'AwsSolutions-L1', 'Node 22 has long-term support, and its successor has not been tried here')
  for (const job of Object.values(jobs) as IConstruct[]) {
    meant(job, 'AwsSolutions-GL1', 'Logs hold names, hashes and counts, and are encrypted by CloudWatch itself')
    meant(job, 'AwsSolutions-GL3', 'Bookmarks are off')
  }
}
