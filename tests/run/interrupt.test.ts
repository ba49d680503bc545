import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Effects, realEffects } from '../../src/effects.ts'
import { runProject } from '../../src/run/project-run.ts'
import {
  contents,
  dataformWell,
  killHard,
  lastRun,
  project,
  resultOf,
  type Started,
  scratchFolder,
  start,
  statuses,
} from './project.ts'

const digits = 'select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as t (n)'

// A checksum over 10^size rows: with 8 it takes minutes, which no test waits for.
const slowQuery = `with digits as (${digits})
select \${dataform.projectConfig.vars.size}::number(10,0) as size,
  sum(length(md5((\${Array.from({ length: Number(dataform.projectConfig.vars.size) }, (_, i) => 't' + i + '.n').join(" || ")})::varchar))) as total
from \${ref("BEFORE")} b \${Array.from({ length: Number(dataform.projectConfig.vars.size) }, (_, i) => 'cross join digits t' + i).join(" ")}`

const slowProject = {
  'dataform.json': JSON.stringify({
    warehouse: 'snowflake',
    defaultDatabase: 'DEMO',
    defaultSchema: 'DW',
    assertionSchema: 'CHECKS',
    vars: { size: '1' },
  }),
  'definitions/before.sqlx': `config { type: "table", name: "BEFORE" }
select \${dataform.projectConfig.vars.size}::number(10,0) as size`,
  'definitions/journal.sqlx': `config { type: "table", name: "JOURNAL" }
select 'begun' as word`,
  // The insert of the same transaction as the slow load must go with it.
  'definitions/slow.sqlx': `config { type: "table", name: "SLOW" }
${slowQuery}
pre_operations { insert into \${ref("JOURNAL")} (word) select 'slow' from \${ref("BEFORE")} }`,
  'definitions/after.sqlx': `config { type: "table", name: "AFTER" }
select size, total from \${ref("SLOW")}`,
}

const stored = (folder: string, schemas: readonly string[] = ['DW']) =>
  contents(join(folder, '.local', 'warehouse'), 'DEMO', schemas)

describe('F87: Ctrl-C', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`F87: ${signal} in the middle of a load: rolled back, exit 130, said, recorded; the next run succeeds`, async () => {
      const folder = project(slowProject)
      await dataformWell(folder, ['run'])
      const before = await stored(folder)
      expect(before['DW.JOURNAL']).toEqual(['begun', 'slow'])

      const running = start('dataform', folder, ['run', '--vars', 'size=8'])
      await running.says('Table created: DW.JOURNAL')
      await running.says('Table created: DW.BEFORE')
      await sleep(300)
      const at = Date.now()
      running.child.kill(signal)
      const { status, stdout, stderr } = await running.ended
      expect(Date.now() - at).toBeLessThan(20_000)
      expect(status).toBe(130)
      expect(stdout).toMatch(/^CANCELLED: DW\.SLOW\n {2}interrupted, and rolled back$/m)
      expect(stdout).toMatch(/^Interrupted\. 4 actions/m)
      expect(stdout + stderr).not.toMatch(/^\s+at /m)

      const run = lastRun(folder)
      expect(run.exitCode).toBe(130)
      expect(statuses(run)).toEqual({
        BEFORE: 'SUCCESSFUL',
        JOURNAL: 'SUCCESSFUL',
        SLOW: 'CANCELLED',
        AFTER: 'SKIPPED',
      })
      expect(resultOf(run, 'SLOW')).toMatchObject({ rows: null, error: 'interrupted, and rolled back' })
      // What was committed before stays; of the interrupted action nothing does.
      expect(await stored(folder)).toEqual({ ...before, 'DW.BEFORE': ['8'], 'DW.JOURNAL': ['begun'] })
      expect(readdirSync(join(folder, '.local', 'warehouse'))).not.toContain('.lock')

      await dataformWell(folder, ['run', '--vars', 'size=2'])
      const after = await stored(folder)
      expect([after['DW.SLOW'], after['DW.AFTER'], after['DW.JOURNAL']]).toEqual([
        ['2 | 3200'],
        ['2 | 3200'],
        ['begun', 'slow'],
      ])
    })
  }

  it('F87: with --json the document is printed all the same, and nothing else', async () => {
    const folder = project(slowProject)
    const running = start('dataform', folder, ['run', '--json', '--vars', 'size=8'])
    // Nothing is printed while it runs, so the warehouse's lock tells that it has come that far.
    while (!existsSync(join(folder, '.local', 'warehouse', '.lock'))) await sleep(5)
    running.child.kill('SIGINT')
    const { status, stdout } = await running.ended
    expect(status).toBe(130)
    expect(JSON.parse(stdout)).toEqual(lastRun(folder))
    expect(Object.values(statuses(lastRun(folder)))).toContain('CANCELLED')
  })

  it('F87: while the warehouse is not even open: nothing is run, exit 130, recorded', async () => {
    const folder = project(slowProject)
    let stopped = 0
    const effects: Effects = {
      ...realEffects,
      stdout: () => undefined,
      stderr: () => undefined,
      onInterrupt: callback => {
        expect(existsSync(join(folder, '.local'))).toBe(false)
        callback()
        return () => {
          stopped += 1
        }
      },
    }
    expect(await runProject({ projectDir: folder }, effects)).toMatchObject({ exitCode: 130 })
    expect(stopped).toBe(1)
    const { exitCode, actions } = lastRun(folder)
    expect(exitCode).toBe(130)
    expect(new Set(actions.map(({ status }) => status))).toEqual(new Set(['CANCELLED', 'SKIPPED']))
    expect(await stored(folder)).toEqual({})
  })
})

