import { ofType, type Resource, type TemplateJson } from '../templates.ts'
import { evaluate, type Request } from './evaluate.ts'
import type { PolicyDocument } from './policy.ts'
import { ACCOUNT, arnOf, REGION, resolve } from './resolve.ts'

/** A call as a principal makes it: an action on a resource, and what else the request says. */
export interface Call {
  readonly action: string
  readonly resource: string
  readonly context?: Readonly<Record<string, string>>
}

/** The ARN of a role of the account. */
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`

/** A role that somebody else has made in the account. */
export interface Outsider {
  readonly arn: string
  readonly identity: readonly PolicyDocument[]
}

/** The policies of a template, as they would stand in an account. */
export interface Account {
  readonly lake: string
  readonly lakeKey: string
  readonly alertsKey: string
  /** The ARN of a resource by its logical id. */
  readonly arn: (id: string) => string
  /** What AWS answers to a call of a role, where what stands behind the call is allowed as well. */
  readonly answer: (role: string, call: Call) => string
  /** The same of a principal of the account that is not of the template. */
  readonly answerTo: (outsider: Outsider, call: Call) => string
  /** What encryption asks for behind a call: S3 and SNS use their keys on behalf of who calls. */
  readonly behind: (call: Call) => readonly Call[]
}

export function account(template: TemplateJson): Account {
  const arn = (id: string): string => arnOf(template, id)
  const document = (resource: Resource | undefined, key: string): PolicyDocument =>
    resolve(resource?.Properties[key], template) as PolicyDocument
  const identity = (role: Resource): readonly PolicyDocument[] =>
    (resolve(role.Properties.Policies, template) as { PolicyDocument: PolicyDocument }[]).map(
      each => each.PolicyDocument,
    )
  const roles = new Map(ofType(template, 'AWS::IAM::Role').map(([, role]) => [role.Properties.RoleName, role]))
  const policies: Readonly<Record<string, PolicyDocument>> = {
    [arn('Lake')]: document(template.Resources.LakePolicy, 'PolicyDocument'),
    [arn('AccessLogs')]: document(template.Resources.AccessLogsPolicy, 'PolicyDocument'),
    [arn('Arrivals')]: document(template.Resources.ArrivalsPolicy, 'PolicyDocument'),
    [arn('DeadLetters')]: document(template.Resources.DeadLettersPolicy, 'PolicyDocument'),
    [arn('Alerts')]: document(template.Resources.AlertsPolicy, 'PolicyDocument'),
    [arn('LakeKey')]: document(template.Resources.LakeKey, 'KeyPolicy'),
    [arn('AlertsKey')]: document(template.Resources.AlertsKey, 'KeyPolicy'),
  }
  const once = ({ arn: principal, identity }: Outsider, call: Call): string => {
    const request: Request = {
      principal,
      action: call.action,
      resource: call.resource,
      context: { 'aws:SecureTransport': 'true', ...call.context },
    }
    const resource = policies[call.resource] ?? policies[call.resource.split('/')[0] ?? '']
    return evaluate(request, { identity, resource, needsBoth: call.action.startsWith('kms:') })
  }
  const answerTo = (principal: Outsider, call: Call): string => {
    const answers = [call, ...behind(call)].map(each => once(principal, each))
    return answers.find(each => each !== 'allowed') ?? 'allowed'
  }
  const answer = (roleName: string, call: Call): string => {
    const role = roles.get(roleName)
    if (role === undefined) throw new Error(`there is no role ${roleName}`)
    return answerTo({ arn: roleArn(roleName), identity: identity(role) }, call)
  }
  const behind = (call: Call): readonly Call[] => keysBehind(call, arn)
  return { lake: arn('Lake'), lakeKey: arn('LakeKey'), alertsKey: arn('AlertsKey'), arn, answer, answerTo, behind }
}

function keysBehind({ action, resource, context }: Call, arn: (id: string) => string): readonly Call[] {
  const use = (service: 's3' | 'sns', ...actions: readonly string[]): readonly Call[] =>
    actions.map(each => ({
      action: `kms:${each}`,
      resource: arn(service === 's3' ? 'LakeKey' : 'AlertsKey'),
      context: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` },
    }))
  if (action === 'sns:Publish') return use('sns', 'GenerateDataKey', 'Decrypt')
  if (!resource.startsWith(`${arn('Lake')}/`)) return []
  if (action.startsWith('s3:GetObject')) return use('s3', 'Decrypt')
  // To put the parts of an upload together, S3 reads them.
  const isPart = context?.['s3:ObjectCreationOperation'] === 'false'
  return action === 's3:PutObject' ? use('s3', 'GenerateDataKey', ...(isPart ? ['Decrypt'] : [])) : []
}
