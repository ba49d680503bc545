import { column, identifier, relation, wrap } from '../dialects/snowflake.ts'
import { isOrdered } from '../dialects/statements.ts'
import { UserError } from '../error.ts'
import {
  type Action,
  type Graph,
  type RunnableAction,
  type Scd2Action,
  type SqlText,
  type TableAction,
  type Target,
  targetKey,
  targetName,
  type UnitTest,
} from '../graph/types.ts'
import { plan } from './plan.ts'
import { encoded, hashNumber } from './scd2/encoding.ts'
import { BEGINNING, scd2Names } from './scd2/names.ts'
import { emptyVersions } from './scd2/write.ts'
import { createSchema, createSystemTables, generated, keyOf, ledger, SYSTEM_SCHEMA } from './system.ts'
import type { Plan, Statement, WarehouseState } from './types.ts'

/**
 * A unit test as work for an empty scratch warehouse: the stages run one after the other, each planned on the state that
 * the one before left; then `actual` and `expected` must return the same rows.
 */
export interface UnitTestPlan {
  readonly databases: readonly string[]
  readonly stages: readonly ((state: WarehouseState) => Plan)[]
  readonly actual: (state: WarehouseState) => SqlText
  readonly expected: SqlText
  /** Whether rows are compared by position; otherwise as sets with repetition. */
  readonly ordered: boolean
}

const SCRATCH = 'UNIT_TEST'

/**
 * Plans a unit test. A query's rows are compared; of an incremental or scd2, the relation after the load, in the columns
 * that the test expects (an scd2's without its unknown member).
 *
 * @throws UserError where the tested action does not exist or has no rows to compare
 */
export function planUnitTest(test: UnitTest, graph: Graph): UnitTestPlan {
  const action = graph.actions.find(each => targetKey(each.target) === targetKey(test.dataset))
  if (action === undefined || !isTestable(action)) {
    throw new UserError(`the test ${test.name} is for ${targetName(test.dataset)}, which is no model of this project`, {
      file: test.file,
      line: test.line,
      remedy: 'name a table, view, incremental or scd2 in its dataset',
    })
  }
  const inputs = test.inputs.flatMap(input =>
    input.target === 'self' ? [] : [{ target: input.target, query: input.query }],
  )
  const self = test.inputs.find(input => input.target === 'self')?.query
  const relations = [action.target, ...inputs.map(input => input.target)]
  const databases = [...new Set(relations.map(target => target.database))]
  const stage =
    (statements: readonly Statement[]): ((state: WarehouseState) => Plan) =>
    () => ({
      engine: 'duckdb',
      setup: statements,
      steps: [],
      confirmations: [],
    })
  const fixtures = [...schemas(databases, relations), ...inputs.map(input => createAs(input.target, input.query))]
  if (!isLoaded(action)) {
    const ordered = isOrdered(action.query.sql)
    return { databases, stages: [stage(fixtures)], actual: () => action.query, expected: test.expected, ordered }
  }
  const expected: Target = { ...action.target, schema: SCRATCH, name: 'EXPECTED' }
  const before = self === undefined ? [] : [selfStage(action, self)]
  return {
    databases,
    stages: [
      stage([
        ...fixtures,
        createAs(expected, test.expected),
        ...(self === undefined ? [] : [createAs(selfInput(action.target), self)]),
      ]),
      ...before,
      state => plan([unheld(action)], state, { engine: 'duckdb', fullRefresh: false, fullAssertions: false }),
    ],
    actual: state => afterLoad(action, columnsOf(expected, state)),
    expected: { sql: `select * from ${relation(expected)}`, file: test.expected.file, line: test.expected.line },
    ordered: false,
  }
}

/** Holding a snapshot is a guard of the operation and no part of the model: a test's few rows would always meet it. */
function unheld(action: Loaded): Loaded {
  return action.type === 'scd2' ? { ...action, scd2: { ...action.scd2, maxVanishedShare: 1 } } : action
}

type Loaded = Extract<RunnableAction, { type: 'incremental' | 'scd2' }>
type Testable = TableAction | Loaded

function isLoaded(action: Action): action is Loaded {
  return action.type === 'incremental' || action.type === 'scd2'
}

