import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadContracts } from '../../pipeline/contracts.ts'
import { compileProject } from '../../src/compile/compile.ts'
import { describeError, UserError } from '../../src/error.ts'
import { readCredentials } from '../../src/project/credentials.ts'
import { parseYaml } from '../../src/project/yaml.ts'
import { errorsIn, errorsOf, project } from './project.ts'

const GOOD = 'config { type: "view" }\nselect 1\n'

/** The one error that a function throws, as people read it. */
function told(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return describeError(error)
    throw error
  }
  return 'nothing was thrown'
}

describe('dataform.json', () => {
  const errors: readonly (readonly [string, string, string])[] = [
    [
      'an unknown key',
      '{\n  "wharehouse": 1\n}\n',
      '2: unknown setting "wharehouse"\n  = help: did you mean warehouse?',
    ],
    ['a value of the wrong type', '{\n  "defaultSchema": 3\n}\n', '2: defaultSchema: must be a string'],
    ['a var that is no string', '{\n  "vars": {\n    "day": 1\n  }\n}\n', '3: vars.day: vars can only be strings'],
    ['a suffix', '{\n  "schemaSuffix": "a-b"\n}\n', '2: schemaSuffix: may hold letters, digits and _ only'],
    ['another warehouse', '{\n  "warehouse": "redshift"\n}\n', '2: warehouse: must be "snowflake"'],
    ['a count below zero', '{\n  "concurrentQueryLimit": -1\n}\n', '2: concurrentQueryLimit: must not be negative'],
    ['a key twice', '{\n  "defaultSchema": "A",\n  "defaultSchema": "B"\n}\n', '3: Map keys must be unique'],
    ['JSON without an end', '{\n  "defaultSchema": "A"\n', '3: Flow map must end with a }'],
    ['a list', '[]\n', '1: the settings must be an object'],
    ['nothing', '', '1: the settings must be an object'],
  ]
  test.each(errors)('%s is told with its line', async (_, text, message) => {
    const found = await errorsOf({ 'dataform.json': text, 'definitions/a.sqlx': GOOD })
    expect(found.map(error => error.replace(/^(dataform\.json:\d+: Flow map must end with a \}).*$/s, '$1'))).toEqual([
      `dataform.json:${message}`,
    ])
  })

  test('a key of workflow_settings.yaml that is not known is told with its line', async () => {
    const [error] = await errorsOf({ 'workflow_settings.yaml': 'defaultDataset: A\ndefaultProjekt: B\n' })
    expect(error).toBe(
      'workflow_settings.yaml:2: unknown setting "defaultProjekt"\n  = help: did you mean defaultProject, defaultDataset?',
    )
  })

  test('both settings files at once, and neither', async () => {
    const [both] = await errorsOf({ 'dataform.json': {}, 'workflow_settings.yaml': 'defaultDataset: A\n' })
    expect(both).toBe(
      'dataform.json: dataform.json and workflow_settings.yaml are both here\n  = help: keep one of the two',
    )
    const folder = dirname(project({}))
    for (const missing of [join(folder, 'no-such-folder-at-all'), join(project({}), 'definitions')]) {
      const [error] = await errorsIn(missing)
      expect(error?.message).toBe(`${missing} holds no dataform.json and no workflow_settings.yaml`)
      expect(error?.remedy).toMatch(/name the folder/)
    }
  })
})

describe('code that does not come back', () => {
  test('a loop without an end is stopped', async () => {
    const projectDir = project({ 'definitions/a.js': 'for (;;);\n' })
    await expect(compileProject({ projectDir, useCache: false, timeoutMs: 300 })).rejects.toMatchObject({
      name: 'UserError',
      message: 'compiling took more than 0.3 s',
      remedy: 'look for an endless loop, or raise --timeout',
    })
  })

  test('a script that ends the process is told', async () => {
    expect(await errorsOf({ 'definitions/a.js': 'process.exit(3)\n' })).toEqual([
      'the compile ended without an answer (code 3)\n  = help: look for process.exit in the project',
    ])
  })
})

