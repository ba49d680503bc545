import { App, BootstraplessSynthesizer, CfnCondition, CfnOutput, CfnParameter, Fn, Stack, Tags } from 'aws-cdk-lib'
import type { Contracts } from '../ingestion-lambda/contract.ts'
import { acknowledge } from './acknowledged.ts'
import { alarms, alarmTable, type Watched } from './alarms.ts'
import { alerts } from './alerts.ts'
import { catalog } from './catalog.ts'
import { dashboard } from './dashboard.ts'
import { ingestion, queues } from './ingestion.ts'
import { jobs } from './jobs.ts'
import { keys } from './keys.ts'
import { lake } from './lake.ts'
import { orchestration } from './orchestration.ts'
import { roles } from './roles.ts'
import { NAMES, STAGES, type StageSettings } from './stages.ts'

/**
 * Every stage's stack, synthesised without an account and without network.
 *
 * @param outdir where `*.template.json` are written
 */
export function customer360(
  outdir: string,
  contracts: Contracts,
  stages: readonly StageSettings[] = Object.values(STAGES),
): App {
  const app = new App({
    outdir,
    analyticsReporting: false,
    treeMetadata: false,
    stackTraces: false,
    // The CDK's own rules about templates: a finding is an error and not a warning.
    context: { '@aws-cdk/core:validateAgainstDefaultRules': true },
  })
  for (const settings of stages) stack(app, settings, contracts)
  return app
}

/**
 * A stage: one stack, which any client of CloudFormation deploys. Code is not an asset of the CDK but an object of a bucket
 * that parameters name: so the template is the same on every machine, whether or not the code is built there, and the account
 * needs no bootstrap stack with roles of its own.
 */
export function stack(app: App, settings: StageSettings, contracts: Contracts): Stack {
  const made = new Stack(app, `${NAMES.project}-${settings.stage}`, {
    description: `Telco Customer 360, ${settings.stage}: the lake and what fills it`,
    synthesizer: new BootstraplessSynthesizer(),
  })
  for (const [name, value] of Object.entries(costTags(settings))) Tags.of(made).add(name, value)
  const given = parameters(made)
  const codeBucket = given.codeBucket.valueAsString
  const codePrefix = given.codeVersion.valueAsString

  const { lake: lakeKey, alerts: alertsKey } = keys(made, settings)
  const topic = alerts(made, alertsKey, given.alertEmail)
  const { arrivals, arrivalsPolicy, deadLetters } = queues(made, settings)
  lake(made, settings, { key: lakeKey, queue: arrivals, queuePolicy: arrivalsPolicy })
  const all = roles(made, settings, {
    lakeKeyArn: lakeKey.attrArn,
    alertsKeyArn: alertsKey.attrArn,
    arrivalsArn: arrivals.attrArn,
    alertTopicArn: topic.ref,
    codeBucket,
    codePrefix,
    snowflake: snowflakeTrust(made, given),
  })
  const judge = ingestion(made, settings, {
    role: all.ingestion,
    queue: arrivals,
    topic,
    code: { s3Bucket: codeBucket, s3Key: `${codePrefix}/ingestion-lambda.zip` },
  })
  const both = jobs(made, settings, all.glue, `s3://${codeBucket}/${codePrefix}/glue`)
  acknowledge(settings, all, both, judge)
  catalog(made, settings, contracts)
  const machine = orchestration(made, settings, { roles: all, jobs: both, topic })

  const watched: Watched = {
    deadLetters: deadLetters.attrQueueName,
    stateMachineArn: machine.ref,
  }
  dashboard(made, alarms(made, alarmTable(settings, watched), topic.ref), watched)
  new CfnOutput(made, 'StateMachine', { value: machine.ref })
  new CfnOutput(made, 'DeadLetterQueue', { value: deadLetters.ref })
  return made
}

const costTags = ({ stage }: StageSettings): Readonly<Record<string, string>> => ({
  project: NAMES.project,
  stage,
  'cost-centre': 'customer-analytics',
  'data-class': 'personal',
})

type Parameters = ReturnType<typeof parameters>

function parameters(scope: Stack) {
  const text = (id: string, description: string, more: { default?: string; allowedPattern?: string } = {}) =>
    new CfnParameter(scope, id, { type: 'String', description, ...more })
  return {
    codeBucket: text('CodeBucket', 'The bucket with the code of the function and the jobs'),
    codeVersion: text('CodeVersion', 'The prefix of the code in it, one for each release', {
      allowedPattern: '[A-Za-z0-9._-]+',
    }),
    alertEmail: text('AlertEmail', 'Who hears of alerts; empty for nobody', { default: '' }),
    snowflakeUserArn: text('SnowflakeUserArn', 'STORAGE_AWS_IAM_USER_ARN of the integration; empty until it exists', {
      default: '',
      allowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:user/.+)?',
    }),
    snowflakeExternalId: text('SnowflakeExternalId', 'STORAGE_AWS_EXTERNAL_ID of the integration', { default: '' }),
  }
}

/** Until Snowflake has said who it is there is nobody to trust, and no role. */
function snowflakeTrust(scope: Stack, given: Parameters) {
  const [userArn, externalId] = [given.snowflakeUserArn.valueAsString, given.snowflakeExternalId.valueAsString]
  const isKnown = new CfnCondition(scope, 'SnowflakeIsKnown', {
    expression: Fn.conditionNot(Fn.conditionOr(Fn.conditionEquals(userArn, ''), Fn.conditionEquals(externalId, ''))),
  })
  return { userArn, externalId, isKnown }
}
