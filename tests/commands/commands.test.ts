import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { colours } from '../../src/commands/colours.ts'
import { realEffects } from '../../src/effects.ts'
import { packageRoot } from '../../src/project/paths.ts'
import type { RunResult } from '../../src/report/results.ts'
import { dataform, dataformWell, lastRun, project, start, statuses } from '../run/project.ts'
import { files, stored } from './shop.ts'

const NO_CREDENTIALS = 'No .df-credentials.json: using the embedded DuckDB in '

/** Never run, so that nothing locks: what only compiles or fails early may go side by side. */
let fresh: string
/** Run once. Nothing below writes to it. */
let done: string
let firstRun: Awaited<ReturnType<typeof dataform>>

beforeAll(async () => {
  fresh = project(files)
  done = project(files)
  firstRun = await dataform(done, ['run'])
})

describe('compile', () => {
  it('lists datasets with their types, assertions and operations', async () => {
    const { stdout, stderr } = await dataformWell(fresh, ['compile'])
    expect(stdout).toBe(`Compiling...

Compiled 8 action(s).
4 dataset(s):
  DW.ORDERS [table]
  DW.JOURNAL [incremental]
  DW.LONELY [table]
  MART.TOTALS [view]
3 assertion(s):
  CHECKS.FLOOR
  CHECKS.DW_ORDERS_ASSERTIONS_UNIQUEKEY_0
  CHECKS.WATCH
1 operation(s):
  DW.STAMP
`)
    expect(stderr).toBe('said by the project\n')
  })

  it('--json prints the compiled graph and nothing else on stdout, also where the project prints', async () => {
    const folder = project(files)
    const { stdout, stderr } = await dataformWell(folder, ['compile', '--json'])
    const graph = JSON.parse(stdout) as Record<string, unknown>
    expect(stdout).toBe(`${JSON.stringify(graph, null, 4)}\n`)
    for (const key of [
      'tables',
      'operations',
      'assertions',
      'tests',
      'targets',
      'projectConfig',
      'dataformCoreVersion',
    ])
      expect(graph).toHaveProperty(key)
    expect(graph.tables).toHaveLength(4)
    expect(stderr).toBe('said by the project\n')
  })

  it('--dot prints a graph for Graphviz and nothing else', async () => {
    const { stdout } = await dataformWell(fresh, ['compile', '--dot'])
    expect(stdout).toMatch(/^digraph dataform \{\n.*\n\}\n$/s)
    expect(stdout).toContain('  "DW.ORDERS" [label="DW.ORDERS [table]"]\n')
    expect(stdout).toContain('  "DW.ORDERS" -> "MART.TOTALS"\n')
    expect(stdout).not.toContain('-> "DW.LONELY"')
  })

  it('takes the folder as an argument, and settings from the flags', async () => {
    const { stdout } = await start('dataform', join(fresh, '..'), [
      ...['compile', fresh, '--json', '--schema-suffix', 'me', '--table-prefix', 'P', '--vars', 'lowest=7'],
    ]).ended
    const { assertions, tables } = JSON.parse(stdout) as {
      assertions: { query: string }[]
      tables: { target: { schema: string; name: string } }[]
    }
    expect(tables.map(({ target }) => `${target.schema}.${target.name}`)).toContain('DW_me.P_LONELY')
    expect(assertions.some(({ query }) => query.includes('amount < 7'))).toBe(true)
  })

  it('an error is 1, shown once with its file and line, and no JSON is printed', async () => {
    const folder = project({ 'definitions/a.sqlx': `config { type: "table" }\n\nselect * from \${ref("NOWHERE")}\n` })
    const { status, stdout, stderr } = await dataform(folder, ['compile', '--json'])
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr.match(/NOWHERE/g)?.length).toBeGreaterThan(0)
    expect(stderr).toMatch(/^error: definitions\/a\.sqlx:3.*NOWHERE/)
    expect(stderr.match(/^error:/gm)).toHaveLength(1)
  })
})

