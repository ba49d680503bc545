import { createPublicKey, createVerify, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { DONE, failure, type WireAnswer } from './wire-answers.ts'

/** Who may log in. */
export interface WireUser {
  readonly name: string
  readonly password?: string
  /** PEM of the public half of a key pair. */
  readonly publicKey?: string
  readonly oauthToken?: string
  readonly accessToken?: string
}

/** A statement as it came. */
export interface WireStatement {
  readonly sql: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** The session's number, from 1. */
  readonly session: number
}

/** An account of Snowflake's, as far as its HTTP protocol shows it: logins, sessions, statements, results in chunks, cancels. */
export interface WireServer {
  readonly url: string
  /** Says what a statement is answered; the last one said wins. A list is answered one after the other, its last for good. */
  readonly on: (sql: string | RegExp, ...answers: readonly WireAnswer[]) => void
  /** Who answers what `on` says nothing of; undefined leaves it unknown. */
  readonly otherwise: (answer: (sql: string) => WireAnswer | undefined) => void
  /** Everything that was executed, logins and settings of the sessions left out. */
  readonly statements: () => readonly string[]
  readonly received: () => readonly WireStatement[]
  /** Forgets statements and answers. */
  readonly reset: () => void
  readonly counts: { logins: number; renewals: number; cancels: number; closed: number; chunks: number; polls: number }
  /** The bodies of all logins, as they came. */
  readonly logins: readonly Readonly<Record<string, unknown>>[]
  /** Makes every session that is open unknown to the server. */
  readonly dropSessions: () => void
  /** Leaves the logins that come without an answer until the returned function is called. */
  readonly holdLogins: () => () => void
  readonly close: () => Promise<void>
}

const PARAMETERS = Object.entries({
  TIMEZONE: 'UTC',
  DATE_OUTPUT_FORMAT: 'YYYY-MM-DD',
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM',
  TIME_OUTPUT_FORMAT: 'HH24:MI:SS',
  BINARY_OUTPUT_FORMAT: 'HEX',
  CLIENT_SESSION_KEEP_ALIVE: false,
  QUERY_CONTEXT_CACHE_SIZE: 5,
}).map(([name, value]) => ({ name, value }))

/** Sent once a session; no test is about it. */
const SETTINGS = /^alter session set timezone/

interface Running {
  readonly queryId: string
  readonly answer: WireAnswer
  pollsLeft: number
  isCancelled: boolean
  /** The request that waits for the end. */
  waiting?: (() => void) | undefined
}

interface Session {
  readonly number: number
  token: string
  readonly masterToken: string
  isExpired: boolean
}

interface State {
  readonly users: readonly WireUser[]
  readonly script: { readonly match: string | RegExp; readonly answers: WireAnswer[] }[]
  readonly received: WireStatement[]
  readonly logins: Record<string, unknown>[]
  readonly sessions: Map<string, Session>
  readonly running: Map<string, Running>
  readonly byRequest: Map<string, string>
  readonly chunks: Map<string, () => readonly (readonly (string | null)[])[]>
  readonly refusals: Map<string, number>
  readonly counts: WireServer['counts']
  loginsOpen: Promise<void>
  otherwise: (sql: string) => WireAnswer | undefined
  url: string
}

/** Starts an account on the loopback. Unknown statements fail, so that a test says all that it expects. */
export async function startWireServer(...users: readonly WireUser[]): Promise<WireServer> {
  const state: State = {
    users,
    script: [],
    received: [],
    logins: [],
    sessions: new Map(),
    running: new Map(),
    byRequest: new Map(),
    chunks: new Map(),
    refusals: new Map(),
    counts: { logins: 0, renewals: 0, cancels: 0, closed: 0, chunks: 0, polls: 0 },
    loginsOpen: Promise.resolve(),
    otherwise: () => undefined,
    url: '',
  }
  const server = createServer((request, response) => {
    handle(request, response, state).catch(error => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: state.url,
    on: (match, ...answers) => void state.script.unshift({ match, answers: [...answers] }),
    otherwise: answer => {
      state.otherwise = answer
    },
    statements: () => state.received.map(({ sql }) => sql),
    received: () => state.received,
    reset: () => {
      state.script.length = 0
      state.received.length = 0
    },
    counts: state.counts,
    logins: state.logins,
    dropSessions: () => state.sessions.clear(),
    holdLogins: () => {
      let release: () => void = () => undefined
      state.loginsOpen = new Promise(resolve => {
        release = resolve
      })
      return release
    },
    close: () => stop(server),
  }
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

type Body = Readonly<Record<string, unknown>>

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const body = await readBody(request)
  const reply = (document: unknown): void => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(document))
  }
  const { pathname } = url
  if (pathname === '/session/v1/login-request') {
    await state.loginsOpen
    return reply(login(body, state))
  }
  if (pathname === '/telemetry/send') return reply({ success: true, data: 'Log Received' })
  if (pathname.startsWith('/chunks/')) return sendChunk(pathname, response, state)
  const token = /Snowflake Token="([^"]*)"/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  if (pathname === '/session/token-request') return reply(renew(token, state))
  const session = state.sessions.get(token)
  if (session === undefined) return reply(refusal('390111', 'Session no longer exists. New login required.'))
  if (session.isExpired) return reply(refusal('390112', 'Your session has expired. Please login again.'))
  if (pathname === '/session') {
    state.sessions.delete(token)
    state.counts.closed += 1
    return reply({ success: true })
  }
  if (pathname === '/session/heartbeat') return reply({ success: true })
  if (pathname === '/queries/v1/query-request')
    return query(body, url.searchParams.get('requestId') ?? '', session, { response, reply, state })
  if (pathname.endsWith('/abort-request')) return reply(cancel(pathname, body, state))
  const queryId = /^\/queries\/([^/]+)\/result$/.exec(pathname)?.[1]
  const running = queryId === undefined ? undefined : state.running.get(queryId)
  if (running === undefined) throw new Error(`the wire server does not know ${pathname}`)
  state.counts.polls += 1
  finish(running, reply, state)
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  const raw = Buffer.concat(parts)
  if (raw.length === 0) return {}
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8')
  return JSON.parse(text) as Body
}

