import { Aws, CfnDeletionPolicy } from 'aws-cdk-lib'
import { CfnAlias, CfnKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { ACCOUNT_ROOT, roleArn } from './arns.ts'
import { policy, type Statement } from './policy.ts'
import { NAMES, type StageSettings } from './stages.ts'

export interface Keys {
  readonly lake: CfnKey
  readonly alerts: CfnKey
}

// In a key's policy the resource `*` means this key. Whoever administers the account may manage the key and not use it: reading
// the lake takes one of the roles below. Actions are spelt out, since `kms:*` would include Decrypt.
const administration: Statement = {
  Sid: 'Administration',
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT_ROOT },
  Action: [
    'kms:DescribeKey',
    'kms:GetKeyPolicy',
    'kms:PutKeyPolicy',
    'kms:GetKeyRotationStatus',
    'kms:EnableKeyRotation',
    'kms:DisableKeyRotation',
    'kms:ListKeyPolicies',
    'kms:ListResourceTags',
    'kms:TagResource',
    'kms:UntagResource',
    'kms:CreateAlias',
    'kms:UpdateAlias',
    'kms:DeleteAlias',
    'kms:UpdateKeyDescription',
    'kms:EnableKey',
    'kms:DisableKey',
    'kms:ScheduleKeyDeletion',
    'kms:CancelKeyDeletion',
  ],
  Resource: '*',
}

// The roles are named in a condition and not as principals: a key whose policy names a role that does not exist yet cannot be
// made, and the roles name the key.
const use = (Sid: string, roles: readonly string[], actions: readonly string[], service: string): Statement => ({
  Sid,
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT_ROOT },
  Action: actions,
  Resource: '*',
  Condition: {
    ArnEquals: { 'aws:PrincipalArn': roles },
    StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` },
  },
})

/** The lake's key, used through S3 alone, and the key of alerts, since who announces a failure need not read the lake. */
export function keys(scope: Construct, settings: StageSettings): Keys {
  const lake = key(scope, 'LakeKey', `${NAMES.project}-lake`, 'What lies in the lake', [
    // Who writes also decrypts: S3 reads the parts of an upload to put them together.
    use(
      'Write',
      [roleArn('ingestion'), roleArn('glue'), ...settings.sources],
      ['kms:Decrypt', 'kms:GenerateDataKey'],
      's3',
    ),
    use('Read', [roleArn('snowflake'), ...settings.readers], ['kms:Decrypt'], 's3'),
  ])
  const alerts = key(scope, 'AlertsKey', `${NAMES.project}-alerts`, 'Alerts on their way to people', [
    use('Announce', [roleArn('ingestion'), roleArn('orchestration')], ['kms:Decrypt', 'kms:GenerateDataKey'], 'sns'),
    {
      Sid: 'AnnounceAlarms',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    },
  ])
  return { lake, alerts }
}

function key(scope: Construct, id: string, alias: string, description: string, uses: readonly Statement[]): CfnKey {
  const made = new CfnKey(scope, id, {
    description,
    enableKeyRotation: true,
    pendingWindowInDays: 30,
    keyPolicy: policy(administration, ...uses),
  })
  // Without its key a bucket that was kept would be unreadable for ever.
  made.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN
  made.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
  new CfnAlias(scope, `${id}Alias`, { aliasName: `alias/${alias}`, targetKeyId: made.ref })
  return made
}
