import type { Resource, TemplateJson } from '../templates.ts'

/** What CloudFormation would put in place of references, in an example account. */
export const ACCOUNT = '111111111111'
export const REGION = 'eu-west-1'
const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
}
export const PARAMETERS: Readonly<Record<string, string>> = {
  CodeBucket: 'example-code',
  CodeVersion: 'v1',
  AlertEmail: 'somebody@example.com',
  SnowflakeUserArn: 'arn:aws:iam::999999999999:user/snowflake',
  SnowflakeExternalId: 'EXAMPLE_SFCRole=1',
}

const arn = (service: string, name: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`
const named = (key: string, of: (name: string) => string) => (resource: Resource) =>
  of(String(resource.Properties[key]))

/** ARNs by type; keys have no name, so theirs is the logical id. */
const ARNS: Readonly<Record<string, (resource: Resource, id: string) => string>> = {
  'AWS::S3::Bucket': named('BucketName', name => `arn:aws:s3:::${name}`),
  'AWS::KMS::Key': (_, id) => arn('kms', `key/${id}`),
  'AWS::SQS::Queue': named('QueueName', name => arn('sqs', name)),
  'AWS::SNS::Topic': named('TopicName', name => arn('sns', name)),
  'AWS::IAM::Role': named('RoleName', name => `arn:aws:iam::${ACCOUNT}:role/${name}`),
  'AWS::StepFunctions::StateMachine': named('StateMachineName', name => arn('states', `stateMachine:${name}`)),
  'AWS::Lambda::Function': named('FunctionName', name => arn('lambda', `function:${name}`)),
  'AWS::Glue::Job': named('Name', name => arn('glue', `job/${name}`)),
  'AWS::Logs::LogGroup': named('LogGroupName', name => arn('logs', `log-group:${name}:*`)),
}

/** The ARN of a resource of a template. */
export function arnOf(template: TemplateJson, id: string): string {
  const resource = template.Resources[id]
  const make = resource && ARNS[resource.Type]
  if (resource === undefined || make === undefined) throw new Error(`no ARN is known of ${id}`)
  return make(resource, id)
}

/** A value with its references replaced. Throws for a reference that it does not know. */
export function resolve(value: unknown, template: TemplateJson): unknown {
  if (Array.isArray(value)) return value.map(each => resolve(each, template))
  if (typeof value !== 'object' || value === null) return value
  const [[key, of] = ['', undefined], ...others] = Object.entries(value)
  if (others.length === 0 && key === 'Ref') return reference(String(of), template)
  if (others.length === 0 && key.startsWith('Fn::')) return intrinsic(key, of, template)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, template)]))
}

function intrinsic(name: string, of: unknown, template: TemplateJson): string {
  if (name === 'Fn::Join') {
    const [separator, parts] = resolve(of, template) as [string, string[]]
    return parts.join(separator)
  }
  const [id, attribute] = of as [string, string]
  if (name === 'Fn::GetAtt' && attribute === 'Arn') return arnOf(template, id)
  throw new Error(`${name} of ${JSON.stringify(of)} is not known`)
}

function reference(id: string, template: TemplateJson): string {
  const given = PSEUDO[id] ?? PARAMETERS[id]
  if (given !== undefined) return given
  // Of these types a reference is the ARN; of jobs it is the name.
  if (['AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'].includes(template.Resources[id]?.Type ?? ''))
    return arnOf(template, id)
  if (template.Resources[id]?.Type === 'AWS::Glue::Job') return String(template.Resources[id].Properties.Name)
  throw new Error(`the reference to ${id} is not known`)
}
