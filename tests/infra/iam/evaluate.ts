import { holds } from './conditions.ts'
import { list, type PolicyDocument, type PolicyStatement } from './policy.ts'
import { matches } from './wildcards.ts'

export interface Request {
  /** The role's ARN. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  /** Condition keys and their values; `aws:PrincipalArn` is added. */
  readonly context: Readonly<Record<string, string>>
}

export interface Policies {
  /** Of the role. */
  readonly identity: readonly PolicyDocument[]
  /** Of what is asked for, where it has one. */
  readonly resource?: PolicyDocument | undefined
  /** A key is used only where its policy agrees; of other resources in one's own account either policy is enough. */
  readonly needsBoth: boolean
}

const KNOWN = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'])

/** What AWS answers within one account: an explicit Deny beats every Allow, and what nobody allows is denied. */
export function evaluate(request: Request, policies: Policies): 'allowed' | 'denied' | 'explicitly denied' {
  const context = { ...request.context, 'aws:PrincipalArn': request.principal }
  const asked = { ...request, context }
  const own = policies.identity.flatMap(policy => policy.Statement).filter(statement => applies(statement, asked))
  const theirs = (policies.resource?.Statement ?? []).filter(
    statement => names(statement.Principal, asked) && applies(statement, asked),
  )
  if ([...own, ...theirs].some(statement => statement.Effect === 'Deny')) return 'explicitly denied'
  const ownAllow = own.some(statement => statement.Effect === 'Allow')
  const theirAllow = theirs.filter(statement => statement.Effect === 'Allow')
  // A statement for the account as a whole hands the decision to the role's own policy.
  const isDirect = theirAllow.some(({ Principal }) => !delegates(Principal, asked.principal))
  if (isDirect) return 'allowed'
  return ownAllow && (!policies.needsBoth || theirAllow.length > 0) ? 'allowed' : 'denied'
}

function applies(statement: PolicyStatement, request: Request): boolean {
  const unknown = Object.keys(statement).filter(key => !KNOWN.has(key))
  if (unknown.length > 0) throw new Error(`the evaluator does not know ${unknown.join(', ')}`)
  return (
    list(statement.Action).some(action => matches(action.toLowerCase(), request.action.toLowerCase())) &&
    list(statement.Resource ?? '*').some(resource => matches(resource, request.resource)) &&
    holds(statement.Condition ?? {}, request.context)
  )
}

const rootOf = (arn: string): string => `arn:aws:iam::${arn.split(':')[4]}:root`

function names(principal: PolicyStatement['Principal'], request: Request): boolean {
  if (principal === undefined) throw new Error('a resource policy names principals')
  if (principal === '*') return true
  const aws = list(principal.AWS ?? [])
  return aws.includes('*') || aws.includes(request.principal) || aws.includes(rootOf(request.principal))
}

function delegates(principal: PolicyStatement['Principal'], role: string): boolean {
  return typeof principal === 'object' && list(principal.AWS ?? []).includes(rootOf(role))
}
