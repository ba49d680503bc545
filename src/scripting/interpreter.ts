import { type Flow, type Frame, replace, step } from './frame.ts'
import { runBlock, runDeclaration } from './run-block.ts'
import {
  raise,
  runCase,
  runClose,
  runFetch,
  runForCount,
  runForRows,
  runIf,
  runLoop,
  runOpen,
  runRepeat,
  runWhile,
} from './run-control.ts'
import { assign, runCall, runExecute, runSource, runSql, valueFrom } from './sources.ts'
import { TRANSACTIONS } from './transactions.ts'
import type { Statement } from './tree.ts'

/** Executes statements one after the other, up to one that goes elsewhere. */
export async function execute(statements: readonly Statement[], frame: Frame): Promise<Flow> {
  for (const statement of statements) {
    await step(frame)
    const flow = await HANDLERS[statement.kind](statement as never, frame)
    if (flow !== undefined) return flow
  }
  return undefined
}

type Handlers = {
  readonly [K in Statement['kind']]: (
    statement: Extract<Statement, { readonly kind: K }>,
    frame: Frame,
  ) => Promise<Flow> | Flow
}

const jump: Handlers['break'] = ({ kind, label }) => ({ kind, label })

const HANDLERS: Handlers = {
  block: runBlock,
  if: runIf,
  case: runCase,
  while: runWhile,
  repeat: runRepeat,
  loop: runLoop,
  'for-count': runForCount,
  'for-rows': runForRows,
  break: jump,
  continue: jump,
  raise,
  null: () => undefined,
  sql: async (statement, frame) => void (await runSql(statement, frame)),
  call: async (statement, frame) => void (await runCall(statement, frame)),
  execute: async (statement, frame) => void (await runExecute(statement, frame)),
  let: async ({ declaration }, frame) => void (await runDeclaration(declaration, frame)),
  assign: async ({ name, value, line }, frame) => void (await assign(name, await valueFrom(value, frame), frame, line)),
  'assign-result': async ({ name, source }, frame) =>
    void replace(frame.scope, name, { kind: 'resultset', result: await runSource(source, frame) }),
  return: async ({ value }, frame) => ({
    kind: 'return',
    outcome: { kind: 'value', value: await valueFrom(value, frame) },
  }),
  'return-table': async ({ source }, frame) => ({
    kind: 'return',
    outcome: { kind: 'table', table: await runSource(source, frame) },
  }),
  open: async (statement, frame) => void (await runOpen(statement, frame)),
  fetch: async (statement, frame) => {
    for (const [name, value] of await runFetch(statement, frame)) await assign(name, value, frame, statement.line)
    return undefined
  },
  close: (statement, frame) => void runClose(statement, frame),
  transaction: async ({ action, line }, frame) => {
    await TRANSACTIONS[action](frame, line)
    frame.state.rowCount = undefined
    return undefined
  },
}
