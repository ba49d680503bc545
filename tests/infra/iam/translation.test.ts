import { describe, expect, it } from 'vitest'
import type { Exchange } from '../../ingestion-lambda/proxy.ts'
import type { Call } from './account.ts'
import { callsOf, recorded } from './recorded.ts'

const signed = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20250101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=x`
const exchange = (request: string, more: Partial<Exchange> = {}, service = 's3'): Exchange => {
  const [method = '', url = ''] = request.split(' ')
  const headers = { authorization: signed(service), ...more.headers }
  return { method, url, body: Buffer.from(''), status: 200, ...more, headers }
}
/** Calls as one line each, where the ARN of an object of the bucket is its key and that of the bucket is `.`. */
const lines = (calls: readonly Call[]): readonly string[] =>
  calls.map(({ action, resource, context }) =>
    [
      action,
      resource.replace(/^arn:aws:s3:::b\//, '').replace('arn:aws:s3:::b', '.'),
      context && JSON.stringify(context),
    ]
      .filter(each => each !== undefined)
      .join(' '),
  )

const WHOLE = '{"s3:ObjectCreationOperation":"true"}'
const PART = '{"s3:ObjectCreationOperation":"false"}'

describe('a request to S3 takes', () => {
  it.each<readonly [string, Partial<Exchange>, readonly string[]]>([
    ['GET /b/raw/x?x-id=GetObject', {}, ['s3:GetObject raw/x']],
    ['GET /b/raw/x?versionId=v', {}, ['s3:GetObjectVersion raw/x']],
    ['HEAD /b/raw/x', {}, ['s3:GetObject raw/x']],
    ['HEAD /b/raw/x?versionId=v', {}, ['s3:GetObject raw/x', 's3:GetObjectVersion raw/x']],
    ['HEAD /b/raw/x', { status: 404 }, ['s3:GetObject raw/x', 's3:ListBucket .']],
    ['GET /b/raw/x?versionId=v', { status: 404 }, ['s3:GetObjectVersion raw/x', 's3:ListBucket .']],
    ['GET /b/raw/a%2Bb%3F/../%E2%82%AC', {}, ['s3:GetObject raw/a+b?/../€']],
    ['GET /b/?list-type=2&prefix=raw%2F', {}, ['s3:ListBucket . {"s3:prefix":"raw/"}']],
    ['GET /b?list-type=2', {}, ['s3:ListBucket .']],
    ['GET /b?location', {}, ['s3:GetBucketLocation .']],
    ['HEAD /b', {}, ['s3:ListBucket .']],
    ['PUT /b/raw/x', {}, [`s3:PutObject raw/x ${WHOLE}`]],
    [
      'PUT /b/raw/x',
      { headers: { 'if-none-match': '*', 'x-amz-server-side-encryption': 'AES256' } },
      [
        's3:PutObject raw/x {"s3:ObjectCreationOperation":"true","s3:if-none-match":"*","s3:x-amz-server-side-encryption":"AES256"}',
      ],
    ],
    [
      'PUT /b/raw/x',
      { headers: { 'if-match': 'e' } },
      ['s3:PutObject raw/x {"s3:ObjectCreationOperation":"true","s3:if-match":"e"}', 's3:GetObject raw/x'],
    ],
    [
      'PUT /b/raw/x',
      { headers: { 'x-amz-acl': 'private', 'x-amz-tagging': 'a=b' } },
      [`s3:PutObject raw/x ${WHOLE}`, 's3:PutObjectAcl raw/x', 's3:PutObjectTagging raw/x'],
    ],
    [
      'PUT /b/to/x',
      { headers: { 'x-amz-copy-source': '/b/raw/a%20b' } },
      [`s3:PutObject to/x ${WHOLE}`, 's3:GetObject raw/a b'],
    ],
    [
      'PUT /b/to/x?partNumber=1&uploadId=u',
      { headers: { 'x-amz-copy-source': 'b%2Fraw%2Fx?versionId=v' } },
      [`s3:PutObject to/x ${PART}`, 's3:GetObject raw/x', 's3:GetObjectVersion raw/x'],
    ],
    ['PUT /b/to/x?partNumber=1&uploadId=u', {}, [`s3:PutObject to/x ${PART}`]],
    ['POST /b/to/x?uploads', {}, [`s3:PutObject to/x ${PART}`]],
    [
      'POST /b/to/x?uploadId=u',
      { headers: { 'if-none-match': '*' } },
      ['s3:PutObject to/x {"s3:ObjectCreationOperation":"true","s3:if-none-match":"*"}'],
    ],
    ['DELETE /b/to/x?uploadId=u', {}, ['s3:AbortMultipartUpload to/x']],
    ['DELETE /b/raw/x', {}, ['s3:DeleteObject raw/x']],
    ['DELETE /b/raw/x?versionId=v', {}, ['s3:DeleteObject raw/x', 's3:DeleteObjectVersion raw/x']],
    [
      'POST /b?delete',
      {
        body: Buffer.from(
          '<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key><VersionId>v</VersionId></Object></Delete>',
        ),
      },
      ['s3:DeleteObject a&b', 's3:DeleteObject c', 's3:DeleteObjectVersion c'],
    ],
    ['GET /b/raw/x?tagging', {}, ['s3:GetObjectTagging raw/x']],
    ['PUT /b/raw/x?tagging&versionId=v', {}, ['s3:PutObjectVersionTagging raw/x']],
  ])('%s', (request, more, expected) => {
    expect(lines(callsOf(exchange(request, more)))).toEqual(expected)
  })

  it.each(['GET /b?versions', 'GET /b/x?acl', 'GET /b/x?uploadId=u', 'PUT /b', 'POST /b/x'])(
    'what is not known, and is no guess: %s',
    request => {
      expect(() => callsOf(exchange(request))).toThrow(request)
    },
  )
})

describe('a request to another service takes', () => {
  it.each<readonly [string, string, Partial<Exchange>, readonly string[]]>([
    ['sns', 'a form', { body: Buffer.from('Action=Publish&TopicArn=arn%3At&Message=m') }, ['sns:Publish arn:t']],
    [
      'sns',
      'JSON',
      { headers: { 'x-amz-target': 'AmazonSNS.Publish' }, body: Buffer.from('{"TopicArn":"arn:t"}') },
      ['sns:Publish arn:t'],
    ],
    [
      'monitoring',
      'a form',
      { body: Buffer.from('Action=PutMetricData&Namespace=N') },
      ['cloudwatch:PutMetricData * {"cloudwatch:namespace":"N"}'],
    ],
    [
      'monitoring',
      'CBOR',
      {
        url: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
        body: Buffer.from('\xa1\x69Namespace\x65Place\x6aMetricData', 'latin1'),
      },
      ['cloudwatch:PutMetricData * {"cloudwatch:namespace":"Place"}'],
    ],
  ])('%s in %s', (service, _, more, expected) => {
    expect(lines(callsOf(exchange('POST /', more, service)))).toEqual(expected)
  })

  it('what is not known, and is no guess', () => {
    const asked = { headers: { 'x-amz-target': 'AWSGlue.GetTable' } }
    expect(() => callsOf(exchange('POST /', asked, 'glue'))).toThrow('what GetTable of glue takes')
    expect(() => callsOf(exchange('GET /x', { headers: { authorization: '' } }))).toThrow('GET /x of nobody')
  })
})

it('a recording has each call once, on what stands in an account for what was used', () => {
  const exchanges = ['GET /b/raw/x', 'HEAD /b/raw/x', 'GET /bb/raw/x'].map(request => exchange(request))
  expect(recorded(exchanges, { 'arn:aws:s3:::b': 'arn:aws:s3:::lake' })).toEqual([
    { action: 's3:GetObject', resource: 'arn:aws:s3:::lake/raw/x' },
    { action: 's3:GetObject', resource: 'arn:aws:s3:::bb/raw/x' },
  ])
})
