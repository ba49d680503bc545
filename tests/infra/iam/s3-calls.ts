import type { Exchange } from '../../ingestion-lambda/proxy.ts'
import type { Call } from './account.ts'

/** What a request to S3 asks for, path style. `key` is empty where it is asked of the bucket. */
interface Asked extends Exchange {
  readonly bucket: string
  readonly key: string
  readonly params: URLSearchParams
}

// Parameters that ask for no other right. Any parameter that stands neither here nor below is an error, not a guess.
const PLAIN =
  /^(x-id|versionId|partNumber|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|fetch-owner)$/
const KNOWN = /^(list-type|location|delete|uploads|uploadId|tagging)$/

/**
 * The rights that a request to S3 takes, as "Required permissions for Amazon S3 API operations" and the operations' own pages
 * have them. Where these differ, more is asked for. Throws for a request that it does not know.
 */
export function s3Calls(exchange: Exchange): readonly Call[] {
  // Not by URL, which would resolve the dots of a key.
  const [path = '', query = ''] = splitOnce(exchange.url, '?')
  const [bucket = '', key = ''] = splitOnce(path.slice(1), '/').map(decodeURIComponent)
  const asked: Asked = { ...exchange, bucket, key, params: new URLSearchParams(query) }
  const odd = [...asked.params.keys()].filter(name => !PLAIN.test(name) && !KNOWN.test(name))
  const calls = odd.length > 0 ? undefined : key === '' ? ofBucket(asked) : ofObject(asked)
  if (calls === undefined) throw new Error(`it is not known what ${exchange.method} ${exchange.url} takes`)
  return calls
}

/** Everything before a text and everything after it. */
function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`
const on = (bucket: string, key: string, action: string, context?: Call['context']): Call => ({
  action: `s3:${action}`,
  resource: `${bucketArn(bucket)}/${key}`,
  ...(context && { context }),
})

function ofBucket({ bucket, method, params, body }: Asked): readonly Call[] | undefined {
  const resource = bucketArn(bucket)
  if (method === 'GET' && params.has('location')) return [{ action: 's3:GetBucketLocation', resource }]
  if (method === 'GET' && params.get('list-type') === '2') {
    const prefix = params.get('prefix')
    return [{ action: 's3:ListBucket', resource, ...(prefix !== null && { context: { 's3:prefix': prefix } }) }]
  }
  if (method === 'HEAD') return [{ action: 's3:ListBucket', resource }]
  if (method === 'POST' && params.has('delete'))
    return [...body.toString().matchAll(/<Object>(.*?)<\/Object>/gs)].flatMap(([, object = '']) => {
      const key = /<Key>(.*?)<\/Key>/s.exec(object)?.[1] ?? ''
      return removing(bucket, unescapeXml(key), object.includes('<VersionId>'))
    })
  return undefined
}

const unescapeXml = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

function ofObject(asked: Asked): readonly Call[] | undefined {
  const { bucket, key, method, params } = asked
  if (params.has('tagging')) return tagging(asked)
  if (method === 'HEAD' || (method === 'GET' && !params.has('uploadId')))
    return [...reading(asked), ...missing(asked, bucket)]
  if (method === 'PUT') return putting(asked)
  if (method === 'POST' && params.has('uploads')) return [on(bucket, key, 'PutObject', writing(asked, false))]
  if (method === 'POST' && params.has('uploadId')) return [on(bucket, key, 'PutObject', writing(asked, true))]
  if (method === 'DELETE' && params.has('uploadId')) return [on(bucket, key, 'AbortMultipartUpload')]
  if (method === 'DELETE') return removing(bucket, key, params.has('versionId'))
  return undefined
}

/** GetObject with a version takes the right to versions alone, says its page; HeadObject's asks for the other one as well. */
function reading({ bucket, key, method, params }: Asked): readonly Call[] {
  if (!params.has('versionId')) return [on(bucket, key, 'GetObject')]
  const version = on(bucket, key, 'GetObjectVersion')
  return method === 'HEAD' ? [on(bucket, key, 'GetObject'), version] : [version]
}

/** S3 tells only who may list that an object is not there; to all others it says 403. Such a question has no prefix. */
const missing = ({ status }: Exchange, bucket: string): readonly Call[] =>
  status === 404 ? [{ action: 's3:ListBucket', resource: bucketArn(bucket) }] : []

/** DeleteObject's page has the first right needed always, and the second for a version. */
const removing = (bucket: string, key: string, isVersion: boolean): readonly Call[] => [
  on(bucket, key, 'DeleteObject'),
  ...(isVersion ? [on(bucket, key, 'DeleteObjectVersion')] : []),
]

function tagging({ bucket, key, method, params }: Asked): readonly Call[] | undefined {
  const verb = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' }[method]
  return verb === undefined
    ? undefined
    : [on(bucket, key, `${verb}Object${params.has('versionId') ? 'Version' : ''}Tagging`)]
}

function putting(asked: Asked): readonly Call[] {
  const { bucket, key, params, headers } = asked
  return [
    on(bucket, key, 'PutObject', writing(asked, !params.has('uploadId'))),
    // To compare the object with what the writer knows of it takes a reader's right.
    ...(headers['if-match'] === undefined ? [] : [on(bucket, key, 'GetObject')]),
    ...(headers['x-amz-acl'] === undefined ? [] : [on(bucket, key, 'PutObjectAcl')]),
    ...(headers['x-amz-tagging'] === undefined ? [] : [on(bucket, key, 'PutObjectTagging')]),
    ...copying(asked),
  ]
}

/** What reading the source of a copy takes. As with HeadObject, a version is asked for beside the object. */
function copying(asked: Asked): readonly Call[] {
  const source = asked.headers['x-amz-copy-source']
  if (source === undefined) return []
  const [path = '', query = ''] = splitOnce(String(source).replace(/^\//, ''), '?')
  const [bucket = '', key = ''] = splitOnce(decodeURIComponent(path), '/')
  const version = new URLSearchParams(query).has('versionId') ? [on(bucket, key, 'GetObjectVersion')] : []
  return [on(bucket, key, 'GetObject'), ...version, ...missing(asked, bucket)]
}

/** Beginning an upload and its parts make no object yet; only what does can be conditional. */
function writing({ headers }: Asked, creates: boolean): Readonly<Record<string, string>> {
  const given = ['if-none-match', 'if-match', 'x-amz-server-side-encryption'].flatMap(name =>
    headers[name] === undefined ? [] : [[`s3:${name}`, String(headers[name])]],
  )
  return { 's3:ObjectCreationOperation': String(creates), ...Object.fromEntries(given) }
}
