import { Aws, CfnCondition, type CfnParameter, Fn } from 'aws-cdk-lib'
import type { CfnKey } from 'aws-cdk-lib/aws-kms'
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { ACCOUNT_ROOT } from './arns.ts'
import { policy, tlsOnly } from './policy.ts'
import { NAMES } from './stages.ts'

/** Where alerts go, and the first who hears of them, where an address is given. */
export function alerts(scope: Construct, key: CfnKey, email: CfnParameter): CfnTopic {
  const topic = new CfnTopic(scope, 'Alerts', {
    topicName: `${NAMES.project}-alerts`,
    displayName: 'Telco Customer 360',
    kmsMasterKeyId: key.attrArn,
  })
  new CfnTopicPolicy(scope, 'AlertsPolicy', {
    topics: [topic.ref],
    policyDocument: policy(
      tlsOnly('sns:Publish', [topic.ref]),
      {
        Sid: 'AlarmsOfThisAccount',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topic.ref,
        Condition: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      },
      // What SNS would write itself where a topic has no policy, less the right to change it.
      {
        Sid: 'ThisAccountSubscribes',
        Effect: 'Allow',
        Principal: { AWS: ACCOUNT_ROOT },
        Action: ['sns:Subscribe', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'],
        Resource: topic.ref,
      },
    ),
  })
  const isGiven = new CfnCondition(scope, 'AlertEmailIsGiven', {
    expression: Fn.conditionNot(Fn.conditionEquals(email.valueAsString, '')),
  })
  const subscription = new CfnSubscription(scope, 'AlertsByEmail', {
    topicArn: topic.ref,
    protocol: 'email',
    endpoint: email.valueAsString,
  })
  subscription.cfnOptions.condition = isGiven
  return topic
}
