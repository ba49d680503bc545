import { type ErrorPlace, UserError } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'
import { TransientError } from '../errors.ts'
import type { DriverError } from './driver.ts'
import type { Mask } from './mask.ts'

/** The session is gone, and with it what it had not committed: worth another try on a new one. */
export class LostSession extends TransientError {}

/** What an error is told with. */
export interface ErrorContext {
  readonly mask: Mask
  /** The statement that failed. */
  readonly text: SqlText
  readonly action?: string | undefined
  /** Where a statement belongs that no line of a project stands for. */
  readonly place?: ErrorPlace | undefined
}

// Of the server: session token invalid, session gone, its token expired, its master token expired.
// Of the driver: no connection, an answer that is none, an invalid token, a session that is not up.
const LOST = new Set([
  '390104',
  '390111',
  '390112',
  '390114',
  '401001',
  '401002',
  '401003',
  '401004',
  '407001',
  '407002',
])
/** A statement that waited for a lock too long, or behind too many others. */
const WAITERS = '000625'
const SERIALIZATION = new Set(['40001', '40P01'])
const LOCKED = /deadlock|lock[_ ]timeout|waiters for this lock|lock .*timed? ?out/i
/** Cancelled by the statement's own limit. */
const TIMED_OUT = '000630'

/** Whether a session that answered so is of no more use. */
export function isLost(error: unknown): boolean {
  return error instanceof LostSession
}

/** Snowflake's error with the place in the project that the statement comes from. Secrets are masked, and so is the cause. */
export function statementError(error: unknown, { mask, text, action, place: home }: ErrorContext): UserError {
  if (error instanceof UserError) return error
  const told = error as DriverError
  const { code, data } = told
  const message = mask(withQuery(sentence(told), data))
  const cause = cleaned(told, mask)
  const place = { ...(text.file === '' ? home : placeOf(told, text)), action, cause }
  if (LOST.has(String(code)) && !isForbidden(told))
    return new LostSession(`the session with Snowflake was lost: ${message}`, {
      ...place,
      remedy: 'run again; what was not committed is rolled back',
    })
  const number = padded(code)
  if (number === WAITERS || SERIALIZATION.has(told.sqlState ?? '') || LOCKED.test(told.message))
    return new TransientError(message, { ...place, remedy: 'run again, with fewer writers of the same table at once' })
  if (number === TIMED_OUT)
    return new UserError(message, {
      ...place,
      remedy: 'raise statementTimeoutSeconds of the credentials, or use a larger warehouse',
    })
  return new UserError(message, { ...place, remedy: REMEDIES[number] })
}

/** What to do about errors that people meet in their first hour. */
const REMEDIES: Readonly<Record<string, string>> = {
  '000606': 'name a warehouse in the credentials that the role may use',
  '002003': 'create it, or grant the role its use',
  '003001': 'grant the role what it lacks, or name another role in the credentials',
}

/** An error of the login. */
export function loginError(error: unknown, who: string, file: string, mask: Mask): UserError {
  if (error instanceof UserError) return error
  const told = error as DriverError
  const code = String(told.code ?? '')
  const cause = cleaned(told, mask)
  if (code === '401001' || code === '401002') {
    return new UserError(mask(`${who} cannot be reached: ${sentence(told)}`), {
      file,
      remedy: 'correct accountId (ORGANIZATION-ACCOUNT), or look at the network',
      cause,
    })
  }
  return new UserError(mask(`Snowflake refused the login of ${who}: ${sentence(told)}`), {
    file,
    remedy: LOGIN_REMEDIES[code] ?? 'correct the credentials',
    cause,
  })
}

const LOGIN_REMEDIES: Readonly<Record<string, string>> = {
  '390100': 'correct username and password',
  '390144': "correct username, or give the user the key's public half: alter user … set rsa_public_key = '…'",
  '390303': 'renew the token',
  '390318': 'renew the token: it has expired',
  '394400': 'renew the token: it is invalid, or has expired',
}

/** The first sentence is often only that there was an error; the whole message is put on one line. */
function sentence(told: DriverError): string {
  const { message, cause } = told
  const text = (message === undefined || message === '' ? cause?.message : message) ?? 'no reason was given'
  const status = statusOf(told)
  return `${text.trim().replace(/\s*\n\s*/g, ' ')}${status === undefined ? '' : ` (HTTP ${status})`}`
}

/** The HTTP status that refused a request, where one did. */
function statusOf({ response }: DriverError): number | undefined {
  const status: unknown = response?.statusCode ?? response?.status
  return typeof status === 'number' && status !== 200 ? status : undefined
}

/** A status that another try would meet again: a network policy, a proxy, a wrong address. */
function isForbidden(told: DriverError): boolean {
  const status = statusOf(told) ?? 500
  return String(told.code) === '401002' && status < 500 && status !== 408 && status !== 429
}

function withQuery(message: string, data: DriverError['data']): string {
  const id: unknown = data?.queryId
  return typeof id === 'string' ? `${message} (query ${id})` : message
}

/** Lines of Snowflake's errors count from 1 in the statement, which is the project's own text. */
function placeOf({ message, data }: DriverError, text: SqlText): ErrorPlace {
  const line = Number(/\berror line (\d+)/i.exec(message ?? '')?.[1] ?? data?.line ?? 1)
  return { file: text.file, line: text.line === undefined ? undefined : text.line + Math.max(line, 1) - 1 }
}

const padded = (code: DriverError['code']): string => String(code ?? '').padStart(6, '0')

/** The driver's errors hold requests with their headers and bodies: what is kept of one is its text, masked. */
function cleaned(told: DriverError, mask: Mask): Error {
  const kept = new Error(mask(String(told.message ?? told)))
  kept.name = String(told.name ?? 'Error')
  kept.stack = mask(String(told.stack ?? kept.message))
  return Object.assign(kept, { code: told.code, sqlState: told.sqlState })
}
