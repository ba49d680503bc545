import type { Graph, TableAction } from '../../src/graph/types.ts'

interface Words {
  readonly schema?: string
  readonly database?: string
  readonly tags?: readonly string[]
  readonly on?: readonly string[]
}

/** A table `DB.S.NAME` that depends on others of its schema. */
export function table(name: string, { schema = 'S', database = 'DB', tags = [], on = [] }: Words = {}): TableAction {
  const file = `definitions/${name}.sqlx`
  return {
    type: 'table',
    target: { database, schema, name },
    file,
    line: 1,
    tags,
    dependencies: on.map(other => ({ database, schema, name: other })),
    disabled: false,
    columns: [],
    preOperations: [],
    postOperations: [],
    query: { sql: 'select 1', file, line: 2 },
    snowflake: {},
  }
}

/** A graph of these actions under settings that say nothing. */
export function graphOf(actions: Graph['actions']): Graph {
  const settings: Graph['settings'] = {
    defaultDatabase: 'DB',
    defaultSchema: 'S',
    assertionSchema: 'CHECKS',
    vars: {},
    databaseSuffix: '',
    schemaSuffix: '',
    tablePrefix: '',
    disableAssertions: false,
    idempotentActionRetries: 0,
  }
  return { settings, actions, tests: [], raw: {} }
}
