import { beforeAll, describe, expect, test } from 'vitest'
import { type Action, type Graph, targetKey, targetName } from '../../src/graph/types.ts'
import { actionOf, compiled } from './project.ts'

const FILES = {
  'dataform.json': { vars: { country: 'CH' }, concurrentQueryLimit: 4, idempotentActionRetries: 2, useRunCache: true },
  'includes/words.js': `const list = columns => columns.join(', ')\nmodule.exports = { list }\n`,
  'includes/deep/rates.js': 'module.exports = { vat: 0.081 }\n',
  'definitions/sources.js': `declare({ schema: 'RAW', name: 'orders' })
declare({ database: 'OTHER', schema: 'RAW', name: 'people' })
`,
  'definitions/orders.sqlx': `config {
  type: "table",
  schema: "Marts",
  description: "One row an order",
  columns: { id: "its number", amount: { description: "in francs", tags: ["money"] } },
  tags: ["daily", "core"],
  engines: ["duckdb"],
  snowflake: { transient: true, clusterBy: ["id"] },
  assertions: { uniqueKey: ["id"], nonNull: ["amount"], rowConditions: ["amount > 0"], severity: "warn" }
}

js {
  const rates = require('includes/deep/rates')
}

select \${words.list(['id', 'amount'])}, \${rates.vat} as vat, '\${dataform.projectConfig.vars.country}' as country
from \${ref("RAW", "orders")}

pre_operations {
  create temporary table helper as select 1
  ---
  delete from \${self()}
}

post_operations {
  grant select on \${self()} to role reader
}
`,
  'definitions/orders_view.sqlx': `config { type: "view", snowflake: { secure: true }, materialized: true, disabled: true }
select *, '\${name()} \${schema()} \${database()}' as names from \${ref("orders_by_day")}
`,
  'definitions/orders_by_day.sqlx': `config {
  type: "incremental",
  uniqueKey: ["day"],
  protected: true,
  onSchemaChange: "EXTEND",
  incrementalPredicates: ["day > '2026-01-01'"],
  snowflake: { clusterBy: ["day"] }
}
select day, count(*) as orders from \${ref({ schema: "Marts", name: "orders" })}
\${when(incremental(), \`where day > (select max(day) from \${self()})\`)}
group by day

pre_operations {
  \${when(incremental(), 'select 1', 'select 0')}
}
`,
  'definitions/since.sqlx': `config { type: "incremental" }
select 1 as id
incremental_where { id > (select max(id) from \${self()}) }
`,
  'definitions/people_check.sqlx': `config { type: "assertion", severity: "warn", scope: "new", of: "orders_by_day" }
select * from \${ref("OTHER", "RAW", "people")} where name is null
`,
  'definitions/maintain.sqlx': `config { type: "operations", hasOutput: true, dependencies: ["since"] }
create or replace table \${self()} as select 1
---
select 2
`,
  'definitions/after.sqlx': `config { type: "view", dependOnDependencyAssertions: true }
select * from \${ref("maintain")}, \${ref(["Marts", "orders"])}
`,
  'definitions/only_one.sqlx': `config {
  type: "view",
  dependencyTargets: [{ dataset: "Marts", name: "orders", includeDependentAssertions: true }]
}
select '\${resolve("RAW", "orders")}' as text
`,
  'definitions/staged.sqlx': `config {
  type: "copy",
  schema: "STAGING",
  from: "@DB.STAGING.LAKE/orders/",
  fileFormat: { type: "CSV", SKIP_HEADER: 1 },
  pattern: ".*[.]csv",
  manifest: "manifests/orders.json",
  columns: { id: { type: "NUMBER(10,0)", description: "its number" }, note: { type: "VARCHAR" } }
}
`,
  'definitions/customers.sqlx': `config {
  type: "scd2",
  key: "customer",
  businessDate: "day",
  tracked: ["plan", "city"],
  untracked: ["mail"],
  openStart: true,
  unknownMember: { plan: "NONE" },
  unknownKeys: "unreadable",
  protected: true
}
select * from \${ref("staged")}
`,
  'definitions/unreadable.sqlx': 'config { type: "view" }\nselect 1 as customer, current_date as day\n',
  'definitions/orders_test.sqlx': `config { type: "test", dataset: { schema: "Marts", name: "orders" } }
input "RAW", "orders" {
  select 1 as id
}
select 1 as id, 2 as amount
`,
  'definitions/api.js': `publish('made', { type: 'table', tags: ['one'], snowflake: { transient: true } })
  .query(ctx => \`select * from \${ctx.ref('staged')}\`)
  .preOps('select 1')
  .postOps(ctx => \`select '\${ctx.name()}'\`)

publish('made_view', 'select 1 as x')
operate('made_operation', ctx => ['select 1', \`select '\${ctx.schema()}'\`])
assert('made_check').query(ctx => \`select * from \${ctx.ref('made')}\`)
publish('made_history', { type: 'scd2', key: 'k', businessDate: 'd', tracked: ['a'], surrogateKey: 'sk' }).query('select 1')
test('made_test').dataset('made').input('staged', 'select 5 as x').expect('select 5 as x')
test('made_self').dataset('since').input('self', 'select 5 as x').expect('select 5 as x')
`,
  'definitions/actions.yaml': `actions:
  - table:
      filename: listed.sql
      tags: [yaml]
      engines: [snowflake]
  - declaration:
      dataset: RAW
      name: plans
`,
  'definitions/listed.sql': 'select 1 as listed\n',
}

