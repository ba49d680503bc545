import { randomUUID } from 'node:crypto'
import { refuseAborted } from '../../error.ts'
import { type SqlText, targetName } from '../../graph/types.ts'
import { createSystemObjects } from '../../plan/engine-tables.ts'
import type { Plan, WarehouseState } from '../../plan/types.ts'
import type { SnowflakeCredentials } from '../../project/credentials.ts'
import type { Engine, Rows } from '../engine.ts'
import { type SnowflakeSettings, snowflakeSettings } from './credentials.ts'
import { loadDriver } from './driver.ts'
import { maskOf } from './mask.ts'
import { createPool, type Pool } from './pool.ts'
import { own, type Session, type SessionContext } from './session.ts'
import type { Manifests } from './stage.ts'
import { runStep } from './step.ts'
import { confirmCopy, hasSystemObjects, readState } from './system.ts'

export interface SnowflakeOptions {
  readonly credentials: SnowflakeCredentials
  /** The project's name in query tags. */
  readonly project: string
  /** How long a cancelled statement may take to end before its session is given up. Milliseconds. */
  readonly cancelGraceMs?: number | undefined
  /** Names the run in query tags. */
  readonly runId?: string | undefined
}

const GRACE_MS = 10_000

/**
 * Opens a Snowflake account. Models are written in its own SQL, so that a statement is sent as it is. The first login is made
 * here: credentials that are refused are told before anything begins.
 *
 * @throws UserError where the credentials are incomplete or refused
 */
export async function openSnowflake(options: SnowflakeOptions): Promise<Engine> {
  const settings = snowflakeSettings(options.credentials)
  const pool = createPool({
    driver: await loadDriver(),
    login: () => ({ ...settings.login }),
    who: settings.who,
    file: settings.file,
    mask: maskOf(settings.secrets),
    statementTimeoutSeconds: settings.statementTimeoutSeconds,
    cancelGraceMs: options.cancelGraceMs ?? GRACE_MS,
  })
  const tag = tagger(options.project, options.runId ?? randomUUID())
  await pool.lend({ tag: tag('connect') }, async () => undefined)
  return warehouse(pool, settings, tag)
}

/** QUERY_TAG as JSON: who reads the query history can take it apart. Snowflake takes 2,000 characters. */
function tagger(project: string, run: string): (action: string) => string {
  const short = (text: string): string => text.slice(0, 600)
  return action => JSON.stringify({ app: 'dataform', project: short(project), action: short(action), run })
}

function warehouse(pool: Pool, { concurrency }: SnowflakeSettings, tag: (action: string) => string): Engine {
  const manifests: Manifests = new Map()
  let state: WarehouseState = { relations: new Map(), schemas: new Set() }
  const lend = <T>(action: string, use: (session: Session) => Promise<T>, more: Partial<SessionContext> = {}) =>
    pool.lend({ tag: tag(action), ...more }, use)
  return {
    name: 'snowflake',
    concurrency,
    state: async databases => {
      state = await lend('state', session => readState(session, databases))
      return state
    },
    translate: async ({ text }) => text.sql,
    setup: (plan, signal) => lend('setup', session => setup(plan, state, session), { signal }),
    run: (step, signal) => {
      const { file, line } = step.action
      const action = targetName(step.target)
      return lend(action, session => runStep(step, session, signal, manifests), {
        action,
        signal,
        place: { file, line },
      })
    },
    confirm: copies =>
      lend('confirm', async session => {
        for (const target of copies) await session.change(confirmCopy(target))
      }),
    call: ({ name }, signal) =>
      lend(name, session => query(session, own(`call ${name}()`), Number.POSITIVE_INFINITY, signal), {
        action: name,
        signal,
      }),
    query: (text, limit, signal) => lend('query', session => query(session, text, limit, signal), { signal }),
    close: () => pool.close(),
  }
}

async function setup(plan: Plan, state: WarehouseState, session: Session): Promise<void> {
  for (const { text } of plan.setup) await session.ask(text)
  const active = plan.steps.filter(step => step.skip === undefined)
  for (const database of new Set(active.map(({ target }) => target.database))) {
    if (hasSystemObjects(state, database)) continue
    for (const sql of createSystemObjects(database)) await session.ask(own(sql))
  }
}

/** Reads a row more than the limit, and nothing after it. */
async function query(session: Session, text: SqlText, limit: number, signal?: AbortSignal): Promise<Rows> {
  const { columns, rows } = await session.ask(text)
  const cells: (readonly (string | null)[])[] = []
  for await (const row of rows(Number.isFinite(limit) ? limit + 1 : undefined)) {
    refuseAborted(signal)
    cells.push(row)
  }
  return { columns, rows: cells.slice(0, limit), truncated: cells.length > limit }
}
