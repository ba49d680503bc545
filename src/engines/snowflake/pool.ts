import { interrupted, refuseAborted } from '../../error.ts'
import type { Driver, DriverConnection, LoginOptions } from './driver.ts'
import { isLost, loginError } from './errors.ts'
import {
  endsWell,
  type Line,
  own,
  type Session,
  type SessionContext,
  type SessionSettings,
  sessionOn,
} from './session.ts'

export interface PoolOptions extends SessionSettings {
  readonly driver: Driver
  /** Made anew for each login: the driver clears secrets out of what it was given. */
  readonly login: () => LoginOptions
  /** Who logs in where, for errors. */
  readonly who: string
  /** The credentials' file, for errors. */
  readonly file: string
}

export interface Pool {
  /**
   * Lends a session of its own to a use. Where the session turns out to be lost before it has executed anything, the use is
   * begun again on a new one, once.
   */
  readonly lend: <T>(context: SessionContext, use: (session: Session) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** Times that do not depend on the account's settings, and a transaction only where one is begun. */
const SETTINGS = own("alter session set timezone = 'UTC', autocommit = true")

/** Sessions that are opened as they are needed and kept until the pool is closed. */
export function createPool(options: PoolOptions): Pool {
  const idle: Line[] = []
  const open = async (context: SessionContext): Promise<Line> => {
    const { driver, login, who, file, mask } = options
    const connecting = driver.connect(login()).catch(error => Promise.reject(loginError(error, who, file, mask)))
    const connection = await unlessAborted(connecting, context.signal)
    const line: Line = { connection, isBroken: false }
    try {
      await sessionOn(line, options, context).ask(SETTINGS)
    } catch (error) {
      await endsWell(connection.close(), options.cancelGraceMs)
      throw error
    }
    return line
  }
  const giveBack = async (line: Line): Promise<void> => {
    if (!line.isBroken && line.connection.isUp()) return void idle.push(line)
    await endsWell(line.connection.close(), options.cancelGraceMs)
  }
  const lend: Pool['lend'] = async (context, use) => {
    refuseAborted(context.signal)
    for (let attempt = 0; ; attempt++) {
      // Where one session was lost, those that were idle as long may be as well.
      const line = (attempt === 0 ? idle.pop() : undefined) ?? (await open(context))
      const session = sessionOn(line, options, context)
      try {
        return await use(session)
      } catch (error) {
        if (attempt > 0 || !isLost(error) || session.executed() > 0) throw error
      } finally {
        await giveBack(line)
      }
    }
  }
  return {
    lend,
    close: async () => {
      await Promise.all(idle.splice(0).map(({ connection }) => endsWell(connection.close(), options.cancelGraceMs)))
    },
  }
}

/** A login cannot be cancelled, only left: where it succeeds after all, its session is closed. */
function unlessAborted(
  connecting: Promise<DriverConnection>,
  signal: AbortSignal | undefined,
): Promise<DriverConnection> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      connecting.then(connection => connection.close()).catch(() => undefined)
      reject(interrupted(signal))
    }
    signal?.addEventListener('abort', onAbort)
    connecting.then(resolve, reject).finally(() => signal?.removeEventListener('abort', onAbort))
  })
}