let graph: Graph
beforeAll(async () => {
  graph = await compiled(FILES)
})
const names = (targets: readonly Action['target'][]): string[] => targets.map(targetName).sort()

describe('types', () => {
  test('every file gives its actions, and nothing else is there', () => {
    expect(graph.actions.map(({ target, type }) => `${targetKey(target)} ${type}`).sort()).toEqual([
      'DB.CHECKS.MADE_CHECK assertion',
      'DB.CHECKS.MARTS_ORDERS_ASSERTIONS_ROWCONDITIONS assertion',
      'DB.CHECKS.MARTS_ORDERS_ASSERTIONS_UNIQUEKEY_0 assertion',
      'DB.CHECKS.PEOPLE_CHECK assertion',
      'DB.MARTS.ORDERS table',
      'DB.RAW.ORDERS declaration',
      'DB.RAW.PLANS declaration',
      'DB.S.AFTER view',
      'DB.S.CUSTOMERS scd2',
      'DB.S.LISTED table',
      'DB.S.MADE table',
      'DB.S.MADE_HISTORY scd2',
      'DB.S.MADE_OPERATION operations',
      'DB.S.MADE_VIEW view',
      'DB.S.MAINTAIN operations',
      'DB.S.ONLY_ONE view',
      'DB.S.ORDERS_BY_DAY incremental',
      'DB.S.ORDERS_VIEW view',
      'DB.S.SINCE incremental',
      'DB.S.UNREADABLE view',
      'DB.STAGING.STAGED copy',
      'OTHER.RAW.PEOPLE declaration',
    ])
  })

  test('a table: query, documentation, options, operations, with the lines that they stand on', () => {
    expect(actionOf(graph, 'MARTS.ORDERS', 'table')).toEqual({
      type: 'table',
      target: { database: 'DB', schema: 'MARTS', name: 'ORDERS' },
      file: 'definitions/orders.sqlx',
      line: 1,
      tags: ['daily', 'core'],
      engines: ['duckdb'],
      disabled: false,
      dependencies: [{ database: 'DB', schema: 'RAW', name: 'ORDERS' }],
      description: 'One row an order',
      columns: [
        { name: 'id', description: 'its number', tags: [], type: undefined },
        { name: 'amount', description: 'in francs', tags: ['money'], type: undefined },
      ],
      snowflake: { transient: true, clusterBy: ['id'] },
      query: {
        sql: "select id, amount, 0.081 as vat, 'CH' as country\nfrom DB.RAW.ORDERS",
        file: 'definitions/orders.sqlx',
        line: 16,
      },
      preOperations: [
        { sql: '  create temporary table helper as select 1', file: 'definitions/orders.sqlx', line: 20 },
        { sql: '  delete from DB.MARTS.ORDERS', file: 'definitions/orders.sqlx', line: 22 },
      ],
      postOperations: [
        { sql: '  grant select on DB.MARTS.ORDERS to role reader', file: 'definitions/orders.sqlx', line: 26 },
      ],
    })
  })

  test('a view: secure, materialized, disabled, and the names of its own', () => {
    const view = actionOf(graph, 'ORDERS_VIEW', 'view')
    expect(view).toMatchObject({ disabled: true, snowflake: { secure: true, materialized: true } })
    expect(view.query.sql).toBe("select *, 'orders_view S DB' as names from DB.S.ORDERS_BY_DAY")
  })

  test('an incremental: one query for the first load and one for later ones', () => {
    const action = actionOf(graph, 'ORDERS_BY_DAY', 'incremental')
    expect(action).toMatchObject({
      uniqueKey: ['day'],
      protected: true,
      onSchemaChange: 'EXTEND',
      incrementalPredicates: ["day > '2026-01-01'"],
      snowflake: { clusterBy: ['day'] },
    })
    expect(action.query.sql).toBe('select day, count(*) as orders from DB.MARTS.ORDERS\n\ngroup by day')
    expect(action.incrementalQuery.sql).toBe(
      'select day, count(*) as orders from DB.MARTS.ORDERS\nwhere day > (select max(day) from DB.S.ORDERS_BY_DAY)\ngroup by day',
    )
    expect(action.preOperations.map(({ sql }) => sql.trim())).toEqual(['select 0'])
    expect(action.incrementalPreOperations.map(({ sql }) => sql.trim())).toEqual(['select 1'])
  })

  test('an incremental: incremental_where wraps the later loads alone; appended to where there is no key', () => {
    const action = actionOf(graph, 'SINCE', 'incremental')
    expect(action).toMatchObject({ uniqueKey: [], onSchemaChange: 'IGNORE', protected: false })
    expect(action.query.sql).toBe('select 1 as id')
    expect(action.incrementalQuery.sql.replace(/\s+/g, ' ')).toBe(
      'select * from ( select 1 as id ) where id > (select max(id) from DB.S.SINCE)',
    )
  })

  test('operations: a statement each, resolved, with their lines', () => {
    const action = actionOf(graph, 'MAINTAIN', 'operations')
    expect(action.hasOutput).toBe(true)
    expect(action.queries.map(({ sql, line }) => [sql, line])).toEqual([
      ['create or replace table DB.S.MAINTAIN as select 1', 2],
      ['select 2', 4],
    ])
    expect(names(action.dependencies)).toEqual(['S.SINCE'])
  })

  test('an assertion of its own: severity, scope and the action that it is of', () => {
    expect(actionOf(graph, 'PEOPLE_CHECK', 'assertion')).toMatchObject({
      severity: 'warn',
      scope: 'new',
      parent: { schema: 'S', name: 'ORDERS_BY_DAY' },
      rule: undefined,
      query: { sql: 'select * from OTHER.RAW.PEOPLE where name is null', line: 2 },
    })
  })

  test('inline assertions: rules, severity, tags and engines come from the table', () => {
    const unique = actionOf(graph, 'MARTS_ORDERS_ASSERTIONS_UNIQUEKEY_0', 'assertion')
    expect(unique).toMatchObject({
      severity: 'warn',
      scope: 'all',
      tags: ['daily', 'core'],
      engines: ['duckdb'],
      parent: { schema: 'MARTS', name: 'ORDERS' },
      rule: { kind: 'uniqueKey', columns: ['id'] },
    })
    const rows = actionOf(graph, 'MARTS_ORDERS_ASSERTIONS_ROWCONDITIONS', 'assertion')
    expect(rows.rule).toEqual({ kind: 'rowConditions', conditions: ['amount > 0', 'AMOUNT IS NOT NULL'] })
    expect(rows.query.sql).toContain('where not (amount > 0)')
  })

  test('a copy: stage, format, typed columns', () => {
    expect(actionOf(graph, 'STAGED', 'copy')).toMatchObject({
      from: '@DB.STAGING.LAKE/orders/',
      fileFormat: { type: 'CSV', options: { SKIP_HEADER: 1 } },
      pattern: '.*[.]csv',
      manifest: 'manifests/orders.json',
      columns: [
        { name: 'id', type: 'NUMBER(10,0)', description: 'its number' },
        { name: 'note', type: 'VARCHAR' },
      ],
      dependencies: [],
    })
  })

  test('an scd2: its options, with a dependency on the relation of unknown keys', () => {
    const action = actionOf(graph, 'CUSTOMERS', 'scd2')
    expect(action.scd2).toEqual({
      key: 'customer',
      businessDate: 'day',
      tracked: ['plan', 'city'],
      untracked: ['mail'],
      openStart: true,
      unknownMember: { plan: 'NONE' },
      surrogateKey: 'customer_sk',
      unknownKeys: { database: 'DB', schema: 'S', name: 'UNREADABLE' },
      maxVanishedShare: 0.1,
    })
    expect(action.protected).toBe(true)
    expect(names(action.dependencies)).toEqual(['S.UNREADABLE', 'STAGING.STAGED'])
  })

  test('a declaration keeps its own database', () => {
    expect(actionOf(graph, 'PEOPLE', 'declaration').target.database).toBe('OTHER')
  })

  test('actions.yaml: a .sql file, and our keys', () => {
    expect(actionOf(graph, 'LISTED', 'table')).toMatchObject({
      tags: ['yaml'],
      engines: ['snowflake'],
      query: { sql: 'select 1 as listed' },
    })
  })
})

