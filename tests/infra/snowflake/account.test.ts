import { describe, expect, it } from 'vitest'
import { readAccount } from '../../../infra/snowflake/account.ts'
import { describeError, UserError } from '../../../src/error.ts'
import { FILE, scripts, yaml } from './scripts.ts'

/** account.yaml with one piece of text replaced, and the line on which the replacement begins. */
function changed(from: string, to: string): { readonly text: string; readonly line: number } {
  const at = yaml.indexOf(from)
  if (at < 0) throw new Error(`account.yaml has no ${from}`)
  return { text: yaml.replace(from, () => to), line: yaml.slice(0, at).split('\n').length }
}

function refusal(text: string): string {
  try {
    readAccount(text, FILE)
  } catch (error) {
    if (error instanceof UserError) return describeError(error).split('\n')[0] ?? ''
    throw error
  }
  return 'accepted'
}

describe('account.yaml', () => {
  it.each([
    ['a key that nobody knows', 'monitor: TELCO_MONTHLY', 'monitors: TELCO_MONTHLY', 'monitor'],
    [
      'a name in lower case',
      'name: TELCO_BI_WH',
      'name: telco_bi_wh',
      'warehouses.1.name: must be a name in upper case',
    ],
    ['a size that Snowflake lacks', 'size: SMALL', 'size: TINY', 'stages.prod.warehouses.TELCO_TRANSFORM_WH.size: '],
    ['a number as text', 'credits: 20', 'credits: "20"', 'stages.dev.monitor.credits: '],
    ['a fraction', 'credits: 20', 'credits: 0.5', 'stages.dev.monitor.credits: '],
    ['retention beyond 90 days', 'retention_days: 7', 'retention_days: 91', 'stages.prod.retention_days: '],
    [
      'a role that is no ARN',
      'arn:aws:iam::111111111111:role/',
      'role/',
      'stages.dev.reader_role_arn: must be the ARN of an IAM role',
    ],
    [
      'a topic that is FIFO',
      'eu-central-1:222222222222:telco-customer360-alerts',
      'eu-central-1:222222222222:telco-customer360-alerts.fifo',
      'stages.prod.alerts.topic_arn: must be the ARN of a standard SNS topic',
    ],
    [
      'everybody’s address',
      '203.0.113.10/32',
      '0.0.0.0/0',
      'stages.prod.service.addresses.0: must be addresses such as',
    ],
    ['no address', '[203.0.113.10/32]', '[]', 'stages.prod.service.addresses: must have at least one address'],
    [
      'a schema that is not there',
      'access: { MART: read }',
      'access: { MARTS: read }',
      'roles.functional.2.access.MARTS: MARTS is none of STAGING,',
    ],
    [
      'a level that is not there',
      'access: { MART: read }',
      'access: { MART: all }',
      'roles.functional.2.access.MART: ',
    ],
    [
      'a warehouse that is not there',
      'warehouse: TELCO_TRANSFORM_WH',
      'warehouse: NO_WH',
      'service.warehouse: NO_WH is none of TELCO_TRANSFORM_WH, TELCO_BI_WH',
    ],
    [
      'a service role that is not functional',
      'role: TELCO_TRANSFORMER',
      'role: TELCO_OWNER',
      'service.role: TELCO_OWNER is none of',
    ],
    ['a view in no schema', '[DW.ACTIVITY_AS_PUBLISHED,', '[DX.ACTIVITY_AS_PUBLISHED,', 'published.0: DX is none of'],
    [
      'a table in no schema',
      'table: DW.FACT_ACTIVITY,',
      'table: DX.FACT_ACTIVITY,',
      'protection.columns.5.table: DX is none of',
    ],
    ['a contract that is not there', 'contract: customers', 'contract: clients', 'protection.columns.0.contract: '],
    ['a text mask for dates', 'shows: null', 'shows: "-"', 'protection.masks.1.shows: must be null but for VARCHAR'],
    [
      'something to build beside the policies',
      'name: GOVERNANCE, builds: []',
      'name: GOVERNANCE, builds: [TABLE]',
      'schemas.5.builds: must be empty where the policies are',
    ],
    [
      'access to the policies',
      'access: { MART: read }',
      'access: { GOVERNANCE: read }',
      "roles.functional.2.access: GOVERNANCE is the owner's alone",
    ],
  ])('%s is refused with its line', (_what, from, to, message) => {
    const { text, line } = changed(from, to)
    const found = refusal(text)
    expect(found).toContain(message)
    // A missing key is told at the map that lacks it.
    if (message !== 'monitor') expect(found).toMatch(new RegExp(`^infra/snowflake/account\\.yaml:${line}: `))
    else expect(found).toMatch(/^infra\/snowflake\/account\.yaml:\d+: /)
  })

  it.each([
    ['two warehouses of one name', 'name: TELCO_BI_WH', 'name: TELCO_TRANSFORM_WH'],
    ['a functional role with the name of an access role', 'name: TELCO_ANALYST', 'name: TELCO_DW_READ'],
    ['one of Snowflake’s own roles', 'owner: { name: TELCO_OWNER', 'owner: { name: SYSADMIN'],
    ['two masks of one type', 'type: DATE', 'type: VARCHAR'],
    ['a table that is named twice', 'table: DW.DIM_CUSTOMER_HISTORY', 'table: DW.DIM_CUSTOMER'],
    ['a warehouse that a stage does not settle', 'TELCO_BI_WH: { size', 'TELCO_B_WH: { size'],
    ['a monitor that never suspends', 'percent: 90, action: SUSPEND }', 'percent: 90, action: NOTIFY }'],
  ])('%s is refused', (_what, from, to) => {
    expect(refusal(changed(from, to).text)).toMatch(/^infra\/snowflake\/account\.yaml:\d+: /)
  })

  it('a key that is given twice and a key that reaches into prototypes are refused with their lines', () => {
    expect(refusal(`${yaml}monitor: X\n`)).toMatch(/account\.yaml:\d+: Map keys must be unique/)
    expect(refusal(`${yaml}__proto__: { a: 1 }\n`)).toContain('the key __proto__ is not allowed')
  })
})

