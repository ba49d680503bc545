import { describe, expect, it } from 'vitest'
import { inherited, privileges, readGrants } from './grants.ts'
import { account, executed, scripts, setUp } from './scripts.ts'

const statements = executed(setUp(scripts('prod')))
const granted = readGrants(statements)
const of = (role: string): readonly string[] => [...privileges(granted, role)].sort()
const matching = (role: string, pattern: RegExp): readonly string[] => of(role).filter(each => pattern.test(each))
const direct = (role: string): readonly string[] =>
  granted.grants
    .filter(({ to }) => to === role)
    .map(({ privilege, kind, on }) => `${privilege} ON ${kind} ${on}`.trim())

const FUNCTIONAL = ['TELCO_LOADER', 'TELCO_TRANSFORMER', 'TELCO_ANALYST', 'TELCO_OWNER']
const WRITES = /^(INSERT|UPDATE|DELETE|TRUNCATE|CREATE|OWNERSHIP|MODIFY)\b/

const reads = (schema: string): readonly string[] => [
  `SELECT ON ALL TABLES TELCO_DB.${schema}`,
  `SELECT ON ALL VIEWS TELCO_DB.${schema}`,
  `SELECT ON FUTURE TABLES TELCO_DB.${schema}`,
  `SELECT ON FUTURE VIEWS TELCO_DB.${schema}`,
  `USAGE ON SCHEMA TELCO_DB.${schema}`,
]
const writes = (schema: string): readonly string[] =>
  ['DELETE', 'INSERT', 'UPDATE'].flatMap(privilege => [
    `${privilege} ON ALL TABLES TELCO_DB.${schema}`,
    `${privilege} ON FUTURE TABLES TELCO_DB.${schema}`,
  ])

describe('the analyst', () => {
  it('may do exactly this', () => {
    expect(of('TELCO_ANALYST')).toEqual(
      [
        ...reads('MART'),
        'USAGE ON DATABASE TELCO_DB',
        'USAGE ON SCHEMA TELCO_DB.DW',
        'USAGE ON WAREHOUSE TELCO_BI_WH',
        'SELECT ON VIEW TELCO_DB.DW.ACTIVITY_AS_PUBLISHED',
        'SELECT ON VIEW TELCO_DB.DW.ACTIVITY_RESTATED',
      ].sort(),
    )
  })

  it('writes, creates and owns nothing', () => {
    expect(matching('TELCO_ANALYST', WRITES)).toEqual([])
  })

  it.each(['STAGING', 'ASSERTIONS', 'DATAFORM', 'GOVERNANCE'])('has nothing of %s', schema => {
    expect(matching('TELCO_ANALYST', new RegExp(`TELCO_DB\\.${schema}\\b`))).toEqual([])
  })

  it('reads no table of DW, and none of its views but the published ones', () => {
    expect(matching('TELCO_ANALYST', /^SELECT ON (ALL|FUTURE) \w+ TELCO_DB\.DW$/)).toEqual([])
    expect(matching('TELCO_ANALYST', /^SELECT .* TELCO_DB\.DW\.(?!ACTIVITY_AS_PUBLISHED$|ACTIVITY_RESTATED$)/)).toEqual(
      [],
    )
  })

  it('sees personal data masked, runs no task and uses neither stage nor the warehouse of loads', () => {
    expect(inherited(granted, 'TELCO_ANALYST')).not.toContain('TELCO_PERSONAL_DATA')
    expect(inherited(granted, 'TELCO_ANALYST')).not.toContain('TELCO_TASK_RUNNER')
    expect(matching('TELCO_ANALYST', /STAGE|FILE FORMAT|INTEGRATION|TELCO_TRANSFORM_WH/)).toEqual([])
  })
})

