import * as v from 'valibot'
import { UserError } from '../../src/error.ts'
import { locateYaml } from '../../src/project/yaml.ts'
import { allRoles } from './access.ts'
import { type Account, accountSchema, STAGES } from './account-schema.ts'

type Path = readonly (string | number)[]
const SYSTEM_ROLES = /^(ACCOUNTADMIN|SECURITYADMIN|USERADMIN|SYSADMIN|ORGADMIN|GLOBALORGADMIN|PUBLIC)$/
type Finding = { readonly path: Path; readonly message: string }

/**
 * Reads account.yaml.
 *
 * @param file what errors call the text
 * @throws UserError with file and line for what the schema refuses and for names that lead nowhere
 */
export function readAccount(text: string, file: string): Account {
  const { data, lineOf } = locateYaml(text, file)
  const fail = ({ path, message }: Finding): never => {
    const where = path.length === 0 ? '' : `${path.join('.')}: `
    throw new UserError(`${where}${message}`, { file, line: lineOf(path), remedy: 'correct it and render again' })
  }
  const result = v.safeParse(accountSchema, data)
  if (!result.success) {
    const [issue] = result.issues
    return fail({ path: issue.path?.map(part => part.key as string | number) ?? [], message: issue.message })
  }
  const [finding] = [...unknownNames(result.output), ...sharedNames(result.output), ...otherFaults(result.output)]
  return finding === undefined ? result.output : fail(finding)
}

/** Names that must be those of something else in the file. */
function unknownNames(account: Account): readonly Finding[] {
  const schemas = account.schemas.map(schema => schema.name)
  const warehouses = account.warehouses.map(warehouse => warehouse.name)
  const roles = account.roles.functional.map(role => role.name)
  const within = (known: readonly string[], name: string, path: Path): readonly Finding[] =>
    known.includes(name) ? [] : [{ path, message: `${name} is none of ${known.join(', ')}` }]
  const inSchema = (qualified: string, path: Path) => within(schemas, qualified.split('.')[0] ?? '', path)
  const { lake, service, published, protection } = account
  return [
    ...inSchema(lake.stage, ['lake', 'stage']),
    ...inSchema(lake.parquet, ['lake', 'parquet']),
    ...inSchema(lake.manifest, ['lake', 'manifest']),
    ...within(schemas, protection.schema, ['protection', 'schema']),
    ...published.flatMap((view, index) => inSchema(view, ['published', index])),
    ...protection.columns.flatMap(({ table }, index) => inSchema(table, ['protection', 'columns', index, 'table'])),
    ...account.roles.functional.flatMap((role, index) => [
      ...Object.keys(role.access).flatMap(name =>
        within(schemas, name, ['roles', 'functional', index, 'access', name]),
      ),
      ...role.warehouses.flatMap((name, at) =>
        within(warehouses, name, ['roles', 'functional', index, 'warehouses', at]),
      ),
    ]),
    ...within(roles, service.role, ['service', 'role']),
    ...within(warehouses, service.warehouse, ['service', 'warehouse']),
    ...STAGES.flatMap(stage => {
      const given = Object.keys(account.stages[stage].warehouses)
      const path = ['stages', stage, 'warehouses']
      return [
        ...given.flatMap(name => within(warehouses, name, [...path, name])),
        ...warehouses.flatMap(name => (given.includes(name) ? [] : [{ path, message: `${name} is missing` }])),
      ]
    }),
  ]
}

/** Roles, and what lies beside each other in the account, must not share a name. */
function sharedNames(account: Account): readonly Finding[] {
  const { schemas, warehouses, protection } = account
  const twice = (names: readonly string[], path: Path): readonly Finding[] =>
    names.flatMap((name, index) =>
      names.indexOf(name) < index ? [{ path, message: `${name} stands for two things` }] : [],
    )
  const of = (items: readonly { readonly name: string }[]): readonly string[] => items.map(item => item.name)
  return [
    ...twice(of(schemas), ['schemas']),
    ...twice(of(warehouses), ['warehouses']),
    ...twice(of(allRoles(account)), ['roles']),
    ...twice(
      protection.columns.map(({ table }) => table),
      ['protection', 'columns'],
    ),
    ...twice(
      protection.masks.map(({ type }) => type),
      ['protection', 'masks'],
    ),
    ...twice(
      protection.masks.map(({ policy }) => policy),
      ['protection', 'masks'],
    ),
    ...of(allRoles(account)).flatMap(name =>
      SYSTEM_ROLES.test(name) ? [{ path: ['roles'], message: `${name} is Snowflake's own role` }] : [],
    ),
  ]
}

/** What would render to scripts that protect less than they seem to. */
function otherFaults({ schemas, roles, protection }: Account): readonly Finding[] {
  const guard = schemas.findIndex(schema => schema.name === protection.schema && schema.builds.length > 0)
  const texted = protection.masks.findIndex(({ type, shows }) => shows !== null && type !== 'VARCHAR')
  return [
    ...(texted < 0
      ? []
      : [{ path: ['protection', 'masks', texted, 'shows'], message: 'must be null but for VARCHAR' }]),
    ...(guard < 0 ? [] : [{ path: ['schemas', guard, 'builds'], message: 'must be empty where the policies are' }]),
    ...roles.functional.flatMap((role, index) => [
      ...(Object.hasOwn(role.access, protection.schema)
        ? [{ path: ['roles', 'functional', index, 'access'], message: `${protection.schema} is the owner's alone` }]
        : []),
      ...Object.entries(role.access).flatMap(([name, level]) =>
        level === 'build' && schemas.some(schema => schema.name === name && schema.builds.length === 0)
          ? [{ path: ['roles', 'functional', index, 'access', name], message: `nothing can be built in ${name}` }]
          : [],
      ),
    ]),
  ]
}