describe('injection', () => {
  const hostile = [
    `A; drop database TELCO_DB; --`,
    `A' or '1'='1`,
    'A"B',
    'A B',
    `A\\nB`,
    '{{owner}}',
    `A--`,
    'Ä',
    '',
    '1A',
    'A'.repeat(102),
  ]
  const names = [
    'name: TELCO_DB,',
    'name: STAGING,',
    'integration: TELCO_LAKE',
    'name: TELCO_BI_WH,',
    'monitor: TELCO_MONTHLY',
    'prefix: TELCO',
    'name: TELCO_OWNER,',
    'name: TELCO_LOADER',
    'tag: PERSONAL_DATA',
    'policy: MASK_DATE',
    'user: TELCO_DATAFORM',
    'network_policy: TELCO_DATAFORM_ADDRESSES',
  ]
  it.each(names)('no name but a plain one comes through "%s"', place => {
    const key = place.slice(0, place.indexOf(':'))
    const end = place.endsWith(',') ? ',' : ''
    for (const name of hostile) {
      expect(refusal(changed(place, `${key}: ${JSON.stringify(name)}${end}`).text), name).toMatch(/account\.yaml:\d+: /)
    }
  })

  it.each([
    ['stage: STAGING.LAKE', `"STAGING.LAKE; drop role X"`],
    ['prefix: staging/', `"staging/') x --/"`],
    ['prefix: staging/', `"../"`],
    ['bucket: telco-customer360-pipeline-dev', `"b/../other"`],
    ['bucket: telco-customer360-pipeline-dev', `"b'"`],
    [
      'reader_role_arn: arn:aws:iam::111111111111:role/telco-customer360-snowflake-reader',
      `"arn:aws:iam::111111111111:role/x'; drop"`,
    ],
    ['public_key: null', `"MIIB'; drop user X; --"`],
    ['public_key: null', `"-----BEGIN PUBLIC KEY-----"`],
    // As a private key begins.
    ['public_key: null', `"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ${'a'.repeat(700)}"`],
  ])('%s takes no %s', (place, value) => {
    expect(refusal(changed(place, `${place.slice(0, place.indexOf(':'))}: ${value}`).text)).toMatch(
      /account\.yaml:\d+: /,
    )
  })

  it('a comment and a mask may hold quotes and backslashes, and stay one literal', () => {
    const text = yaml
      .replace('comment: Reads answers', () => `comment: "it's a \\\\'; drop role X; -- test"`)
      .replace('shows: "***"', () => `shows: "';\\\\"`)
    const rendered = scripts('prod', false, text)
    expect(rendered.get('10_roles.sql')).toContain(
      `alter role TELCO_ANALYST set comment = 'it''s a \\\\''; drop role X; -- test';\n`,
    )
    expect(rendered.get('70_protection.sql')).toContain(`else ''';\\\\' end;\n`)
  })

  it('a comment of two lines is refused', () => {
    expect(refusal(changed('comment: Reads answers', 'comment: "a\\nb"').text)).toContain('must be one line of text')
  })
})