const refusal = (code: string, message: string) => ({
  success: false,
  code,
  message,
  data: { nextAction: 'RETRY_LOGIN' },
})

function login(body: Body, state: State): unknown {
  const data = body.data as Readonly<Record<string, string | undefined>>
  state.counts.logins += 1
  state.logins.push(data)
  const refused = refusedLogin(data, state.users)
  if (refused !== undefined) return refused
  const session: Session = {
    number: state.counts.logins,
    token: `session-${randomUUID()}`,
    masterToken: `master-${randomUUID()}`,
    isExpired: false,
  }
  state.sessions.set(session.token, session)
  return {
    success: true,
    code: null,
    message: null,
    data: {
      token: session.token,
      masterToken: session.masterToken,
      validityInSeconds: 3600,
      masterValidityInSeconds: 14400,
      sessionId: session.number,
      parameters: PARAMETERS,
      sessionInfo: {},
    },
  }
}

/** Refusals quote what they refuse. Snowflake's do not; a proxy's page may, and no error of ours may pass it on. */
function refusedLogin(data: Readonly<Record<string, string | undefined>>, users: readonly WireUser[]): unknown {
  const user = users.find(({ name }) => name === data.LOGIN_NAME)
  const token = data.TOKEN ?? ''
  if (data.AUTHENTICATOR === 'OAUTH')
    return users.some(({ oauthToken }) => oauthToken !== undefined && oauthToken === token)
      ? undefined
      : refusal('390318', `OAuth access token expired: ${token}`)
  if (data.AUTHENTICATOR === 'PROGRAMMATIC_ACCESS_TOKEN')
    return user?.accessToken !== undefined && user.accessToken === token
      ? undefined
      : refusal('394400', `Programmatic access token is invalid: ${token}`)
  if (data.AUTHENTICATOR === 'SNOWFLAKE_JWT')
    return user?.publicKey !== undefined && isSignedBy(token, user.publicKey)
      ? undefined
      : refusal('390144', 'JWT token is invalid.')
  return user?.password !== undefined && user.password === data.PASSWORD
    ? undefined
    : refusal('390100', `Incorrect username or password was specified: ${data.PASSWORD}`)
}

function isSignedBy(jwt: string, publicKey: string): boolean {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  return createVerify('RSA-SHA256')
    .update(`${head}.${claims}`)
    .verify(createPublicKey(publicKey), signature, 'base64url')
}

function renew(masterToken: string, state: State): unknown {
  const session = [...state.sessions.values()].find(known => known.masterToken === masterToken)
  if (session === undefined)
    return refusal('390114', 'Authentication token has expired. The user must authenticate again.')
  state.counts.renewals += 1
  state.sessions.delete(session.token)
  session.token = `session-${randomUUID()}`
  session.isExpired = false
  state.sessions.set(session.token, session)
  return {
    success: true,
    data: { sessionToken: session.token, masterToken, validityInSecondsST: 3600, validityInSecondsMT: 14400 },
  }
}

interface Exchange {
  readonly response: ServerResponse
  readonly reply: (document: unknown) => void
  readonly state: State
}

/** The answer that is said for a statement. */
function answerTo(sql: string, state: State): WireAnswer {
  if (SETTINGS.test(sql)) return DONE
  const line = state.script.find(({ match }) => (typeof match === 'string' ? match === sql : match.test(sql)))
  if (line !== undefined) return (line.answers.length > 1 ? line.answers.shift() : line.answers[0]) ?? DONE
  if (/^(begin|commit|rollback)$/.test(sql)) return DONE
  return state.otherwise(sql) ?? failure(`the test says no answer to: ${sql}`, '000904')
}