describe('links out of the project', () => {
  const CANARY = 'canary_of_another_project'
  const outside = (): string =>
    project({
      'dataform.json': `{ "${CANARY}": 1 }\n`,
      'a.sqlx': `select '${CANARY}'\n`,
      'b.js': `throw new Error('${CANARY}')\n`,
      'folder/c.sqlx': `select '${CANARY}'\n`,
    })
  const REMEDY = '\n  = help: copy the file into the project, or remove the link'
  const cases: readonly (readonly [string, string, string])[] = [
    ['a file in definitions/', 'a.sqlx', 'definitions/linked.sqlx'],
    ['a file in includes/', 'b.js', 'includes/linked.js'],
    ['dataform.json', 'dataform.json', 'dataform.json'],
    ['a folder in definitions/', 'folder', 'definitions/sub'],
    ['the folder definitions/ itself', 'folder', 'definitions'],
  ]
  test.each(cases)('F96: %s is refused before it is read', async (_, from, to) => {
    const inside = project(to === 'dataform.json' ? { 'workflow_settings.yaml': '' } : {})
    mkdirSync(dirname(join(inside, to)), { recursive: true })
    symlinkSync(join(outside(), from), join(inside, to))
    const errors = (await errorsIn(inside)).map(describeError)
    const file = from === 'folder' ? `${to}/c.sqlx` : to
    expect(errors).toEqual([`${file}: this file is a symbolic link out of the project${REMEDY}`])
    expect(errors.join()).not.toContain(CANARY)
  })

  test('F96: a link by a path that only begins like the project is refused', async () => {
    const both = project({ 'one/dataform.json': {}, 'one/definitions/a.sqlx': GOOD, 'one-more/b.sqlx': GOOD })
    symlinkSync('../../one-more/b.sqlx', join(both, 'one/definitions/b.sqlx'))
    expect((await errorsIn(join(both, 'one'))).map(({ place }) => place.file)).toEqual(['definitions/b.sqlx'])
  })

  test('F96: a link to nothing is no file, and a folder that holds itself does not go on for ever', async () => {
    const inside = project({ 'definitions/a.sqlx': GOOD })
    symlinkSync(join(inside, 'gone.sqlx'), join(inside, 'definitions/b.sqlx'))
    expect((await compileProject({ projectDir: inside, useCache: false })).actions).toHaveLength(1)
    symlinkSync(join(inside, 'definitions'), join(inside, 'definitions/again'))
    expect((await errorsIn(inside)).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^S\.a is defined twice/),
    ])
  })

  test('F96: a link within the project is followed, and so is one to the project itself', async () => {
    const both = project({ 'one/dataform.json': {}, 'one/shared/a.sqlx': GOOD })
    mkdirSync(join(both, 'one/definitions'))
    symlinkSync(join(both, 'one/shared/a.sqlx'), join(both, 'one/definitions/b.sqlx'))
    const link = join(both, 'link')
    symlinkSync(join(both, 'one'), link)
    const graph = await compileProject({ projectDir: link, useCache: false })
    expect(graph.actions.map(({ target }) => target.name)).toEqual(['B'])
  })
})

describe('keys that reach into the prototype', () => {
  const keys = ['__proto__', 'constructor', 'prototype'] as const
  const REMEDY = 'is not allowed\n  = help: remove it or rename it'
  const untouched = (): void => {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
  }

  test.each(keys)('F97: %s in dataform.json', async key => {
    const deep = `{\n  "vars": {\n    "${key}": { "polluted": "yes" }\n  }\n}\n`
    expect(await errorsOf({ 'dataform.json': deep })).toEqual([`dataform.json:3: the key ${key} ${REMEDY}`])
    const top = `{\n  "${key}": { "polluted": "yes" }\n}\n`
    expect(await errorsOf({ 'dataform.json': top })).toEqual([`dataform.json:2: the key ${key} ${REMEDY}`])
    untouched()
  })

  test('F97: a key in an actions.yaml, beside the errors of other files', async () => {
    const yaml = (key: string): string =>
      `actions:\n  - table:\n      filename: q.sql\n      columns:\n        - ${key}:\n            polluted: yes\n`
    const files = Object.fromEntries(keys.map(key => [`definitions/${key}/actions.yaml`, yaml(key)]))
    expect(await errorsOf({ ...files, 'definitions/bad.js': 'const = 3\n' })).toEqual(
      [
        ...keys.map(key => `definitions/${key}/actions.yaml:5: the key ${key} ${REMEDY}`).sort(),
        "definitions/bad.js:1: Unexpected token '='",
      ].sort(),
    )
    untouched()
  })

  test('F97: a key in a YAML file that a definition requires: told where it stands', async () => {
    const errors = await errorsOf({
      'includes/words.yaml': 'a: 1\n"__proto__":\n  polluted: yes\n',
      'definitions/a.js': `const words = require('includes/words.yaml')\n`,
    })
    expect(errors).toEqual([`includes/words.yaml:2: the key __proto__ ${REMEDY}`])
  })

  test.each(keys)('F97: %s in .df-credentials.json', key => {
    const text = `{\n  "type": "duckdb",\n  "path": "x",\n  "stages": { "${key}": "y" }\n}\n`
    const folder = project({ '.df-credentials.json': text })
    expect(told(() => readCredentials(folder))).toBe(`.df-credentials.json:4: the key ${key} ${REMEDY}`)
    untouched()
  })

  test.each(keys)('F97: %s in a contract', key => {
    const folder = project({
      'includes/contracts/customers.yaml': `dataset: customers\n${key}:\n  polluted: yes\n`,
      'includes/contracts/plans.yaml': 'dataset: plans\n',
      'includes/contracts/activity.yaml': 'dataset: activity\n',
    })
    expect(told(() => loadContracts(folder))).toBe(`includes/contracts/customers.yaml:2: the key ${key} ${REMEDY}`)
    untouched()
  })

  test('F97: a key behind an escape, an alias, a merge key or in a list', () => {
    const hidden = [
      '{"__\\u0070roto__": {"polluted": 1}}',
      'a: [1, [{prototype: 1}]]',
      'a: &x\n  constructor: 1\nb: *x',
      '? __proto__\n: 1',
      '? &k __proto__\n: 1\n',
    ]
    for (const text of hidden) expect(told(() => parseYaml(text, 'x.yaml'))).toMatch(/^x\.yaml:\d: the key \w+ is not/)
    expect(Object.keys(parseYaml('<<: {a: 1}', 'x.yaml') as object)).toEqual(['<<'])
    untouched()
  })
})
