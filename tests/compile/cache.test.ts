import { existsSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCached, writeCached } from '../../src/compile/cache.ts'
import { type CompileOptions, compileProject } from '../../src/compile/compile.ts'
import type { Graph } from '../../src/graph/types.ts'
import type { ProjectOverrides } from '../../src/project/settings.ts'
import { errorsIn, project, write } from './project.ts'

const FILES = {
  'dataform.json': { vars: { day: 'monday' } },
  'package.json': { name: 'fixture' },
  'includes/words.js': `module.exports = { one: 1 }\n`,
  'includes/rates.yaml': 'vat: 8\n',
  'lib/beside.js': `module.exports = { two: 2 }\n`,
  'texts/words.md': 'three',
  'definitions/noisy.js': `console.log('compiled')
const rates = require('includes/rates.yaml')
const beside = require('lib/beside.js')
publish('noisy', \`select \${words.one}, \${rates.vat}, \${beside.two}\`)
publish('loose', \`select '\${getContents('../texts/words.md')}'\`)
`,
  'definitions/a.sqlx': `config { type: "incremental", engines: ["duckdb"], columns: { a: "b" } }
select '\${dataform.projectConfig.vars.day}' as a from \${ref("noisy")}
`,
  'definitions/test.sqlx': 'config { type: "test", dataset: "a" }\ninput "noisy" { select 1 }\nselect 1\n',
}

/** Compiles, and says whether the project's code ran: it prints a line. */
async function compileIn(
  projectDir: string,
  options: Omit<CompileOptions, 'projectDir'> = {},
): Promise<{ graph: Graph; ran: boolean }> {
  let ran = false
  const graph = await compileProject({
    projectDir,
    ...options,
    onProjectOutput: text => {
      ran ||= text.includes('compiled')
    },
  })
  return { graph, ran }
}

describe('an unchanged project', () => {
  test('is read from the cache, and is the same', async () => {
    const folder = project(FILES)
    const first = await compileIn(folder)
    const second = await compileIn(folder)
    expect([first.ran, second.ran]).toEqual([true, false])
    // JSON has no undefined: what is left out reads the same.
    expect(second.graph).toEqual(JSON.parse(JSON.stringify(first.graph)))
    expect(second.graph).toEqual(first.graph)
    expect((await compileIn(folder, { useCache: false })).ran).toBe(true)
  })

  test('with other options has an entry of its own, and the first stays', async () => {
    const folder = project(FILES)
    await compileIn(folder)
    const others: readonly ProjectOverrides[] = [
      { vars: { day: 'tuesday' } },
      { schemaSuffix: 'dev' },
      { tablePrefix: 'dev' },
      { disableAssertions: true },
    ]
    for (const overrides of others) expect(await compileIn(folder, { overrides })).toMatchObject({ ran: true })
    for (const overrides of [{}, ...others])
      expect(await compileIn(folder, { overrides })).toMatchObject({ ran: false })
    const changed = await compileIn(folder, { overrides: { vars: { day: 'tuesday' } } })
    expect(changed.graph.actions.find(({ target }) => target.name === 'A')).toMatchObject({
      query: { sql: "select 'tuesday' as a from DB.S.NOISY" },
    })
  })
})

