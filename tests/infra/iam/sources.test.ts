import { describe, expect, it } from 'vitest'
import { STAGES } from '../../../infra/stages.ts'
import { templates } from '../templates.ts'
import { type Account, account, type Call, type Outsider, roleArn } from './account.ts'

const ARN = roleArn('billing-export')
const named = account(templates([{ ...STAGES.prod, sources: [ARN] }]).prod)
const unnamed = account(templates([STAGES.prod]).prod)

/** As generous as its own policy can be. */
const administrator: Outsider = {
  arn: ARN,
  identity: [{ Statement: [{ Effect: 'Allow', Action: ['s3:*', 'kms:*'], Resource: '*' }] }],
}
const put = ({ lake }: Account, context: Call['context']): Call => ({
  action: 's3:PutObject',
  resource: `${lake}/raw/customers/customers_20250101.ndjson`,
  context: context ?? {},
})
const WHOLE = { 's3:ObjectCreationOperation': 'true' }
const PART = { 's3:ObjectCreationOperation': 'false' }

describe('a role that delivers files', () => {
  it.each([
    ['whole', WHOLE],
    ['in parts', PART],
  ])('puts them below raw/, %s, once it is named as a source', (_how, context) => {
    expect(named.answerTo(administrator, put(named, context))).toBe('allowed')
    expect(unnamed.answerTo(administrator, put(unnamed, context))).toBe('denied')
  })

  it.each(['raw/x', 'archive/x', 'clean/x', 'staging/manifest.json', 'ledger/x'])(
    'reads nothing of %s, whatever its own policy allows',
    key => {
      for (const action of ['s3:GetObject', 's3:GetObjectVersion'])
        expect(named.answerTo(administrator, { action, resource: `${named.lake}/${key}` })).toBe('explicitly denied')
    },
  )

  it('uses the key through S3 alone', () => {
    const call = { action: 'kms:Decrypt', resource: named.lakeKey, context: { 'kms:ViaService': 'ssm.eu-west-1' } }
    expect(named.answerTo(administrator, call)).toBe('denied')
  })

  it('needs permissions of its own as well', () => {
    expect(named.answerTo({ arn: ARN, identity: [] }, put(named, WHOLE))).toBe('denied')
  })

  it.each(['ingestion', 'glue'])('the %s role reads as before', role => {
    const call = { action: 's3:GetObject', resource: `${named.lake}/archive/x` }
    expect(named.answer(`telco-customer360-${role}`, call)).toBe('allowed')
  })
})
