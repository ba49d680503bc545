import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { STAGES } from '../../../infra/stages.ts'
import { readProceduresConfig } from '../../../src/procedures/config.ts'
import { root } from '../../helpers/sources.ts'
import { parseErrors } from '../../helpers/sqlfluff.ts'
import { executed, scripts, setUp, yaml } from './scripts.ts'

const both = [...scripts('dev'), ...scripts('prod'), ...scripts('dev', true), ...scripts('prod', true)]
const statements = executed(setUp(scripts('prod')))

/** `KIND NAME` of what statements of a form name. */
const named = (sqls: readonly string[], form: RegExp): readonly string[] =>
  sqls.flatMap(sql => {
    const [, kind, name] = form.exec(sql) ?? []
    return kind === undefined ? [] : [`${kind.replace(/(storage|notification) (?=integration)/, '')} ${name}`]
  })
const KINDS =
  'storage integration|notification integration|resource monitor|network policy|masking policy|file format|integration|warehouse|database|schema|stage|role|user|tag'
const created = named(
  statements.map(({ sql }) => sql),
  new RegExp(`^create (${KINDS}) if not exists (\\S+)`),
)
const dropped = (includeData: boolean): readonly string[] => {
  const teardown = new Map([['teardown.sql', scripts('prod', includeData).get('teardown/teardown.sql') ?? '']])
  return named(
    executed(teardown).map(({ sql }) => sql),
    new RegExp(`^drop (${KINDS}) if exists (\\S+)$`),
  )
}
const inDatabase = (thing: string): boolean => / TELCO_DB\./.test(thing)