describe('the JavaScript API', () => {
  test('publish: a table with its operations, at the line of the call', () => {
    expect(actionOf(graph, 'MADE', 'table')).toMatchObject({
      file: 'definitions/api.js',
      line: 1,
      tags: ['one'],
      snowflake: { transient: true },
      query: { sql: 'select * from DB.STAGING.STAGED' },
      preOperations: [{ sql: 'select 1' }],
      postOperations: [{ sql: "select 'made'" }],
    })
  })

  test('publish: a view unless told, and an scd2', () => {
    expect(actionOf(graph, 'MADE_VIEW', 'view')).toMatchObject({ line: 6, query: { sql: 'select 1 as x' } })
    expect(actionOf(graph, 'MADE_HISTORY', 'scd2').scd2).toMatchObject({
      key: 'k',
      surrogateKey: 'sk',
      openStart: false,
    })
  })

  test('operate and assert', () => {
    expect(actionOf(graph, 'MADE_OPERATION', 'operations').queries.map(({ sql }) => sql)).toEqual([
      'select 1',
      "select 'S'",
    ])
    const check = actionOf(graph, 'MADE_CHECK', 'assertion')
    expect(check).toMatchObject({ severity: 'error', scope: 'all', query: { sql: 'select * from DB.S.MADE' } })
    expect(names(check.dependencies)).toEqual(['S.MADE'])
  })
})

