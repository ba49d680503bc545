import { basename } from 'node:path'
import { UserError } from '../error.ts'
import { compilationSql } from './dialect-sql.ts'
import { isRecord, splitConfig } from './kept-keys.ts'
import type { CoreError, CoreTarget, KeptConfig, KeptTest } from './protocol.ts'

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
  declare: (config: unknown) => CoreActionObject
  test: (name: string, query?: Contextable) => unknown
  notebook: (config: unknown) => unknown
  compileError: (error: Error | string, file?: string, target?: CoreTarget) => void
  readonly actions: readonly CoreActionObject[]
}

/** What the wrapped session kept back. Read it after core is done. */
export interface Prologue {
  readonly install: (session: CoreSession) => void
  readonly kept: () => readonly KeptConfig[]
  readonly tests: () => readonly KeptTest[]
  /** Errors that core was not told: those with a place of their own, and those of unit tests. */
  readonly errors: () => readonly CoreError[]
}

/** Types that BigQuery has alone. */
const NOT_HERE = ['dataPreparation', 'notebook']

/** Core's extension: Snowflake's SQL, our config keys, and unit tests that core would refuse. */
export function prologue(currentFile: () => string): Prologue {
  const kept: { action: CoreActionObject; config: Record<string, unknown> }[] = []
  const tests: PendingTest[] = []
  const errors: CoreError[] = []
  let installed = false

  const keep: Keep = (action, config) => {
    if (action !== undefined && Object.keys(config).length > 0) kept.push({ action, config })
  }

  const install = (session: CoreSession): void => {
    // Core is run once more where an actions.yaml stopped it, over the same session.
    if (installed) return
    installed = true
    const compileError = session.compileError.bind(session)
    session.compileError = (error, file, target) => {
      if (error instanceof UserError && error.place.file !== undefined) errors.push(placed(error))
      else compileError(error ?? new Error(`${error} was thrown`), file, target)
    }
    session.notebook = () => refuseType('notebook')
    session.compilationSql = () => compilationSql
    session.test = name => testBuilder(name, currentFile(), test => tests.push(test))
    const sqlxAction = session.sqlxAction.bind(session)
    session.sqlxAction = action => {
      if (action.sqlxConfig.type === 'test') {
        const file = currentFile()
        tests.push({ file, build: () => sqlxTest(action, file) })
        return
      }
      checkConfig(action.sqlxConfig)
      const { core, kept: own } = splitConfig(action.sqlxConfig)
      action.sqlxConfig = core as SqlxAction['sqlxConfig']
      // A copy has no query of its own, and core wants one.
      if (own.type === 'copy')
        Object.assign(action, { sqlStatementCount: 1, sqlContextable: () => ['select 1 as copy'] })
      sqlxAction(action)
      // Inline assertions are put before the action that they are written in.
      keep(session.actions.at(-1), own)
    }
    for (const call of ['publish', 'assert', 'operate'] as const) wrapCall(session, call, keep)
    wrapDeclare(session, keep)
  }
  return {
    install,
    kept: () => kept.map(({ action, config }) => ({ canonical: canonical(action.getTarget()), config })),
    tests: () => tests.flatMap(test => built(test, errors)),
    errors: () => errors,
  }
}

type Keep = (action: CoreActionObject | undefined, config: Record<string, unknown>) => void

/** Takes our keys off what a script hands to core. */
function wrapCall(session: CoreSession, call: 'publish' | 'assert' | 'operate', keep: Keep): void {
  const original = session[call].bind(session)
  session[call] = (name, config) => {
    if (!isRecord(config)) return original(name, config)
    const implied = call === 'publish' ? (config.type ?? 'view') : call === 'assert' ? 'assertion' : 'operations'
    const { core, kept: own } = splitConfig({ ...config, type: implied })
    if (call !== 'publish') delete core.type
    const action = original(name, core)
    if (own.type === 'copy' && 'query' in action && typeof action.query === 'function') action.query('select 1 as copy')
    keep(action, own)
    return action
  }
}

function wrapDeclare(session: CoreSession, keep: Keep): void {
  const declare = session.declare.bind(session)
  session.declare = config => {
    if (!isRecord(config)) return declare(config)
    const { core, kept: own } = splitConfig({ ...config, type: 'declaration' })
    delete core.type
    const action = declare(core)
    keep(action, own)
    return action
  }
}

interface PendingTest {
  readonly file: string
  readonly build: () => KeptTest
}

/** A unit test, or none where its own code fails, which is an error of its file. */
function built({ file, build }: PendingTest, errors: CoreError[]): readonly KeptTest[] {
  try {
    return [build()]
  } catch (error) {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    errors.push({ fileName: file, message, stack })
    return []
  }
}

function placed({ place, message, remedy }: UserError): CoreError {
  return { ...(place.file !== undefined && { fileName: place.file }), line: place.line, message, remedy }
}

function refuseType(type: string): never {
  throw new Error(`"${type}" is a type of action for BigQuery alone`)
}

/** What core would pass over, or fall over. */
function checkConfig(config: Readonly<Record<string, unknown>>): void {
  if (NOT_HERE.includes(String(config.type))) refuseType(String(config.type))
  if (config.name !== undefined && typeof config.name !== 'string') throw new Error('"name" must be a string')
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

function testBuilder(name: string, file: string, register: (test: PendingTest) => void): unknown {
  const inputs: { ref: unknown; sql: string }[] = []
  const test = { name, file, dataset: undefined as unknown, inputs, expected: '' }
  register({ file, build: () => test })
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