describe('the loader', () => {
  it('may do exactly this', () => {
    expect(of('TELCO_LOADER')).toEqual(
      [
        ...reads('STAGING'),
        ...writes('STAGING'),
        'USAGE ON DATABASE TELCO_DB',
        'USAGE ON FILE FORMAT TELCO_DB.STAGING.LAKE_PARQUET',
        'USAGE ON STAGE TELCO_DB.STAGING.LAKE',
        'USAGE ON WAREHOUSE TELCO_TRANSFORM_WH',
      ].sort(),
    )
  })

  it.each(['DW', 'MART', 'ASSERTIONS', 'DATAFORM', 'GOVERNANCE'])('has nothing of %s', schema => {
    expect(matching('TELCO_LOADER', new RegExp(`TELCO_DB\\.${schema}\\b`))).toEqual([])
  })

  it('creates nothing, sees personal data masked and runs no task', () => {
    expect(matching('TELCO_LOADER', /^(CREATE|OWNERSHIP)\b/)).toEqual([])
    expect(inherited(granted, 'TELCO_LOADER')).not.toContain('TELCO_PERSONAL_DATA')
    expect(inherited(granted, 'TELCO_LOADER')).not.toContain('TELCO_TASK_RUNNER')
  })
})

describe('the transformer', () => {
  it.each(['STAGING', 'DW', 'MART', 'ASSERTIONS', 'DATAFORM'])('reads and writes %s', schema => {
    expect(of('TELCO_TRANSFORMER')).toEqual(expect.arrayContaining([...reads(schema), ...writes(schema)]))
  })

  it('creates what a deployment creates, each kind where it belongs', () => {
    expect(matching('TELCO_TRANSFORMER', /^CREATE\b/)).toEqual([
      'CREATE FILE FORMAT ON SCHEMA TELCO_DB.DATAFORM',
      'CREATE PROCEDURE ON SCHEMA TELCO_DB.DATAFORM',
      'CREATE TABLE ON SCHEMA TELCO_DB.DATAFORM',
      'CREATE TABLE ON SCHEMA TELCO_DB.DW',
      'CREATE TABLE ON SCHEMA TELCO_DB.MART',
      'CREATE TABLE ON SCHEMA TELCO_DB.STAGING',
      'CREATE TASK ON SCHEMA TELCO_DB.DATAFORM',
      'CREATE VIEW ON SCHEMA TELCO_DB.ASSERTIONS',
      'CREATE VIEW ON SCHEMA TELCO_DB.DATAFORM',
      'CREATE VIEW ON SCHEMA TELCO_DB.DW',
      'CREATE VIEW ON SCHEMA TELCO_DB.MART',
    ])
  })

  it('has nothing of the schema of policies, owns no schema and makes none', () => {
    expect(matching('TELCO_TRANSFORMER', /TELCO_DB\.GOVERNANCE\b/)).toEqual([])
    expect(matching('TELCO_TRANSFORMER', /^OWNERSHIP|^CREATE SCHEMA/)).toEqual([])
  })

  it('tells of errors by the integration of alerts; it uses neither that of the lake nor the warehouse of analysts', () => {
    expect(matching('TELCO_TRANSFORMER', /INTEGRATION|TELCO_BI_WH/)).toEqual([
      'USAGE ON INTEGRATION CUSTOMER360_ALERTS',
    ])
  })

  it('sees personal data as they are, or it would write masks into the warehouse', () => {
    expect(inherited(granted, 'TELCO_TRANSFORMER')).toContain('TELCO_PERSONAL_DATA')
  })
})

