import { basename } from 'node:path'
import { compilationSql } from './dialect-sql.ts'
import { isRecord, splitConfig } from './kept-keys.ts'
import type { CoreTarget, KeptConfig, KeptTest } from './protocol.ts'

type Contextable = string | ((context: unknown) => unknown)

interface SqlxAction {
  sqlxConfig: Record<string, unknown> & { filename?: string; name?: string }
  sqlStatementCount: number
  sqlContextable: (context: unknown) => unknown
  inputContextables: readonly { refName: unknown; contextable: Contextable }[]
}

interface CoreActionObject {
  getTarget(): CoreTarget
}

/** The parts of core's session that the prologue replaces or wraps. */
export interface CoreSession {
  compilationSql: () => typeof compilationSql
  sqlxAction: (action: SqlxAction) => void
  publish: (name: string, config?: unknown) => CoreActionObject
  assert: (name: string, config?: unknown) => CoreActionObject
  operate: (name: string, config?: unknown) => CoreActionObject
  test: (name: string, query?: Contextable) => unknown
  compileError: (error: Error | string, file?: string) => void
  readonly actions: readonly CoreActionObject[]
}

/** What the wrapped session kept back. Read it after core is done. */
export interface Prologue {
  readonly install: (session: CoreSession) => void
  readonly kept: () => readonly KeptConfig[]
  readonly tests: () => readonly KeptTest[]
}

/** Core's extension: Snowflake's SQL, our config keys, and unit tests that core would refuse. */
export function prologue(currentFile: () => string): Prologue {
  const kept: { action: CoreActionObject; config: Record<string, unknown> }[] = []
  const tests: (() => KeptTest)[] = []

  const keep = (action: CoreActionObject | undefined, config: Record<string, unknown>): void => {
    if (action !== undefined && Object.keys(config).length > 0) kept.push({ action, config })
  }

  const install = (session: CoreSession): void => {
    session.compilationSql = () => compilationSql
    session.test = name => testBuilder(name, currentFile(), build => tests.push(build))
    const sqlxAction = session.sqlxAction.bind(session)
    session.sqlxAction = action => {
      if (action.sqlxConfig.type === 'test') {
        const file = currentFile()
        tests.push(() => sqlxTest(action, file))
        return
      }
      const { core, kept: own } = splitConfig(action.sqlxConfig)
      action.sqlxConfig = core as SqlxAction['sqlxConfig']
      // A copy has no query of its own, and core wants one.
      if (own.type === 'copy')
        Object.assign(action, { sqlStatementCount: 1, sqlContextable: () => ['select 1 as copy'] })
      sqlxAction(action)
      // Inline assertions are put before the action that they are written in.
      keep(session.actions.at(-1), own)
    }
    for (const call of ['publish', 'assert', 'operate'] as const) {
      const original = session[call].bind(session)
      session[call] = (name, config) => {
        if (!isRecord(config)) return original(name, config)
        const implied = call === 'publish' ? config.type : call === 'assert' ? 'assertion' : 'operations'
        const { core, kept: own } = splitConfig({ ...config, ...(implied === undefined ? {} : { type: implied }) })
        if (call !== 'publish') delete core.type
        const action = original(name, core)
        if (own.type === 'copy' && 'query' in action && typeof action.query === 'function')
          action.query('select 1 as copy')
        keep(action, own)
        return action
      }
    }
  }
  return {
    install,
    kept: () => kept.map(({ action, config }) => ({ canonical: canonical(action.getTarget()), config })),
    tests: () => tests.map(build => build()),
  }
}

/** The key of kept configs: a target as it was before suffixes. */
export function canonical(target: CoreTarget): string {
  return [target.database ?? '', target.schema ?? '', target.name].join('.')
}

function sqlxTest(action: SqlxAction, file: string): KeptTest {
  const { sqlxConfig } = action
  const [expected] = [action.sqlContextable(TEST_CONTEXT)].flat()
  return {
    name: String(sqlxConfig.name ?? basename(file, '.sqlx')),
    file,
    dataset: sqlxConfig.dataset,
    inputs: action.inputContextables.map(input => ({ ref: input.refName, sql: evaluated(input.contextable) })),
    expected: String(expected),
  }
}

function testBuilder(name: string, file: string, register: (build: () => KeptTest) => void): unknown {
  const inputs: { ref: unknown; sql: string }[] = []
  const test = { name, file, dataset: undefined as unknown, inputs, expected: '' }
  register(() => test)
  const builder = {
    dataset: (ref: unknown) => {
      test.dataset = ref
      return builder
    },
    input: (ref: unknown, query: Contextable) => {
      inputs.push({ ref, sql: evaluated(query) })
      return builder
    },
    expect: (query: Contextable) => {
      test.expected = evaluated(query)
      return builder
    },
    config: (config: unknown) => {
      if (isRecord(config)) test.dataset ??= config.dataset
      return builder
    },
  }
  return builder
}

function evaluated(query: Contextable): string {
  return String(typeof query === 'function' ? [query(TEST_CONTEXT)].flat()[0] : query)
}

const refuse = (): never => {
  throw new Error('a unit test gives rows of its own: ref, resolve and self mean nothing in it')
}

/** What a test's queries may use: nothing of the graph. */
const TEST_CONTEXT = {
  ref: refuse,
  resolve: refuse,
  self: refuse,
  name: refuse,
  schema: refuse,
  database: refuse,
  when: (condition: boolean, yes: string, no = '') => (condition ? yes : no),
  incremental: () => false,
}
