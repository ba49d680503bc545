import { ofType, type Resource, type TemplateJson } from '../templates.ts'
import { evaluate, type Request } from './evaluate.ts'
import type { PolicyDocument } from './policy.ts'
import { arnOf, REGION, resolve } from './resolve.ts'

/** A call as a principal makes it: an action on a resource, and what else the request says. */
export interface Call {
  readonly action: string
  readonly resource: string
  readonly context?: Readonly<Record<string, string>>
}

/** The policies of a template, as they would stand in an account. */
export interface Account {
  readonly lake: string
  readonly lakeKey: string
  readonly alertsKey: string
  /** The ARN of a resource by its logical id. */
  readonly arn: (id: string) => string
  /** What AWS answers to a call of a role. An object of the lake also takes the lake's key, through S3. */
  readonly answer: (role: string, call: Call) => string
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
  const once = (roleName: string, call: Call): string => {
    const role = roles.get(roleName)
    if (role === undefined) throw new Error(`there is no role ${roleName}`)
    const request: Request = {
      principal: `arn:aws:iam::111111111111:role/${roleName}`,
      action: call.action,
      resource: call.resource,
      context: { 'aws:SecureTransport': 'true', ...call.context },
    }
    const resource = policies[call.resource] ?? policies[call.resource.split('/')[0] ?? '']
    return evaluate(request, { identity: identity(role), resource, needsBoth: call.action.startsWith('kms:') })
  }
  const answer = (role: string, call: Call): string => {
    const own = once(role, call)
    const key = keyFor(call, arn)
    if (own !== 'allowed' || key === undefined) return own
    return once(role, key)
  }
  return { lake: arn('Lake'), lakeKey: arn('LakeKey'), alertsKey: arn('AlertsKey'), arn, answer }
}

/** What encryption asks for behind a call. */
function keyFor({ action, resource }: Call, arn: (id: string) => string): Call | undefined {
  const through = (service: string): Record<string, string> => ({
    'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
  })
  if (resource.startsWith(`${arn('Lake')}/`) && action.startsWith('s3:GetObject'))
    return { action: 'kms:Decrypt', resource: arn('LakeKey'), context: through('s3') }
  if (resource.startsWith(`${arn('Lake')}/`) && action === 's3:PutObject')
    return { action: 'kms:GenerateDataKey', resource: arn('LakeKey'), context: through('s3') }
  if (action === 'sns:Publish')
    return { action: 'kms:GenerateDataKey', resource: arn('AlertsKey'), context: through('sns') }
  return undefined
}
