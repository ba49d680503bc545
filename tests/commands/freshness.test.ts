import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/commands/program.ts'
import { VERBS } from '../../src/commands/registry.ts'
import type { Effects } from '../../src/effects.ts'
import { dataform, dataformWell, project } from '../run/project.ts'

const LATE = 'warnAfter: "12 hours", errorAfter: "2 days"'

const files = {
  'definitions/by_day.sqlx': `config { type: "table", name: "BY_DAY", freshness: { field: "day", expectedBy: "06:00", ${LATE} } }
select * from (values ('2025-03-29'::date, 1), ('2025-03-31'::date, 2), (null, 3)) as t (day, id)`,
  'definitions/by_time.sqlx': `config { type: "view", name: "BY_TIME", freshness: { field: "at", timezone: "Europe/Berlin", ${LATE} } }
select '2025-03-31 22:30:00'::timestamp_ntz as at from \${ref("BY_DAY")}`,
  'definitions/history.sqlx': `config {
  type: "scd2", name: "HISTORY", key: "id", businessDate: "day", tracked: ["word"],
  freshness: { expectedBy: "06:00", ${LATE} }
}
select 7 as id, 'same' as word, day from \${ref("BY_DAY")} where day is not null`,
  'definitions/sources.js': `declare({ schema: "RAW", name: "NOT_THERE", freshness: { field: "day", ${LATE} } })
declare({ schema: "RAW", name: "FEED", freshness: { field: "day", ${LATE} } })`,
  'definitions/upstream.sqlx': `config { type: "operations" }
create schema if not exists DEMO.RAW;
create or replace table DEMO.RAW.FEED as select '2025-04-01'::date as day`,
  'definitions/empty.sqlx': `config { type: "table", name: "EMPTY", freshness: { field: "day", warnAfter: "1 day" } }
select day from \${ref("BY_DAY")} where id > 3`,
  'definitions/off.sqlx': `config { type: "table", name: "OFF", disabled: true, freshness: { field: "day", ${LATE} } }
select 1 as day`,
  'definitions/elsewhere.sqlx': `config { type: "table", name: "ELSEWHERE", engines: ["snowflake"], freshness: { field: "day", ${LATE} } }
select 1 as day`,
}
const { 'definitions/sources.js': _, ...withoutDeclared } = files

/** `dataform freshness` in this process, at a moment. */
async function freshness(folder: string, now: string, ...args: readonly string[]) {
  let [stdout, stderr] = ['', '']
  const effects: Effects = {
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stderr += text
    },
    ...{ isTerminal: false, useColour: false, columns: 80, env: {}, cwd: folder },
    now: () => new Date(now),
    onInterrupt: () => () => undefined,
  }
  const status = await main('dataform', 'summary', VERBS, ['freshness', ...args], effects)
  return { status, stdout, stderr }
}

/** Run once; the verb writes nothing. */
let done: string
let loaded: string

beforeAll(async () => {
  done = project(files)
  loaded = project(withoutDeclared)
  await dataformWell(done, ['run'])
  await dataformWell(loaded, ['run'])
})

describe('freshness', () => {
  it('prints how far each relation with a rule reaches; 1 where one is an error', async () => {
    const { status, stdout, stderr } = await freshness(done, '2025-04-02T18:00:00.001Z')
    expect(stderr).toMatch(/^No .df-credentials.json.*\n$/)
    expect(status).toBe(1)
    expect(stdout).toBe(`relation       newest               next expected by                status
─────────────  ───────────────────  ──────────────────────────────  ──────
DW.BY_DAY      2025-03-31           2025-04-02 06:00 UTC            warn
DW.BY_TIME     2025-03-31 22:30:00  2025-04-03 00:00 Europe/Berlin  fresh
DW.EMPTY       NULL                 2025-04-02 00:00 UTC            warn
DW.HISTORY     2025-03-31           2025-04-02 06:00 UTC            warn
RAW.NOT_THERE  NULL                 2025-04-02 00:00 UTC            error
RAW.FEED       2025-04-01           2025-04-03 00:00 UTC            fresh
`)
  })

  it('0 where none is; a day without changes counts for a dimension with history', async () => {
    const { status, stdout, stderr } = await freshness(loaded, '2025-04-02T18:00:00Z', '--json')
    expect(stderr).not.toContain('error')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      relations: [
        {
          ...{ relation: 'DW.BY_DAY', newest: '2025-03-31', status: 'waiting', lateMs: 43_200_000 },
          ...{ expectedAt: '2025-04-02T06:00:00.000Z', expectedBy: '2025-04-02 06:00 UTC' },
        },
        { relation: 'DW.BY_TIME', expectedAt: '2025-04-02T22:00:00.000Z', status: 'fresh', lateMs: 0 },
        { relation: 'DW.EMPTY', newest: null, status: 'warn', lateMs: null },
        { relation: 'DW.HISTORY', newest: '2025-03-31', status: 'waiting' },
      ],
    })
    expect((await freshness(loaded, '2025-04-04T06:00:00Z')).status).toBe(0)
    expect((await freshness(loaded, '2025-04-04T06:00:00.001Z')).status).toBe(1)
  })

  it('a run never fails for it: late upstream is waited for', async () => {
    expect((await dataform(loaded, ['freshness'])).status).toBe(1)
    expect((await dataform(loaded, ['run'])).status).toBe(0)
  })

  it('a warehouse that does not exist yet holds nothing, and is not made', async () => {
    const folder = project(withoutDeclared)
    const { status, stdout, stderr } = await freshness(folder, '2025-04-02T18:00:00Z', '--json')
    const { relations } = JSON.parse(stdout) as { relations: readonly { newest: string | null; status: string }[] }
    expect([status, relations.map(({ newest, status }) => [newest, status])]).toEqual([
      1,
      [
        [null, 'error'],
        [null, 'error'],
        [null, 'warn'],
        [null, 'error'],
      ],
    ])
    expect(stderr).toContain('No .df-credentials.json')
    expect(existsSync(join(folder, '.local', 'warehouse'))).toBe(false)
  })

  it('a project without rules says so, 0', async () => {
    const folder = project({ 'definitions/a.sqlx': 'config { type: "table" }\nselect 1 as id' })
    expect(await freshness(folder, '2025-04-02T18:00:00Z')).toMatchObject({
      status: 0,
      stdout: 'No relation of this project has a freshness.\n',
    })
  })

  it('a column that is missing, or no date, is an error with its file and a remedy', async () => {
    const of = async (field: string) => {
      const folder = project({
        'definitions/a.sqlx': `config { type: "table", name: "A", freshness: { field: "${field}", warnAfter: "1 day" } }\nselect 12 as id`,
      })
      await dataformWell(folder, ['run'])
      return freshness(folder, '2025-04-02T18:00:00Z')
    }
    const [number, missing] = [await of('id'), await of('gone')]
    expect([number.status, missing.status, number.stdout, missing.stdout]).toEqual([1, 1, '', ''])
    expect(
      number.stderr,
    ).toContain(`error: definitions/a.sqlx:1 (DW.A): the newest value of id is neither a date nor a timestamp
  = help: name a DATE or TIMESTAMP column as the field of freshness
`)
    expect(missing.stderr).toMatch(/^error: definitions\/a\.sqlx:1.*GONE/im)
  })
})
