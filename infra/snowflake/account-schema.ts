import * as v from 'valibot'
import { DATASETS } from '../../ingestion-lambda/contract.ts'

/** What a stage is called. */
export const STAGES = ['dev', 'prod'] as const
export type Stage = (typeof STAGES)[number]

/** What a role may do in a schema; each includes those before it. */
export const LEVELS = ['read', 'write', 'build'] as const
export type Level = (typeof LEVELS)[number]

const NAME = '[A-Z_][A-Z0-9_]{0,100}'
const name = v.pipe(v.string(), v.regex(new RegExp(`^${NAME}$`), 'must be a name in upper case: A-Z, 0-9 and _'))
/** SCHEMA.NAME, in this file's database. */
const qualified = v.pipe(
  v.string(),
  v.regex(new RegExp(String.raw`^${NAME}\.${NAME}$`), 'must be SCHEMA.NAME in upper case'),
)
const comment = v.pipe(v.string(), v.regex(/^[^\r\n]{1,200}$/, 'must be one line of text'))
const atLeast = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least))
const named = v.strictObject({ name, comment })

const KINDS = ['TABLE', 'VIEW', 'FILE FORMAT', 'PROCEDURE', 'TASK'] as const
const SIZES = ['XSMALL', 'SMALL', 'MEDIUM', 'LARGE', 'XLARGE'] as const
/** The types of contracts without their precision: a policy fits every precision of its type. */
const TYPES = ['VARCHAR', 'NUMBER', 'DATE', 'TIMESTAMP_NTZ', 'BOOLEAN', 'VARIANT'] as const

const schema = v.strictObject({ name, comment, builds: v.array(v.picklist(KINDS)) })
const functionalRole = v.strictObject({
  name,
  comment,
  access: v.record(name, v.picklist(LEVELS)),
  /** Special roles that it is granted. */
  holds: v.array(v.picklist(['tasks', 'personal_data', 'published'])),
  warehouses: v.array(name),
})

const octet = String.raw`(25[0-5]|2[0-4]\d|1?\d?\d)`
const address = v.pipe(
  v.string(),
  // A prefix below 8 would be a part of the whole internet.
  v.regex(
    new RegExp(String.raw`^${octet}(\.${octet}){3}/([89]|[12]\d|3[0-2])$`),
    'must be addresses such as 203.0.113.0/24, of at least 8 fixed bits',
  ),
)
// How every RSA public key of 2048 bits and more begins (SubjectPublicKeyInfo): no private key does.
const PUBLIC_KEY = /^MII[BC][A-Za-z0-9+/]jANBgkqhkiG9w0BAQEFAAOC[A-Za-z0-9+/]{300,}={0,2}$/
const publicKey = v.nullable(
  v.pipe(v.string(), v.regex(PUBLIC_KEY, 'must be the text of an RSA public key in one line')),
)

const roleArn = v.pipe(
  v.string(),
  v.regex(/^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'must be the ARN of an IAM role'),
)
// A FIFO topic takes no messages from Snowflake.
const topicArn = v.pipe(
  v.string(),
  v.regex(/^arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'must be the ARN of a standard SNS topic'),
)

const stage = v.strictObject({
  bucket: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')),
  reader_role_arn: roleArn,
  /** The topic that is told of failed tasks, and the role that may publish to it. */
  alerts: v.strictObject({ topic_arn: topicArn, role_arn: roleArn }),
  /** How long Time Travel keeps what was changed, in days. */
  retention_days: v.pipe(atLeast(0), v.maxValue(90)),
  monitor: v.strictObject({
    /** A month. */
    credits: atLeast(1),
    triggers: v.pipe(
      v.array(
        v.strictObject({
          percent: atLeast(1),
          action: v.picklist(['NOTIFY', 'SUSPEND', 'SUSPEND_IMMEDIATE']),
        }),
      ),
      v.check(
        triggers => ['NOTIFY', 'SUSPEND'].every(action => triggers.some(trigger => trigger.action === action)),
        'must have a NOTIFY and a SUSPEND',
      ),
    ),
  }),
  warehouses: v.record(
    name,
    v.strictObject({
      size: v.picklist(SIZES),
      suspend_seconds: atLeast(30),
      /** After which a running statement is cancelled. */
      statement_seconds: atLeast(1),
      /** After which a waiting statement is cancelled. */
      queued_seconds: atLeast(1),
    }),
  ),
  service: v.strictObject({
    addresses: v.pipe(v.array(address), v.minLength(1, 'must have at least one address')),
    public_key: publicKey,
    public_key_2: publicKey,
  }),
})

/** account.yaml. Objects of the database are named SCHEMA.NAME. */
export const accountSchema = v.strictObject({
  database: named,
  schemas: v.array(schema),
  lake: v.strictObject({
    integration: name,
    stage: qualified,
    prefix: v.pipe(v.string(), v.regex(/^([A-Za-z0-9_-]+\/)+$/, 'must be a prefix of keys that ends in /')),
    parquet: qualified,
    manifest: qualified,
  }),
  alerts: v.strictObject({ integration: name, comment }),
  warehouses: v.array(named),
  monitor: name,
  roles: v.strictObject({
    prefix: name,
    owner: named,
    tasks: named,
    personal_data: named,
    published: named,
    functional: v.array(functionalRole),
  }),
  published: v.array(qualified),
  protection: v.strictObject({
    schema: name,
    tag: name,
    masks: v.array(
      v.strictObject({ type: v.picklist(TYPES), policy: name, shows: v.nullable(v.pipe(v.string(), v.maxLength(40))) }),
    ),
    columns: v.array(v.strictObject({ table: qualified, contract: v.picklist(DATASETS) })),
  }),
  service: v.strictObject({ user: name, comment, network_policy: name, role: name, warehouse: name }),
  stages: v.strictObject({ dev: stage, prod: stage }),
})

export type Account = v.InferOutput<typeof accountSchema>
export type StageSettings = v.InferOutput<typeof stage>
