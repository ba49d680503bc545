import { isDdl } from '../dialects/statements.ts'
import { RefusedConstruct } from '../error.ts'
import { statementError } from './evaluate.ts'
import { type Frame, raising } from './frame.ts'

const OTHER_SCOPE = 'Modifying a transaction that has started at a different scope is not allowed.'

type Act = (frame: Frame, line: number) => Promise<void>

/** Ends the transaction that is open, where this activation has begun it; does nothing where none is open. */
const end =
  (how: 'commit' | 'rollback'): Act =>
  async (frame, line) => {
    const { state } = frame
    if (state.transaction === undefined) return
    if (state.transaction !== frame.activation) throw statementError(OTHER_SCOPE, frame, line)
    await raising('STATEMENT_ERROR', frame, line, state.session[how])
    state.transaction = undefined
  }

/** BEGIN TRANSACTION, COMMIT and ROLLBACK. */
export const TRANSACTIONS: Readonly<Record<'begin' | 'commit' | 'rollback', Act>> = {
  begin: async (frame, line) => {
    const { state, activation, file } = frame
    // A second BEGIN TRANSACTION of the same scope is ignored; one of another scope has a transaction of its own.
    if (state.transaction === activation) return
    if (state.transaction !== undefined)
      throw new RefusedConstruct('BEGIN TRANSACTION in a procedure that was called within a transaction', {
        file,
        line,
      })
    await raising('STATEMENT_ERROR', frame, line, state.session.begin)
    state.transaction = activation
  },
  commit: end('commit'),
  rollback: end('rollback'),
}

/** Commits what is open where DDL is about to run. */
export async function beforeStatement(sql: string, frame: Frame, line: number): Promise<void> {
  if (isDdl(sql)) await TRANSACTIONS.commit(frame, line)
}

/** Rolls back what an activation has left open; whether there was something. */
export async function rollbackLeft({ state }: Frame, activation: number): Promise<boolean> {
  if (state.transaction !== activation) return false
  state.transaction = undefined
  await state.session.rollback()
  return true
}