// Appends what is new, merges, copies files and checks: what must come out the same however often it is cut off.
const convergingProject = {
  '.df-credentials.json': JSON.stringify({
    type: 'duckdb',
    path: '.local/warehouse',
    stages: { 'DEMO.STAGING.LAKE': 'lake' },
  }),
  'lake/in/one.csv': 'ID,NAME\n1,a\n2,b\n3,c\n',
  'lake/in/two.csv': 'ID,NAME\n3,d\n4,e\n',
  'definitions/numbers.sqlx': `config { type: "table", name: "NUMBERS" }
with digits as (${digits})
select a.n + 10 * b.n + 100 * c.n as n from digits a cross join digits b cross join digits c`,
  'definitions/staged.sqlx': `config {
  type: "copy", schema: "STAGING", name: "STAGED", from: "@DEMO.STAGING.LAKE/in/",
  fileFormat: { type: "CSV", PARSE_HEADER: true },
  columns: { ID: { type: "NUMBER(10,0)" }, NAME: { type: "VARCHAR" } }
}`,
  'definitions/appended.sqlx': `config { type: "incremental", name: "APPENDED" }
select n, md5(n::varchar) as hash from \${ref("NUMBERS")}
\${when(incremental(), \`where n > (select max(n) from \${self()})\`)}`,
  'definitions/merged.sqlx': `config { type: "incremental", name: "MERGED", uniqueKey: ["ID"], assertions: { uniqueKey: ["ID"] } }
select id, max(name) as name from \${ref("STAGED")} group by id`,
  // Heavy enough that a kill can hit the middle of it.
  'definitions/summed.sqlx': `config { type: "table", name: "SUMMED", tags: ["slow"] }
with digits as (${digits})
select m.id, sum(length(md5((a.n || b.n)::varchar))) as total
from \${ref("MERGED")} m cross join \${ref("APPENDED")} a cross join digits b group by m.id`,
  'definitions/shown.sqlx': `config { type: "view", name: "SHOWN" }
select s.id, s.total, m.name from \${ref("SUMMED")} s join \${ref("MERGED")} m on m.id = s.id`,
}

/** Kills a run some milliseconds after something has come about, and says whether there still was one. */
async function killAfter(running: Started, hasCome: () => boolean, milliseconds: number): Promise<boolean> {
  let hasEnded = false
  void running.ended.then(() => {
    hasEnded = true
  })
  while (!hasCome() && !hasEnded) await sleep(2)
  await sleep(milliseconds)
  killHard(running)
  await running.ended
  return running.child.signalCode === 'SIGKILL'
}