function isTestable(action: Action): action is Testable {
  return action.type === 'table' || action.type === 'view' || isLoaded(action)
}

function schemas(databases: readonly string[], relations: readonly Target[]): readonly Statement[] {
  const wanted = new Map<string, Statement>()
  for (const database of databases) {
    for (const schema of [SYSTEM_SCHEMA, SCRATCH]) wanted.set(`${database}.${schema}`, createSchema(database, schema))
  }
  for (const { database, schema } of relations) wanted.set(`${database}.${schema}`, createSchema(database, schema))
  return [...wanted.values()]
}

function createAs(target: Target, query: SqlText): Statement {
  return { kind: 'execute', text: wrap(query, `create or replace table ${relation(target)} as`) }
}

function selfInput(target: Target): Target {
  return { ...target, schema: SCRATCH, name: 'SELF' }
}

function columnsOf(target: Target, state: WarehouseState): readonly string[] {
  return state.relations.get(keyOf(target))?.columns ?? []
}

/** Makes the relation as it was before the load, out of `input "self"`. */
function selfStage(action: Loaded, self: SqlText): (state: WarehouseState) => Plan {
  return state => {
    const given = columnsOf(selfInput(action.target), state)
    const statements = action.type === 'scd2' ? versionsBefore(action, given) : [createAs(action.target, self)]
    return { engine: 'duckdb', setup: statements, steps: [], confirmations: [] }
  }
}

/**
 * An scd2's relation from the columns that a test gives: the key, the effective dates and the attributes that matter to
 * it. Everything else follows from these, and the newest date in them counts as the one loaded day, as revision 1.
 */
function versionsBefore(action: Scd2Action, given: readonly string[]): readonly Statement[] {
  const names = scd2Names(action)
  const has = (name: string): boolean => given.includes(name)
  const derived: Readonly<Record<string, string>> = {
    [names.surrogate]: hashNumber(`s.${names.key} || '|' || cast(s.effective_start_date as varchar)`),
    EFFECTIVE_END_DATE: 'null',
    END_KNOWN_FROM: has('EFFECTIVE_END_DATE') ? 'iff(s.effective_end_date is null, null, 1)' : 'null',
    IS_CURRENT: has('EFFECTIVE_END_DATE') ? 's.effective_end_date is null' : 'true',
    KNOWN_FROM: '1',
    JOIN_START_DATE: action.scd2.openStart
      ? `iff(row_number() over (partition by s.${names.key} order by s.effective_start_date) = 1, ${BEGINNING}, cast(s.effective_start_date as timestamp_ntz))`
      : 'cast(s.effective_start_date as timestamp_ntz)',
    TRACKED_HASH: `md5(${encoded('s', names.tracked.filter(has))})`,
  }
  const columns = names.columns.filter(name => has(name) || derived[name] !== undefined)
  const values = columns.map(name => (has(name) ? `s.${name}` : derived[name]))
  const dates = ['EFFECTIVE_START_DATE', ...(has('EFFECTIVE_END_DATE') ? ['EFFECTIVE_END_DATE'] : [])]
  const loaded = dates
    .map(name => `select cast(${name} as date) as day from ${relation(selfInput(action.target))}`)
    .join(' union all ')
  return [
    { kind: 'execute', text: emptyVersions(names, action.query) },
    generated(
      'execute',
      `insert into ${relation(action.target)} (${columns.map(identifier).join(', ')})\nselect ${values.join(', ')} from ${relation(selfInput(action.target))} s`,
    ),
    ...createSystemTables(action.target).values(),
    generated(
      'execute',
      `insert into ${relation(ledger(action.target))} (dataset, business_date, content_hash, rev_seq, publication, row_count, complete, loaded_at)
select '${names.dataset}', max(day), 'given by the test', 1, 1, 0, true, timestamp '2000-01-01 00:00:00' from (${loaded}) having max(day) is not null`,
    ),
  ]
}

function afterLoad(action: Loaded, columns: readonly string[]): SqlText {
  const known = action.type === 'scd2' ? ` where ${column(action.scd2.surrogateKey)} <> -1` : ''
  return {
    sql: `select ${columns.map(identifier).join(', ')} from ${relation(action.target)}${known}`,
    file: action.file,
    line: action.line,
  }
}
