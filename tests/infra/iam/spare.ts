import { ofType, type Resource, type TemplateJson } from '../templates.ts'
import { account, type Call } from './account.ts'
import { list, type PolicyStatement, type Values } from './policy.ts'
import { kindOf } from './recorded.ts'

interface Policies {
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly PolicyStatement[] } }[]
}

/** The permissions of a role, one action on one resource each, without which it could make all of these calls nevertheless. */
export function spare(role: string, made: readonly Call[], template: TemplateJson): readonly string[] {
  const { lake } = account(template)
  const calls = [...new Map(made.map(call => [kindOf(call, lake), call])).values()]
  const [id, found] =
    ofType(template, 'AWS::IAM::Role').find(([, { Properties }]) => Properties.RoleName === role) ?? []
  if (id === undefined || found === undefined) throw new Error(`there is no role ${role}`)
  const { Policies } = found.Properties as unknown as Policies
  const statements = Policies.flatMap(each => each.PolicyDocument.Statement)
  return statements.flatMap((statement, at) =>
    lessOnes(statement).flatMap(({ action, left }) => {
      const Statement = statements.toSpliced(at, 1, ...left)
      const policies = { Policies: [{ PolicyDocument: { Statement } }] }
      const less: Resource = { ...found, Properties: { ...found.Properties, ...policies } }
      const { answer } = account({ ...template, Resources: { ...template.Resources, [id]: less } })
      return calls.every(call => answer(role, call) === 'allowed') ? [`${statement.Sid}: ${action}`] : []
    }),
  )
}

/** A statement without one of its permissions, in every way. */
function lessOnes(
  statement: PolicyStatement,
): readonly { readonly action: string; readonly left: PolicyStatement[] }[] {
  const actions = list(statement.Action)
  // A resource is an object here where it has references, which are left as they are.
  const resources = [statement.Resource ?? '*'].flat() as readonly Values[]
  return actions.flatMap(action =>
    resources.map(resource => ({
      action,
      left: [
        { ...statement, Action: actions.filter(each => each !== action) },
        { ...statement, Action: action, Resource: resources.filter(each => each !== resource) as unknown as Values },
      ],
    })),
  )
}