describe('F92: kill -9', () => {
  const schemas = ['DW', 'STAGING', 'CHECKS']

  it('F92: a dataform run killed at many moments, then run again: the same tables as undisturbed', async () => {
    const undisturbed = project(convergingProject)
    await dataformWell(undisturbed, ['run'])
    const wanted = await stored(undisturbed, schemas)
    expect(wanted['DW.APPENDED']).toHaveLength(1000)
    expect(wanted['DW.MERGED']).toEqual(['1 | a', '2 | b', '3 | d', '4 | e'])
    expect(wanted['DW.SHOWN']).toHaveLength(4)

    const moments = [
      ['Running...', 120],
      ['STAGING.STAGED', 0],
      ['DW.APPENDED', 5],
      ['DW.MERGED', 25],
    ] as const
    for (const [text, delay] of moments) {
      const folder = project(convergingProject)
      const running = start('dataform', folder, ['run'])
      const wasKilled = await killAfter(running, () => running.printed().includes(text), delay)
      if (delay === 0) expect(wasKilled).toBe(true)
      await dataformWell(folder, ['run'])
      expect(await stored(folder, schemas), `killed ${delay} ms after ${text}`).toEqual(wanted)
    }

    // And one warehouse that takes it several times over, between two actions.
    const folder = project(convergingProject)
    for (const text of ['DW.NUMBERS', 'DW.MERGED']) {
      const running = start('dataform', folder, ['run'])
      expect(await killAfter(running, () => running.printed().includes(text), 0)).toBe(true)
    }
    for (const _ of ['the next run', 'and the one after']) {
      await dataformWell(folder, ['run'])
      expect(await stored(folder, schemas)).toEqual(wanted)
    }
  }, 120_000)

  it('F92: a customer360 run killed at many moments, then run again: the same warehouse as undisturbed', async () => {
    const folder = scratchFolder()
    const customer360 = async (line: string): Promise<string> => {
      const { status, stdout, stderr } = await start('customer360', folder, line.split(' ')).ended
      expect(status, `customer360 ${line}\n${stdout}${stderr}`).toBe(0)
      return stdout
    }
    const places = (name: string): string => `--lake ${name}/lake --warehouse ${name}/warehouse`
    const read = (name: string) => contents(join(folder, name, 'warehouse'), 'TELCO_DB', ['STAGING', 'DW', 'MART'])
    const newLake = (name: string): void => cpSync(join(folder, 'landed'), join(folder, name), { recursive: true })
    await customer360('generate --out feed --customers 60 --days 3 --faults 0.02 --seed 92')
    await customer360('land feed --lake landed/lake')

    newLake('undisturbed')
    await customer360(`run ${places('undisturbed')}`)
    const wanted = await read('undisturbed')
    expect(wanted['DW.FACT_ACTIVITY']?.length).toBeGreaterThan(10)
    expect(wanted['DW.DIM_CUSTOMER']?.length).toBeGreaterThan(50)

    // In the ingestion, in the cleaning, and in the load.
    const moments = [
      ['lake/archive/plans', 5],
      ['lake/clean/customers', 20],
      ['warehouse/TELCO_DB.duckdb', 0],
      ['warehouse/TELCO_DB.duckdb', 250],
      ['warehouse/TELCO_DB.duckdb', 500],
    ] as const
    for (const [at, [path, delay]] of moments.entries()) {
      const name = `cut${at}`
      newLake(name)
      const running = start('customer360', folder, `run ${places(name)}`.split(' '))
      const wasKilled = await killAfter(running, () => existsSync(join(folder, name, path)), delay)
      if (delay === 0) expect(wasKilled).toBe(true)
      await customer360(`run ${places(name)}`)
      expect(await read(name), `killed ${delay} ms after ${path}`).toEqual(wanted)
    }
    expect(JSON.parse(await customer360(`reconcile ${places('cut0')} --json`))).toMatchObject({ addsUp: true })
  }, 120_000)
})
