import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { wildcards } from '../../infra/acknowledged.ts'
import { readAccount } from '../../infra/snowflake/account.ts'
import { NAMES, STAGES } from '../../infra/stages.ts'
import { root } from '../helpers/sources.ts'
import { list, type PolicyDocument } from './iam/policy.ts'
import { ACCOUNT, REGION, resolve } from './iam/resolve.ts'
import { ofType, type Resource, type Stage, stages, templates } from './templates.ts'

const made = templates()
const rolesOf = (stage: Stage): readonly (readonly [string, Resource])[] => ofType(made[stage], 'AWS::IAM::Role')
const named = (stage: Stage, name: string): Resource => {
  const found = rolesOf(stage).find(([, role]) => role.Properties.RoleName === name)
  if (found === undefined) throw new Error(`no role ${name}`)
  return found[1]
}
const statements = (stage: Stage, name: string) =>
  (resolve(named(stage, name).Properties.Policies, made[stage]) as { PolicyDocument: PolicyDocument }[]).flatMap(
    each => each.PolicyDocument.Statement,
  )
const arn = (service: string, name: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`

/** Whom each role trusts: one principal, and on whose behalf it may act. */
const TRUST: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'telco-customer360-ingestion': ['lambda.amazonaws.com', [arn('lambda', 'function:telco-customer360-ingestion')]],
  'telco-customer360-glue': ['glue.amazonaws.com', [arn('glue', 'job/telco-clean'), arn('glue', 'job/telco-stage')]],
  'telco-customer360-orchestration': ['states.amazonaws.com', [arn('states', 'stateMachine:telco-customer360')]],
  'telco-customer360-scheduler': ['scheduler.amazonaws.com', [arn('scheduler', 'schedule-group/telco-customer360')]],
}

describe.each(stages)('the roles of %s', stage => {
  it('are those of the four principals and of the schedule, and no others', () => {
    expect(
      rolesOf(stage)
        .map(([, role]) => role.Properties.RoleName)
        .sort(),
    ).toEqual(Object.values(NAMES.roles).sort())
    const types = new Set(Object.values(made[stage].Resources).map(resource => resource.Type))
    const others = [...types].filter(type => /CustomResource|^Custom::|IAM::(?!Role$)|CDK::Metadata/.test(type))
    expect(others).toEqual([])
    // Permissions are where the role is, and no managed policy brings more.
    for (const [id, role] of rolesOf(stage)) expect(role.Properties, id).not.toHaveProperty('ManagedPolicyArns')
  })

  it.each(Object.entries(TRUST))(
    '%s is trusted to its service on behalf of its own resources',
    (name, [service, sources]) => {
      expect(resolve(named(stage, name).Properties.AssumeRolePolicyDocument, made[stage])).toEqual({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OnBehalfOfThisProject',
            Effect: 'Allow',
            Principal: { Service: service },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnEquals: { 'aws:SourceArn': sources } },
          },
        ],
      })
    },
  )

  it('the reader of Snowflake is trusted to one user with one external id, and is not made before both are known', () => {
    const role = named(stage, NAMES.roles.snowflake)
    expect(role.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: { Ref: 'SnowflakeUserArn' } },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': { Ref: 'SnowflakeExternalId' } } },
        },
      ],
    })
    expect(role.Condition).toBe('SnowflakeIsKnown')
    expect(made[stage].Parameters.SnowflakeUserArn?.Default).toBe('')
  })

  it('have no wildcard in an action, and no other in a resource than is listed with its reason', () => {
    const listed = wildcards(STAGES[stage])
    for (const [key, name] of Object.entries(NAMES.roles) as [keyof typeof listed, string][]) {
      const all = statements(stage, name)
      expect(
        all.flatMap(each => list(each.Action)).filter(action => /[*?]/.test(action)),
        name,
      ).toEqual([])
      const found = all.flatMap(each => list(each.Resource ?? '*')).filter(resource => /[*?]/.test(resource))
      const meant = Object.keys(listed[key]).map(resource =>
        resource
          .replace('<AWS::Partition>', 'aws')
          .replace('<AWS::Region>', REGION)
          .replace('<AWS::AccountId>', ACCOUNT)
          .replace('<CodeBucket>/<CodeVersion>', 'example-code/v1'),
      )
      expect(new Set(found), name).toEqual(new Set(meant))
      for (const reason of Object.values(listed[key])) expect(reason.length).toBeGreaterThan(15)
    }
  })

  it('take `*` for a resource only for actions that know none', () => {
    const free = Object.values(NAMES.roles).flatMap(name =>
      statements(stage, name)
        .filter(each => list(each.Resource ?? '*').includes('*'))
        .flatMap(each => list(each.Action)),
    )
    expect(
      free.filter(
        action => !/^(xray:|cloudwatch:PutMetricData$|logs:.*(Deliver|Polic|DescribeLogGroups))/.test(action),
      ),
    ).toEqual([])
  })

  it('the keys may be administered by the account, and used by roles alone', () => {
    for (const [id, key] of ofType(made[stage], 'AWS::KMS::Key')) {
      const policy = resolve(key.Properties.KeyPolicy, made[stage]) as PolicyDocument
      const open = policy.Statement.filter(each => each.Condition === undefined)
      expect(
        open.map(each => each.Sid),
        id,
      ).toEqual(['Administration'])
      const use = open.flatMap(each => list(each.Action)).filter(action => /crypt|DataKey|Grant|Sign|\*/.test(action))
      expect(use, id).toEqual([])
    }
  })
})

it('the reader of Snowflake has the name that the Snowflake account expects', () => {
  const file = 'infra/snowflake/account.yaml'
  const account = readAccount(readFileSync(join(root, file), 'utf8'), file)
  for (const stage of stages)
    expect(account.stages[stage].reader_role_arn.endsWith(`:role/${NAMES.roles.snowflake}`)).toBe(true)
})
