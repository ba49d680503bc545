import type { Exchange } from '../../ingestion-lambda/proxy.ts'
import type { Account, Call } from './account.ts'
import { allCalls, MAY } from './calls.ts'
import { s3Calls } from './s3-calls.ts'

/** The rights that a request to AWS takes, as it was signed for. Throws for a request that it does not know. */
export function callsOf(exchange: Exchange): readonly Call[] {
  const { headers, method, url, body } = exchange
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1]
  if (service === 's3') return s3Calls(exchange)
  const operation = operationOf(exchange)
  const asked = parametersOf(body)
  if (service === 'sns' && operation === 'Publish') return [{ action: 'sns:Publish', resource: asked('TopicArn') }]
  if (service === 'monitoring' && operation === 'PutMetricData')
    return [
      {
        action: 'cloudwatch:PutMetricData',
        resource: '*',
        context: { 'cloudwatch:namespace': asked('Namespace') },
      },
    ]
  throw new Error(`it is not known what ${operation ?? `${method} ${url}`} of ${service ?? 'nobody'} takes`)
}

/** The operation's name: in a header, in the path or in the form, by the protocol that the client speaks. */
function operationOf({ headers, url, body }: Exchange): string | undefined {
  const target = headers['x-amz-target']
  if (target !== undefined) return String(target).split('.').at(-1)
  return /\/operation\/(\w+)$/.exec(url)?.[1] ?? new URLSearchParams(body.toString()).get('Action') ?? undefined
}

/** A text among the parameters of a form, of JSON or of CBOR, in which it follows its name and a byte of its length. */
const parametersOf =
  (body: Buffer) =>
  (name: string): string => {
    const text = body.toString('latin1')
    if (text.startsWith('{')) return String((JSON.parse(text) as Record<string, unknown>)[name])
    const at = text.indexOf(name) + name.length
    const length = (body[at] ?? 0) - 0x60
    const packed = length > 0 && length < 24 ? text.slice(at + 1, at + 1 + length) : undefined
    return packed ?? new URLSearchParams(text).get(name) ?? ''
  }

/** The calls behind some exchanges, each once, on what stands in an account for what the tests used. */
export function recorded(exchanges: readonly Exchange[], places: Readonly<Record<string, string>>): readonly Call[] {
  const placed = (resource: string): string => {
    const found = Object.keys(places).find(place => resource === place || resource.startsWith(`${place}/`))
    return found === undefined ? resource : `${places[found]}${resource.slice(found.length)}`
  }
  const calls = exchanges.flatMap(callsOf).map(call => ({ ...call, resource: placed(call.resource) }))
  return [...new Map(calls.map(call => [JSON.stringify(call), call])).values()]
}

/** What was recorded against what the policies and the table say; all is well where every list is empty. */
export interface Comparison {
  /** Recorded, and not allowed, with the answer. */
  readonly refused: readonly string[]
  /** Recorded, and of a kind that the table has not. */
  readonly missing: readonly string[]
  /** In the table, and neither recorded nor with a reason. */
  readonly unused: readonly string[]
  /** Titles that have a reason and need none. */
  readonly needless: readonly string[]
}

export const NOTHING_ODD: Comparison = { refused: [], missing: [], unused: [], needless: [] }

/** Compares calls with the policies of a role and with its table, of which some titles stand there for a reason. */
export function compare(
  role: string,
  made: readonly Call[],
  account: Account,
  reasons: Readonly<Record<string, string>>,
): Comparison {
  const titles = MAY[role] ?? []
  const all = allCalls(account)
  const kind = (call: Call | undefined): string => (call === undefined ? '' : kindOf(call, account.lake))
  const kinds = new Set(made.flatMap(call => [call, ...account.behind(call)]).map(kind))
  const known = new Set(titles.map(title => kind(all[title])))
  return {
    refused: made
      .map(call => [kind(call), account.answer(role, call), call.resource] as const)
      .filter(([, answer]) => answer !== 'allowed')
      .map(each => each.join(': ')),
    missing: [...kinds].filter(each => !known.has(each)),
    unused: titles.filter(title => !kinds.has(kind(all[title])) && reasons[title] === undefined),
    needless: Object.keys(reasons).filter(title => !titles.includes(title) || kinds.has(kind(all[title]))),
  }
}

/** Calls are of one kind where no policy here tells them apart: by action, folder of the lake and what a write says. */
export function kindOf({ action, resource, context = {} }: Call, lake: string): string {
  const prefix = context['s3:prefix']
  if (resource === lake && prefix !== undefined) return `${action} below ${prefix.split('/')[0]}/`
  if (!resource.startsWith(`${lake}/`))
    return [action, resource, context['cloudwatch:namespace'] ?? context['kms:ViaService'] ?? ''].join(' ').trim()
  const key = resource.slice(lake.length + 1)
  const area = key.slice(0, key.indexOf('/') + 1) || key
  if (action !== 's3:PutObject') return `${action} ${area}`
  if (context['s3:ObjectCreationOperation'] === 'false') return `${action} ${area}, a part`
  return `${action} ${area}, ${context['s3:if-none-match'] === undefined ? 'over' : 'where there is none'}`
}
