import { describe, expect, it } from 'vitest'
import { holds } from './conditions.ts'
import { evaluate, type Policies, type Request } from './evaluate.ts'
import type { PolicyDocument, PolicyStatement } from './policy.ts'
import { matches, matchesArn } from './wildcards.ts'

const ROLE = 'arn:aws:iam::111111111111:role/a'
const ROOT = 'arn:aws:iam::111111111111:root'
const request = (more: Partial<Request> = {}): Request => ({
  principal: ROLE,
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::b/raw/x',
  context: {},
  ...more,
})
const document = (...Statement: PolicyStatement[]): PolicyDocument => ({ Statement })
const allow: PolicyStatement = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/raw/*' }
const ask = (policies: Partial<Policies>, more: Partial<Request> = {}): string =>
  evaluate(request(more), { identity: [], needsBoth: false, ...policies })

describe('the evaluator', () => {
  it('denies what nobody allows', () => {
    expect(ask({})).toBe('denied')
    expect(ask({ identity: [document(allow)] }, { action: 's3:PutObject' })).toBe('denied')
    expect(ask({ identity: [document(allow)] }, { resource: 'arn:aws:s3:::b/archive/x' })).toBe('denied')
  })

  it('allows what the role may', () => {
    expect(ask({ identity: [document(allow)] })).toBe('allowed')
    expect(ask({ identity: [document({ ...allow, Action: ['S3:getobject'] })] })).toBe('allowed')
  })

  it('lets an explicit deny win, of either policy', () => {
    const deny: PolicyStatement = { Effect: 'Deny', Action: 's3:*', Resource: '*' }
    expect(ask({ identity: [document(allow, deny)] })).toBe('explicitly denied')
    const resource = document({ ...deny, Principal: '*' })
    expect(ask({ identity: [document(allow)], resource })).toBe('explicitly denied')
  })

  it('takes a resource policy that names the role for enough, and one for the account for a delegation', () => {
    const named = (AWS: string): PolicyDocument => document({ ...allow, Principal: { AWS } })
    expect(ask({ resource: named(ROLE) })).toBe('allowed')
    expect(ask({ resource: named(ROOT) })).toBe('denied')
    expect(ask({ resource: named('arn:aws:iam::222222222222:root') })).toBe('denied')
    expect(ask({ identity: [document(allow)], resource: named(ROOT) })).toBe('allowed')
  })

  it('uses a key only where its policy agrees too', () => {
    const identity = [document({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: 'key' })]
    const use = { action: 'kms:Decrypt', resource: 'key' }
    const key = document({
      Effect: 'Allow',
      Principal: { AWS: ROOT },
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE } },
    })
    expect(ask({ identity, needsBoth: true }, use)).toBe('denied')
    expect(ask({ identity, resource: key, needsBoth: true }, use)).toBe('allowed')
    expect(ask({ resource: key, needsBoth: true }, use)).toBe('denied')
    const other = { ...use, principal: 'arn:aws:iam::111111111111:role/b' }
    expect(ask({ identity, resource: key, needsBoth: true }, other)).toBe('denied')
  })

  it('refuses to guess', () => {
    const odd = { ...allow, NotResource: 'x' } as PolicyStatement
    expect(() => ask({ identity: [document(odd)] })).toThrow('NotResource')
    expect(() => holds({ DateGreaterThan: { x: 'y' } }, {})).toThrow('DateGreaterThan')
    expect(() => ask({ resource: document(allow) })).toThrow('principals')
  })
})

describe('conditions', () => {
  it.each([
    [{ Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'false' }, true],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, {}, false],
    [{ StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
    [{ StringEquals: { k: 'a' } }, { K: 'a' }, true],
    [{ StringEquals: { k: 'a*' } }, { k: 'ab' }, false],
    [{ StringEquals: { k: 'a' } }, {}, false],
    [{ StringNotEquals: { k: 'a' } }, {}, true],
    [{ StringNotEquals: { k: 'a' } }, { k: 'a' }, false],
    [{ StringNotEqualsIfExists: { k: 'a' } }, {}, true],
    [{ StringEqualsIfExists: { k: 'a' } }, {}, true],
    [{ StringEqualsIfExists: { k: 'a' } }, { k: 'b' }, false],
    [{ StringLike: { 's3:prefix': 'raw/*' } }, { 's3:prefix': 'raw/x' }, true],
    [{ StringLike: { 's3:prefix': 'raw/*' } }, { 's3:prefix': 'archive/' }, false],
    [{ StringLike: { 's3:prefix': 'raw/*' } }, {}, false],
    [{ Null: { k: 'true' } }, {}, true],
    [{ Null: { k: 'true' } }, { k: '*' }, false],
    [{ Null: { k: 'false' } }, { k: '*' }, true],
    [{ ArnEquals: { k: 'arn:aws:s3:::b' } }, { k: 'arn:aws:s3:::b' }, true],
    [{ ArnLike: { k: 'arn:aws:glue:*:1:job/*' } }, { k: 'arn:aws:glue:eu-west-1:1:job/x' }, true],
    [{ Bool: { a: 'true' }, Null: { b: 'true' } }, { a: 'true', b: 'x' }, false],
    [{ Bool: { a: 'true' }, Null: { b: 'true' } }, { a: 'true' }, true],
  ])('%j with %j is %s', (condition, context, expected) => {
    expect(holds(condition as PolicyStatement['Condition'] & object, context as Record<string, string>)).toBe(expected)
  })

  it.each([
    ['s3:Get*', 's3:GetObject', true],
    ['s3:Get?bject', 's3:GetObject', true],
    ['a.c', 'abc', false],
    ['*', 'x\ny', true],
    ['raw/*', 'xraw/y', false],
  ])('%s matches %s: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it('the parts of an ARN match each for itself', () => {
    expect(matchesArn('arn:aws:s3:*:b', 'arn:aws:s3:::b')).toBe(false)
    expect(matchesArn('arn:aws:*:*:1:x', 'arn:aws:sqs:eu:1:x')).toBe(true)
    expect(matchesArn('arn:aws:states:eu:1:execution:*', 'arn:aws:states:eu:1:execution:m:n')).toBe(true)
    expect(matchesArn('arn:aws:*', 'arn:aws:s3:::b')).toBe(false)
  })
})