/** A request that comes again after a refusal, or on a renewed token, is the same statement. */
function query(body: Body, requestId: string, session: Session, { response, reply, state }: Exchange): void {
  const sql = String(body.sqlText)
  const knownId = state.byRequest.get(requestId)
  const queryId = knownId ?? `01b2c3d4-0000-0000-0000-${String(state.running.size + 1).padStart(12, '0')}`
  const answer = state.running.get(queryId)?.answer ?? answerTo(sql, state)
  if (knownId === undefined) {
    state.byRequest.set(requestId, queryId)
    state.running.set(queryId, { queryId, answer, pollsLeft: answer.polls ?? 0, isCancelled: false })
    if (!SETTINGS.test(sql))
      state.received.push({ sql, parameters: (body.parameters ?? {}) as Body, session: session.number })
  }
  const refused = state.refusals.get(queryId) ?? 0
  if (answer.http !== undefined && refused < answer.http.times) {
    state.refusals.set(queryId, refused + 1)
    response.statusCode = answer.http.status
    return void response.end('Service Unavailable')
  }
  if (answer.session === 'gone') {
    state.sessions.delete(session.token)
    return void reply(refusal('390111', 'Session no longer exists. New login required.'))
  }
  if (answer.session === 'expired' && knownId === undefined) {
    session.isExpired = true
    return void reply(refusal('390112', 'Your session has expired. Please login again.'))
  }
  const running = state.running.get(queryId)
  if (running !== undefined) finish(running, reply, state)
}

/** Answers, or says that the result is not there yet. */
function finish(running: Running, reply: (document: unknown) => void, state: State): void {
  const { answer, queryId } = running
  if (answer.hangs !== undefined && !running.isCancelled) {
    running.waiting = () => finish(running, reply, state)
    return
  }
  if (running.isCancelled) return void reply(failed(failure('SQL execution canceled', '000604', '57014'), queryId))
  if (running.pollsLeft > 0) {
    running.pollsLeft -= 1
    const data = { queryId, getResultUrl: `/queries/${queryId}/result`, progressDesc: null, queryAbortsAfterSecs: 300 }
    return void reply({ success: true, code: '333333', message: 'Query execution in progress', data })
  }
  reply(answer.error === undefined ? succeeded(answer, queryId, state) : failed(answer, queryId))
}

function failed({ error }: WireAnswer, queryId: string): unknown {
  const { code, sqlState, message, line, pos } = error ?? { code: '', sqlState: '', message: '' }
  return {
    success: false,
    code,
    message,
    data: { errorCode: code, sqlState, queryId, line, pos, internalError: false },
  }
}

function succeeded(
  { columns = [], rows = [], chunks = [], statementTypeId }: WireAnswer,
  queryId: string,
  state: State,
): unknown {
  const parts = chunks.map((chunk, index) => {
    const path = `/chunks/${queryId}/${index}`
    state.chunks.set(path, chunk.rows)
    return { url: `${state.url}${path}`, rowCount: chunk.count, compressedSize: 1, uncompressedSize: 1 }
  })
  const total = rows.length + chunks.reduce((sum, { count }) => sum + count, 0)
  return {
    success: true,
    code: null,
    message: null,
    data: {
      parameters: PARAMETERS,
      rowtype: columns.map(({ name, type, scale }) => ({
        name,
        type,
        scale: scale ?? (type === 'timestamp_ntz' ? 9 : null),
        precision: type === 'fixed' ? 38 : null,
        nullable: true,
        length: null,
        byteLength: null,
        database: '',
        schema: '',
        table: '',
      })),
      rowset: rows,
      total,
      returned: total,
      queryId,
      sqlState: '00000',
      statementTypeId: statementTypeId ?? 0x1000,
      version: 1,
      queryResultFormat: 'json',
      ...(parts.length > 0 && { chunks: parts, chunkHeaders: {} }),
    },
  }
}

function sendChunk(path: string, response: ServerResponse, state: State): void {
  state.counts.chunks += 1
  const rows = state.chunks.get(path)?.() ?? []
  // A chunk is the inside of a list.
  response.end(JSON.stringify(rows).slice(1, -1))
}

function cancel(path: string, body: Body, state: State): unknown {
  const queryId = /^\/queries\/([^/]+)\/abort-request$/.exec(path)?.[1]
  const running = state.running.get(
    queryId === undefined || queryId === 'v1' ? (state.byRequest.get(String(body.requestId)) ?? '') : queryId,
  )
  state.counts.cancels += 1
  if (running !== undefined && running.answer.hangs !== 'deaf') {
    running.isCancelled = true
    running.waiting?.()
  }
  return { success: true }
}
