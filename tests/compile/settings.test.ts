import { beforeAll, describe, expect, test } from 'vitest'
import { compileProject } from '../../src/compile/compile.ts'
import { type Graph, targetKey } from '../../src/graph/types.ts'
import { actionOf, compiled, project } from './project.ts'

describe('suffixes, prefixes and the command line', () => {
  const files = {
    'dataform.json': { vars: { day: 'monday', kept: 'yes' }, tablePrefix: 'p' },
    'definitions/sources.js': `declare({ schema: 'RAW', name: 'orders' })\n`,
    'definitions/a.sqlx': `config {
  type: "table",
  engines: ["duckdb"],
  assertions: { nonNull: ["id"], severity: "warn" }
}
select '\${name()}' as n, '\${schema()}' as s, '\${database()}' as d,
  '\${dataform.projectConfig.vars.day} \${dataform.projectConfig.vars.kept}' as day from \${ref("RAW", "orders")}
`,
    'definitions/b.sqlx': `config { type: "scd2", key: "k", businessDate: "d", tracked: ["x"], unknownKeys: "a" }
select * from \${ref("a")}
`,
    'definitions/c.js': `\npublish('made', 'select 1')\n`,
  }
  const overrides = { schemaSuffix: 'dev', databaseSuffix: 'x', defaultSchema: 'OTHER', vars: { day: 'sunday=free' } }
  let suffixed: Graph
  beforeAll(async () => {
    suffixed = await compiled(files, overrides)
  })

  test('go on everything but declarations', () => {
    expect(suffixed.actions.map(({ target }) => targetKey(target)).sort()).toEqual([
      'DB.RAW.ORDERS',
      'DB_X.CHECKS_DEV.P_OTHER_A_ASSERTIONS_ROWCONDITIONS',
      'DB_X.OTHER_DEV.P_A',
      'DB_X.OTHER_DEV.P_B',
      'DB_X.OTHER_DEV.P_MADE',
    ])
  })

  test('are in what name, schema and database return, and in refs', () => {
    const { query } = actionOf(suffixed, 'P_A', 'table')
    expect(query.sql).toContain("'p_a' as n, 'OTHER_dev' as s, 'DB_x' as d")
    expect(query.sql).toContain('from DB.RAW.ORDERS')
    expect(actionOf(suffixed, 'P_B', 'scd2').query.sql).toBe('select * from DB_X.OTHER_DEV.P_A')
    expect(actionOf(suffixed, 'P_B', 'scd2').scd2.unknownKeys).toEqual(actionOf(suffixed, 'P_A', 'table').target)
  })

  test('leave our own config keys and the line of a call where they are', () => {
    expect(actionOf(suffixed, 'P_A', 'table').engines).toEqual(['duckdb'])
    expect(actionOf(suffixed, 'P_OTHER_A_ASSERTIONS_ROWCONDITIONS', 'assertion').severity).toBe('warn')
    expect(actionOf(suffixed, 'P_MADE', 'view').line).toBe(2)
  })

  test('a var of the command line goes over the one of the file; others stay', () => {
    expect(actionOf(suffixed, 'P_A', 'table').query.sql).toContain("'sunday=free yes' as day")
  })

  test('assertions that are switched off are disabled, not gone', async () => {
    const off = await compiled(files, { disableAssertions: true })
    expect(off.actions.filter(({ type }) => type === 'assertion').map(({ disabled }) => disabled)).toEqual([true])
  })
})

describe('files', () => {
  test('workflow_settings.yaml is the same by other names', async () => {
    const graph = await compiled({
      'workflow_settings.yaml': 'defaultProject: P\ndefaultDataset: D\ndatasetSuffix: x\nvars:\n  a: "1"\n',
      'definitions/a.sqlx': `config { type: "view" }\nselect \${dataform.projectConfig.vars.a}\n`,
    })
    expect(actionOf(graph, 'A', 'view')).toMatchObject({
      target: { database: 'P', schema: 'D_X' },
      query: { sql: 'select 1' },
    })
  })

  test('a byte order mark and other line ends change nothing', async () => {
    const graph = await compiled({
      'definitions/a.sqlx': '\uFEFFconfig { type: "view" }\r\nselect 1 as a,\r\n 2 as b\r\n',
      'definitions/b.js': `\uFEFFpublish('b', 'select 1')\r\n`,
    })
    expect(actionOf(graph, 'A', 'view').query).toMatchObject({ line: 2 })
    expect(graph.actions).toHaveLength(2)
  })

  test('a project whose package.json is of modules has CommonJS definitions all the same', async () => {
    const graph = await compiled({
      'package.json': { type: 'module' },
      'includes/h.js': 'module.exports = { one: 1 }\n',
      'definitions/a.js': `publish('a', 'select ' + h.one)\n`,
    })
    expect(actionOf(graph, 'A', 'view').query.sql).toBe('select 1')
  })

  test('a project without definitions has no actions', async () => {
    expect((await compiled({})).actions).toEqual([])
  })

  test('what the project prints is handed over and is no part of the answer', async () => {
    const printed: string[] = []
    const projectDir = project({ 'definitions/a.js': `console.log('hello')\npublish('a', 'select 1')\n` })
    const options = { projectDir, useCache: false, onProjectOutput: (text: string) => printed.push(text) }
    expect((await compileProject(options)).actions).toHaveLength(1)
    expect(printed.join('')).toBe('hello\n')
  })

  test('the project does not see the environment', async () => {
    process.env.SECRET_OF_THIS_TEST = 'canary'
    const graph = await compiled({
      'definitions/a.js': `publish('a', 'select ' + JSON.stringify(Object.keys(process.env).sort().join()))\n`,
    })
    delete process.env.SECRET_OF_THIS_TEST
    expect(actionOf(graph, 'A', 'view').query.sql).not.toContain('SECRET_OF_THIS_TEST')
  })
})
