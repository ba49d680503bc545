import type { Executed } from './scripts.ts'

/** One privilege on something, as a GRANT gives it. */
export interface Grant {
  /** `SELECT`, `CREATE TABLE`, `OWNERSHIP`. */
  readonly privilege: string
  /** `SCHEMA`, `ALL TABLES`, `FUTURE VIEWS`, `ACCOUNT`. */
  readonly kind: string
  /** `TELCO_DB.DW`; '' for the account. */
  readonly on: string
  readonly to: string
}

export interface Granted {
  readonly grants: readonly Grant[]
  /** Roles that are granted, and to whom: a role or a user. */
  readonly members: readonly { readonly role: string; readonly to: string; readonly kind: 'role' | 'user' }[]
}

const ROLE = /^grant role (\S+) to (role|user) (\S+)$/
const ACCOUNT = /^grant (.+) on account to role (\S+)$/
const MANY = /^grant (.+) on (all|future) (tables|views) in schema (\S+) to role (\S+)$/
const ONE =
  /^grant (.+) on (database|schema|warehouse|integration|stage|view|file format) (\S+) to role (\S+)( copy current grants)?$/

/** Takes every GRANT apart. Throws for one of another form, so that none is overlooked. */
export function readGrants(statements: readonly Executed[]): Granted {
  const grants: Grant[] = []
  const members: Granted['members'][number][] = []
  for (const { sql } of statements.filter(statement => /^grant\b/i.test(statement.sql))) {
    const role = ROLE.exec(sql)
    const whole = ACCOUNT.exec(sql)
    const many = MANY.exec(sql)
    const one = ONE.exec(sql)
    if (role !== null) {
      members.push({ role: role[1] ?? '', to: role[3] ?? '', kind: role[2] as 'role' | 'user' })
      continue
    }
    const [privileges, kind, on, to] =
      whole !== null
        ? [whole[1], 'ACCOUNT', '', whole[2]]
        : many !== null
          ? [many[1], `${many[2]} ${many[3]}`, many[4], many[5]]
          : one !== null
            ? [one[1], one[2], one[3], one[4]]
            : []
    if (privileges === undefined || kind === undefined) throw new Error(`no GRANT that is known: ${sql}`)
    for (const privilege of privileges.split(', '))
      grants.push({ privilege: privilege.toUpperCase(), kind: kind.toUpperCase(), on: on ?? '', to: to ?? '' })
  }
  return { grants, members }
}

/** The role and all that it inherits. */
export function inherited({ members }: Granted, role: string): ReadonlySet<string> {
  const found = new Set([role])
  for (const each of found) {
    for (const member of members) if (member.kind === 'role' && member.to === each) found.add(member.role)
  }
  return found
}

/** All that a role may do, by itself and by what it inherits: `SELECT ON FUTURE TABLES TELCO_DB.DW`. */
export function privileges(granted: Granted, role: string): ReadonlySet<string> {
  const roles = inherited(granted, role)
  return new Set(
    granted.grants
      .filter(({ to }) => roles.has(to))
      .map(({ privilege, kind, on }) => `${privilege} ON ${kind} ${on}`.trim()),
  )
}
