import { type Account, LEVELS, type Level } from './account-schema.ts'

export interface Role {
  readonly name: string
  readonly comment: string
}

/** `role` is granted to the role `to`, which then may do what `role` may. */
export interface Membership {
  readonly role: string
  readonly to: string
}

/** A privilege on all objects of a kind that a schema has and will have. */
export interface SchemaAccess {
  readonly schema: string
  readonly read: string
  readonly write: string
  readonly build: string | undefined
  /** What `build` may create. */
  readonly kinds: readonly string[]
}

/** `TELCO_DW_READ`. */
export function accessRole(prefix: string, schema: string, level: Level): string {
  return `${prefix}_${schema}_${level.toUpperCase()}`
}

/** The access roles of each schema that others than the owner may use. */
export function schemaAccess({ schemas, roles, protection }: Account): readonly SchemaAccess[] {
  return schemas
    .filter(schema => schema.name !== protection.schema)
    .map(({ name, builds }) => ({
      schema: name,
      read: accessRole(roles.prefix, name, 'read'),
      write: accessRole(roles.prefix, name, 'write'),
      build: builds.length === 0 ? undefined : accessRole(roles.prefix, name, 'build'),
      kinds: builds,
    }))
}

/** Every role of ours, those below others first. */
export function allRoles(account: Account): readonly Role[] {
  const { roles } = account
  const purposes: Readonly<Record<Level, string>> = { read: 'Reads', write: 'Changes rows of', build: 'Creates in' }
  const access = schemaAccess(account).flatMap(({ schema, ...names }) =>
    LEVELS.flatMap(level => {
      const name = names[level]
      return name === undefined ? [] : [{ name, comment: `${purposes[level]} ${account.database.name}.${schema}` }]
    }),
  )
  const functional = roles.functional.map(({ name, comment }) => ({ name, comment }))
  return [...access, roles.tasks, roles.personal_data, roles.published, ...functional, roles.owner]
}

/** Which role is granted to which: access roles to functional ones, those to the owner, and the owner to SYSADMIN. */
export function memberships(account: Account): readonly Membership[] {
  const { roles } = account
  const levels = schemaAccess(account).flatMap(({ read, write, build }) => [
    { role: read, to: write },
    ...(build === undefined ? [] : [{ role: write, to: build }]),
  ])
  const held = roles.functional.flatMap(({ name, access, holds }) => [
    ...Object.entries(access).map(([schema, level]) => ({ role: accessRole(roles.prefix, schema, level), to: name })),
    ...holds.map(special => ({ role: roles[special].name, to: name })),
  ])
  const owned = roles.functional.map(({ name }) => ({ role: name, to: roles.owner.name }))
  return [...levels, ...held, ...owned, { role: roles.owner.name, to: 'SYSADMIN' }]
}