describe('a change', () => {
  test('of anything that the project is made of compiles anew, and is in the graph', async () => {
    const folder = project(FILES)
    const sqlOf = async (name: string): Promise<string | undefined> => {
      const { graph, ran } = await compileIn(folder)
      expect(ran).toBe(true)
      expect(await compileIn(folder)).toEqual({ graph, ran: false })
      const action = graph.actions.find(({ target }) => target.name === name)
      return action !== undefined && 'query' in action ? action.query.sql : undefined
    }
    expect(await sqlOf('NOISY')).toBe('select 1, 8, 2')
    write(folder, 'includes/words.js', 'module.exports = { one: 11 }\n')
    expect(await sqlOf('NOISY')).toBe('select 11, 8, 2')
    write(folder, 'includes/rates.yaml', 'vat: 9\n')
    expect(await sqlOf('NOISY')).toBe('select 11, 9, 2')
    write(folder, 'lib/beside.js', 'module.exports = { two: 22 }\n')
    expect(await sqlOf('NOISY')).toBe('select 11, 9, 22')
    write(folder, 'texts/words.md', 'four')
    expect(await sqlOf('LOOSE')).toBe("select 'four'")
    write(folder, 'dataform.json', { vars: { day: 'friday' } })
    expect(await sqlOf('A')).toBe("select 'friday' as a from DB.S.NOISY")
    write(folder, 'definitions/a.sqlx', 'config { type: "view" }\nselect 7\n')
    expect(await sqlOf('A')).toBe('select 7')
    write(folder, 'definitions/b.sqlx', 'config { type: "view" }\nselect 6\n')
    expect(await sqlOf('B')).toBe('select 6')
    renameSync(join(folder, 'definitions/b.sqlx'), join(folder, 'definitions/c.sqlx'))
    expect(await sqlOf('C')).toBe('select 6')
    rmSync(join(folder, 'definitions/test.sqlx'))
    expect(await sqlOf('C')).toBe('select 6')
    write(folder, 'package.json', { name: 'other' })
    expect(await sqlOf('C')).toBe('select 6')
  })

  test("of a file's time alone does not; an entry that is broken is made anew", async () => {
    const folder = project({ 'definitions/a.js': "console.log('compiled')\npublish('a', 'select 1')\n" })
    const { graph } = await compileIn(folder)
    utimesSync(join(folder, 'definitions/a.js'), 1, 1)
    expect((await compileIn(folder)).ran).toBe(false)
    breakEntries(folder)
    expect(await compileIn(folder)).toEqual({ graph, ran: true })
    expect((await compileIn(folder)).ran).toBe(false)
  })
})

function breakEntries(folder: string): void {
  const cache = join(folder, '.local/cache')
  const entries = readdirSync(cache)
  expect(entries).toHaveLength(1)
  for (const entry of entries) writeFileSync(join(cache, entry), '{"graph": {')
}

describe('what is not kept', () => {
  test.each([
    ['the time', 'Date.now()'],
    ['a date', 'new Date().getTime()'],
    ['chance', 'Math.random()'],
    [
      'a file that it reads by itself',
      `require('fs').readFileSync(require('path').join(__dirname, '../data.txt'), 'utf8')`,
    ],
    ['the names in a folder', `require('node:fs').readdirSync(__dirname).join()`],
  ])('the graph of a project that asks for %s', async (_, expression) => {
    const text = `console.log('compiled')\npublish('a', 'select ' + ${expression})\n`
    const folder = project({ 'definitions/a.js': text, 'data.txt': '1' })
    expect((await compileIn(folder)).graph.actions).toHaveLength(1)
    expect(existsSync(join(folder, '.local/cache'))).toBe(false)
  })

  test('errors: they are told every time', async () => {
    const folder = project({ 'definitions/a.sqlx': `select \${ref("gone")}\n` })
    const first = await compileProject({ projectDir: folder }).catch(error => error)
    expect(await compileProject({ projectDir: folder }).catch(error => error)).toEqual(first)
    expect(await errorsIn(folder)).toEqual(first.errors)
  })

  test('more than eight graphs: the oldest goes', async () => {
    const folder = project({ 'definitions/a.sqlx': 'select 1\n' })
    const { graph } = await compileIn(folder)
    const cache = join(folder, '.local/cache')
    for (let entry = 0; entry < 9; entry++) {
      writeCached(cache, `key${entry}`, graph, [], [], folder)
      // A second apart: entries of one test are made within a file system's tick.
      utimesSync(join(cache, `compile-key${entry}.json`), 1e9 + entry, 1e9 + entry)
    }
    writeCached(cache, 'newest', graph, [], [], folder)
    expect(readdirSync(cache)).toHaveLength(8)
    expect(readCached(cache, 'newest', folder)).toEqual(graph)
    expect(readCached(cache, 'key8', folder)).toEqual(graph)
    expect(readCached(cache, 'key0', folder)).toBeUndefined()
  })
})
