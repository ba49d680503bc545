import { isDdl } from '../../dialects/statements.ts'
import { UserError } from '../../error.ts'
import type { Statement, Step } from '../../plan/types.ts'
import type { StepOutcome } from '../engine.ts'
import { heed } from '../messages.ts'
import { executeCopy } from './copy.ts'
import { isLost } from './errors.ts'
import { changedRows, collect, own, type Session } from './session.ts'
import type { Manifests } from './stage.ts'
import { recordDefinitions } from './system.ts'

interface StepContext {
  readonly step: Step
  readonly session: Session
  readonly manifests: Manifests
  readonly executed: string[]
  readonly notices: string[]
}

/**
 * Executes a step: what it prepares, each by itself since DDL commits, and then its load and the record of its definitions in
 * one transaction. DDL among the load commits what came before it in Snowflake, so it is sent between transactions.
 */
export async function runStep(
  step: Step,
  session: Session,
  signal: AbortSignal,
  manifests: Manifests,
): Promise<StepOutcome> {
  const context: StepContext = { step, session, manifests, executed: [], notices: [] }
  const transaction = transactionOn(session)
  let rows: number | undefined
  const add = (count: number | undefined): void => {
    if (count !== undefined) rows = (rows ?? 0) + count
  }
  try {
    for (const statement of step.prepare) add(await perform(statement, context))
    for (const statement of step.load) {
      await (isDdl(statement.text.sql) ? transaction.commit() : transaction.begin())
      add(await perform(statement, context))
    }
    if (step.prepare.length > 0) for (const sql of recordDefinitions(step)) await session.change(sql)
    await transaction.commit()
    return { rows, executed: context.executed, notices: context.notices }
  } catch (error) {
    await transaction.rollback()
    if (signal.aborted) throw new UserError('interrupted, and rolled back', { cause: signal.reason })
    throw error
  }
}

interface Transaction {
  readonly begin: () => Promise<void>
  readonly commit: () => Promise<void>
  readonly rollback: () => Promise<void>
}

/** A transaction that is begun at the first need. */
function transactionOn(session: Session): Transaction {
  let isOpen = false
  return {
    begin: async () => {
      if (isOpen) return
      await session.ask(own('begin'))
      isOpen = true
    },
    commit: async () => {
      if (!isOpen) return
      await commit(session)
      isOpen = false
    },
    rollback: async () => {
      if (isOpen) await session.rollback()
    },
  }
}

/** Is not cancelled: nobody could say what a cancelled COMMIT has done. */
async function commit(session: Session): Promise<void> {
  try {
    await session.ask(own('commit'), { isAbortable: false })
  } catch (error) {
    if (!isLost(error)) throw error
    throw new UserError('the session was lost during COMMIT: whether this action took effect is not known', {
      remedy: 'look at its rows, or at the query history, before you run it again',
      cause: error,
    })
  }
}

/** Executes one statement; returns its count where the statement's kind has one. */
async function perform(statement: Statement, context: StepContext): Promise<number | undefined> {
  const { step, session, manifests, executed, notices } = context
  const execute = (text: Statement['text']): ReturnType<Session['ask']> => {
    executed.push(text.sql)
    return session.ask(text)
  }
  const { kind, text } = statement
  if (kind === 'copy') return executeCopy(statement, { session, target: step.target, manifests, execute })
  const answer = await execute(text)
  if (kind === 'execute') return undefined
  if (kind === 'write') return changedRows(answer)
  const messages = (await collect(answer.rows())).map(([first]) => first ?? '')
  return heed(kind, messages, step, notices)
}
