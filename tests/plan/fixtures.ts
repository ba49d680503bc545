import type {
  AssertionAction,
  CopyAction,
  IncrementalAction,
  OperationsAction,
  Scd2Action,
  TableAction,
  Target,
} from '../../src/graph/types.ts'
import type { PlanOptions, Relation, WarehouseState } from '../../src/plan/types.ts'

export const OPTIONS: PlanOptions = { engine: 'duckdb', fullRefresh: false, fullAssertions: false }

/** A target in TELCO_DB. */
export const t = (name: string, schema = 'DW'): Target => ({ database: 'TELCO_DB', schema, name })

const base = {
  file: 'definitions/x.sqlx',
  line: 1,
  tags: [],
  dependencies: [],
  disabled: false,
  columns: [],
}
const operations = { preOperations: [], postOperations: [] }
const query = { sql: 'select 1 as id', file: 'definitions/x.sqlx', line: 3 }

export const table = (over: Partial<TableAction> = {}): TableAction => ({
  ...base,
  ...operations,
  type: 'table',
  target: t('ORDERS'),
  query,
  snowflake: {},
  ...over,
})

export const incremental = (over: Partial<IncrementalAction> = {}): IncrementalAction => ({
  ...base,
  ...operations,
  type: 'incremental',
  target: t('EVENTS'),
  query,
  incrementalQuery: { ...query, sql: 'select 2 as id' },
  incrementalPreOperations: [],
  incrementalPostOperations: [],
  uniqueKey: [],
  onSchemaChange: 'IGNORE',
  incrementalPredicates: [],
  protected: false,
  snowflake: {},
  ...over,
})

export const copy = (over: Partial<CopyAction> = {}): CopyAction => ({
  ...base,
  ...operations,
  type: 'copy',
  target: t('STG', 'STAGING'),
  from: '@TELCO_DB.STAGING.LAKE/customers/',
  fileFormat: { type: 'PARQUET', options: {} },
  columns: [{ name: 'ID', tags: [], type: 'NUMBER(10,0)' }],
  snowflake: {},
  ...over,
})

export const operation = (over: Partial<OperationsAction> = {}): OperationsAction => ({
  ...base,
  type: 'operations',
  target: t('OPS'),
  queries: [query],
  hasOutput: false,
  ...over,
})

export const assertion = (over: Partial<AssertionAction> = {}): AssertionAction => ({
  ...base,
  type: 'assertion',
  target: t('A1', 'ASSERTIONS'),
  query: { ...query, sql: 'select * from TELCO_DB.DW.EVENTS where id < 0' },
  severity: 'error',
  scope: 'all',
  ...over,
})

export const scd2 = (over: Partial<Scd2Action> = {}): Scd2Action => ({
  ...base,
  ...operations,
  type: 'scd2',
  target: t('DIM'),
  query: { ...query, sql: 'select k, a, b, u, business_date from TELCO_DB.STAGING.S' },
  scd2: {
    key: 'k',
    businessDate: 'business_date',
    tracked: ['a', 'b'],
    untracked: ['u'],
    openStart: true,
    unknownMember: { a: 'UNKNOWN' },
    surrogateKey: 'sk',
    unknownKeys: t('U', 'STAGING'),
    maxVanishedShare: 1,
  },
  protected: true,
  snowflake: {},
  ...over,
})

/** A warehouse that holds these relations and the schemas of all of them. */
export function stateOf(...relations: readonly Relation[]): WarehouseState {
  return {
    relations: new Map(
      relations.map(relation => [`TELCO_DB.${relation.target.schema}.${relation.target.name}`, relation]),
    ),
    schemas: new Set(['DATAFORM', 'DW', 'STAGING', 'ASSERTIONS'].map(schema => `TELCO_DB.${schema}`)),
  }
}
