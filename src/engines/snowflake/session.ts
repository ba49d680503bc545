import { type ErrorPlace, interrupted, refuseAborted } from '../../error.ts'
import type { SqlText } from '../../graph/types.ts'
import type { Answer, DriverConnection } from './driver.ts'
import { isLost, statementError } from './errors.ts'
import type { Mask } from './mask.ts'

/** What a session's statements are sent with. */
export interface SessionContext {
  /** QUERY_TAG of every statement. */
  readonly tag: string
  readonly action?: string | undefined
  /** Where the action is written. */
  readonly place?: ErrorPlace | undefined
  readonly signal?: AbortSignal | undefined
}

export interface SessionSettings {
  readonly mask: Mask
  /** Seconds after which Snowflake cancels a statement; undefined leaves the account's own limit. */
  readonly statementTimeoutSeconds?: number | undefined
  /** How long a cancelled statement may take to end before its session is given up. Milliseconds. */
  readonly cancelGraceMs: number
}

/** One session, lent to one use. */
export interface Session {
  /** Executes one statement. Throws a UserError, LostSession where the session is gone. */
  readonly ask: (text: SqlText, options?: { readonly isAbortable: boolean }) => Promise<Answer>
  /** The rows of one statement of our own. */
  readonly read: (sql: string) => Promise<readonly (readonly (string | null)[])[]>
  /** Executes one statement of our own; the number of rows it changed. */
  readonly change: (sql: string) => Promise<number>
  /** Takes back what is not committed. A session that does not do so in time is given up, which has the same effect. */
  readonly rollback: () => Promise<void>
  /** How many statements Snowflake has executed for this use. */
  readonly executed: () => number
}

/** A connection with what is known of its health. */
export interface Line {
  readonly connection: DriverConnection
  isBroken: boolean
}

/** A statement that no line of a project stands for. */
export const own = (sql: string): SqlText => ({ sql, file: '' })

/** Lends a connection's statements a tag, a signal and an action. */
export function sessionOn(line: Line, settings: SessionSettings, context: SessionContext): Session {
  let executed = 0
  const parameters = {
    QUERY_TAG: context.tag,
    MULTI_STATEMENT_COUNT: 1,
    ...(settings.statementTimeoutSeconds !== undefined && {
      STATEMENT_TIMEOUT_IN_SECONDS: settings.statementTimeoutSeconds,
    }),
  }
  const ask: Session['ask'] = async (text, { isAbortable } = { isAbortable: true }) => {
    const signal = isAbortable ? context.signal : undefined
    refuseAborted(signal)
    try {
      const answer = await cancellable(line, text.sql, parameters, settings.cancelGraceMs, signal)
      executed += 1
      return guarded(answer, error => fail(error, text))
    } catch (error) {
      return fail(error, text)
    }
  }
  const fail = (error: unknown, text: SqlText): never => {
    refuseAborted(context.signal)
    const { action, place } = context
    const told = statementError(error, { mask: settings.mask, text, action, place })
    if (isLost(told)) line.isBroken = true
    throw told
  }
  const read: Session['read'] = async sql => collect((await ask(own(sql))).rows())
  const rollback = async (): Promise<void> => {
    if (line.isBroken) return
    const end = line.connection.execute('rollback', parameters, () => undefined)
    line.isBroken = !(await endsWell(end, settings.cancelGraceMs))
  }
  return { ask, read, change: async sql => changedRows(await ask(own(sql))), rollback, executed: () => executed }
}

/** Waits for an end, and no longer than this; whether it came and was good. */
export async function endsWell(end: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const isGood = await Promise.race([
    end.then(
      () => true,
      () => false,
    ),
    late,
  ])
  clearTimeout(timer)
  return isGood
}

/**
 * Executes a statement and cancels it when the signal aborts. The statement's own end is waited for, so that a rollback
 * finds it ended; a server that does not answer costs its session instead.
 */
function cancellable(
  line: Line,
  sql: string,
  parameters: Readonly<Record<string, string | number>>,
  graceMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => undefined
    let timer: NodeJS.Timeout | undefined
    const onAbort = (): void => {
      cancel()
      timer = setTimeout(() => {
        line.isBroken = true
        reject(interrupted(signal))
      }, graceMs)
    }
    line.connection
      .execute(sql, parameters, how => {
        cancel = how
      })
      .then(resolve, reject)
      .finally(() => {
        signal?.removeEventListener('abort', onAbort)
        clearTimeout(timer)
      })
    signal?.addEventListener('abort', onAbort)
  })
}

/** Rows arrive after the answer: an error among them is an error of the statement. */
function guarded({ columns, rows }: Answer, fail: (error: unknown) => never): Answer {
  return {
    columns,
    rows: async function* (limit) {
      try {
        yield* rows(limit)
      } catch (error) {
        fail(error)
      }
    },
  }
}

/** All rows, in memory. */
export async function collect(
  rows: AsyncIterable<readonly (string | null)[]>,
): Promise<readonly (readonly (string | null)[])[]> {
  const all: (readonly (string | null)[])[] = []
  for await (const row of rows) all.push(row)
  return all
}

/**
 * The rows that DML has changed, by what it answers: a column for each kind of change ("number of rows inserted"), or a row
 * for each file of a COPY INTO. The driver's own count adds "number of multi-joined rows updated" to those updated.
 */
export async function changedRows({ columns, rows }: Answer): Promise<number> {
  const counting = columns.flatMap((name, index) => (/^(number of rows |rows_loaded$)/i.test(name) ? [index] : []))
  let sum = 0
  for await (const row of rows()) for (const index of counting) sum += Number(row[index] ?? 0)
  return sum
}