describe('rendering', () => {
  it('gives the same bytes each time', () => {
    expect([...scripts('prod')]).toEqual([...scripts('prod')])
  })

  it('does not depend on the order of keys in account.yaml', () => {
    const text = yaml.replace(
      'size: SMALL, suspend_seconds: 60, statement_seconds: 3600',
      'statement_seconds: 3600, suspend_seconds: 60, size: SMALL',
    )
    expect(text).not.toBe(yaml)
    expect([...scripts('prod', false, text)]).toEqual([...scripts('prod')])
  })

  it('gives what the stage says, and nothing of the other stage', () => {
    const dev = [...scripts('dev').values()].join('')
    const prod = [...scripts('prod').values()].join('')
    expect(dev).toContain('arn:aws:iam::111111111111:role/')
    expect(prod).toContain('arn:aws:iam::222222222222:role/')
    expect(dev).not.toContain('222222222222')
    expect(prod).not.toContain('111111111111')
    expect(dev).toContain('credit_quota = 20\n')
    expect(prod).toContain('credit_quota = 200\n')
  })

  it.each(both)('%s is plain text of short lines that says which roles it needs', (_path, text) => {
    expect(text).toMatch(/^-- Rendered from infra\/snowflake\/account\.yaml for the stage (dev|prod)/)
    expect(text).not.toMatch(/[^\n\x20-\x7e]| \n|\n\n\n|undefined|\[object/)
    expect(text.endsWith('\n')).toBe(true)
    const used = new Set([...text.matchAll(/^use role (\S+);$/gm)].map(match => match[1]))
    const words = text.slice(0, text.indexOf('use role')).replace('the owner', 'TELCO_OWNER')
    if (!text.includes('Takes away')) for (const role of used) expect(words).toContain(role)
    // Every statement is executed by a role that the script has chosen.
    expect(executed(new Map([['a', text]])).filter(({ role }) => role === '')).toEqual([])
  })

  it('writes every value through a helper that quotes or checks it', () => {
    const folder = join(root, 'infra', 'snowflake', 'templates')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.hbs'))
    const safe =
      /^(#if |#each |\/if$|\/each$|else$|(identifier|inDatabase|literal|literals|literalOrNull|number|word) )/
    const bare = files.flatMap(path =>
      [...readFileSync(join(folder, path), 'utf8').matchAll(/\{\{\{?([^}]*)\}/g)]
        .map(match => match[1] ?? '')
        .filter(expression => !safe.test(expression))
        .map(expression => `${path}: ${expression}`),
    )
    expect(files.length).toBe(scripts('prod').size)
    expect(bare).toEqual([])
  })

  it('holds nothing that looks like a secret', () => {
    const secret =
      /password|passphrase|private.key|secret|token|aws_key|credentials\s*=|AKIA[0-9A-Z]{12}|BEGIN [A-Z ]*KEY|[A-Za-z0-9+/]{60,}/i
    const found = both.flatMap(([path, text]) =>
      // Comments may say that there is no password.
      executed(new Map([[path, text]])).filter(({ sql }) => secret.test(sql)),
    )
    expect(found).toEqual([])
  })

  it('quotes names only where Snowflake would read them otherwise', () => {
    expect(both.flatMap(([, text]) => text.match(/"/g) ?? [])).toEqual([])
    const quoted = scripts('prod', false, yaml.replaceAll('TELCO_BI_WH', 'VIEW'))
    expect(quoted.get('20_warehouses.sql')).toContain('create warehouse if not exists "VIEW" ')
  })
})

describe('running again', () => {
  it('creates only what is missing, and replaces nothing', () => {
    const creates = both.flatMap(([path, text]) =>
      executed(new Map([[path, text]])).filter(({ sql }) => /^create\b/.test(sql)),
    )
    expect(creates.filter(({ sql }) => !/^create [a-z ]+ if not exists /.test(sql))).toEqual([])
    expect(both.filter(([, text]) => /or replace/i.test(text))).toEqual([])
  })

  it('sets by ALTER what account.yaml says, so that a change of it reaches what is there already', () => {
    const altered = named(
      statements.map(({ sql }) => sql),
      new RegExp(`^alter (${KINDS}) (\\S+)`),
    )
    const settled = [
      // A format's type is in its name.
      'file format TELCO_DB.STAGING.LAKE_PARQUET',
      'file format TELCO_DB.DATAFORM.MANIFEST',
    ]
    expect(created.filter(thing => !altered.includes(thing) && !settled.includes(thing))).toEqual([])
  })

  it('drops only what is there', () => {
    const drops = both.flatMap(([path, text]) =>
      executed(new Map([[path, text]])).filter(({ sql }) => /^drop\b/.test(sql)),
    )
    expect(drops.length).toBeGreaterThan(0)
    expect(drops.filter(({ sql }) => !/^drop [a-z ]+ if exists /.test(sql))).toEqual([])
  })

  it('only the teardown drops', () => {
    expect(statements.filter(({ sql }) => /\bdrop\b/.test(sql))).toEqual([])
  })
})

describe('the teardown', () => {
  it('with the data drops exactly what was created: by name, or with the database', () => {
    expect([...dropped(true)].sort()).toEqual(created.filter(thing => !inDatabase(thing)).sort())
  })

  it('without it leaves the database, what masks it and who owns it', () => {
    const gone = new Set(dropped(false))
    expect([...gone].filter(thing => !created.includes(thing))).toEqual([])
    expect(created.filter(thing => !gone.has(thing)).sort()).toEqual([
      'database TELCO_DB',
      'masking policy TELCO_DB.GOVERNANCE.MASK_DATE',
      'masking policy TELCO_DB.GOVERNANCE.MASK_VARCHAR',
      'role TELCO_OWNER',
      'role TELCO_PERSONAL_DATA',
      'role TELCO_TRANSFORMER',
      'schema TELCO_DB.ASSERTIONS',
      'schema TELCO_DB.DATAFORM',
      'schema TELCO_DB.DW',
      'schema TELCO_DB.GOVERNANCE',
      'schema TELCO_DB.MART',
      'schema TELCO_DB.STAGING',
      'tag TELCO_DB.GOVERNANCE.PERSONAL_DATA',
    ])
  })

  it('drops the database only where that was asked for', () => {
    const text = (includeData: boolean) => scripts('prod', includeData).get('teardown/teardown.sql') ?? ''
    expect(text(false)).not.toMatch(/drop (database|schema|table)/i)
    expect(text(true)).toContain('drop database if exists TELCO_DB;')
    expect(text(true)).toContain('WITH THE DATABASE AND ALL ITS DATA')
  })

  it('goes in reverse: what was created last goes first, but for what goes with the database', () => {
    const order = dropped(true).filter(thing => thing.startsWith('role '))
    expect(order).toEqual(created.filter(thing => thing.startsWith('role ')).toReversed())
    const drops = dropped(false)
    expect(drops.indexOf('stage TELCO_DB.STAGING.LAKE')).toBeLessThan(drops.indexOf('integration TELCO_LAKE'))
    expect(drops.indexOf('network policy TELCO_DATAFORM_ADDRESSES')).toBeLessThan(drops.indexOf('role TELCO_LOADER'))
  })
})

describe('the lake', () => {
  it.each(['dev', 'prod'] as const)('of %s is read below the staging prefix of its bucket and nowhere else', stage => {
    const places = [...(scripts(stage).get('40_lake.sql') ?? '').matchAll(/s3:\/\/[^']*/g)].map(match => match[0])
    expect(new Set(places)).toEqual(new Set([`s3://${STAGES[stage].bucket}/staging/`]))
  })
})

describe('alerts', () => {
  it('go to the topic of the stage, by an integration that definitions/procedures.yaml names', () => {
    const { task } = readProceduresConfig(root)
    const sqls = statements.filter(({ sql }) => sql.includes(`notification integration`)).map(({ sql }) => sql)
    expect(sqls).toEqual([
      `create notification integration if not exists ${task?.errorIntegration} enabled = true type = queue direction = outbound notification_provider = aws_sns aws_sns_topic_arn = 'arn:aws:sns:eu-central-1:222222222222:telco-customer360-alerts' aws_sns_role_arn = 'arn:aws:iam::222222222222:role/telco-customer360-snowflake-alerts' comment = 'Errors of the task that loads the warehouse'`,
      `alter notification integration ${task?.errorIntegration} set enabled = true aws_sns_topic_arn = 'arn:aws:sns:eu-central-1:222222222222:telco-customer360-alerts' aws_sns_role_arn = 'arn:aws:iam::222222222222:role/telco-customer360-snowflake-alerts' comment = 'Errors of the task that loads the warehouse'`,
    ])
  })
})

describe('the service user', () => {
  // How a public key of 2048 bits begins, and made-up characters of the right number.
  const key = (letter: string) => `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A${letter.repeat(360)}`
  const prod = (first: string, second: string) => {
    const text = yaml.split('  prod:')
    const changed = text[1]
      ?.replace('public_key: null', `public_key: ${first}`)
      .replace('public_key_2: null', `public_key_2: ${second}`)
    return executed(
      new Map([['80', scripts('prod', false, `${text[0]}  prod:${changed}`).get('80_service_user.sql') ?? '']]),
    )
      .map(({ sql }) => sql)
      .filter(sql => sql.includes('rsa_public_key'))
  }

  it('has the keys that account.yaml says, through all steps of a rotation', () => {
    expect(prod(key('a'), 'null')).toEqual([
      `alter user TELCO_DATAFORM set rsa_public_key = '${key('a')}'`,
      'alter user TELCO_DATAFORM unset rsa_public_key_2',
    ])
    expect(prod(key('a'), key('b'))).toEqual([
      `alter user TELCO_DATAFORM set rsa_public_key = '${key('a')}'`,
      `alter user TELCO_DATAFORM set rsa_public_key_2 = '${key('b')}'`,
    ])
    expect(prod('null', key('b'))).toEqual([
      'alter user TELCO_DATAFORM unset rsa_public_key',
      `alter user TELCO_DATAFORM set rsa_public_key_2 = '${key('b')}'`,
    ])
  })

  it('is of the type that has no password, and comes from the addresses of its policy', () => {
    const sqls = statements.filter(({ script }) => script === '80_service_user.sql').map(({ sql }) => sql)
    expect(sqls).toContain('create user if not exists TELCO_DATAFORM type = service')
    expect(sqls).toContain('alter user TELCO_DATAFORM set network_policy = TELCO_DATAFORM_ADDRESSES')
    expect(sqls.join('\n')).toContain('default_secondary_roles = ()')
  })
})

describe('sqlfluff', () => {
  // sqlfluff 4.5 knows ALTER TAG … SET MASKING POLICY without Snowflake's FORCE and with plain names alone.
  const force = /^(alter tag \S+ set masking policy) \S+\.(\w+) force;$/gm
  // It knows CREATE NOTIFICATION INTEGRATION and not ALTER: the options are those of both.
  const alter = /^alter (notification integration \S+) set\n/gm
  const known = (text: string): string =>
    text
      .replaceAll(force, '$1 $2;')
      .replaceAll(alter, 'create $1\n  type = queue\n  direction = outbound\n  notification_provider = aws_sns\n')

  it('parses every script of both stages', async () => {
    const texts = new Map(
      (['dev', 'prod'] as const).flatMap(stage =>
        [true, false].flatMap(data =>
          [...scripts(stage, data)].map(([path, text]) => [`${stage} ${data} ${path}`, known(text)] as const),
        ),
      ),
    )
    expect(await parseErrors(texts)).toEqual([])
  })

  it.each(['60_account.sql', '70_protection.sql'])('needs its exception for %s still', async script => {
    const errors = await parseErrors(new Map([[script, scripts('prod').get(script) ?? '']]))
    expect(errors).not.toEqual([])
  })
})
