/** What differs between the stages. Each is an AWS account of its own, as it is a Snowflake account of its own. */
export interface StageSettings {
  readonly stage: 'dev' | 'prod'
  /** Names of buckets are taken worldwide, so each stage has its own; all other names are the same in each account. */
  readonly bucket: string
  readonly logBucket: string
  /** When the day's run starts, in UTC, whatever has arrived by then. */
  readonly schedule: string
  /** Workers of type G.1X at most; autoscaling takes fewer where fewer do. */
  readonly maxWorkers: number
  /** How many files are judged at once. */
  readonly ingestionConcurrency: number
  /** Minutes after which Glue stops a job, later than the state machine does: what Glue stops is an error like others, and tried again. */
  readonly jobMinutes: number
  /** Minutes of a whole run that are worth an alarm. */
  readonly slowRunMinutes: number
  /** Hours without any accepted file that are worth an alarm: a day and what a source may be late. */
  readonly silentHours: number
  /** Percent of a day's rows. */
  readonly badRowPercent: number
  readonly retention: {
    readonly logDays: number
    readonly accessLogDays: number
    /** What nobody could ingest; alarms have rung long before. */
    readonly rawDays: number
    readonly rejectedDays: number
    /** Of files in clean/ and staging/. They can be made again from the archive. */
    readonly derivedDays: number
    /** Of object versions that were deleted or replaced. Short enough to erase a person within a month. */
    readonly noncurrentDays: number
  }
  /** ARNs of roles that deliver: they may write with the lake's key, which the upload of a large file takes, and read nothing. */
  readonly sources: readonly string[]
  /** ARNs of roles of people who may read clean/ and staging/, with Athena for example. */
  readonly readers: readonly string[]
}

const common = {
  schedule: 'cron(0 6 * * ? *)',
  jobMinutes: 130,
  slowRunMinutes: 150,
  silentHours: 26,
  badRowPercent: 5,
  sources: [],
  readers: [],
} as const

export const STAGES: Readonly<Record<StageSettings['stage'], StageSettings>> = {
  dev: {
    ...common,
    stage: 'dev',
    bucket: 'telco-customer360-pipeline-dev',
    logBucket: 'telco-customer360-pipeline-dev-logs',
    maxWorkers: 3,
    ingestionConcurrency: 2,
    retention: {
      logDays: 14,
      accessLogDays: 30,
      rawDays: 30,
      rejectedDays: 30,
      derivedDays: 60,
      noncurrentDays: 7,
    },
  },
  prod: {
    ...common,
    stage: 'prod',
    bucket: 'telco-customer360-pipeline',
    logBucket: 'telco-customer360-pipeline-logs',
    maxWorkers: 10,
    ingestionConcurrency: 10,
    retention: {
      logDays: 90,
      accessLogDays: 365,
      rawDays: 90,
      rejectedDays: 180,
      derivedDays: 400,
      noncurrentDays: 14,
    },
  },
}

/** Names that are the same in every stage; what refers to a resource before it exists does so by name. */
export const NAMES = {
  project: 'telco-customer360',
  function: 'telco-customer360-ingestion',
  cleanJob: 'telco-clean',
  stageJob: 'telco-stage',
  stateMachine: 'telco-customer360',
  scheduleGroup: 'telco-customer360',
  database: 'telco_customer360',
  metrics: 'TelcoCustomer360',
  logs: {
    ingestion: '/aws/lambda/telco-customer360-ingestion',
    // Step Functions and Glue want these prefixes; Glue writes to `error` and `output` below its own.
    run: '/aws/vendedlogs/states/telco-customer360',
    jobs: '/aws-glue/telco-customer360',
  },
  roles: {
    ingestion: 'telco-customer360-ingestion',
    glue: 'telco-customer360-glue',
    orchestration: 'telco-customer360-orchestration',
    // infra/snowflake/account.yaml names it.
    snowflake: 'telco-customer360-snowflake-reader',
    scheduler: 'telco-customer360-scheduler',
  },
} as const