describe('the account', () => {
  it('has one privilege of its own that is granted, to a role that has nothing else', () => {
    expect(granted.grants.filter(({ kind }) => kind === 'ACCOUNT')).toEqual([
      { privilege: 'EXECUTE TASK', kind: 'ACCOUNT', on: '', to: 'TELCO_TASK_RUNNER' },
    ])
    expect(direct('TELCO_TASK_RUNNER')).toEqual(['EXECUTE TASK ON ACCOUNT'])
    expect([...inherited(granted, 'TELCO_TASK_RUNNER')]).toEqual(['TELCO_TASK_RUNNER'])
  })

  it.each(FUNCTIONAL)('%s holds no privilege of the account itself', role => {
    expect(direct(role).filter(each => each.includes('ON ACCOUNT'))).toEqual([])
  })

  it('only the transformer and the owner above it run tasks and see personal data', () => {
    for (const special of ['TELCO_TASK_RUNNER', 'TELCO_PERSONAL_DATA']) {
      expect(FUNCTIONAL.filter(role => inherited(granted, role).has(special))).toEqual([
        'TELCO_TRANSFORMER',
        'TELCO_OWNER',
      ])
    }
  })

  it('only the owner owns, and that the database alone', () => {
    expect(granted.grants.filter(({ privilege }) => privilege === 'OWNERSHIP')).toEqual([
      { privilege: 'OWNERSHIP', kind: 'DATABASE', on: 'TELCO_DB', to: 'TELCO_OWNER' },
    ])
  })

  it('only the owner uses the integration of the lake, and only who may create tasks that of alerts', () => {
    const users = granted.grants.filter(({ kind }) => kind === 'INTEGRATION').map(({ on, to }) => [on, to])
    expect(users).toEqual([
      ['TELCO_LAKE', 'TELCO_OWNER'],
      ['CUSTOMER360_ALERTS', 'TELCO_DATAFORM_BUILD'],
    ])
    expect(direct('TELCO_DATAFORM_BUILD')).toContain('CREATE TASK ON SCHEMA TELCO_DB.DATAFORM')
  })

  it('nothing is granted to PUBLIC, and no role of the system to anybody', () => {
    const system = /^(ACCOUNTADMIN|SECURITYADMIN|USERADMIN|SYSADMIN|ORGADMIN|PUBLIC)$/
    expect(granted.grants.filter(({ to }) => system.test(to))).toEqual([])
    expect(granted.members.filter(({ role }) => system.test(role))).toEqual([])
    expect(granted.members.filter(({ to }) => system.test(to))).toEqual([
      { role: 'TELCO_OWNER', to: 'SYSADMIN', kind: 'role' },
    ])
  })

  it('no GRANT is of all privileges, passes the right to grant on, or manages grants', () => {
    expect(statements.filter(({ sql }) => /grant all\b|with grant option|manage grants/i.test(sql))).toEqual([])
  })

  it('privileges on a database or for all databases are never granted on what is to come', () => {
    expect(statements.filter(({ sql }) => /\b(all|future) \w+ in database\b/i.test(sql))).toEqual([])
  })

  it('the service user has one role, and it is not the owner', () => {
    expect(granted.members.filter(({ kind }) => kind === 'user')).toEqual([
      { role: 'TELCO_TRANSFORMER', to: 'TELCO_DATAFORM', kind: 'user' },
    ])
  })

  it('every role that is granted or is granted something is created, and every created one is used', () => {
    const created = statements.flatMap(({ sql }) => /^create role if not exists (\S+)$/.exec(sql)?.[1] ?? [])
    const named = [
      ...granted.grants.map(({ to }) => to),
      ...granted.members.flatMap(({ role, to, kind }) => (kind === 'role' ? [role, to] : [role])),
    ].filter(role => role !== 'SYSADMIN')
    expect([...new Set(named)].sort()).toEqual([...created].sort())
  })

  it('what a role is granted is granted by the role that owns it', () => {
    const by = (pattern: RegExp) => new Set(statements.filter(({ sql }) => pattern.test(sql)).map(({ role }) => role))
    expect(by(/^grant .* in schema /)).toEqual(new Set([account.roles.owner.name]))
    expect(by(/^grant role .* to role /)).toEqual(new Set(['USERADMIN']))
    expect(by(/^grant ownership /)).toEqual(new Set(['SECURITYADMIN']))
    expect(by(/^grant .* on (account|integration)/)).toEqual(new Set(['ACCOUNTADMIN']))
  })
})