describe('run', () => {
  it('0 with a warning; a line for each action; stderr says which warehouse', async () => {
    const { status, stdout, stderr } = firstRun
    expect(status, stdout + stderr).toBe(0)
    expect(stderr).toBe(`${NO_CREDENTIALS}${join(done, '.local', 'warehouse')}\n`)
    expect(stdout).toMatch(/^Compiling\.\.\.\n\nRunning\.\.\.\n/)
    for (const line of [
      /^Table created: DW\.ORDERS \(\d+ ms, 3 rows\)$/m,
      /^Table created: DW\.LONELY \(\d+ ms, 1 row\)$/m,
      /^Table loaded: DW\.JOURNAL \(\d+ ms, 3 rows\)$/m,
      /^View created: MART\.TOTALS \(\d+ ms\)$/m,
      /^Operation completed successfully: DW\.STAMP \(\d+ ms/m,
      /^Assertion passed: CHECKS\.FLOOR \(\d+ ms\)$/m,
      /^Assertion warned: CHECKS\.WATCH: 2 rows; see them with: select \* from DEMO\.CHECKS\.WATCH$/m,
      /^All is well, with 1 warning\. 8 actions, 2 assertions passed, \d+\.\d s\.$/m,
    ])
      expect(stdout).toMatch(line)
    expect(stdout).toContain(`Report: ${join(done, 'target', 'assertions', 'report.html')}\n`)
  })

  it('makes what it says, and leaves run.json, the reports and no lock', async () => {
    const rows = await stored(done)
    const numbers = (name: string) => rows[name]?.map(row => row.split(' | ').map(Number))
    expect(numbers('DW.ORDERS')).toEqual([
      [1, 10, 2.5],
      [2, 20, 5],
      [3, 30, 7.5],
    ])
    expect([numbers('MART.TOTALS'), rows['DW.STAMP']]).toEqual([[[60, 20]], ['stamped']])
    const run = lastRun(done)
    expect(run).toMatchObject({ engine: 'duckdb', exitCode: 0 })
    expect(statuses(run)).toEqual({
      ORDERS: 'SUCCESSFUL',
      JOURNAL: 'SUCCESSFUL',
      LONELY: 'SUCCESSFUL',
      STAMP: 'SUCCESSFUL',
      TOTALS: 'SUCCESSFUL',
      DW_ORDERS_ASSERTIONS_UNIQUEKEY_0: 'SUCCESSFUL',
      FLOOR: 'SUCCESSFUL',
      WATCH: 'WARNED',
    })
    for (const form of ['junit.xml', 'report.json', 'report.md', 'report.html'])
      expect(existsSync(join(done, 'target', 'assertions', form))).toBe(true)
    expect(existsSync(join(done, '.local', 'warehouse', '.lock'))).toBe(false)
  })

  it('--json prints run.json and nothing else, also when the run fails with 1', async () => {
    const folder = project(files)
    const { status, stdout } = await dataform(folder, ['run', '--json', '--vars', 'lowest=25'])
    expect(status).toBe(1)
    const run = JSON.parse(stdout) as RunResult
    expect(run).toEqual(lastRun(folder))
    expect(run.exitCode).toBe(1)
    expect(statuses(run)).toMatchObject({ ORDERS: 'SUCCESSFUL', FLOOR: 'FAILED', WATCH: 'WARNED' })
    expect(run.actions.find(({ target }) => target.name === 'FLOOR')).toMatchObject({
      rows: 2,
      error: 'Assertion failed: query returned 2 rows.',
      executed: [expect.stringMatching(/^CREATE OR REPLACE VIEW/), expect.stringMatching(/^SELECT COUNT\(\*\)/)],
    })
    const well = await dataformWell(folder, ['run', '--json'])
    expect(JSON.parse(well.stdout)).toEqual(lastRun(folder))
  })

  it('a failure is 1, goes to stderr with its place, and skips what reads it, with the reason', async () => {
    const folder = project({
      'definitions/bad.sqlx': 'config { type: "table", name: "BAD" }\nselect id,\n  nothing from (select 1 as id)',
      'definitions/refused.sqlx': 'config { type: "table", name: "REFUSED" }\nselect hash(1) as h',
      'definitions/reader.sqlx': `config { type: "view", name: "READER" }\nselect * from \${ref("BAD")}`,
      'definitions/off.sqlx': 'config { type: "view", name: "OFF", disabled: true }\nselect 1 as id',
    })
    const { status, stdout, stderr } = await dataform(folder, ['run'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^FAILED: DW\.BAD\n {2}definitions\/bad\.sqlx:3 \(DW\.BAD\): .*nothing/m)
    expect(stderr).toMatch(/^REFUSED: DW\.REFUSED\n {2}definitions\/refused\.sqlx:2.*HASH/m)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(stdout).toMatch(/^Skipping: DW\.READER \(DW\.BAD did not end well\)$/m)
    expect(stdout).toMatch(/^Disabled: DW\.OFF$/m)
    expect(stdout).toMatch(/^2 actions failed\. 4 actions, 0 assertions passed/m)
    expect(statuses(lastRun(folder))).toEqual({ BAD: 'FAILED', REFUSED: 'REFUSED', READER: 'SKIPPED', OFF: 'DISABLED' })
  })

  it('--timeout is for each action: TIMED_OUT, exit 1, rolled back', async () => {
    const digits = '(values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))'
    const folder = project({
      'definitions/slow.sqlx': `config { type: "table", name: "SLOW" }
select sum(length(md5((a.n || b.n || c.n || d.n || e.n || f.n || g.n || h.n)::varchar))) as total
from ${[...'abcdefgh'].map(name => `${digits} as ${name} (n)`).join(' cross join ')}`,
    })
    const { status, stderr } = await dataform(folder, ['run', '--timeout', '500ms'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^TIMED_OUT: DW\.SLOW\n {2}took more than 0\.5 s, and was rolled back$/m)
    expect(statuses(lastRun(folder))).toEqual({ SLOW: 'TIMED_OUT' })
    expect(await stored(folder)).toEqual({})
  })

  it('--run-tests runs nothing where a unit test fails', async () => {
    const folder = project(files)
    const failed = await dataform(folder, ['run', '--run-tests', '--vars', 'expected=4'])
    expect(failed.status).toBe(1)
    expect(failed.stdout).toContain('totals add up: failed')
    expect(existsSync(join(folder, 'target', 'run.json'))).toBe(false)
    const { stdout, stderr } = await dataformWell(folder, ['run', '--run-tests', '--json', '--actions', 'LONELY'])
    expect(stderr).toContain('totals add up: passed')
    expect(JSON.parse(stdout)).toEqual(lastRun(folder))
  })
})

describe('--credentials', () => {
  it('names the warehouse, and no line says that there were none', async () => {
    const folder = project({ ...files, 'elsewhere.json': JSON.stringify({ type: 'duckdb', path: 'wh' }) })
    const { stderr } = await dataformWell(folder, ['run', '--actions', 'LONELY', '--credentials', 'elsewhere.json'])
    expect(stderr).toBe('')
    expect(existsSync(join(folder, 'wh', 'DEMO.duckdb'))).toBe(true)
    expect(existsSync(join(folder, '.local', 'warehouse'))).toBe(false)
    const shown = await dataformWell(folder, ['show', 'LONELY', '--credentials', 'elsewhere.json'])
    expect(shown.stdout).toContain('1 row\n')
  })
})

describe('test', () => {
  it('0 where all pass, 1 where one fails, with what was expected and seen', async () => {
    const [passed, failed, json] = await Promise.all([
      dataform(fresh, ['test']),
      dataform(fresh, ['test', '--vars', 'expected=4']),
      dataform(fresh, ['test', '--json', '--vars', 'expected=4']),
    ])
    expect([passed.status, passed.stdout]).toEqual([0, 'totals add up: passed\n\n1 passed, 0 failed\n'])
    expect([failed.status, failed.stdout]).toEqual([
      1,
      `totals add up: failed
  definitions/totals_test.sqlx:1
  For row 0 and column "TOTAL": expected "4", but saw "3".

0 passed, 1 failed
`,
    ])
    expect(json.status).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      tests: [{ name: 'totals add up', messages: ['For row 0 and column "TOTAL": expected "4", but saw "3".'] }],
    })
    expect(existsSync(join(fresh, '.local', 'warehouse'))).toBe(false)
  })

  it('no tests: says so, 0', async () => {
    const folder = project({ 'definitions/a.sqlx': 'config { type: "table" }\nselect 1 as id' })
    expect((await dataformWell(folder, ['test'])).stdout).toBe('This project has no unit tests.\n')
  })
})

describe('show', () => {
  const show = async (...args: readonly string[]): Promise<string> =>
    (await dataformWell(done, ['show', ...args])).stdout

  it('prints the rows of an action, by any of its names', async () => {
    const table = await show('JOURNAL')
    expect(table.toLowerCase()).toBe(`id  amount
──  ──────
 1      10
 2      20
 3      30
3 rows
`)
    expect(await show('dw.journal')).toBe(table)
  })

  it('--sql takes a query in Snowflake SQL; --limit says when there is more; --json prints one document', async () => {
    const query = "select id, iff(id = 2, null, 'x') as word from DEMO.DW.ORDERS order by id"
    expect((await show('--sql', query)).toLowerCase()).toBe('id  word\n──  ────\n 1  x\n 2  null\n 3  x\n3 rows\n')
    expect(await show('--sql', query, '--limit', '1')).toMatch(/\n 1 {2}x\n1 row, and more: raise --limit\n$/)
    const json = JSON.parse(await show('--sql', query, '--limit', '2', '--json')) as Record<string, unknown>
    expect(json).toMatchObject({
      rows: [
        ['1', 'x'],
        ['2', null],
      ],
      truncated: true,
    })
  })

  it('a refused construct is 1 and says which', async () => {
    const { status, stderr } = await dataform(done, ['show', '--sql', 'select hash(1)'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/HASH is outside the SQL/)
  })
})

describe('report', () => {
  it('renders the last run again: Markdown on stdout, all files anew; --json is one document', async () => {
    const folder = join(done, 'target', 'assertions')
    const before = readFileSync(join(folder, 'report.html'), 'utf8')
    rmSync(folder, { recursive: true })
    const { stdout } = await dataformWell(done, ['report'])
    expect(stdout).toMatch(/^# All is well, with 1 warning\n/)
    expect(stdout).toMatch(/\nReport: .*report\.html\n$/)
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(before)
    const json = await dataformWell(done, ['report', '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: 0, summary: { passed: 2, warned: 1 } })
  })
})

describe('help', () => {
  it('help, --help and help VERB are 0; no verb at all is wrong usage', async () => {
    const [help, flag, run, none] = await Promise.all([
      dataform(fresh, ['help']),
      dataform(fresh, ['--help']),
      dataform(fresh, ['help', 'run']),
      dataform(fresh, []),
    ])
    for (const verb of ['compile', 'run', 'test', 'show', 'report', 'help'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${verb} `, 'm'))
    expect([help.status, flag.status, flag.stdout]).toEqual([0, 0, help.stdout])
    expect(run.status).toBe(0)
    for (const option of ['--dry-run', '--actions <globs>', '--json', '--vars']) expect(run.stdout).toContain(option)
    expect([none.status, none.stdout]).toEqual([2, ''])
    expect(none.stderr).toBe(help.stdout)
  })
})

it('--version says which one it is', async () => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  const { status, stdout, stderr } = await dataform(fresh, ['--version'])
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
})

describe('colours', () => {
  it('none where output is no terminal, and none with NO_COLOR whatever else is asked for', async () => {
    const environments: readonly Readonly<Record<string, string>>[] = [{}, { NO_COLOR: '1', FORCE_COLOR: '1' }]
    for (const env of environments) {
      const { stdout, stderr } = await dataform(fresh, ['compile'], env)
      expect(stdout + stderr).not.toContain('\u001b')
    }
    expect(firstRun.stdout + firstRun.stderr).not.toContain('\u001b')
  })
  it('where there are any, they are those that the terminal can show', () => {
    expect(colours({ ...realEffects, useColour: false }).red('no')).toBe('no')
    expect(colours({ ...realEffects, useColour: true }).red('yes')).toBe('\u001b[31myes\u001b[39m')
  })
})