describe('tests', () => {
  test('of SQLX and of JavaScript, their inputs resolved, self for the relation before the load', () => {
    expect(graph.tests.map(({ name, dataset, inputs }) => [name, targetName(dataset), inputs[0]?.target])).toEqual([
      ['made_test', 'S.MADE', { database: 'DB', schema: 'STAGING', name: 'STAGED' }],
      ['made_self', 'S.SINCE', 'self'],
      ['orders_test', 'MARTS.ORDERS', { database: 'DB', schema: 'RAW', name: 'ORDERS' }],
    ])
    expect(graph.tests[2]).toMatchObject({
      file: 'definitions/orders_test.sqlx',
      line: 1,
      expected: { sql: 'select 1 as id, 2 as amount', line: 5 },
      inputs: [{ query: { sql: '  select 1 as id', line: 3 } }],
    })
  })
})

describe('dependencies', () => {
  test('dependOnDependencyAssertions adds the assertions of everything that is referred to', () => {
    expect(names(actionOf(graph, 'AFTER', 'view').dependencies)).toEqual([
      'CHECKS.MARTS_ORDERS_ASSERTIONS_ROWCONDITIONS',
      'CHECKS.MARTS_ORDERS_ASSERTIONS_UNIQUEKEY_0',
      'MARTS.ORDERS',
      'S.MAINTAIN',
    ])
  })

  test('includeDependentAssertions adds those of one; resolve adds none', () => {
    expect(names(actionOf(graph, 'ONLY_ONE', 'view').dependencies)).toEqual([
      'CHECKS.MARTS_ORDERS_ASSERTIONS_ROWCONDITIONS',
      'CHECKS.MARTS_ORDERS_ASSERTIONS_UNIQUEKEY_0',
      'MARTS.ORDERS',
    ])
  })
})

describe('settings', () => {
  test('2.x keys that core refuses are honoured, and not handed on', () => {
    expect(graph.settings).toMatchObject({
      concurrentQueryLimit: 4,
      idempotentActionRetries: 2,
      vars: { country: 'CH' },
    })
    expect((graph.raw as { projectConfig: object }).projectConfig).not.toHaveProperty('useRunCache')
  })
})
